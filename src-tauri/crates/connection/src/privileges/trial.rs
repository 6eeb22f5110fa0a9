//! Finds out by trial what the database user is allowed to do, with commands that change nothing whatever the response
//! is.
//!
//! A server checks permissions before data: 13 is a refusal, and "there is no such collection" is a permission. What
//! cannot be tried harmlessly stays unknown unless it is refused.

use bson::oid::ObjectId;
use bson::{Document, doc};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use mongodb::Database;

use super::{Need, On, works};
use crate::database::ORGANIZATIONS;
use crate::failure::within;
use crate::failure::{Failure, code};
use crate::limits::{ANSWER_LIMIT, POOL};

/// Every need that could be decided.
pub(super) async fn tried(database: &Database) -> Result<Vec<(Need, bool)>, Failure> {
    let mut needs: Vec<Need> = Vec::new();
    for work in works() {
        let others = work.or.iter().map(|action| (*action, work.on));
        for need in work.needs().chain(others) {
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
    }
    let has_organizations = exists(database, ORGANIZATIONS).await?;
    let mut answers = Vec::with_capacity(needs.len());
    for need in needs {
        answers.push(try_one(database.clone(), need, has_organizations));
    }
    let decided: Vec<Option<(Need, bool)>> =
        stream::iter(answers).buffer_unordered(POOL as usize).try_collect().await?;
    Ok(decided.into_iter().flatten().collect())
}

async fn try_one(
    database: Database,
    need: Need,
    has_organizations: bool,
) -> Result<Option<(Need, bool)>, Failure> {
    let Some(trial) = trial(database.name(), need, has_organizations) else { return Ok(None) };
    let database = if trial.run_on_admin { database.client().database("admin") } else { database };
    let answer = within(ANSWER_LIMIT, database.run_command(trial.command)).await;
    Ok(decided(answer, trial.only_a_refusal_tells)?.map(|allowed| (need, allowed)))
}

async fn exists(database: &Database, collection: &str) -> Result<bool, Failure> {
    let names =
        database.list_collection_names().filter(doc! { "name": collection }).authorized_collections(true);
    match within(ANSWER_LIMIT, names).await {
        Ok(names) => Ok(!names.is_empty()),
        Err(failure) if failure.code.is_some() => Ok(false),
        Err(failure) => Err(failure),
    }
}

struct Trial {
    command: Document,
    run_on_admin: bool,
    /// Whether another response can come before the permissions are checked.
    only_a_refusal_tells: bool,
}

/// `None` if no harmless trial is known.
fn trial(database: &str, (action, on): Need, has_organizations: bool) -> Option<Trial> {
    // A name that nobody has: neither an organization's collection nor one of Tenantry's.
    let nobodys = format!("console_trial_{}", ObjectId::new().to_hex());
    let nothing = doc! { "_id": ObjectId::new() };
    let target = match on {
        On::Collection(collection) => collection.to_owned(),
        On::Database => nobodys.clone(),
    };
    let command = match action {
        "find" => doc! { "find": &target, "filter": nothing, "limit": 1 },
        // An empty list is refused everywhere, but on some servers before the permissions are checked.
        "insert" => doc! { "insert": &target, "documents": Vec::<Document>::new() },
        "update" => {
            let update = doc! { "q": nothing, "u": { "$set": { "console": {} } } };
            doc! { "update": &target, "updates": [update] }
        }
        "remove" => doc! { "delete": &target, "deletes": [{ "q": nothing, "limit": 1 }] },
        // An existing one, or it would be created. A right on it alone does not cover all collections, so success tells
        // nothing.
        "createCollection" if has_organizations => doc! { "create": ORGANIZATIONS },
        // No indexes, or the collection would be created.
        "createIndex" => doc! { "createIndexes": &nobodys, "indexes": Vec::<Document>::new() },
        "dropCollection" => doc! { "drop": &nobodys },
        "renameCollectionSameDB" => doc! {
            "renameCollection": format!("{database}.{nobodys}"),
            "to": format!("{database}.{nobodys}x"),
        },
        "collStats" => {
            doc! { "aggregate": &nobodys, "pipeline": [{ "$collStats": { "count": {} } }], "cursor": {} }
        }
        "listIndexes" => doc! { "listIndexes": &nobodys },
        _ => return None,
    };
    Some(Trial {
        command,
        run_on_admin: action == "renameCollectionSameDB",
        only_a_refusal_tells: matches!(action, "insert" | "createCollection" | "createIndex"),
    })
}

fn decided(answer: Result<Document, Failure>, only_a_refusal_tells: bool) -> Result<Option<bool>, Failure> {
    match answer {
        Err(failure) if failure.is_denied() => Ok(Some(false)),
        Ok(_) => Ok((!only_a_refusal_tells).then_some(true)),
        Err(failure) if failure.is(code::NAMESPACE_NOT_FOUND) || failure.is(code::NAMESPACE_EXISTS) => {
            Ok(Some(true))
        }
        // The server's response to something else, such as a missing command.
        Err(failure) if failure.code.is_some() => Ok(None),
        Err(failure) => Err(failure),
    }
}
