//! The record. The number of an entry is its `_id`, so no server can have two of one number, whatever its indexes.

use crate::documents;
use crate::errors::Act;
use crate::open::MongoStore;
use async_trait::async_trait;
use bson::oid::ObjectId;
use bson::raw::RawBsonRef;
use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::{self, BoxStream, StreamExt};
use tenantry_connection::database::ACTIVITY;
use tenantry_core::StoreError;
use tenantry_core::limits::{RECORD_BATCH, RECORD_SCAN, RECORD_SKEW};
use tenantry_core::ports::ActivityStore;
use tenantry_core::records::{
    ActivityEntry, Head, Outcome, RecordCursor, RecordPage, RecordQuery, Recorded, Stored,
};

/// The fields that a text is looked for in.
const READ: [&str; 7] = ["actor", "device", "organization_name", "subject", "reason", "detail", "changes"];

#[async_trait]
impl ActivityStore for MongoStore {
    async fn append(&self, entry: &ActivityEntry) -> Result<Recorded, StoreError> {
        self.add_entry(entry).await
    }

    async fn head(&self) -> Result<Option<Head>, StoreError> {
        Ok(self.newest_entry().await?.filter(|head| head.number > 0))
    }

    async fn page(&self, query: &RecordQuery) -> Result<RecordPage, StoreError> {
        // The server treats a limit of zero as none.
        if query.limit == 0 {
            return Ok(RecordPage::default());
        }
        match &query.after {
            Some(RecordCursor::Earlier(id)) => self.earlier_page(query, id, RecordPage::default()).await,
            Some(RecordCursor::Before(number)) => self.numbered_page(query, Some(*number)).await,
            None => self.numbered_page(query, None).await,
        }
    }

    async fn find(&self, number: u64) -> Result<Option<Recorded>, StoreError> {
        let entries = self.raw(ACTIVITY);
        let found = entries.find_one(doc! { "_id": signed(number) });
        let found = self.call(Act::on("find", ACTIVITY), found).await?;
        Ok(found.and_then(|document| stored(&document).recorded()))
    }

    fn walk(&self, from: u64) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
        self.batches(Bson::Int64(signed(from)), "$gte", Bson::Int64(i64::MAX))
    }

    fn walk_earlier(&self) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
        let [first, last] = every_object_id();
        self.batches(first, "$gte", last)
    }

    async fn cut(&self, last: &Head, earlier: &[String]) -> Result<u64, StoreError> {
        let entries = self.raw(ACTIVITY);
        let found = entries.find_one(doc! { "_id": signed(last.number) });
        let (found, newest) =
            futures_util::join!(self.call(Act::on("find", ACTIVITY), found), self.newest_entry(),);
        // None: an earlier cut has removed it.
        if found?.is_some_and(|document| stored(&document).hash != last.hash) {
            return Err(StoreError::Changed { what: "the record" });
        }
        if newest?.is_none_or(|head| head.number <= last.number) {
            return Err(StoreError::NotFound { what: "a newer entry" });
        }
        let mut removed = self.remove_up_to(last.number).await?;
        for ids in earlier.chunks(RECORD_BATCH as usize) {
            removed += self.remove_earlier(ids).await?;
        }
        Ok(removed)
    }
}

impl MongoStore {
    /// The newest entry, of any number.
    pub(crate) async fn newest_entry(&self) -> Result<Option<Head>, StoreError> {
        let entries = self.raw(ACTIVITY);
        let newest = entries.find_one(doc! { "_id": { "$gte": 0i64 } }).sort(doc! { "_id": -1 });
        let newest = self.call(Act::on("find", ACTIVITY), newest).await?;
        Ok(newest.map(|document| stored(&document).head()))
    }

