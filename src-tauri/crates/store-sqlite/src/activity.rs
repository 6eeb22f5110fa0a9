//! The record. A file has one clock and one writer at a time, so an entry and its number are one transaction.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bson::oid::ObjectId;
use futures_util::stream::{self, BoxStream, StreamExt};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params_from_iter};
use tenantry_core::StoreError;
use tenantry_core::limits::{RECORD_BATCH, RECORD_SCAN, RECORD_SKEW};
use tenantry_core::ports::ActivityStore;
use tenantry_core::records::{
    ActivityEntry, Head, Outcome as Ended, RecordCursor, RecordPage, RecordQuery, Recorded, Stored,
    seal_earlier,
};
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::errors::Outcome;
use crate::records::{bytes, milliseconds, organization_id};
use crate::statements::Statements;

const ENTRY: &str = "SELECT number, at, previous, hash, fields FROM console_activity";
const EARLIER: &str =
    "SELECT id, at, actor, kind, organization_id, organization_name, detail FROM console_activity_earlier";

#[async_trait]
impl ActivityStore for SqliteStore {
    async fn append(&self, entry: &ActivityEntry) -> Result<Recorded, StoreError> {
        let (entry, now) = (entry.clone(), self.clock.now());
        self.write(move |transaction| add_entry(transaction, &entry, now)).await
    }

    async fn head(&self) -> Result<Option<Head>, StoreError> {
        self.read(|connection| Ok(newest(connection)?.filter(|head| head.number > 0))).await
    }

    async fn page(&self, query: &RecordQuery) -> Result<RecordPage, StoreError> {
        let query = query.clone();
        self.read_together(move |connection| page(connection, &query)).await
    }

    async fn find(&self, number: u64) -> Result<Option<Recorded>, StoreError> {
        self.read(move |connection| {
            let sql = format!("{ENTRY} WHERE number = ?1");
            let found = connection.query_row_cached(&sql, [signed(number)], stored).optional()?;
            Ok(found.and_then(|stored| stored.recorded()))
        })
        .await
    }

    fn walk(&self, from: u64) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
        self.batches(format!("{ENTRY} WHERE number >= ?1 ORDER BY number LIMIT ?2"), from, stored)
    }

    fn walk_earlier(&self) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
        self.batches(format!("{EARLIER} WHERE id >= ?1 ORDER BY id LIMIT ?2"), 0, earlier)
    }

    async fn cut(&self, last: &Head, earlier: &[String]) -> Result<u64, StoreError> {
        let last = last.clone();
        let earlier: Vec<i64> = earlier.iter().filter_map(|id| id.parse().ok()).collect();
        self.erase(move |transaction| {
            let number = signed(last.number);
            let found = "SELECT hash FROM console_activity WHERE number = ?1";
            let found: Option<String> =
                transaction.query_row_cached(found, [number], |row| row.get(0)).optional()?;
            match found {
                Some(hash) if hash == last.hash => {}
                Some(_) => return Err(StoreError::Changed { what: "the record" }.into()),
                // An earlier cut has removed it.
                None => {}
            }
            if newest(transaction)?.is_none_or(|head| head.number <= last.number) {
                return Err(StoreError::NotFound { what: "a newer entry" }.into());
            }
            let mut removed =
                transaction.execute_cached("DELETE FROM console_activity WHERE number <= ?1", [number])?;
            for id in earlier {
                let sql = "DELETE FROM console_activity_earlier WHERE id = ?1";
                removed += transaction.execute_cached(sql, [id])?;
            }
            Ok(removed as u64)
        })
        .await
    }
}

impl SqliteStore {
    /// Reads a table to its end in batches, each with a statement of its own: nobody waits for a slow reader.
    fn batches(
        &self,
        sql: String,
        from: u64,
        read: fn(&Row<'_>) -> rusqlite::Result<Stored>,
    ) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
        stream::try_unfold(signed(from), move |from| {
            let sql = sql.clone();
            async move {
                let batch = self
                    .read(move |connection| {
                        let mut statement = connection.prepare_cached(&sql)?;
                        let rows = statement.query_map([from, i64::from(RECORD_BATCH)], |row| {
                            Ok((row.get::<_, i64>(0)?, read(row)?))
                        })?;
                        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
                    })
                    .await?;
                let next = batch.last().map(|(number, _)| number.saturating_add(1));
                Ok(next.map(|next| (batch.into_iter().map(|(_, stored)| stored).collect(), next)))
            }
        })
        .boxed()
    }
}

