//! Finds out whether the record is still what was written.
//!
//! Whoever may write to the database can change entries and compute their digests anew. Such a record fits together
//! again, but not with the digest of an entry that was noted elsewhere: an *anchor*.

use futures_util::TryStreamExt;
use serde::Serialize;

use crate::error::{AppError, StoreError};
use crate::jobs::{Cancellation, Progress, ProgressSink};
use crate::ports::ActivityStore;
use crate::records::{ActivityKind, Head, Outcome, RecordQuery, Recorded, Stored, seal_earlier};

/// Markers of archiving that are looked at: the newest one counts, unless its cut failed.
const MARKERS: u32 = 20;

/// What was done to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum DamageKind {
    /// The entry says something else than when it was written.
    Altered,
    /// The entry is missing.
    Removed,
    /// The entry was not written by Tenantry.
    Inserted,
    /// The entry stood elsewhere.
    Reordered,
    /// The entry and everything after it is missing.
    CutOff,
    /// The record fits together, but the entry is not the one that was noted elsewhere: it, or one before it, was
    /// written anew with everything after it.
    Rewritten,
}

/// The first damage that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// The number of the entry; 0 for the entries of earlier versions.
    pub number: u64,
    /// What was done to it.
    pub kind: DamageKind,
}

/// The result of verifying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many entries are as they were written, up to the damage if there is one.
    pub count: u64,
    /// Entries of earlier versions that the record vouches for.
    pub earlier: u64,
    /// Entries beside the record, that nothing vouches for: a program of an earlier version wrote them.
    pub beside: u64,
    /// The newest entry that is as it was written: the next anchor.
    pub head: Option<Head>,
    /// The first damage.
    pub damage: Option<Damage>,
}

/// Walks the record from its first entry to its newest and compares it with the anchors. Holds a batch of entries.
///
/// # Errors
/// `Cancelled`, `Store`. Damage is no error.
pub async fn verify(
    activity: &dyn ActivityStore,
    anchors: &[Head],
    progress: &dyn ProgressSink,
    cancellation: &Cancellation,
) -> Result<Verified, AppError> {
    let (newest, archived) = futures_util::try_join!(activity.head(), archived(activity))?;
    let newest = newest.map_or(0, |head| head.number);
    let mut walked =
        Walked { archived, anchors, expected: None, before: None, count: 0, earlier: 0, beside: 0 };
    let mut found = walked.look_at_earlier(activity).await?;
    let mut batches = activity.walk(0);
    // One entry behind, because an entry is judged with the one after it.
    let mut waiting: Option<Stored> = None;
    while found.is_none() {
        cancellation.checkpoint()?;
        let batch = batches.try_next().await?;
        let is_last = batch.is_none();
        for next in batch.into_iter().flatten() {
            if let Some(entry) = waiting.replace(next) {
                found = walked.follow(&entry, waiting.as_ref());
                if found.is_some() {
                    break;
                }
            }
        }
        progress.report(Progress { done: walked.count, total: Some(newest) });
        if is_last {
            found = found.or_else(|| walked.follow(&waiting.take()?, None));
            break;
        }
    }
    let damage = match found {
        Some(Found::Damage(damage)) => Some(damage),
        Some(Found::Misplaced { entry, is_believed }) => {
            Some(misplaced(activity, entry, is_believed, newest).await?)
        }
        None => walked.cut_off(),
    };
    let head = walked.expected.filter(|head| head.number > 0);
    let Walked { count, earlier, beside, .. } = walked;
    Ok(Verified { count, earlier, beside, head, damage })
}

