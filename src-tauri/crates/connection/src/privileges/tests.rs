use bson::{Bson, Document, doc};

use super::*;

fn allowed(status: &Document, act: PrivilegedAct) -> Option<bool> {
    let rights = Rights::of(Some(status));
    let privileges = privileges("tenants", &rights);
    privileges.iter().find(|privilege| privilege.act == act).expect("it is listed").allowed
}

fn restricted(status: &Document) -> Vec<RestrictedAct> {
    let restrictions = restrictions("tenants", &Rights::of(Some(status)));
    restrictions.into_iter().map(|restriction| restriction.act).collect()
}

fn needs(status: &Document, act: RestrictedAct) -> String {
    let restrictions = restrictions("tenants", &Rights::of(Some(status)));
    restrictions.into_iter().find(|one| one.act == act).expect("it is restricted").needs
}

fn status(privileges: Vec<Document>) -> Document {
    let privileges: Vec<Bson> = privileges.into_iter().map(Bson::Document).collect();
    doc! { "authInfo": {
        "authenticatedUsers": [{ "user": "dana", "db": "admin" }],
        "authenticatedUserRoles": [{ "role": "some", "db": "admin" }],
        "authenticatedUserPrivileges": privileges,
    } }
}

fn on(collection: &str, actions: &[&str]) -> Document {
    let actions: Vec<&str> = actions.to_vec();
    doc! { "resource": { "db": "tenants", "collection": collection }, "actions": actions }
}

const READ: &[&str] = &["find", "collStats", "dbStats", "listCollections", "listIndexes", "killCursors"];
const READ_WRITE: &[&str] = &[
    "find",
    "collStats",
    "listCollections",
    "listIndexes",
    "insert",
    "update",
    "remove",
    "createCollection",
    "createIndex",
    "dropCollection",
    "dropIndex",
    "renameCollectionSameDB",
];

#[test]
fn without_access_control_everything_is_allowed() {
    let status = doc! { "authInfo": { "authenticatedUsers": [], "authenticatedUserRoles": [] } };
    let rights = Rights::of(Some(&status));
    assert!(privileges("tenants", &rights).iter().all(|privilege| privilege.allowed == Some(true)));
    assert_eq!(rights.user(), None);
}

#[test]
fn what_the_server_does_not_say_is_not_known_and_restricts_nothing() {
    let silent = doc! { "authInfo": { "authenticatedUsers": [{ "user": "dana", "db": "admin" }] } };
    let unfilled = status(Vec::new());
    for rights in [Rights::of(Some(&silent)), Rights::of(Some(&unfilled)), Rights::of(None)] {
        assert!(privileges("tenants", &rights).iter().all(|privilege| privilege.allowed.is_none()));
        assert_eq!(restrictions("tenants", &rights), Vec::new());
    }
}

#[test]
fn who_may_read_and_write_is_restricted_in_nothing() {
    let status = status(vec![on("", READ_WRITE)]);
    assert_eq!(restricted(&status), Vec::new());
    let rights = Rights::of(Some(&status));
    assert!(privileges("tenants", &rights).iter().all(|privilege| privilege.allowed == Some(true)));
}

#[test]
fn a_reader_may_list_and_read_statistics_and_nothing_else() {
    let status = status(vec![on("", READ)]);
    assert_eq!(
        restricted(&status),
        [Create, Change, Rename, Deactivate, Trash, Restore, DeleteForever],
        "listing and statistics stay"
    );
    let needed = "update on tenants.organizations; insert on tenants.console_activity";
    assert_eq!(needs(&status, Change), needed, "no change is made without the record");
    assert_eq!(allowed(&status, PrivilegedAct::ReadSizes), Some(true));
}

#[test]
fn what_is_missing_is_named_with_its_place() {
    let actions: Vec<&str> = READ_WRITE
        .iter()
        .copied()
        .filter(|action| !["renameCollectionSameDB", "dropCollection"].contains(action))
        .collect();
    let status = status(vec![on("", &actions)]);
    assert_eq!(restricted(&status), [Rename, Trash, Restore, DeleteForever]);
    assert_eq!(needs(&status, Rename), "renameCollectionSameDB on tenants");
    assert_eq!(needs(&status, DeleteForever), "dropCollection on tenants");
}

