//! Finding out what the database user may do by trying, in ways that change nothing whatever the answer is.
//!
//! A server looks at the rights before it looks at the data: 13 is a refusal, and "there is no such collection" is a
//! permission. What can't be tried harmlessly stays unknown unless it is refused.

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
    /// Another answer than a refusal may come before the rights were looked at.
    only_a_refusal_tells: bool,
}

/// `None` where nothing harmless is known.
fn trial(database: &str, (action, on): Need, has_organizations: bool) -> Option<Trial> {
    // A name that nobody has: neither an organization's collection nor one of the program's.
    let nobodys = format!("console_trial_{}", ObjectId::new().to_hex());
    let nothing = doc! { "_id": ObjectId::new() };
    let target = match on {
        On::Collection(collection) => collection.to_owned(),
        On::Database => nobodys.clone(),
    };
    let command = match action {
        "find" => doc! { "find": &target, "filter": nothing, "limit": 1 },
        // No documents are refused everywhere, and on some servers before the rights are looked at.
        "insert" => doc! { "insert": &target, "documents": Vec::<Document>::new() },
        "update" => {
            let update = doc! { "q": nothing, "u": { "$set": { "console": {} } } };
            doc! { "update": &target, "updates": [update] }
        }
        "remove" => doc! { "delete": &target, "deletes": [{ "q": nothing, "limit": 1 }] },
        // One that is there, or it would be made. A right on it alone is none on all, so leave to do it tells nothing.
        "createCollection" if has_organizations => doc! { "create": ORGANIZATIONS },
        // No indexes, or the collection would be made.
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
        // The server's answer to something else, such as a command that it does not have.
        Err(failure) if failure.code.is_some() => Ok(None),
        Err(failure) => Err(failure),
    }
}