    /// Reads a range of ids to its end in batches, each with a question of its own: no cursor is left to die.
    fn batches(
        &self,
        from: Bson,
        with: &'static str,
        to: Bson,
    ) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
        stream::try_unfold((from, with), move |(from, with)| {
            let range = doc! { with: from, "$lte": to.clone() };
            async move {
                let found = self.entries(doc! { "_id": range }, 1, RECORD_BATCH).await?;
                let last = found.last().and_then(|last| last.get("_id").ok().flatten());
                let Some(last) = last.and_then(|id| Bson::try_from(id).ok()) else {
                    return Ok(None);
                };
                let batch = found.iter().map(|document| stored(document)).collect();
                Ok(Some((batch, (last, "$gt"))))
            }
        })
        .boxed()
    }

    /// Documents in the order of their ids.
    async fn entries(
        &self,
        filter: Document,
        direction: i32,
        limit: u32,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let found = async {
            let entries = self.raw(ACTIVITY);
            let found = entries.find(filter).sort(doc! { "_id": direction }).limit(i64::from(limit));
            // In one answer.
            let cursor = found.batch_size(limit).await?;
            cursor.try_collect::<Vec<RawDocumentBuf>>().await
        };
        self.call(Act::on("find", ACTIVITY), found).await
    }

    async fn numbered_page(
        &self,
        query: &RecordQuery,
        before: Option<u64>,
    ) -> Result<RecordPage, StoreError> {
        let (low, high) = self.bounds(query, before).await?;
        let filters = filters(query);
        let found = filters.into_iter().map(|mut filter| {
            filter.insert("_id", doc! { "$gt": low, "$lt": high });
            self.entries(filter, -1, query.limit.saturating_add(1))
        });
        let mut found: Vec<Stored> =
            try_join_all(found).await?.iter().flatten().map(|document| stored(document)).collect();
        found.sort_by_key(|stored| std::cmp::Reverse(stored.number()));
        found.dedup_by_key(|stored| stored.number());
        let limit = query.limit as usize;
        let has_more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().and_then(Stored::number);
        let entries = found.iter().filter_map(Stored::recorded);
        let page = RecordPage { entries: entries.filter(|one| query.holds(one)).collect(), next: None };
        if let Some(last) = last.filter(|_| has_more) {
            return Ok(RecordPage { next: Some(RecordCursor::Before(last)), ..page });
        }
        // The text was looked for down to there only.
        if !query.text.is_empty() && low > query.newer_than.map_or(-1, signed) {
            return Ok(RecordPage { next: Some(RecordCursor::Before(unsigned(low + 1))), ..page });
        }
        if !may_be_earlier(query) {
            return Ok(page);
        }
        if found.len() == limit {
            return Ok(RecordPage { next: Some(RecordCursor::Earlier(String::new())), ..page });
        }
        self.earlier_page(query, "", page).await
    }

    /// The numbers between which the entries are. A moment is looked up among the entries in the order of time, which
    /// is the order of the numbers unless a clock was set.
    async fn bounds(&self, query: &RecordQuery, before: Option<u64>) -> Result<(i64, i64), StoreError> {
        let skew = time::Duration::try_from(RECORD_SKEW).unwrap_or(time::Duration::ZERO);
        let numbered = |at: Document, direction: i32| async move {
            let entries = self.raw(ACTIVITY);
            let filter = doc! { "at": at, "_id": { "$gte": 0i64 } };
            let found = entries.find_one(filter).sort(doc! { "at": direction, "_id": direction });
            let found = self.call(Act::on("find", ACTIVITY), found).await?;
            Ok::<_, StoreError>(found.and_then(|document| stored(&document).number()).map(signed))
        };
        let low = async {
            let Some(from) = query.from else { return Ok(None) };
            numbered(doc! { "$lt": documents::date(from.saturating_sub(skew)) }, -1).await
        };
        let high = async {
            let Some(until) = query.until else { return Ok(None) };
            numbered(doc! { "$gte": documents::date(until.saturating_add(skew)) }, 1).await
        };
        let newest = async {
            if query.text.is_empty() || before.is_some() { Ok(None) } else { self.newest_entry().await }
        };
        let (low, high, newest) = futures_util::try_join!(low, high, newest)?;
        let high = high.unwrap_or(i64::MAX).min(before.map_or(i64::MAX, signed));
        let high = newest.map_or(high, |newest| high.min(signed(newest.number) + 1));
        let mut low = low.unwrap_or(-1).max(query.newer_than.map_or(-1, signed));
        if !query.text.is_empty() {
            low = low.max(high.saturating_sub(i64::from(RECORD_SCAN) + 1));
        }
        Ok((low, high))
    }

    /// Adds entries of earlier versions to a page, and says where the next one begins.
    async fn earlier_page(
        &self,
        query: &RecordQuery,
        before: &str,
        mut page: RecordPage,
    ) -> Result<RecordPage, StoreError> {
        page.next = None;
        let room = (query.limit as usize).saturating_sub(page.entries.len());
        if !may_be_earlier(query) || room == 0 {
            return Ok(page);
        }
        let [first, last] = every_object_id();
        let (with, last) = match ObjectId::parse_str(before) {
            Ok(id) => ("$lt", Bson::ObjectId(id)),
            Err(_) => ("$lte", last),
        };
        let queries = filters(&RecordQuery { outcome: None, ..query.clone() });
        let found = queries.into_iter().map(|mut filter| {
            filter.insert("_id", doc! { "$gte": first.clone(), with: last.clone() });
            let mut moments = doc! {};
            if let Some(from) = query.from {
                moments.insert("$gte", documents::date(from));
            }
            if let Some(until) = query.until {
                moments.insert("$lt", documents::date(until));
            }
            if !moments.is_empty() {
                filter.insert("at", moments);
            }
            self.entries(filter, -1, u32::try_from(room).unwrap_or(u32::MAX).saturating_add(1))
        });
        let mut found: Vec<RawDocumentBuf> = try_join_all(found).await?.into_iter().flatten().collect();
        found.sort_by_key(|document| std::cmp::Reverse(documents::object_id(document, "_id")));
        let has_more = found.len() > room;
        found.truncate(room);
        let last = found.last().and_then(|last| documents::object_id(last, "_id"));
        page.next = last.filter(|_| has_more).map(|id| RecordCursor::Earlier(id.to_hex()));
        let entries = found.iter().filter_map(|document| stored(document).recorded());
        page.entries.extend(entries.filter(|one| query.holds(one)));
        Ok(page)
    }

    async fn remove_up_to(&self, number: u64) -> Result<u64, StoreError> {
        self.remove_entries(doc! { "_id": { "$gte": 0i64, "$lte": signed(number) } }).await
    }

    async fn remove_earlier(&self, ids: &[String]) -> Result<u64, StoreError> {
        let ids: Vec<ObjectId> = ids.iter().filter_map(|id| ObjectId::parse_str(id).ok()).collect();
        self.remove_entries(doc! { "_id": { "$in": ids } }).await
    }

    async fn remove_entries(&self, which: Document) -> Result<u64, StoreError> {
        let removed = self.write_many(self.documents(ACTIVITY).delete_many(which.clone())).await;
        match removed.map_err(|failure| self.told(failure, Act::on("remove", ACTIVITY)))? {
            Some(removed) => Ok(removed.deleted_count),
            None => self.require_gone(ACTIVITY, which).await.map(|()| 0),
        }
    }
}