#[test]
fn the_server_takes_other_actions_for_a_rename_and_a_create_too() {
    let actions: Vec<&str> = READ_WRITE
        .iter()
        .copied()
        .filter(|action| !["renameCollectionSameDB", "createCollection"].contains(action))
        .collect();
    assert_eq!(restricted(&status(vec![on("", &actions)])), Vec::new());
}

#[test]
fn a_right_on_another_database_is_none_here() {
    let other = doc! { "resource": { "db": "others", "collection": "" }, "actions": ["find"] };
    assert_eq!(allowed(&status(vec![other]), PrivilegedAct::ReadOrganizations), Some(false));
    let everywhere = doc! { "resource": { "db": "", "collection": "" }, "actions": ["find"] };
    assert_eq!(allowed(&status(vec![everywhere]), PrivilegedAct::ReadOrganizations), Some(true));
    let anything = doc! { "resource": { "anyResource": true }, "actions": ["anyAction"] };
    assert_eq!(restricted(&status(vec![anything])), Vec::new());
}

#[test]
fn a_right_on_one_collection_is_none_for_all() {
    let status = status(vec![on("organizations", &["find", "collStats"])]);
    assert_eq!(allowed(&status, PrivilegedAct::ReadOrganizations), Some(true));
    assert_eq!(allowed(&status, PrivilegedAct::ReadSizes), Some(false));
    assert!(restricted(&status).contains(&Statistics));
}

#[test]
fn the_role_is_enough_for_everything_and_only_just() {
    let role = role::role_documents("tenants");
    let whole = status(role.clone());
    assert_eq!(restricted(&whole), Vec::new());
    let rights = Rights::of(Some(&whole));
    assert!(privileges("tenants", &rights).iter().all(|privilege| privilege.allowed == Some(true)));
    for (index, privilege) in role.iter().enumerate() {
        for action in privilege.get_array("actions").expect("actions") {
            let mut less = role.clone();
            less[index].get_array_mut("actions").expect("actions").retain(|one| one != action);
            let rights = Rights::of(Some(&status(less)));
            let lost = works().any(|work| !work.missing("tenants", &rights).is_empty());
            assert!(lost, "{action} in {privilege} is needed by nothing");
        }
    }
}

fn command(user: &str, database: &str, is_atlas: bool) -> tenantry_core::records::RoleCommand {
    let status = doc! { "authInfo": {
        "authenticatedUsers": [{ "user": user, "db": "admin" }],
        "authenticatedUserRoles": [{ "role": "readAnyDatabase", "db": "admin" }],
        "authenticatedUserPrivileges": [],
    } };
    role_command(database, &Rights::of(Some(&status)), is_atlas)
}

#[test]
fn names_are_quoted_for_the_shell() {
    let command = command(r#"d"ana\"); db.dropDatabase(); ("#, "o'brien", false);
    assert!(
        command.shell.contains(r#"grantRolesToUser("d\"ana\\\"); db.dropDatabase(); (", ["#),
        "{}",
        command.shell
    );
    assert!(command.shell.starts_with(r#"db.getSiblingDB("o'brien").createRole({"#), "{}", command.shell);
    assert_eq!(command.atlas, None);
}

#[test]
fn atlas_gets_its_own_words_and_the_roles_that_the_user_has() {
    let atlas = command("it's dana", "organization_management", true).atlas.expect("for Atlas");
    let (create, update) = atlas.split_once('\n').expect("two commands");
    let start = "atlas customDbRoles create tenantryConsole_organization_management --privilege ";
    assert!(create.starts_with(start), "{create}");
    for needed in [
        "RENAME_COLLECTION_SAME_DB@organization_management",
        "COLL_STATS@organization_management",
        "INSERT@organization_management.organizations",
    ] {
        assert!(create[start.len()..].split(',').any(|one| one == needed), "{needed}: {create}");
    }
    assert_eq!(
        update,
        "atlas dbusers update 'it'\\''s dana' --authDB 'admin' \
         --role readAnyDatabase@admin,tenantryConsole_organization_management@admin"
    );
    assert_eq!(command("dana", "a,b", true).atlas, None, "a comma separates there");
    assert_eq!(command("--help", "tenants", true).atlas, None, "it would be taken for an option");
}