/// Adds an entry after the newest one.
pub(crate) fn add_entry(
    transaction: &Transaction<'_>,
    entry: &ActivityEntry,
    now: OffsetDateTime,
) -> Outcome<Recorded> {
    let previous = match newest(transaction)? {
        Some(head) => head,
        None => begin(transaction, now)?,
    };
    let stored = Stored::new(&previous, &ObjectId::new().to_hex(), now, entry);
    insert(transaction, &stored)?;
    stored.recorded().ok_or_else(|| StoreError::Unexpected { detail: "an entry of no use".to_owned() }.into())
}

/// Vouches for what earlier versions have recorded, if they have.
fn begin(transaction: &Transaction<'_>, now: OffsetDateTime) -> Outcome<Head> {
    let mut statement = transaction.prepare_cached(&format!("{EARLIER} ORDER BY id"))?;
    let mut sealed = Head::before_the_first();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        sealed = seal_earlier(&sealed, &earlier(row)?);
    }
    if sealed.number == 0 {
        return Ok(sealed);
    }
    let stored = Stored::of_earlier(&sealed, &ObjectId::new().to_hex(), now);
    insert(transaction, &stored)?;
    Ok(stored.head())
}

fn insert(transaction: &Transaction<'_>, stored: &Stored) -> Outcome<()> {
    let mut fields = stored.fields.clone();
    for column in ["number", "previous", "at"] {
        fields.remove(column);
    }
    let at: Option<i64> = stored.fields.get("at").and_then(|at| at.parse().ok());
    transaction.execute_cached(
        "INSERT INTO console_activity (number, at, previous, hash, fields) \
         VALUES (:number, :at, :previous, :hash, :fields)",
        named_params! {
            ":number": signed(stored.head().number),
            ":at": at,
            ":previous": stored.previous(),
            ":hash": stored.hash,
            ":fields": json(&fields),
        },
    )?;
    Ok(())
}

/// The newest entry.
fn newest(connection: &Connection) -> Outcome<Option<Head>> {
    let sql = "SELECT number, hash FROM console_activity ORDER BY number DESC LIMIT 1";
    let head = |row: &Row<'_>| Ok(Head { number: unsigned(row.get(0)?), hash: row.get(1)? });
    Ok(connection.query_row_cached(sql, [], head).optional()?)
}

fn json(fields: &BTreeMap<String, String>) -> String {
    serde_json::to_string(fields).unwrap_or_default()
}

/// An entry with all of its fields.
fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let text: String = row.get("fields")?;
    let mut fields: BTreeMap<String, String> = serde_json::from_str(&text).unwrap_or_default();
    // What reads the same and is written in another way was not written by Tenantry: a filter may read it otherwise.
    if json(&fields) != text {
        fields.insert("\0fields".to_owned(), text);
    }
    let own: [(&str, String); 3] = [
        ("number", row.get::<_, i64>("number")?.to_string()),
        ("previous", row.get("previous")?),
        ("at", row.get::<_, i64>("at")?.to_string()),
    ];
    fields.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Ok(Stored { fields, hash: row.get("hash")? })
}

