//! Pages of a list by key: the rows after a place, found with an index, whatever is inserted before it.

use std::time::Duration;

use bson::{Bson, Document, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use tenantry_core::StoreError;
use tenantry_core::limits::PAGE_BYTES;
use tenantry_core::records::{Cursor, OrganizationPage, OrganizationQuery, PageStart};

use crate::open::MongoStore;
use crate::paging::{ByStatus, ByValue, From, Group, Order, Segment, Shelf};

const PAGE_LIMIT: Duration = Duration::from_secs(10);

/// Reads one list.
struct Reader<'a> {
    store: &'a MongoStore,
    query: &'a OrganizationQuery,
    shelf: Shelf,
}

/// Consecutive rows of a walk.
#[derive(Default)]
struct Rows {
    rows: Vec<RawDocumentBuf>,
    /// Whether more rows follow.
    more: bool,
}

/// The answer to one question.
struct Part {
    rows: Vec<RawDocumentBuf>,
    /// Whether the answer went on after these rows.
    is_cut: bool,
}

impl Part {
    /// Whether the answer to a plain question has the rows where the list has them.
    fn is_in_order(&self, order: &ByValue) -> bool {
        let Some(places) = self.rows.iter().map(|row| order.readable(row)).collect::<Option<Vec<_>>>() else {
            return false;
        };
        // The row behind a page tells whether it has the same value as the last one.
        let differ = |pair: &[Cursor]| matches!(pair, [one, other] if one.place != other.place);
        !order.is_nearly_unique() || (!self.is_cut && places.windows(2).all(differ))
    }

    fn has_ended(&self, limit: u32) -> bool {
        !self.is_cut && self.rows.len() <= rows(limit)
    }
}