/// The last entry that was archived, and may be missing with everything before it. An archiving that was refused
/// excuses nothing: otherwise whoever may ask for one could have entries removed behind Tenantry's back.
async fn archived(activity: &dyn ActivityStore) -> Result<Option<Head>, StoreError> {
    let query =
        RecordQuery { kinds: vec![ActivityKind::RecordArchived], limit: MARKERS, ..RecordQuery::default() };
    let markers = activity.page(&query).await?;
    let is_undone = |marker: &&Recorded| marker.entry.outcome == Outcome::Undone;
    let undone: Vec<_> =
        markers.entries.iter().filter(is_undone).map(|marker| marker.entry.operation.clone()).collect();
    let markers = markers.entries.into_iter().filter(|marker| !undone.contains(&marker.entry.operation));
    let sealed = markers.filter_map(|marker| marker.entry.sealed);
    Ok(sealed.max_by_key(|head| head.number))
}

/// What is wrong with an entry.
enum Found {
    Damage(Damage),
    /// It fits neither its digest nor the entry before: it stood elsewhere, or nowhere. `is_believed` if the entry
    /// after it, or an anchor, holds its digest.
    Misplaced {
        entry: Stored,
        is_believed: bool,
    },
}

fn damage(number: u64, kind: DamageKind) -> Option<Found> {
    Some(Found::Damage(Damage { number, kind }))
}

/// A walk through the record.
struct Walked<'a> {
    archived: Option<Head>,
    anchors: &'a [Head],
    /// The entry before the next one; `None` at the beginning.
    expected: Option<Head>,
    /// The entry before that one.
    before: Option<Head>,
    count: u64,
    earlier: u64,
    beside: u64,
}

impl Walked<'_> {
    /// Compares the entries of earlier versions with the one that vouches for them.
    async fn look_at_earlier(&mut self, activity: &dyn ActivityStore) -> Result<Option<Found>, AppError> {
        let first = activity.walk(0).try_next().await?.and_then(|batch| batch.into_iter().next());
        let vouched = first.filter(|first| first.number() == Some(0)).and_then(|first| first.recorded());
        let vouched = vouched.and_then(|recorded| recorded.entry.sealed);
        let count = vouched.as_ref().map_or(0, |sealed| sealed.number);
        let mut sealed = Head::before_the_first();
        let mut batches = activity.walk_earlier();
        while let Some(batch) = batches.try_next().await? {
            for entry in &batch {
                if sealed.number < count {
                    sealed = seal_earlier(&sealed, entry);
                } else {
                    self.beside += 1;
                }
            }
        }
        self.earlier = sealed.number;
        Ok(match vouched {
            Some(vouched) if sealed.number < vouched.number => damage(0, DamageKind::Removed),
            Some(vouched) if sealed != vouched => damage(0, DamageKind::Altered),
            Some(_) | None => None,
        })
    }

    /// Judges one entry.
    fn follow(&mut self, entry: &Stored, next: Option<&Stored>) -> Option<Found> {
        let at = self.expected.as_ref().map_or(0, |head| head.number);
        let Some(number) = entry.number() else { return damage(at + 1, DamageKind::Inserted) };
        let is_whole = entry.digest() == entry.hash;
        if number == 0 && self.expected.is_none() {
            if !is_whole || entry.previous() != Head::before_the_first().hash {
                return damage(0, DamageKind::Altered);
            }
            self.expected = Some(entry.head());
            return None;
        }
        let is_gap = number > at + 1;
        let before = match &self.archived {
            Some(archived) if is_gap && archived.number + 1 == number => archived.clone(),
            // What is left of it will be removed by the next attempt.
            Some(archived) if is_gap && archived.number >= number => {
                Head { number: number - 1, hash: entry.previous().to_owned() }
            }
            Some(archived) if is_gap => return damage(at.max(archived.number) + 1, DamageKind::Removed),
            None if is_gap => return damage(at + 1, DamageKind::Removed),
            Some(_) | None => self.expected.clone().unwrap_or_else(Head::before_the_first),
        };
        if number != before.number + 1 {
            return damage(number, DamageKind::Inserted);
        }
        let is_linked = entry.previous() == before.hash;
        match (is_whole, is_linked) {
            (true, true) => {}
            // The one that vouched for entries of earlier versions.
            (true, false) if number == 1 && self.expected.is_none() => return damage(0, DamageKind::Removed),
            // It holds the digest of another one before it.
            (true, false) => {
                let is_believed = next.is_none_or(|next| next.previous() == entry.hash);
                let is_first = is_gap || self.expected.is_none();
                if is_first || !is_believed {
                    return damage(number, DamageKind::Altered);
                }
                return self.before_it(number, DamageKind::Altered);
            }
            (false, true) => {
                let is_pushed = next.is_some_and(|next| stood_at(next, number));
                return damage(number, if is_pushed { DamageKind::Inserted } else { DamageKind::Altered });
            }
            // The one before took its number.
            (false, false) if stood_at(entry, number - 1) => {
                return self.before_it(number, DamageKind::Inserted);
            }
            (false, false) if next.is_some_and(|next| stood_at(next, number)) => {
                let is_swapped = stood_at(entry, number + 1);
                let kind = if is_swapped { DamageKind::Reordered } else { DamageKind::Inserted };
                return damage(number, kind);
            }
            (false, false) => {
                let is_noted = self.anchors.contains(&entry.head());
                let is_believed = is_noted || next.is_some_and(|next| next.previous() == entry.hash);
                return Some(Found::Misplaced { entry: entry.clone(), is_believed });
            }
        }
        if self.anchors.iter().any(|anchor| anchor.number == number && anchor.hash != entry.hash) {
            return damage(number, DamageKind::Rewritten);
        }
        self.count += 1;
        self.before = self.expected.replace(entry.head());
        None
    }

    /// The entry before this one is damaged, though it seemed to be as it was written.
    fn before_it(&mut self, number: u64, kind: DamageKind) -> Option<Found> {
        self.expected = self.before.take();
        self.count = self.count.saturating_sub(1);
        damage(number - 1, kind)
    }

    /// Whether an anchor is newer than the newest entry.
    fn cut_off(&self) -> Option<Damage> {
        let newest = self.expected.as_ref().map_or(0, |head| head.number);
        let noted = self.anchors.iter().any(|anchor| anchor.number > newest);
        noted.then_some(Damage { number: newest + 1, kind: DamageKind::CutOff })
    }
}