/// An entry of an earlier version.
fn earlier(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let organization = match row.get_ref("organization_id")? {
        rusqlite::types::ValueRef::Null => None,
        id => Some(organization_id(id)?.to_string()),
    };
    let fields = [
        ("id", Some(row.get::<_, i64>("id")?.to_string())),
        ("at", Some(row.get::<_, i64>("at")?.to_string())),
        ("actor", row.get("actor")?),
        ("kind", row.get("kind")?),
        ("organization_id", organization),
        ("organization_name", row.get("organization_name")?),
        ("detail", row.get("detail")?),
    ];
    let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    Ok(Stored { fields, hash: String::new() })
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn page(connection: &Connection, query: &RecordQuery) -> Outcome<RecordPage> {
    let mut page = RecordPage::default();
    if query.limit == 0 {
        return Ok(page);
    }
    let before = match &query.after {
        Some(RecordCursor::Earlier(id)) => {
            let before = if id.is_empty() { i64::MAX } else { id.parse().unwrap_or(0) };
            earlier_page(connection, query, before, &mut page)?;
            return Ok(page);
        }
        Some(RecordCursor::Before(number)) => Some(signed(*number)),
        None => None,
    };
    let (low, high) = bounds(connection, query, before)?;
    let mut left_from = None;
    for source in sources(query) {
        let part = part(connection, query, &source, (low, high), &mut page.entries)?;
        left_from = left_from.max(part);
    }
    page.entries.sort_unstable_by_key(|recorded| std::cmp::Reverse(recorded.number));
    page.entries.dedup_by_key(|recorded| recorded.number);
    // Below where a part ended before its end, the others are not the whole of it.
    if let Some(left_from) = left_from {
        page.entries.retain(|recorded| signed(recorded.number) >= left_from);
    }
    let limit = query.limit as usize;
    page.next = if page.entries.len() > limit {
        page.entries.truncate(limit);
        page.entries.last().map(|last| RecordCursor::Before(last.number))
    } else if let Some(left_from) = left_from {
        Some(RecordCursor::Before(unsigned(left_from)))
    } else {
        let more = page.entries.len() < limit && may_be_earlier(query);
        if more {
            earlier_page(connection, query, i64::MAX, &mut page)?;
            return Ok(page);
        }
        may_be_earlier(query).then(|| RecordCursor::Earlier(String::new()))
    };
    Ok(page)
}

/// Whether entries of earlier versions can be among those that are asked for.
fn may_be_earlier(query: &RecordQuery) -> bool {
    query.account.is_none()
        && query.newer_than.is_none()
        && query.outcome.is_none_or(|outcome| outcome == Ended::Done)
}

/// The numbers between which the entries are. A moment is looked up among the entries in the order of time, which is
/// the order of the numbers unless the clock was set.
fn bounds(connection: &Connection, query: &RecordQuery, before: Option<i64>) -> Outcome<(i64, i64)> {
    let skew = time::Duration::try_from(RECORD_SKEW).unwrap_or(time::Duration::ZERO);
    let mut low = query.newer_than.map_or(-1, signed);
    let mut high = before.unwrap_or(i64::MAX);
    if let Some(from) = query.from {
        let sql = "SELECT number FROM console_activity WHERE at < ?1 ORDER BY at DESC, number DESC LIMIT 1";
        let at = milliseconds(from.saturating_sub(skew));
        let found: Option<i64> = connection.query_row_cached(sql, [at], |row| row.get(0)).optional()?;
        low = low.max(found.unwrap_or(-1));
    }
    if let Some(until) = query.until {
        let sql = "SELECT number FROM console_activity WHERE at >= ?1 ORDER BY at, number LIMIT 1";
        let at = milliseconds(until.saturating_add(skew));
        let found: Option<i64> = connection.query_row_cached(sql, [at], |row| row.get(0)).optional()?;
        high = high.min(found.unwrap_or(i64::MAX));
    }
    Ok((low, high))
}

/// One index, and the value whose entries are read in it.
struct Source {
    sql: String,
    value: Option<String>,
}

/// The parts of the record that are read, each in the order of the numbers in an index. The most selective field leads;
/// the others are looked at in what it finds.
fn sources(query: &RecordQuery) -> Vec<Source> {
    let by = |column: &str, value: &str| Source {
        sql: format!(
            "{ENTRY} INDEXED BY console_activity_by_{column} \
             WHERE {column} = ?3 AND number > ?1 AND number < ?2 ORDER BY number DESC"
        ),
        value: Some(value.to_owned()),
    };
    if let Some(account) = &query.account {
        vec![by("account", account)]
    } else if let Some(person) = &query.person {
        vec![by("actor", person), by("subject", person)]
    } else if let Some(id) = query.organization {
        vec![by("organization_id", &id.to_string())]
    } else if !query.kinds.is_empty() {
        query.kinds.iter().map(|kind| by("kind", kind.as_str())).collect()
    } else if let Some(outcome) = query.outcome {
        vec![by("outcome", outcome.as_str())]
    } else {
        let sql = format!("{ENTRY} WHERE number > ?1 AND number < ?2 ORDER BY number DESC");
        vec![Source { sql, value: None }]
    }
}

/// Reads one more entry than a page has, of one source. Returns the last number that was looked at, if it stopped
/// because it had looked at enough.
fn part(
    connection: &Connection,
    query: &RecordQuery,
    source: &Source,
    (low, high): (i64, i64),
    entries: &mut Vec<Recorded>,
) -> Outcome<Option<i64>> {
    let mut statement = connection.prepare_cached(&source.sql)?;
    let parameters = [Value::Integer(low), Value::Integer(high)];
    let parameters = parameters.into_iter().chain(source.value.clone().map(Value::Text));
    let mut rows = statement.query(params_from_iter(parameters))?;
    let (mut found, mut looked_at) = (0, 0);
    while let Some(row) = rows.next()? {
        looked_at += 1;
        let number: i64 = row.get("number")?;
        if let Some(recorded) = stored(row)?.recorded().filter(|recorded| query.holds(recorded)) {
            entries.push(recorded);
            found += 1;
            if found > query.limit {
                return Ok(None);
            }
        }
        if looked_at >= RECORD_SCAN {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Adds entries of earlier versions to a page, and says where the next one begins.
fn earlier_page(
    connection: &Connection,
    query: &RecordQuery,
    before: i64,
    page: &mut RecordPage,
) -> Outcome<()> {
    if !may_be_earlier(query) {
        page.next = None;
        return Ok(());
    }
    let (of_organization, id) = match query.organization {
        Some(id) => (" AND organization_id = ?2", Value::Blob(bytes(id).to_vec())),
        None => (" AND ?2 IS NULL", Value::Null),
    };
    let sql = format!("{EARLIER} WHERE id < ?1{of_organization} ORDER BY id DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter([Value::Integer(before), id]))?;
    let mut looked_at = 0;
    page.next = None;
    while let Some(row) = rows.next()? {
        if page.entries.len() >= query.limit as usize || looked_at >= RECORD_SCAN {
            let last = page.next.take();
            page.next = Some(last.unwrap_or(RecordCursor::Earlier(String::new())));
            return Ok(());
        }
        looked_at += 1;
        let stored = earlier(row)?;
        let id = stored.fields.get("id").cloned().unwrap_or_default();
        page.entries.extend(stored.recorded().filter(|recorded| query.holds(recorded)));
        page.next = Some(RecordCursor::Earlier(id));
    }
    page.next = None;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tenantry_core::clock::SystemClock;
    use tenantry_core::records::ActivityKind;
    use tenantry_core::values::OrganizationId;

    use super::*;

    #[tokio::test]
    async fn a_page_reads_one_index_in_its_order_and_sorts_nothing() {
        let store = SqliteStore::in_memory(Arc::new(SystemClock)).await.expect("opens");
        let queries = [
            RecordQuery::default(),
            RecordQuery { account: Some("operator:1".to_owned()), ..RecordQuery::default() },
            RecordQuery { person: Some("dana@example.com".to_owned()), ..RecordQuery::default() },
            RecordQuery { organization: Some(OrganizationId::new()), ..RecordQuery::default() },
            RecordQuery { kinds: vec![ActivityKind::SignedIn], ..RecordQuery::default() },
            RecordQuery { outcome: Some(Ended::Refused), ..RecordQuery::default() },
        ];
        for query in queries {
            for Source { sql, value } in sources(&query) {
                let (explained, has_value) = (format!("EXPLAIN QUERY PLAN {sql}"), value.is_some());
                let plan = store.read(move |connection| {
                    let mut statement = connection.prepare(&explained)?;
                    let values = if has_value { vec!["1", "2", "x"] } else { vec!["1", "2"] };
                    let rows =
                        statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3))?;
                    Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.join("; "))
                });
                let plan = plan.await.expect("a plan");
                assert!(plan.starts_with("SEARCH console_activity USING"), "{sql}: {plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{sql}: {plan}");
            }
        }
    }

    #[tokio::test]
    async fn a_page_looks_at_a_bounded_part_and_says_where_to_go_on() {
        let store = SqliteStore::in_memory(Arc::new(SystemClock)).await.expect("opens");
        let sought = ActivityEntry::by("dana@example.com", ActivityKind::SignedIn).with_detail("the one");
        let first = store.append(&sought).await.expect("appended");
        let rest = store.write(|transaction| {
            let entry = ActivityEntry::by("lee@example.com", ActivityKind::SignedIn);
            for _ in 0..=RECORD_SCAN {
                add_entry(transaction, &entry, OffsetDateTime::UNIX_EPOCH)?;
            }
            Ok(())
        });
        rest.await.expect("appended");
        let query = RecordQuery { text: "the one".to_owned(), limit: 10, ..RecordQuery::default() };
        let page = ActivityStore::page(&store, &query).await.expect("a page");
        assert!(page.entries.is_empty() && page.next.is_some(), "{page:?}");
        let next = RecordQuery { after: page.next, ..query };
        let page = ActivityStore::page(&store, &next).await.expect("a page");
        assert_eq!((page.entries, page.next), (vec![first], None));
    }
}