/// Whether entries of earlier versions can be among those that are asked for.
fn may_be_earlier(query: &RecordQuery) -> bool {
    query.account.is_none()
        && query.newer_than.is_none()
        && query.outcome.is_none_or(|outcome| outcome == Outcome::Done)
}

/// The conditions of a query on the fields of an entry. Who did something and whom it is about are two indexes, so they
/// are two questions.
fn filters(query: &RecordQuery) -> Vec<Document> {
    let mut filter = doc! {};
    if let Some(account) = &query.account {
        filter.insert("account", account);
    }
    if let Some(id) = query.organization {
        filter.insert("organization_id", id.object_id());
    }
    match query.kinds.as_slice() {
        [] => {}
        [kind] => {
            filter.insert("kind", kind.as_str());
        }
        kinds => {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            filter.insert("kind", doc! { "$in": kinds });
        }
    }
    if let Some(outcome) = query.outcome {
        filter.insert("outcome", outcome.as_str());
    }
    if !query.text.is_empty() {
        let text = literally(&query.text);
        let anywhere: Vec<Document> =
            READ.iter().map(|field| doc! { *field: { "$regex": &text, "$options": "i" } }).collect();
        filter.insert("$or", anywhere);
    }
    match &query.person {
        None => vec![filter],
        Some(person) => ["actor", "subject"]
            .into_iter()
            .map(|field| {
                let mut filter = filter.clone();
                filter.insert(field, person);
                filter
            })
            .collect(),
    }
}

