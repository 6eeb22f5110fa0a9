//! What a database user is allowed to do according to Tenantry, compared with what the server then really does.

use std::sync::Arc;

use bson::{Bson, Document, doc};
use mongodb::{Client, Database};
use secrecy::SecretString;
use tenantry_connection::Secrets;
use tenantry_connection::diagnosis::{Diagnosis, Stage, StageFacts, StageSink};
use tenantry_connection::diagnosis::{STAGE_LIMIT, TestRequest, diagnose};
use tenantry_connection::dns::NameOptions;
use tenantry_core::clock::{ManualClock, SystemClock};
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::jobs::Cancellation;
use tenantry_core::limits::OPERATION_LEASE;
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    Operation, OperationPlan, OrganizationFilter, OrganizationQuery, Owner, PageStart, RecoveryOutcome,
    RestrictedAct, Restriction, RoleCommand, SortDirection, SortField, StatusFilter,
};
use tenantry_core::values::CollectionName;
use tenantry_tests::console::{Console, Run, create_request, update_request};
use tenantry_tests::server::{Server, fresh_database};
use tenantry_tests::suite::{collection, name, newest};
use tenantry_tests::workspace::{age_entries, open_database};
use time::OffsetDateTime;

async fn database_at(uri: &str, name: &str) -> Database {
    Client::with_uri_str(uri).await.expect("a connection string").database(name)
}

fn console(ports: &Ports) -> Console {
    Console::run(ports.clone(), &Arc::new(ManualClock::at(OffsetDateTime::now_utc())), Run::default())
}

fn acts(restrictions: &[Restriction]) -> Vec<RestrictedAct> {
    restrictions.iter().map(|restriction| restriction.act).collect()
}

/// A user with a role of its own that has these privileges on the database.
async fn user_with(server: &Server, name: &str, database: &str, privileges: Vec<Document>) -> String {
    let raw = database_at(&server.administrator_uri(), database).await;
    let role = format!("role-of-{name}");
    let privileges: Vec<Bson> = privileges.into_iter().map(Bson::Document).collect();
    raw.run_command(doc! { "createRole": &role, "privileges": privileges, "roles": Vec::<Bson>::new() })
        .await
        .expect("the role is made");
    server.add_user(name, database, &[&role]).await
}

/// The whole content of a database, for a comparison.
async fn content(database: &Database) -> Vec<(String, Vec<String>, Vec<Document>)> {
    let mut names = database.list_collection_names().await.expect("a list");
    names.sort();
    let mut content = Vec::new();
    for name in names {
        let stored = database.collection::<Document>(&name);
        let indexes = stored.list_index_names().await.expect("indexes");
        let mut documents = Vec::new();
        let mut cursor = stored.find(doc! {}).sort(doc! { "_id": 1 }).await.expect("documents");
        while cursor.advance().await.expect("a document") {
            documents.push(cursor.deserialize_current().expect("a document"));
        }
        content.push((name, indexes, documents));
    }
    content
}

