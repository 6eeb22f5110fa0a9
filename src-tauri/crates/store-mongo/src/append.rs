//! Adds entries at the end of the record.
//!
//! What is waiting while an entry is being written goes out together with the next one, so that acts at the same time
//! wait for a distant server once. The number decides between consoles: a server has one document of an `_id`.
//!
//! A write whose response was lost is looked for by the entry's own id, and repeated if it is not there, with the
//! lowest number that is free. If the server carries out the first write after all, its number is taken by then: an
//! entry is in the record once.

use std::time::Duration;

use bson::doc;
use bson::oid::ObjectId;
use futures_util::TryStreamExt;
use tenantry_connection::database::ACTIVITY;
use tenantry_connection::failure::Cause;
use tenantry_core::StoreError;
use tenantry_core::clock::cut_to_milliseconds;
use tenantry_core::ports::ActivityStore;
use tenantry_core::records::{ActivityEntry, Head, Recorded, Stored, seal_earlier};
use time::OffsetDateTime;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::activity::{document, stored};
use crate::chain::{End, Waiting};
use crate::errors::Act;
use crate::open::{MongoStore, unconfirmed};

/// Entries in one write.
const TOGETHER: usize = 100;
/// Tries to get the next number, while other consoles write as well.
const TRIES: u32 = 40;

impl MongoStore {
    pub(crate) async fn add_entry(&self, entry: &ActivityEntry) -> Result<Recorded, StoreError> {
        let id = ObjectId::new().to_hex();
        let queue = || {
            let (answer, answered) = oneshot::channel();
            let waiting = Waiting { id: id.clone(), entry: entry.clone(), answer };
            self.chain.waiting.lock().push(waiting);
            answered
        };
        let mut answered = queue();
        loop {
            let mut end = self.chain.end.lock().await;
            match answered.try_recv() {
                Ok(answer) => return answer,
                Err(TryRecvError::Empty) => {}
                // Who was writing it gave up in the middle.
                Err(TryRecvError::Closed) => answered = queue(),
            }
            let batch = {
                let mut waiting = self.chain.waiting.lock();
                // Nobody waits for those any more, so their acts do not happen.
                waiting.retain(|one| !one.answer.is_closed());
                let most = waiting.len().min(TOGETHER);
                waiting.drain(..most).collect::<Vec<_>>()
            };
            self.write_entries(&mut end, batch).await;
        }
    }

    async fn write_entries(&self, end: &mut End, mut batch: Vec<Waiting>) {
        let mut lost = None;
        for attempt in 0..TRIES {
            if attempt > 2 {
                // Consoles that try at the same pace would go on meeting.
                let [.., pause] = ObjectId::new().bytes();
                tokio::time::sleep(Duration::from_millis(u64::from(pause % 32))).await;
            }
            match self.write_after(end, &mut batch, &mut lost).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    for Waiting { answer, .. } in batch {
                        let _ = answer.send(Err(error.clone()));
                    }
                    return;
                }
            }
        }
        let reason = "other consoles write to the record without a pause".to_owned();
        for Waiting { answer, .. } in batch {
            let _ = answer.send(Err(StoreError::Unavailable { reason: reason.clone() }));
        }
    }

    /// Tries once; `false` if others had the number first, or the response was lost.
    async fn write_after(
        &self,
        end: &mut End,
        batch: &mut Vec<Waiting>,
        lost: &mut Option<StoreError>,
    ) -> Result<bool, StoreError> {
        let looked = self.look_at_end(end, batch).await;
        let head = match (looked, &*lost) {
            (Ok(head), _) => head,
            // What is not known is what became of the write.
            (Err(_), Some(lost)) => return Err(lost.clone()),
            (Err(error), None) => return Err(error),
        };
        if batch.is_empty() {
            return Ok(true);
        }
        let now = self.time_for_entries().await?;
        let mut entries: Vec<Stored> = Vec::with_capacity(batch.len());
        for waiting in &*batch {
            let previous = entries.last().map_or_else(|| head.clone(), Stored::head);
            entries.push(Stored::new(&previous, &waiting.id, now, &waiting.entry));
        }
        end.is_certain = false;
        let documents: Vec<_> = entries.iter().map(document).collect();
        let written = self.write(self.documents(ACTIVITY).insert_many(documents)).await;
        match written {
            Ok(Some(_)) => {}
            Ok(None) => {
                let last = entries.last().map(document).unwrap_or_default();
                self.require_confirmed(ACTIVITY, last).await?;
            }
            Err(failure) if failure.is_duplicate() => return Ok(false),
            Err(failure) => {
                let was_sent = failure.cause != Cause::Selection;
                let error = self.told(failure, Act::on("insert", ACTIVITY));
                if !was_sent || !error.is_unclear() || lost.is_some() {
                    return Err(error);
                }
                *lost = Some(error);
                return Ok(false);
            }
        }
        end.head = entries.last().map(Stored::head);
        end.is_certain = true;
        for (waiting, stored) in batch.drain(..).zip(entries) {
            let _ = waiting.answer.send(stored.recorded().ok_or_else(unconfirmed));
        }
        Ok(true)
    }

    /// The newest entry. Entries of the batch that turn out to be there are answered.
    async fn look_at_end(&self, end: &mut End, batch: &mut Vec<Waiting>) -> Result<Head, StoreError> {
        let known = match &end.head {
            Some(head) if end.is_certain => return Ok(head.clone()),
            Some(head) => head.clone(),
            None => match self.newest_entry().await? {
                Some(head) => head,
                None => self.begin_record().await?,
            },
        };
        end.head = Some(known.clone());
        let since = self.walk(known.number + 1).try_concat().await?;
        for entry in &since {
            let its = |waiting: &Waiting| entry.fields.get("id") == Some(&waiting.id);
            if let Some(found) = batch.iter().position(its) {
                let _ = batch.swap_remove(found).answer.send(entry.recorded().ok_or_else(unconfirmed));
            }
        }
        let newest = since.last().map_or(known, Stored::head);
        end.head = Some(newest.clone());
        Ok(newest)
    }

    /// Vouches for what earlier versions have recorded, if they have.
    async fn begin_record(&self) -> Result<Head, StoreError> {
        let mut sealed = Head::before_the_first();
        let mut earlier = self.walk_earlier();
        while let Some(batch) = earlier.try_next().await? {
            sealed = batch.iter().fold(sealed, |sealed, entry| seal_earlier(&sealed, entry));
        }
        if sealed.number == 0 {
            return Ok(sealed);
        }
        let first = Stored::of_earlier(&sealed, &ObjectId::new().to_hex(), self.time_for_entries().await?);
        let written = self.write(self.documents(ACTIVITY).insert_one(document(&first))).await;
        match written {
            Ok(_) => {}
            // Another console was quicker.
            Err(failure) if failure.is_duplicate() => {}
            Err(failure) => return Err(self.told(failure, Act::on("insert", ACTIVITY))),
        }
        let begun = self.confirmed(ACTIVITY, doc! { "_id": 0i64 }).await?;
        begun.map(|document| stored(&document).head()).ok_or_else(unconfirmed)
    }

    /// The moment for entries of the record that are written now.
    pub(crate) async fn time_for_entries(&self) -> Result<OffsetDateTime, StoreError> {
        match self.server_clock.now(self.clock.as_ref()) {
            Some(now) => Ok(now),
            None => self.server_time().await.map(cut_to_milliseconds),
        }
    }
}