/// Whether the digest is that of the entry's fields with another number.
fn stood_at(entry: &Stored, number: u64) -> bool {
    let mut there = entry.clone();
    there.fields.insert("number".to_owned(), number.to_string());
    there.digest() == entry.hash
}

/// How far beyond the newest entry a misplaced one can have stood: entries were removed and the rest numbered anew.
const MOVED_BY: u64 = 10_000;

/// Judges an entry that fits neither its digest nor the entry before.
async fn misplaced(
    activity: &dyn ActivityStore,
    entry: Stored,
    is_believed: bool,
    newest: u64,
) -> Result<Damage, AppError> {
    let number = entry.number().unwrap_or(0);
    // A million digests take a second.
    let found = tokio::task::spawn_blocking(move || {
        let mut numbers = (1..=newest.saturating_add(MOVED_BY)).filter(|other| *other != number);
        numbers.find(|other| stood_at(&entry, *other))
    });
    let found =
        found.await.map_err(|_| StoreError::Unexpected { detail: "a search did not end".to_owned() })?;
    let Some(stood) = found else {
        let kind = if is_believed { DamageKind::Altered } else { DamageKind::Inserted };
        return Ok(Damage { number, kind });
    };
    // What belongs here stands in its place, or is gone and everything after it was numbered anew.
    let there = activity.walk(stood).try_next().await?.and_then(|batch| batch.into_iter().next());
    let is_exchanged = stood < number || there.is_some_and(|there| stood_at(&there, number));
    Ok(Damage { number, kind: if is_exchanged { DamageKind::Reordered } else { DamageKind::Removed } })
}
