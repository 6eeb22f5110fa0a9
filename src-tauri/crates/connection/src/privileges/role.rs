//! Commands for the smallest role that allows everything Tenantry does.

use tenantry_core::records::RoleCommand;

use super::rights::DatabaseUser;
use super::{On, Rights, works};

/// The role's name. It belongs to the workspace's database, so that workspaces on one deployment do not share it.
const ROLE: &str = "tenantryConsole";

struct RolePrivilege {
    on: On,
    actions: Vec<&'static str>,
}

/// All collections of the database first; the others have the rest.
fn role_privileges() -> Vec<RolePrivilege> {
    let mut places: Vec<(On, Vec<&'static str>)> = vec![(On::Database, Vec::new())];
    for (action, on) in works().flat_map(super::Work::needs) {
        match places.iter_mut().find(|(place, _)| *place == on) {
            Some((_, actions)) if actions.contains(&action) => {}
            Some((_, actions)) => actions.push(action),
            None => places.push((on, vec![action])),
        }
    }
    let everywhere = places.first().map(|(_, actions)| actions.clone()).unwrap_or_default();
    places
        .into_iter()
        .filter_map(|(on, actions)| {
            let more = |action: &&'static str| on == On::Database || !everywhere.contains(action);
            let actions: Vec<&'static str> = actions.into_iter().filter(more).collect();
            (!actions.is_empty()).then_some(RolePrivilege { on, actions })
        })
        .collect()
}

/// The commands to run. Names are quoted for their language.
pub fn role_command(database: &str, rights: &Rights, is_atlas: bool) -> RoleCommand {
    let user = rights.user();
    let mut shell = create_role(database);
    if let Some(user) = user {
        shell.push('\n');
        shell.push_str(&grant_role(database, user));
    }
    RoleCommand {
        user: user.map(|user| user.name.clone()),
        shell,
        atlas: if is_atlas { on_atlas(database, rights) } else { None },
    }
}

fn create_role(database: &str) -> String {
    let lines: Vec<String> = role_privileges()
        .into_iter()
        .map(|RolePrivilege { on, actions }| {
            let collection = match on {
                On::Database => "",
                On::Collection(collection) => collection,
            };
            let actions: Vec<String> = actions.into_iter().map(quoted).collect();
            format!(
                r#"    {{ "resource": {{ "db": {}, "collection": {} }}, "actions": [{}] }}"#,
                quoted(database),
                quoted(collection),
                actions.join(", ")
            )
        })
        .collect();
    format!(
        "db.getSiblingDB({}).createRole({{\n  \"role\": {},\n  \"privileges\": [\n{}\n  ],\n  \"roles\": []\n}});",
        quoted(database),
        quoted(ROLE),
        lines.join(",\n")
    )
}

fn grant_role(database: &str, user: &DatabaseUser) -> String {
    format!(
        r#"db.getSiblingDB({}).grantRolesToUser({}, [{{ "role": {}, "db": {} }}]);"#,
        quoted(&user.database),
        quoted(&user.name),
        quoted(ROLE),
        quoted(database)
    )
}

/// As JSON, which the shell reads as data, whatever it contains.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// For the Atlas CLI: `atlas customDbRoles create` and `atlas dbusers update`. `None` if its syntax cannot express a
/// name: commas, dots and at-signs separate in it.
fn on_atlas(database: &str, rights: &Rights) -> Option<String> {
    let is_plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    if !is_plain(database) {
        return None;
    }
    // Roles belong to a project there, and a project may have several workspaces.
    let role = format!("{ROLE}_{database}");
    let privileges: Vec<String> = role_privileges()
        .into_iter()
        .flat_map(|RolePrivilege { on, actions }| {
            let place = on.namespace(database);
            actions.into_iter().map(move |action| format!("{}@{place}", atlas_action(action)))
        })
        .collect();
    let mut text = format!("atlas customDbRoles create {role} --privilege {}", privileges.join(","));
    let Some(user) = rights.user() else { return Some(text) };
    // The option replaces the user's roles, so they are named as well.
    let mut roles = Vec::new();
    for (name, of_database) in rights.roles().iter().filter(|(name, _)| *name != role) {
        if !is_plain(name) || !is_plain(of_database) {
            return None;
        }
        roles.push(format!("{name}@{of_database}"));
    }
    roles.push(format!("{role}@admin"));
    let (user, known_to) = (for_sh(&user.name)?, for_sh(&user.database)?);
    text.push_str(&format!("\natlas dbusers update {user} --authDB {known_to} --role {}", roles.join(",")));
    Some(text)
}

/// The Atlas API's name of an action: `FIND`, `RENAME_COLLECTION_SAME_DB`.
fn atlas_action(action: &str) -> String {
    let mut name = String::with_capacity(action.len() + 4);
    let mut after_small = false;
    for character in action.chars() {
        if character.is_ascii_uppercase() && after_small {
            name.push('_');
        }
        after_small = character.is_ascii_lowercase();
        name.push(character.to_ascii_uppercase());
    }
    name
}

/// In single quotes, in which a shell interprets only the closing quote. `None` for text that would be taken for an
/// option.
fn for_sh(text: &str) -> Option<String> {
    if text.starts_with('-') || text.contains('\0') {
        return None;
    }
    Some(format!("'{}'", text.replace('\'', r"'\''")))
}

/// The privileges in the server's format.
#[cfg(test)]
pub(super) fn role_documents(database: &str) -> Vec<bson::Document> {
    let text = create_role(database);
    let (_, argument) = text.split_once("createRole(").unwrap_or_default();
    let argument = argument.trim_end_matches(");");
    let role: serde_json::Value = serde_json::from_str(argument).unwrap_or_default();
    let privileges = role["privileges"].as_array().cloned().unwrap_or_default();
    let words = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    privileges
        .iter()
        .map(|privilege| {
            let (resource, actions) = (&privilege["resource"], privilege["actions"].as_array());
            let actions: Vec<String> = actions.into_iter().flatten().map(words).collect();
            bson::doc! {
                "resource": { "db": words(&resource["db"]), "collection": words(&resource["collection"]) },
                "actions": actions,
            }
        })
        .collect()
}
