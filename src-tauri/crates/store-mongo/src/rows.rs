//! A whole list: one cursor on an index, and further ones if a row turns up that is not readable.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor};
use tenantry_connection::failure::{Cause, Failure, code};
use tenantry_core::StoreError;
use tenantry_core::records::{Batches, Organization, OrganizationQuery, PageStart};

use crate::open::MongoStore;
use crate::paging::{From, Group, Order, Segment, Shelf};

/// Rows that are asked for at a time: a distant server takes a round trip for each.
const ANSWER_ROWS: u32 = 8_000;
/// The server's own time for one cursor, without the pauses between its batches.
const CURSOR_LIMIT: Duration = Duration::from_secs(60);

impl MongoStore {
    pub(crate) fn stream(
        &self,
        query: &OrganizationQuery,
    ) -> BoxStream<'_, Result<Vec<Organization>, StoreError>> {
        let rows = Rows::of(self, query.clone());
        stream::once(async { rows })
            .map_ok(|rows| {
                stream::try_unfold(rows, |mut rows| async move {
                    Ok(rows.next().await?.map(|batch| (batch, rows)))
                })
            })
            .try_flatten()
            .boxed()
    }
}

/// The rest of a list.
struct Rows<'a> {
    store: &'a MongoStore,
    shelf: Shelf,
    /// The list after the last row received, with as many rows as are still wanted.
    query: OrganizationQuery,
    order: Order,
    /// Whether the cursor answers a plain question, which is right as long as its rows are readable.
    is_plain: bool,
    /// What is asked for after the cursor.
    segments: VecDeque<Segment>,
    cursor: Option<RawBatchCursor>,
    /// Whether a row was received since the list was begun or gone on with.
    moved_on: bool,
    batches: Batches,
    ready: VecDeque<Vec<Organization>>,
}

impl<'a> Rows<'a> {
    fn of(store: &'a MongoStore, query: OrganizationQuery) -> Result<Self, StoreError> {
        let order = Order::of(&query.filter, query.sort, query.direction, query.backwards);
        let mut rows = Self {
            store,
            shelf: Shelf::of(&query.filter),
            query,
            order,
            is_plain: false,
            segments: VecDeque::new(),
            cursor: None,
            moved_on: false,
            batches: Batches::default(),
            ready: VecDeque::new(),
        };
        rows.plan(false)?;
        Ok(rows)
    }

    /// Decides what to ask for from the place that was reached.
    fn plan(&mut self, carefully: bool) -> Result<(), StoreError> {
        let from = match &self.query.start {
            PageStart::After(cursor) => From::After(cursor.clone()),
            PageStart::Beginning | PageStart::Row { .. } => From::Beginning,
        };
        (self.cursor, self.is_plain) = (None, false);
        self.segments = match &self.order {
            Order::ByStatus(order) => order.carefully(&from)?.into(),
            Order::ByValue(order) => {
                let may_be_plain = !(carefully || order.begins_apart() && from == From::Beginning);
                match order.plainly(&from)?.filter(|_| may_be_plain) {
                    Some(question) => {
                        self.is_plain = true;
                        let behind = match from {
                            // The plain question has all rows.
                            From::Beginning => Vec::new(),
                            From::After(_) | From::At(_) => order.behind(Group::Values),
                        };
                        let behind = behind.into_iter().map(|(_, segment)| segment);
                        std::iter::once(question).chain(behind).collect()
                    }
                    None => order.carefully(&from)?.into_iter().map(|(_, segment)| segment).collect(),
                }
            }
        };
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Vec<Organization>>, StoreError> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            if self.query.limit == 0 {
                return Ok(None);
            }
            if let Some(cursor) = &mut self.cursor {
                match self.store.attempt(cursor.try_next()).await {
                    Ok(Some(batch)) => self.receive(&batch)?,
                    Ok(None) => (self.cursor, self.is_plain) = (None, false),
                    Err(failure) if self.moved_on && ends_a_cursor_only(&failure) => {
                        tracing::debug!(code = failure.code, "a list is gone on with from its last row");
                        self.moved_on = false;
                        self.plan(false)?;
                    }
                    Err(failure) => return Err(self.store.told(failure, self.shelf.act())),
                }
            } else if let Some(segment) = self.segments.pop_front() {
                self.cursor = Some(self.ask(segment).await?);
            } else {
                return Ok(None);
            }
        }
    }

    async fn ask(&mut self, segment: Segment) -> Result<RawBatchCursor, StoreError> {
        // A part of what is wanted at most: its rows are used while the others are read.
        let rows = (self.query.limit / 4).clamp(1, ANSWER_ROWS);
        let stored = self.store.listed(self.shelf.collection);
        let found = stored
            .find(segment.filter)
            .projection(self.shelf.fields.clone())
            .sort(segment.sort)
            .limit(i64::from(self.query.limit))
            .batch_size(rows)
            .max_time(CURSOR_LIMIT);
        self.store.call(self.shelf.act(), found.batch()).await
    }

    /// Takes over the rows of an answer.
    fn receive(&mut self, answer: &RawBatch) -> Result<(), StoreError> {
        let (store, act) = (self.store, self.shelf.act());
        let damaged = || store.told(Failure::of(Cause::Damaged), act);
        let (mut last, mut is_plain_enough) = (None, true);
        for document in answer.doc_slices().map_err(|_| damaged())? {
            let document = document.map_err(|_| damaged())?;
            let document = document.as_document().ok_or_else(damaged)?;
            if let Order::ByValue(order) = &self.order
                && self.is_plain
                && order.readable(document).is_none()
            {
                is_plain_enough = false;
                break;
            }
            if let Some(row) = (self.shelf.read)(document) {
                self.ready.extend(self.batches.add(row, document.as_bytes().len()));
                last = Some(document);
            }
        }
        let rest = self.batches.take();
        if !rest.is_empty() {
            self.ready.push_back(rest);
        }
        if let Some(place) = last.and_then(|last| self.order.place(last)) {
            self.query.start = PageStart::After(place);
            self.moved_on = true;
        }
        let rows = self.ready.iter().map(Vec::len).sum::<usize>();
        self.query.limit = self.query.limit.saturating_sub(u32::try_from(rows).unwrap_or(u32::MAX));
        if is_plain_enough { Ok(()) } else { self.plan(true) }
    }
}

/// Whether a list can be gone on with after a failure: a cursor is lost with its server or its connection, when nobody
/// asks for its next rows for ten minutes, as before a slow disk, and when it took all of its time.
fn ends_a_cursor_only(failure: &Failure) -> bool {
    failure.is_lost()
        || failure.is(code::MAX_TIME_MS_EXPIRED)
        || failure.code.is_some_and(|code| code::CURSOR_GONE.contains(&code))
}