/// A pattern that finds this text, also inside the JSON of changes.
fn literally(text: &str) -> String {
    let escape = |character: char| match character {
        '"' | '\\' => ".{1,2}".to_owned(),
        letter if letter.is_control() => ".{1,6}".to_owned(),
        letter if ".^$*+?()[]{}|".contains(letter) => format!("\\{letter}"),
        letter => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

fn every_object_id() -> [Bson; 2] {
    [ObjectId::from_bytes([0; 12]), ObjectId::from_bytes([0xff; 12])].map(Bson::ObjectId)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The document of an entry: texts, but for its number, its moment and the id of its organization.
pub(crate) fn document(stored: &Stored) -> Document {
    let mut document = doc! { "_id": signed(stored.head().number) };
    for (name, value) in &stored.fields {
        let value = match name.as_str() {
            "number" => continue,
            "at" => value.parse().ok().map(|at| Bson::DateTime(bson::DateTime::from_millis(at))),
            "organization_id" => ObjectId::parse_str(value).ok().map(Bson::ObjectId),
            _ => None,
        }
        .unwrap_or_else(|| Bson::String(value.clone()));
        document.insert(name, value);
    }
    document.insert("hash", &stored.hash);
    document
}

/// Fields that a text makes no part of: it would have the digest of the value that belongs there.
const OTHER_TYPES: [&str; 3] = ["at", "number", "organization_id"];

/// An entry with all of its fields. A field of another type than it was written with is told as one that no entry has.
pub(crate) fn stored(document: &RawDocument) -> Stored {
    let mut read = Stored { fields: Default::default(), hash: String::new() };
    for (number, element) in document.iter_elements().enumerate() {
        let Ok(element) = element else {
            read.fields.insert(format!("\0{number}"), "unreadable".to_owned());
            continue;
        };
        let name = element.key().as_str();
        let (name, value) = match (name, element.value()) {
            ("_id", Ok(RawBsonRef::Int64(number))) => ("number", number.to_string()),
            ("_id", Ok(RawBsonRef::ObjectId(id))) => ("id", id.to_hex()),
            ("at", Ok(RawBsonRef::DateTime(at))) => ("at", at.timestamp_millis().to_string()),
            ("organization_id", Ok(RawBsonRef::ObjectId(id))) => ("organization_id", id.to_hex()),
            ("hash", Ok(RawBsonRef::String(hash))) => {
                read.hash = hash.to_owned();
                continue;
            }
            (name, Ok(RawBsonRef::String(text))) if !OTHER_TYPES.contains(&name) => (name, text.to_owned()),
            (name, value) => {
                let value = value.map_or_else(|_| "unreadable".to_owned(), |value| format!("{value:?}"));
                read.fields.insert(format!("\0{name}"), value);
                continue;
            }
        };
        if read.fields.insert(name.to_owned(), value).is_some() {
            read.fields.insert(format!("\0{name}"), "twice".to_owned());
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use tenantry_core::records::ActivityKind;
    use tenantry_core::values::OrganizationId;
    use time::macros::datetime;

    use super::*;

    fn an_entry() -> Stored {
        let entry = ActivityEntry::by("dana@example.com", ActivityKind::OrganizationChanged)
            .about(OrganizationId::new(), "acme")
            .changed("email", Some("a@b.c".to_owned()), None);
        Stored::new(&Head::before_the_first(), "5d2f", datetime!(2026-03-01 12:00 UTC), &entry)
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let written = an_entry();
        let document = RawDocumentBuf::try_from(document(&written)).expect("a document");
        assert_eq!(stored(&document), written);
    }

    #[test]
    fn a_value_of_another_type_is_another_entry() {
        let written = an_entry();
        let same = document(&written);
        let id = written.fields["organization_id"].clone();
        for (field, value) in [
            ("at", Bson::String(written.fields["at"].clone())),
            ("organization_id", Bson::String(id)),
            ("detail", Bson::Null),
            ("_id", Bson::Double(1.0)),
        ] {
            let mut altered = same.clone();
            altered.insert(field, value);
            let altered = RawDocumentBuf::try_from(altered).expect("a document");
            assert_ne!(stored(&altered).digest(), written.hash, "{field}");
        }
    }

    #[test]
    fn a_pattern_finds_its_text_literally() {
        assert_eq!(literally("a.b@c é"), "a\\.b@c é");
        assert_eq!(literally("\"x\""), ".{1,2}x.{1,2}");
    }
}