/// A prepared workspace with one organization in it.
async fn prepared(server: &Server, database: &str) -> Console {
    let owner = open_database(&server.administrator_uri(), database).await.expect("it opens");
    owner.health.prepare().await.expect("prepared");
    let console = console(&owner);
    console.create("acme").await;
    console
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_out_what_a_user_may_do_changes_nothing() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    prepared(server, &database).await;
    let raw = database_at(&server.administrator_uri(), &database).await;
    let before = content(&raw).await;
    for (name, roles) in [("nothing-r", &["read"][..]), ("nothing-rw", &["readWrite", "dbAdmin"][..])] {
        let uri = server.add_user(name, &database, roles).await;
        let ports = open_database(&uri, &database).await.expect("it opens");
        ports.health.restrictions().await.expect("an answer");
        ports.health.health().await.expect("an answer");
    }
    assert_eq!(content(&raw).await, before, "whether it is asked or tried, nothing may change");

    let empty = fresh_database();
    let uri = server.add_user("nothing-yet", &empty, &["readWrite"]).await;
    let ports = open_database(&uri, &empty).await.expect("it opens");
    ports.health.restrictions().await.expect("an answer");
    let raw = database_at(&server.administrator_uri(), &empty).await;
    assert_eq!(content(&raw).await, Vec::new(), "an empty database stays empty");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_is_restricted_to_reading_and_told_what_is_missing() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    prepared(server, &database).await;
    let uri = server.add_user("only-reads", &database, &["read"]).await;
    let ports = open_database(&uri, &database).await.expect("it opens");
    let restrictions = ports.health.restrictions().await.expect("an answer");
    use RestrictedAct::{Change, Create, Deactivate, DeleteForever, Rename, Restore, Trash};
    assert_eq!(
        acts(&restrictions),
        [Create, Change, Rename, Deactivate, Trash, Restore, DeleteForever],
        "{restrictions:?}"
    );
    let change = restrictions.iter().find(|one| one.act == Change).expect("it is there");
    let needed = format!("update on {database}.organizations; insert on {database}.console_activity");
    assert_eq!(change.needs, needed, "no change is made without the record");
    let health = ports.health.health().await.expect("what is not told is no failure");
    // SecantusDB lists only the databases that a user can see, even if all are asked for; MongoDB refuses, and says
    // less.
    let not_told: Vec<_> = health.not_available.iter().filter(|name| **name != "otherDatabases").collect();
    assert_eq!(not_told, [&"storageEngine", &"connections"]);
    let room = health.collections.expect("its own database is counted");
    assert_eq!(room.organizations, 1);
    assert_eq!(health.members.len(), 1);
    assert!(health.members[0].round_trip.is_some(), "{:?}", health.members);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_read_and_write_is_restricted_in_nothing() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    prepared(server, &database).await;
    let uri = server.add_user("reads-and-writes", &database, &["readWrite"]).await;
    let ports = open_database(&uri, &database).await.expect("it opens");
    assert_eq!(ports.health.restrictions().await, Ok(Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_right_to_rename_everything_else_is_possible_and_a_rename_is_not() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    prepared(server, &database).await;
    let resource = doc! { "db": &database, "collection": "" };
    let actions =
        ["find", "insert", "update", "remove", "createCollection", "createIndex", "listIndexes", "collStats"];
    let privilege = doc! { "resource": resource, "actions": actions.to_vec() };
    let uri = user_with(server, "renames-nothing", &database, vec![privilege]).await;
    let ports = open_database(&uri, &database).await.expect("it opens");
    let restrictions = ports.health.restrictions().await.expect("an answer");
    use RestrictedAct::{DeleteForever, Rename, Restore, Trash};
    assert_eq!(acts(&restrictions), [Rename, Trash, Restore, DeleteForever], "{restrictions:?}");
    assert_eq!(restrictions[0].needs, format!("renameCollectionSameDB on {database}"));

    let console = console(&ports);
    let operator = console.operator().await;
    let globex = console.create("globex").await;
    let refused = console.organizations.rename(&operator, globex.id, "initech").await;
    assert!(
        matches!(&refused, Err(AppError::Store(StoreError::Denied { action, .. })) if action == "renameCollectionSameDB"),
        "what is restricted is really refused: {refused:?}"
    );
}

/// Every action on the database but those, and all on the console's own collections.
async fn user_without(server: &Server, name: &str, database: &str, lacking: &[&str]) -> String {
    let actions =
        ["find", "insert", "update", "remove", "createCollection", "createIndex", "renameCollectionSameDB"];
    let on = |collection: &str, without: &[&str]| {
        let actions: Vec<&str> = actions.into_iter().filter(|action| !without.contains(action)).collect();
        doc! { "resource": { "db": database, "collection": collection }, "actions": actions }
    };
    let own = ["console_trash", "console_operations", "console_activity", "console_operators"];
    let mut privileges = vec![on("", lacking)];
    privileges.extend(own.map(|collection| on(collection, &[])));
    user_with(server, name, database, privileges).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_half_way_is_taken_back_by_the_run_that_began_it() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let owner = prepared(server, &database).await;
    let acme = owner.ports.organizations.find_by_name(&name("acme")).await.expect("a look").expect("there");
    let exists = async |name: CollectionName| owner.ports.collections.exists(&name).await.expect("a look");
    for (lacking, user) in [("update", "names-nothing"), ("remove", "removes-nothing")] {
        let uri = user_without(server, user, &database, &[lacking]).await;
        let console = console(&open_database(&uri, &database).await.expect("it opens"));
        let operator = console.operator().await;
        let acts = &console.organizations;
        let refused = match lacking {
            "update" => acts.rename(&operator, acme.id, "zenith").await,
            _ => acts.trash(&operator, acme.id, None).await,
        };
        assert!(matches!(refused, Err(AppError::Store(StoreError::Denied { .. }))), "{lacking}: {refused:?}");
        assert_eq!(owner.ports.organizations.find(acme.id).await, Ok(Some(acme.clone())), "{lacking}");
        assert_eq!(owner.ports.organizations.find_trashed(acme.id).await, Ok(None), "{lacking}");
        assert!(exists(collection("acme")).await && !exists(collection("zenith")).await, "{lacking}");
        assert_eq!(owner.ports.journal.unfinished().await, Ok(Vec::new()), "{lacking}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_create_survives_a_user_who_may_not_create() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let owner = prepared(server, &database).await;
    let acme = owner.ports.organizations.find_by_name(&name("acme")).await.expect("a look").expect("there");
    let plan = OperationPlan::Create { name: acme.name.clone() };
    let earlier = Owner { installation: "this-computer".to_owned(), instance: "dead-run".to_owned() };
    let left = Operation::new(acme.id, plan, earlier, "operator@example.com".to_owned());
    owner.ports.journal.begin(&left).await.expect("begun");
    let raw = Client::with_uri_str(server.administrator_uri()).await.expect("a connection string");
    age_entries(&raw.database(&database), OPERATION_LEASE).await;
    let lacking = ["createCollection", "createIndex", "insert"];
    let uri = user_without(server, "creates-nothing", &database, &lacking).await;
    let ports = open_database(&uri, &database).await.expect("it opens");
    let recovered = console(&ports).operations.recover().await.expect("the journal is read");
    assert_eq!(recovered[0].outcome, RecoveryOutcome::Finished, "{recovered:?}");
    assert_eq!(owner.ports.organizations.find(acme.id).await, Ok(Some(acme)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_access_control_restricts_nothing() {
    let server = Server::shared(tenantry_tests::server::Topology::ReplicaSet);
    let ports = open_database(&server.uri(), &fresh_database()).await.expect("it opens");
    assert_eq!(ports.health.restrictions().await, Ok(Vec::new()));
    let command = ports.health.role_command().await.expect("a command");
    assert_eq!(command.user, None);
    assert!(!command.shell.contains("grantRolesToUser"), "{}", command.shell);
}

/// Runs the commands that a person would, as the shell does: each line begins with a database and a helper of the
/// shell.
async fn run_in_shell(server: &Server, shell: &str) {
    let client = Client::with_uri_str(server.administrator_uri()).await.expect("a connection string");
    for statement in shell.split_inclusive(");\n") {
        let statement = statement.trim().strip_suffix(");").expect("a whole statement");
        let (database, call) = statement
            .strip_prefix("db.getSiblingDB(")
            .and_then(|rest| rest.split_once(")."))
            .expect("it says in which database");
        let database: String = serde_json::from_str(database).expect("a name");
        let (helper, arguments) = call.split_once('(').expect("a call");
        let arguments: Vec<Bson> =
            serde_json::from_str(&format!("[{arguments}]")).expect("arguments are plain data");
        let command = match (helper, arguments.as_slice()) {
            ("createRole", [Bson::Document(role)]) => {
                let mut command = doc! { "createRole": role.get("role").expect("a name") };
                command.extend(role.clone().into_iter().filter(|(key, _)| key != "role"));
                command
            }
            ("grantRolesToUser", [user, roles]) => doc! { "grantRolesToUser": user, "roles": roles },
            _ => panic!("the shell has no such helper: {statement}"),
        };
        client.database(&database).run_command(command).await.expect("the administrator may do it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_allows_the_whole_lifecycle_and_nothing_more() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let name = "console's \"own\"";
    let uri = server.add_user(name, &database, &[]).await.replace(name, "console%27s%20%22own%22");
    let ports = open_database(&uri, &database).await.expect("anybody may open it");
    let before = ports.health.restrictions().await.expect("an answer");
    assert_eq!(acts(&before), RestrictedAct::ALL, "a user without roles may do nothing");
    let command = ports.health.role_command().await.expect("a command");
    assert_eq!(command.user.as_deref(), Some(name));
    assert_eq!(command.atlas, None, "this is not Atlas");
    run_in_shell(server, &command.shell).await;

    let ports = open_database(&uri, &database).await.expect("it opens");
    assert_eq!(ports.health.restrictions().await, Ok(Vec::new()));
    assert_eq!(ports.health.prepare().await, Ok(Vec::new()), "its own indexes can be made");
    let console = console(&ports);
    whole_lifecycle(&console).await;
    let health = ports.health.health().await.expect("health");
    let refused: Vec<_> = health.privileges.iter().filter(|one| one.allowed == Some(false)).collect();
    assert!(refused.is_empty(), "{refused:?}");

    let raw = database_at(&uri, &database).await;
    let others = database_at(&uri, &fresh_database()).await;
    let something = doc! { "_id": 1 };
    assert!(
        raw.collection::<Document>("org_beta").insert_one(&something).await.is_err(),
        "write tenants' documents"
    );
    assert!(raw.collection::<Document>("org_beta").delete_many(doc! {}).await.is_err(), "remove them");
    assert!(
        raw.collection::<Document>("console_activity").delete_many(doc! {}).await.is_err(),
        "unwrite history"
    );
    assert!(
        raw.collection::<Document>("org_beta").drop_index("created_at_1").await.is_err(),
        "drop an index"
    );
    assert!(raw.drop().await.is_err(), "drop the database");
    assert!(
        others.collection::<Document>("organizations").find_one(doc! {}).await.is_err(),
        "read elsewhere"
    );
    assert!(
        others.collection::<Document>("organizations").insert_one(&something).await.is_err(),
        "write elsewhere"
    );
    let user = doc! { "createUser": "more", "pwd": "p", "roles": Vec::<Bson>::new() };
    assert!(raw.run_command(user).await.is_err(), "make users");
}

/// The connection test of a database, and the role that it offers.
async fn offered_role(uri: &str, database: &str) -> (Diagnosis, Option<RoleCommand>) {
    let request = TestRequest {
        connection_string: uri.to_owned(),
        secrets: Secrets::default(),
        database: database.to_owned(),
        limit: STAGE_LIMIT,
        names: NameOptions::default(),
        clock: Arc::new(SystemClock),
    };
    let diagnosis = diagnose(&request, &NobodyWatches, &Cancellation::default()).await.expect("it ends");
    let last = diagnosis.stages.last().and_then(|stage| stage.facts.clone());
    let Some(StageFacts::Permissions { role, .. }) = last else {
        panic!("the rights are looked at:\n{}", diagnosis.report);
    };
    (diagnosis, role)
}

struct NobodyWatches;

impl StageSink for NobodyWatches {
    fn stage(&self, _: &Stage) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_open_the_workspace_gets_the_role_from_the_connection_test() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    prepared(server, &database).await;
    let list_only =
        doc! { "resource": { "db": &database, "collection": "organizations" }, "actions": ["find"] };
    for (name, privileges, passes) in
        [("opens-nothing", vec![], false), ("lists-only", vec![list_only], true)]
    {
        let uri = user_with(server, name, &database, privileges).await;
        let ports = open_database(&uri, &database).await.expect("the server lets it in");
        let refused = console(&ports).access.prepare().await;
        assert!(matches!(refused, Err(AppError::Store(StoreError::Denied { .. }))), "{name}: {refused:?}");

        let (diagnosis, role) = offered_role(&uri, &database).await;
        assert_eq!(diagnosis.finding.is_none(), passes, "{}", diagnosis.report);
        let role = role.expect("a role is offered");
        assert_eq!(role.user.as_deref(), Some(name));
        run_in_shell(server, &role.shell.replace("tenantryConsole", &format!("role of {name}"))).await;

        let ports = open_database(&uri, &database).await.expect("it opens");
        let console = console(&ports);
        console.access.prepare().await.expect("with the role it opens");
        console.sessions.is_claimed().await.expect("and asks who is there");
        let (diagnosis, role) = offered_role(&uri, &database).await;
        assert_eq!(diagnosis.finding, None, "{}", diagnosis.report);
        assert_eq!(role, None, "nothing is missing any more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_did_not_sign_in_is_offered_no_role() {
    let server = Server::shared_with_access_control();
    let (diagnosis, role) = offered_role(&server.uri(), &fresh_database()).await;
    assert!(diagnosis.finding.is_some(), "it wants a user:\n{}", diagnosis.report);
    assert_eq!(role, None, "there is nobody to give it to");
}

/// Every action of a person, with good and bad sign-ins.
async fn whole_lifecycle(console: &Console) {
    let operator = console.operator().await;
    let acts = &console.organizations;
    let acme = console.create("acme").await;
    let session = console.sign_in("admin@acme.example.com").await;
    let wrong = SecretString::from("Wrong-passw0rd");
    assert!(console.try_sign_in("admin@acme.example.com", &wrong).await.is_err());
    let change = UpdateRequest {
        name: Some("beta".to_owned()),
        display_name: Some("Beta".to_owned()),
        email: Some("admin@beta.example.com".to_owned()),
        ..update_request(acme.id)
    };
    acts.update(&operator, change).await.expect("renamed and changed");
    acts.deactivate(&operator, acme.id).await.expect("deactivated");
    acts.reactivate(&operator, acme.id).await.expect("reactivated");
    console.sessions.sign_out(&session.token).await.expect("signed out");
    console.collections.statistics(&operator, acme.id).await.expect("statistics");
    let statistics = console.ports.collections.statistics(&collection("beta")).await.expect("statistics");
    assert!(statistics.note.is_none(), "with sizes: {statistics:?}");
    acts.trash(&operator, acme.id, None).await.expect("trashed");
    acts.restore(&operator, acme.id, None).await.expect("restored");
    let doomed = acts.create(&operator, create_request("doomed")).await.expect("created");
    acts.trash(&operator, doomed.id, None).await.expect("trashed");
    acts.delete_forever(&operator, doomed.id, "doomed").await.expect("deleted for ever");
    let query = OrganizationQuery {
        filter: OrganizationFilter { search: "b".to_owned(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 10,
    };
    assert_eq!(console.ports.organizations.page(&query).await.expect("a list").organizations.len(), 1);
    console.ports.organizations.count(&query.filter).await.expect("counts");
    assert!(!newest(&console.ports, acme.id, 10).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_may_not_look_is_not_told_that_a_collection_is_absent() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    prepared(server, &database).await;
    let on = |name: &str| doc! { "db": &database, "collection": name };
    let only = doc! { "resource": on("organizations"), "actions": ["find", "insert", "update", "remove"] };
    let uri = user_with(server, "looks-nowhere", &database, vec![only]).await;
    let ports = open_database(&uri, &database).await.expect("it opens");
    let answer = ports.collections.exists(&collection("acme")).await;
    assert!(matches!(answer, Err(StoreError::Denied { .. })), "it is there: {answer:?}");
    let answer = ports.collections.identity(&collection("acme")).await;
    assert!(matches!(answer, Err(StoreError::Denied { .. })), "it is there: {answer:?}");

    let all = doc! { "resource": on(""), "actions": ["find", "insert", "update", "remove", "listIndexes"] };
    let uri = user_with(server, "looks-by-name", &database, vec![all]).await;
    let ports = open_database(&uri, &database).await.expect("it opens");
    assert_eq!(ports.collections.exists(&collection("acme")).await, Ok(true));
    assert_eq!(ports.collections.exists(&collection("nobody")).await, Ok(false));
}