fn rows(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Puts the answers about consecutive parts of a walk together.
fn gathered(parts: impl IntoIterator<Item = Part>, limit: u32) -> Rows {
    let mut gathered = Rows::default();
    for part in parts {
        gathered.rows.extend(part.rows);
        if part.is_cut {
            // What follows in this part comes before the parts behind it.
            gathered.more = true;
            break;
        }
    }
    gathered.more |= gathered.rows.len() > rows(limit);
    gathered.rows.truncate(rows(limit));
    gathered
}

impl MongoStore {
    /// A page of a list.
    ///
    /// From the beginning, and after a readable value, it is one question. Where the values end, the groups behind them
    /// are asked for at the same time, and so are all groups if a row turns up that is not readable.
    ///
    /// A jump is two: one that walks over index keys from the nearer end, as many as there are rows on that side, and
    /// the page from there. With a search, and with a filter by status, the first reads the documents it walks over.
    pub(crate) async fn read_page(&self, query: &OrganizationQuery) -> Result<OrganizationPage, StoreError> {
        let reader = Reader::of(self, query);
        let limit = query.limit;
        match &query.start {
            PageStart::Beginning => Ok(reader.page(reader.walk(false, &From::Beginning, limit).await?, true)),
            PageStart::After(cursor) => {
                let from = From::After(cursor.clone());
                Ok(reader.page(reader.walk(false, &from, limit).await?, false))
            }
            PageStart::Row { number, of } => reader.jump(*number, *of).await,
        }
    }
}

impl<'a> Reader<'a> {
    fn of(store: &'a MongoStore, query: &'a OrganizationQuery) -> Self {
        Self { store, query, shelf: Shelf::of(&query.filter) }
    }

    /// The order of the query's walk, or of the walk in the other direction.
    fn order(&self, other: bool) -> Order {
        let query = self.query;
        Order::of(&query.filter, query.sort, query.direction, query.backwards != other)
    }

    fn page(&self, found: Rows, from_beginning: bool) -> OrganizationPage {
        let order = self.order(false);
        let place = |row: Option<&RawDocumentBuf>| row.and_then(|row| order.place(row));
        OrganizationPage {
            previous: place(found.rows.first()).filter(|_| !from_beginning),
            next: place(found.rows.last()).filter(|_| found.more),
            organizations: found.rows.iter().filter_map(|row| (self.shelf.read)(row)).collect(),
        }
    }

    /// Rows of the walk, or of the other one, from a place on.
    async fn walk(&self, other: bool, from: &From, limit: u32) -> Result<Rows, StoreError> {
        match self.order(other) {
            Order::ByValue(order) => self.by_value(&order, from, limit).await,
            Order::ByStatus(order) => self.by_status(&order, from, limit).await,
        }
    }

    async fn by_value(&self, order: &ByValue, from: &From, limit: u32) -> Result<Rows, StoreError> {
        if let Some(mut question) = order.plainly(from)? {
            if order.is_nearly_unique() {
                question.sort.remove("_id");
            }
            let is_beginning = *from == From::Beginning;
            let begins_apart =
                async { Ok(is_beginning && order.begins_apart() && self.may_have_lists(order).await) };
            let (part, begins_apart) = tokio::try_join!(self.ask(&question, limit), begins_apart)?;
            if !begins_apart && part.is_in_order(order) {
                if is_beginning || !part.has_ended(limit) {
                    return Ok(gathered([part], limit));
                }
                let mut parts = vec![part];
                parts.extend(self.groups(order, order.behind(Group::Values), limit).await?);
                return Ok(gathered(parts, limit));
            }
        }
        Ok(gathered(self.groups(order, order.carefully(from)?, limit).await?, limit))
    }

    /// Asks for several groups at the same time: a distant server costs one round trip that way.
    async fn groups(
        &self,
        order: &ByValue,
        groups: Vec<(Group, Segment)>,
        limit: u32,
    ) -> Result<Vec<Part>, StoreError> {
        try_join_all(groups.iter().map(|(group, segment)| async move {
            if *group == Group::Apart && !self.may_have_lists(order).await {
                return Ok(Part { rows: Vec::new(), is_cut: false });
            }
            self.ask(segment, limit).await
        }))
        .await
    }

    async fn by_status(&self, order: &ByStatus, from: &From, limit: u32) -> Result<Rows, StoreError> {
        let segments = order.carefully(from)?;
        let at_once = *from == From::Beginning && !order.begins_with_active();
        let (now, later) = segments.split_at(if at_once { segments.len() } else { 1 });
        let mut parts = try_join_all(now.iter().map(|segment| self.ask(segment, limit))).await?;
        if parts.iter().all(|part| part.has_ended(limit)) {
            parts.extend(try_join_all(later.iter().map(|segment| self.ask(segment, limit))).await?);
        }
        Ok(gathered(parts, limit))
    }

    /// The page at a row number.
    async fn jump(&self, number: u64, of: u64) -> Result<OrganizationPage, StoreError> {
        let limit = self.query.limit;
        // The rows of the walk before the page, and from its first row to the end.
        let passed = if self.query.backwards { of.saturating_sub(number.saturating_add(1)) } else { number };
        let left = if number < of { of - passed } else { u64::MAX };
        if passed == 0 {
            return Ok(self.page(self.walk(false, &From::Beginning, limit).await?, true));
        }
        if left <= u64::from(limit) {
            return self.last_rows(u32::try_from(left).unwrap_or(limit)).await;
        }
        let found = match self.order(false) {
            Order::ByStatus(order) => self.skipped(&order.carefully(&From::Beginning)?, passed).await?,
            Order::ByValue(order) => {
                let other = passed > left;
                let row = match self.order(other) {
                    Order::ByValue(nearer) => {
                        self.nth(&nearer, if other { left - 1 } else { passed }).await?
                    }
                    Order::ByStatus(_) => None,
                };
                match row.map(|row| order.readable(&row)) {
                    Some(Some(cursor)) => Some(self.by_value(&order, &From::At(cursor), limit).await?),
                    Some(None) => {
                        let groups = order.carefully(&From::Beginning)?.into_iter();
                        let segments: Vec<Segment> = groups.map(|(_, segment)| segment).collect();
                        self.skipped(&segments, passed).await?
                    }
                    // The list is shorter than was believed.
                    None if other => {
                        return Ok(self.page(self.walk(false, &From::Beginning, limit).await?, true));
                    }
                    None => None,
                }
            }
        };
        match found.filter(|found| !found.rows.is_empty()) {
            Some(found) => Ok(self.page(found, false)),
            None => self.last_rows(limit).await,
        }
    }

    /// The last rows of the walk.
    async fn last_rows(&self, limit: u32) -> Result<OrganizationPage, StoreError> {
        let Rows { mut rows, more } = self.walk(true, &From::Beginning, limit).await?;
        rows.reverse();
        Ok(self.page(Rows { rows, more: false }, !more))
    }

    /// The place of the row after so many, from an index alone if nothing is filtered.
    async fn nth(&self, order: &ByValue, skip: u64) -> Result<Option<RawDocumentBuf>, StoreError> {
        let Some(question) = order.plainly(&From::Beginning)? else { return Ok(None) };
        let stored = self.store.listed(self.shelf.collection);
        let found = stored
            .find_one(question.filter)
            .projection(order.of_place())
            .sort(question.sort)
            .skip(skip)
            .max_time(PAGE_LIMIT);
        self.store.call(self.shelf.act(), found).await
    }

    /// The rows after so many, in a list that is told apart by several conditions.
    async fn skipped(&self, segments: &[Segment], mut passed: u64) -> Result<Option<Rows>, StoreError> {
        let limit = self.query.limit;
        let but_the_last = segments.split_last().map(|(_, others)| others).unwrap_or_default();
        let counted = but_the_last.iter().map(|segment| async move {
            let stored = self.store.listed(self.shelf.collection);
            let count = stored.count_documents(segment.filter.clone()).max_time(PAGE_LIMIT);
            self.store.call(self.shelf.act(), count).await
        });
        let counts = try_join_all(counted).await?;
        let mut before = 0;
        for count in counts {
            if passed < count {
                break;
            }
            passed -= count;
            before += 1;
        }
        let Some((own, behind)) = segments.get(before..).and_then(<[Segment]>::split_first) else {
            return Ok(None);
        };
        let mut parts = vec![self.ask_after(own, passed, limit).await?];
        if parts.iter().all(|part| part.has_ended(limit)) {
            parts.extend(try_join_all(behind.iter().map(|segment| self.ask(segment, limit))).await?);
        }
        Ok(Some(gathered(parts, limit)))
    }

    async fn ask(&self, segment: &Segment, limit: u32) -> Result<Part, StoreError> {
        self.ask_after(segment, 0, limit).await
    }

    /// One row more than the limit, to know whether more follow.
    async fn ask_after(&self, segment: &Segment, skip: u64, limit: u32) -> Result<Part, StoreError> {
        let found = async {
            let stored = self.store.listed(self.shelf.collection);
            let mut found = stored
                .find(segment.filter.clone())
                .projection(self.shelf.fields.clone())
                .sort(segment.sort.clone())
                .limit(i64::from(limit) + 1)
                .batch_size(limit.saturating_add(1))
                .max_time(PAGE_LIMIT);
            if skip > 0 {
                found = found.skip(skip);
            }
            let mut cursor = found.await?;
            let (mut rows, mut bytes) = (Vec::new(), 0);
            while bytes < PAGE_BYTES {
                let Some(row) = cursor.try_next().await? else { return Ok(Part { rows, is_cut: false }) };
                bytes += row.as_bytes().len();
                rows.push(row);
            }
            Ok(Part { rows, is_cut: true })
        };
        self.store.call(self.shelf.act(), found).await
    }

    /// Whether a value in this order can be a list. The server knows for each index whether it ever had one; looking
    /// for lists themselves reads every document. A server that does not say is asked for them.
    async fn may_have_lists(&self, order: &ByValue) -> bool {
        let question = doc! {
            "explain": { "find": self.shelf.collection, "sort": order.sort(), "limit": 1 },
            "verbosity": "queryPlanner",
            "maxTimeMS": i64::try_from(PAGE_LIMIT.as_millis()).unwrap_or(i64::MAX),
        };
        match self.store.ask_listed(question).await {
            Ok(plan) => has_multiple_keys(&plan) != Some(false),
            Err(_) => true,
        }
    }
}

/// Whether an index in a plan has several keys for one document; `None` if the plan has no index. A sharded cluster
/// tells the plan of each shard.
fn has_multiple_keys(plan: &Document) -> Option<bool> {
    let told = plan.iter().filter_map(|(name, value)| match value {
        Bson::Boolean(has) if name == "isMultiKey" => Some(*has),
        // Plans that were not chosen use other indexes.
        Bson::Document(inner) if name != "rejectedPlans" => has_multiple_keys(inner),
        Bson::Array(inner) if name != "rejectedPlans" => inner
            .iter()
            .filter_map(Bson::as_document)
            .filter_map(has_multiple_keys)
            .reduce(|one, other| one || other),
        _ => None,
    });
    told.reduce(|one, other| one || other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_tells_whether_an_index_had_a_list() {
        let plan = |stage: Document| doc! { "queryPlanner": { "winningPlan": { "inputStage": stage } } };
        let scan =
            |has: bool| doc! { "stage": "FETCH", "inputStage": { "stage": "IXSCAN", "isMultiKey": has } };
        assert_eq!(has_multiple_keys(&plan(scan(false))), Some(false));
        assert_eq!(has_multiple_keys(&plan(scan(true))), Some(true));
        assert_eq!(has_multiple_keys(&plan(doc! { "stage": "COLLSCAN" })), None);
        let shards = doc! { "shards": [plan(scan(false)), plan(scan(true))] };
        assert_eq!(has_multiple_keys(&plan(shards)), Some(true));
        let rejected = doc! { "rejectedPlans": [scan(true)], "winningPlan": scan(false) };
        assert_eq!(has_multiple_keys(&rejected), Some(false));
    }
}
