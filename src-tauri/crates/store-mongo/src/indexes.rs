//! Tenantry's indexes, and its fallback where it cannot have them.

use std::time::Duration;

use bson::{Bson, Document, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use mongodb::IndexModel;
use mongodb::options::IndexOptions;
use tenantry_connection::database::{ACTIVITY, OPERATORS, ORGANIZATIONS, PEOPLE, SESSIONS, TRASH};
use tenantry_connection::failure::{Failure, code, within};
use tenantry_core::StoreError;
use tenantry_core::limits::SESSION_FORGOTTEN_AFTER;

use crate::documents;
use crate::errors::Act;
use crate::open::{INDEX_LIMIT, MongoStore, Rule};
use crate::organizations::without_case;

/// Counting duplicates reads every organization; it is done only if they prevented an index.
const DUPLICATES_LIMIT: Duration = Duration::from_secs(2);

struct Wanted {
    collection: &'static str,
    name: &'static str,
    keys: Document,
    kind: Kind,
    /// Whether it ignores the letter case.
    has_collation: bool,
}

impl Wanted {
    fn model(&self) -> IndexModel {
        let mut options = IndexOptions::default();
        options.name = Some(self.name.to_owned());
        options.collation = self.has_collation.then(without_case);
        match self.kind {
            Kind::Order => {}
            Kind::Unique(_) => options.unique = Some(true),
            Kind::Expiry(after) => options.expire_after = Some(after),
        }
        let mut model = IndexModel::default();
        model.keys = self.keys.clone();
        model.options = Some(options);
        model
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Serves a sort order.
    Order,
    /// Keeps a rule.
    Unique(Keeps),
    /// Removes documents so long after their date.
    Expiry(Duration),
}

/// The rule of a unique index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    Names,
    Emails,
    Operators,
    People,
}

/// The outcome for one index.
enum Made {
    /// It exists and serves its purpose.
    Yes,
    /// A weaker one exists: the server has no collations.
    Half,
    /// It could not be created.
    No(Failure),
}

fn wanted() -> Vec<Wanted> {
    let index = |collection, name, keys, kind| {
        let has_collation = kind == Kind::Unique(Keeps::Emails);
        Wanted { collection, name, keys, kind, has_collation }
    };
    vec![
        index(
            ORGANIZATIONS,
            "console_unique_name",
            doc! { "organization_name": 1 },
            Kind::Unique(Keeps::Names),
        ),
        index(ORGANIZATIONS, "console_unique_email", doc! { "admin_email": 1 }, Kind::Unique(Keeps::Emails)),
        // The id breaks ties, so it is part of every order. An order by name is also the order by collection.
        index(ORGANIZATIONS, "console_by_collection", doc! { "collection_name": 1 }, Kind::Order),
        index(ORGANIZATIONS, "console_by_name", doc! { "organization_name": 1, "_id": 1 }, Kind::Order),
        index(ORGANIZATIONS, "console_by_email", doc! { "admin_email": 1, "_id": 1 }, Kind::Order),
        index(ORGANIZATIONS, "console_by_status", doc! { "is_active": 1, "_id": 1 }, Kind::Order),
        index(ORGANIZATIONS, "console_by_created", doc! { "created_at": 1, "_id": 1 }, Kind::Order),
        index(ORGANIZATIONS, "console_by_updated", doc! { "updated_at": 1, "_id": 1 }, Kind::Order),
        index(TRASH, "console_by_name", doc! { "organization.organization_name": 1, "_id": 1 }, Kind::Order),
        index(TRASH, "console_by_email", doc! { "organization.admin_email": 1, "_id": 1 }, Kind::Order),
        index(TRASH, "console_by_status", doc! { "organization.is_active": 1, "_id": 1 }, Kind::Order),
        index(TRASH, "console_by_created", doc! { "organization.created_at": 1, "_id": 1 }, Kind::Order),
        index(TRASH, "console_by_updated", doc! { "organization.updated_at": 1, "_id": 1 }, Kind::Order),
        index(OPERATORS, "console_unique_email", doc! { "email_key": 1 }, Kind::Unique(Keeps::Operators)),
        index(PEOPLE, "console_unique_email", doc! { "email_key": 1 }, Kind::Unique(Keeps::People)),
        index(PEOPLE, "console_by_email", doc! { "email_key": 1, "_id": 1 }, Kind::Order),
        index(PEOPLE, "console_by_name", doc! { "name_key": 1, "_id": 1 }, Kind::Order),
        index(PEOPLE, "console_by_last_sign_in", doc! { "last_sign_in_at": 1, "_id": 1 }, Kind::Order),
        index(PEOPLE, "console_by_organization", doc! { "memberships.organization_id": 1 }, Kind::Order),
        index(SESSIONS, "console_by_account", doc! { "account": 1 }, Kind::Order),
        index(SESSIONS, "console_by_organization", doc! { "organization_id": 1 }, Kind::Order),
        index(SESSIONS, "console_expiry", doc! { "last_used_at": 1 }, Kind::Expiry(SESSION_FORGOTTEN_AFTER)),
        // The `_id` is the number of an entry, so each of these is also in the order of the record.
        index(ACTIVITY, "console_by_actor", doc! { "actor": 1, "_id": 1 }, Kind::Order),
        index(ACTIVITY, "console_by_account", doc! { "account": 1, "_id": 1 }, Kind::Order),
        index(ACTIVITY, "console_by_subject", doc! { "subject": 1, "_id": 1 }, Kind::Order),
        index(ACTIVITY, "console_by_organization", doc! { "organization_id": 1, "_id": 1 }, Kind::Order),
        index(ACTIVITY, "console_by_kind", doc! { "kind": 1, "_id": 1 }, Kind::Order),
        index(ACTIVITY, "console_by_outcome", doc! { "outcome": 1, "_id": 1 }, Kind::Order),
        index(ACTIVITY, "console_by_moment", doc! { "at": 1, "_id": 1 }, Kind::Order),
    ]
}

fn wanted_by_collection() -> Vec<Vec<Wanted>> {
    let mut by_collection: Vec<Vec<Wanted>> = Vec::new();
    for index in wanted() {
        match by_collection.last_mut() {
            Some(group) if group.iter().all(|one| one.collection == index.collection) => group.push(index),
            Some(_) | None => by_collection.push(vec![index]),
        }
    }
    by_collection
}

impl MongoStore {
    /// Creates the missing indexes; returns sentences about those that could not be created.
    pub(crate) async fn prepare_indexes(&self) -> Result<Vec<String>, StoreError> {
        let (mut warnings, mut denied) = (Vec::new(), false);
        // All collections at the same time, so that a distant server is waited for once.
        let made = wanted_by_collection().into_iter().map(|wanted| self.prepare_collection(wanted));
        for (index, made) in try_join_all(made).await?.into_iter().flatten() {
            if let Kind::Unique(keeps) = index.kind {
                self.rule(keeps).set(matches!(made, Made::Yes));
            }
            match (made, index.kind) {
                (Made::Yes, _) => {}
                (Made::Half, _) => warnings.push(
                    "This server can't compare text without regard to case in an index. That an administrator's \
                     address is used once is checked after each write instead."
                        .to_owned(),
                ),
                (Made::No(failure), _) if failure.is_denied() => denied = true,
                (Made::No(failure), Kind::Unique(keeps)) if failure.is_duplicate() => {
                    warnings.push(self.duplicates(keeps).await);
                }
                (Made::No(failure), _) => warnings.push(format!(
                    "The index {} on {} could not be made{}. Lists may be slow, and what must be unique is checked \
                     after each write instead.",
                    index.name,
                    index.collection,
                    failure.code.map(|code| format!(" (code {code})")).unwrap_or_default(),
                )),
            }
        }
        if denied {
            warnings.push(
                "The database user lacks createIndex. Lists may be slow, and what must be unique is checked after \
                 each write instead."
                    .to_owned(),
            );
        }
        Ok(warnings)
    }

    /// The indexes that [`prepare_indexes`](Self::prepare_indexes) would create. Also learns which rules the existing
    /// ones keep.
    pub(crate) async fn missing_indexes(&self) -> Result<Vec<String>, StoreError> {
        let mut missing = Vec::new();
        let found = wanted_by_collection().into_iter().map(|wanted| self.find_served(wanted));
        for (index, is_there) in try_join_all(found).await?.into_iter().flatten() {
            if let Kind::Unique(keeps) = index.kind {
                self.rule(keeps).set(is_there);
            }
            if !is_there {
                missing.push(format!("index {} on {}", index.name, index.collection));
            }
        }
        Ok(missing)
    }

    fn rule(&self, keeps: Keeps) -> &Rule {
        match keeps {
            Keeps::Names => &self.unique.names,
            Keeps::Emails => &self.unique.emails,
            Keeps::Operators => &self.unique.operators,
            Keeps::People => &self.unique.people,
        }
    }

    /// None if the collection is missing, or if the user is not allowed to look: then each is tried.
    async fn indexes_of(&self, collection: &'static str) -> Result<Vec<Document>, StoreError> {
        let listed = self.ask(doc! { "listIndexes": collection }).await;
        match listed {
            Ok(listed) => Ok(listed
                .get_document("cursor")
                .and_then(|cursor| cursor.get_array("firstBatch"))
                .map(|batch| batch.iter().filter_map(Bson::as_document).cloned().collect())
                .unwrap_or_default()),
            Err(failure) if failure.is(code::NAMESPACE_NOT_FOUND) || failure.is_denied() => Ok(Vec::new()),
            Err(failure) => Err(self.told(failure, Act::on("listIndexes", collection))),
        }
    }

    /// The indexes of one collection, each with whether it exists or another serves its purpose.
    async fn find_served(&self, wanted: Vec<Wanted>) -> Result<Vec<(Wanted, bool)>, StoreError> {
        let Some(collection) = wanted.first().map(|index| index.collection) else { return Ok(Vec::new()) };
        let known = self.indexes_of(collection).await?;
        let is_there = |index: &Wanted| known.iter().any(|found| serves(found, index));
        let told = |index: Wanted| {
            let is_there = is_there(&index);
            (index, is_there)
        };
        Ok(wanted.into_iter().map(told).collect())
    }

    async fn prepare_collection(&self, wanted: Vec<Wanted>) -> Result<Vec<(Wanted, Made)>, StoreError> {
        let found = self.find_served(wanted).await?;
        let missing: Vec<&Wanted> =
            found.iter().filter(|(_, is_there)| !is_there).map(|(index, _)| index).collect();
        // If one of them cannot be made, the server makes none: then each is tried.
        let all_made = !missing.is_empty() && self.create(&missing).await.is_ok();
        let mut prepared = Vec::with_capacity(found.len());
        for (index, is_there) in found {
            let made = if is_there || all_made { Made::Yes } else { self.make(&index).await? };
            prepared.push((index, made));
        }
        Ok(prepared)
    }

    async fn make(&self, index: &Wanted) -> Result<Made, StoreError> {
        let Err(failure) = self.create(&[index]).await else { return Ok(Made::Yes) };
        if failure.code.is_none() {
            // No response, so nothing can be said about this index: the caller gets the failure.
            return Err(self.told(failure, Act::on("createIndex", index.collection)));
        }
        let without_collation = || Wanted { has_collation: false, keys: index.keys.clone(), ..*index };
        if index.has_collation
            && failure.is_unsupported()
            && self.create(&[&without_collation()]).await.is_ok()
        {
            return Ok(Made::Half);
        }
        Ok(Made::No(failure))
    }

    /// Creates indexes of one collection with one command.
    async fn create(&self, indexes: &[&Wanted]) -> Result<(), Failure> {
        let Some(collection) = indexes.first().map(|index| index.collection) else { return Ok(()) };
        let stored = self.documents(collection);
        let created = stored.create_indexes(indexes.iter().map(|index| index.model()));
        match within(INDEX_LIMIT, created).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_unconfirmed() => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// The number of duplicate values, in words. The values themselves do not belong in a message.
    async fn duplicates(&self, keeps: Keeps) -> String {
        let change = "Change the duplicates";
        let (collection, field, what, advice) = match keeps {
            Keeps::Names => (
                ORGANIZATIONS,
                "$organization_name",
                "Organization names",
                "Organizations of one name share one collection, which stays as it is: rename all but one of them, and \
                 each gets an empty collection of its own. Move what belongs there",
            ),
            Keeps::Emails => (ORGANIZATIONS, "$admin_email", "Administrators' addresses", change),
            Keeps::Operators => (OPERATORS, "$email_key", "Operators' addresses", change),
            Keeps::People => (PEOPLE, "$email_key", "People's addresses", change),
        };
        let counted = async {
            let pipeline = [
                doc! { "$group": { "_id": field, "uses": { "$sum": 1 } } },
                doc! { "$match": { "uses": { "$gt": 1 } } },
                doc! { "$count": "number" },
            ];
            let stored = self.raw(collection);
            let counted = stored.aggregate(pipeline).max_time(DUPLICATES_LIMIT);
            let counted = match keeps {
                Keeps::Emails => counted.collation(without_case()),
                Keeps::Names | Keeps::Operators | Keeps::People => counted,
            };
            counted.await?.with_type::<RawDocumentBuf>().try_next().await
        };
        let number = match self.attempt(counted).await {
            Ok(Some(counted)) => documents::count(&counted, "number").map(|number| number.to_string()),
            Ok(None) | Err(_) => None,
        };
        let number = number.unwrap_or_else(|| "some".to_owned());
        format!(
            "{what} that are used more than once: {number}. So no unique index could be made, and new ones are checked \
             after each write instead. {advice}, then open the workspace again."
        )
    }
}

/// Whether an existing index serves the purpose of a wanted one, whatever its name.
fn serves(found: &Document, wanted: &Wanted) -> bool {
    let same_keys = found.get_document("key").is_ok_and(|keys| {
        keys.len() == wanted.keys.len()
            && keys.iter().zip(&wanted.keys).all(|((found, way), (field, wanted_way))| {
                found == field && number(way) == number(wanted_way)
            })
    });
    let whole = !found.contains_key("partialFilterExpression") && !found.get_bool("sparse").unwrap_or(false);
    let unique = found.get_bool("unique").unwrap_or(false);
    let collation = found.get_document("collation").ok();
    same_keys
        && whole
        && match wanted.kind {
            Kind::Order => collation.is_none(),
            Kind::Unique(Keeps::Names | Keeps::Operators | Keeps::People) => unique && collation.is_none(),
            Kind::Unique(Keeps::Emails) => {
                unique
                    && collation
                        .is_some_and(|collation| collation.get("strength").and_then(number) == Some(2))
            }
            Kind::Expiry(_) => found.contains_key("expireAfterSeconds"),
        }
}

fn number(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(number) => Some(i64::from(*number)),
        Bson::Int64(number) => Some(*number),
        #[expect(clippy::cast_possible_truncation, reason = "1, -1 or a strength")]
        Bson::Double(number) => Some(*number as i64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Wanted {
        wanted()
            .into_iter()
            .find(|index| index.collection == ORGANIZATIONS && index.name == name)
            .expect("it is wanted")
    }

    #[test]
    fn an_index_of_another_name_serves_when_it_keeps_the_same_rule() {
        let name = named("console_unique_name");
        assert!(serves(&doc! { "name": "x", "key": { "organization_name": 1.0 }, "unique": true }, &name));
        assert!(!serves(&doc! { "name": "x", "key": { "organization_name": 1 } }, &name), "it is not unique");
        let partial =
            doc! { "key": { "organization_name": 1 }, "unique": true, "partialFilterExpression": {} };
        assert!(!serves(&partial, &name), "it does not see every document");
    }

    #[test]
    fn an_address_needs_an_index_without_regard_to_case() {
        let email = named("console_unique_email");
        let plain = doc! { "key": { "admin_email": 1 }, "unique": true };
        let mut right = plain.clone();
        right.insert("collation", doc! { "locale": "en", "strength": 2 });
        assert!(!serves(&plain, &email));
        assert!(serves(&right, &email));
    }

    #[test]
    fn every_index_of_ours_says_that_it_is_ours() {
        assert!(wanted().iter().all(|index| index.name.starts_with("console_")));
    }
}
