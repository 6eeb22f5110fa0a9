//! Walks the record and names the first entry that is not as it was written.

use futures_util::TryStreamExt;
use serde::Serialize;

use super::service::RecordService;
use crate::error::{AppError, StoreError};
use crate::jobs::{Cancellation, Progress, ProgressSink};
use crate::records::{ActivityEntry, ActivityKind, Head, Outcome, Stored, seal_earlier};
use crate::rights::{Act, Actor};

/// How far from its place an entry is looked for whose number was changed.
const MOVED_AT_MOST: u64 = 1_000;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many entries there are.
    pub entries: u64,
    /// The newest entry that was read, if there is one with a number.
    pub head: Option<Head>,
    /// The first entry that is not as it was written.
    pub broken: Option<Break>,
}

/// An entry that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// Its number.
    pub number: u64,
    /// What was done to it.
    pub problem: RecordProblem,
}

/// What was done to an entry behind Tenantry's back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum RecordProblem {
    /// It was changed.
    Altered,
    /// It is missing.
    Removed,
    /// It was not written by Tenantry.
    Inserted,
    /// It has the number of another.
    Reordered,
    /// It and everything after it is missing, up to an entry that was seen before.
    CutOff,
    /// It, or entries before it, were written anew, with digests that fit each other and not what was seen before.
    Rewritten,
    /// An entry of an earlier version was changed, added or removed. Those have no number.
    Earlier,
}

impl RecordProblem {
    /// The word in the record.
    fn word(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Removed => "removed",
            Self::Inserted => "inserted",
            Self::Reordered => "reordered",
            Self::CutOff => "cut off",
            Self::Rewritten => "rewritten",
            Self::Earlier => "of an earlier version, altered",
        }
    }
}

impl RecordService {
    /// Walks the whole record; `seen` is the newest entry when it was verified before, of which only who verified it
    /// knows. The verification and its result are an entry of the record.
    ///
    /// # Errors
    /// `Cancelled`, `Forbidden`, `Store`.
    pub async fn verify(
        &self,
        actor: &Actor,
        seen: Option<&Head>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Verification, AppError> {
        actor.require(Act::Activity)?;
        let total = self.ports.activity.head().await?.map(|head| head.number);
        let walked = self.walk(seen, total, progress, cancellation);
        let found = tokio::select! {
            () = cancellation.cancelled() => Err(AppError::Cancelled),
            found = walked => found,
        }?;
        let entry = ActivityEntry::of(actor, ActivityKind::RecordVerified);
        let entry = match found.broken {
            None => entry.with_detail(format!("{} entries", found.entries)),
            Some(Break { number, problem }) => {
                entry.ended(Outcome::Failed).with_detail(format!("entry {number}: {}", problem.word()))
            }
        };
        match self.ports.activity.append(&entry).await {
            // Looking is allowed where nothing can be written.
            Ok(_) | Err(StoreError::ReadOnly { .. }) => Ok(found),
            Err(error) => Err(error.into()),
        }
    }

    async fn walk(
        &self,
        seen: Option<&Head>,
        total: Option<u64>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Verification, AppError> {
        let mut earlier = Head::before_the_first();
        let mut batches = self.ports.activity.walk_earlier();
        while let Some(batch) = batches.try_next().await? {
            cancellation.checkpoint()?;
            earlier = batch.iter().fold(earlier, |so_far, entry| seal_earlier(&so_far, entry));
        }
        let mut walk = Walk::new(earlier, seen.cloned());
        let mut batches = self.ports.activity.walk(0);
        while let Some(batch) = batches.try_next().await? {
            cancellation.checkpoint()?;
            for entry in batch {
                walk.take(entry);
            }
            progress.report(Progress { done: walk.entries, total });
            if walk.broken.is_some() {
                break;
            }
        }
        Ok(walk.end())
    }
}

/// The state of a walk. One entry waits: what follows it says whether it or the one before was changed.
struct Walk {
    earlier: Head,
    seen: Option<Head>,
    first: Option<Stored>,
    /// What vouches for entries that were archived.
    archived: Vec<Head>,
    at: Option<Head>,
    waiting: Option<Stored>,
    entries: u64,
    broken: Option<Break>,
}

impl Walk {
    fn new(earlier: Head, seen: Option<Head>) -> Self {
        let entries = earlier.number;
        Self {
            earlier,
            seen,
            first: None,
            archived: Vec::new(),
            at: None,
            waiting: None,
            entries,
            broken: None,
        }
    }

    fn take(&mut self, entry: Stored) {
        if let Some(before) = self.waiting.replace(entry) {
            let next = self.waiting.clone();
            self.check(&before, next.as_ref());
        }
    }

    fn breaks(&mut self, number: u64, problem: RecordProblem) {
        self.broken.get_or_insert(Break { number, problem });
    }

    /// Checks an entry against the one before, knowing the one after it.
    fn check(&mut self, entry: &Stored, next: Option<&Stored>) {
        if self.broken.is_some() {
            return;
        }
        let Some(number) = entry.number() else {
            return self.breaks(self.at.as_ref().map_or(0, |at| at.number), RecordProblem::Inserted);
        };
        if let Some((at, problem)) = self.problem(entry, number, next) {
            return self.breaks(at, problem);
        }
        if number > 0 {
            self.entries += 1;
        }
        if self.seen.as_ref().is_some_and(|seen| seen.number == number && seen.hash != entry.hash) {
            return self.breaks(number, RecordProblem::Rewritten);
        }
        let sealed = entry.recorded().and_then(|recorded| {
            (recorded.entry.kind == ActivityKind::RecordArchived).then_some(recorded.entry.sealed)?
        });
        self.archived.extend(sealed);
        self.first.get_or_insert_with(|| entry.clone());
        self.at = Some(entry.head());
    }

    fn problem(&self, entry: &Stored, number: u64, next: Option<&Stored>) -> Option<(u64, RecordProblem)> {
        let expected = self.at.as_ref().map_or(number, |at| at.number + 1);
        if number > expected {
            return Some((expected, RecordProblem::Removed));
        }
        if number < expected {
            return Some((number, RecordProblem::Inserted));
        }
        if entry.digest() != entry.hash {
            return Some(match moved_from(entry, number) {
                // Everything behind an entry that was put in, or taken out, has another number than it was written with.
                Some(from) if from + 1 == number => (number - 1, RecordProblem::Inserted),
                Some(from) if from == number + 1 => (number, RecordProblem::Removed),
                Some(_) => (number, RecordProblem::Reordered),
                None => (number, RecordProblem::Altered),
            });
        }
        match &self.at {
            Some(at) if entry.previous() != at.hash => {
                // What follows tells which of the two has another digest than it was written with.
                let is_vouched_for = next.is_some_and(|next| next.previous() == entry.hash);
                Some((if is_vouched_for { at.number } else { number }, RecordProblem::Altered))
            }
            Some(_) => None,
            None => self.first_problem(entry, number),
        }
    }

    fn first_problem(&self, entry: &Stored, number: u64) -> Option<(u64, RecordProblem)> {
        match number {
            0 => {
                let sealed = entry.recorded().and_then(|recorded| recorded.entry.sealed);
                (sealed.as_ref() != Some(&self.earlier)).then_some((0, RecordProblem::Earlier))
            }
            1 if entry.previous() != Head::before_the_first().hash || self.earlier.number > 0 => {
                Some((0, RecordProblem::Earlier))
            }
            // Whether what is missing before it was archived is known at the end.
            _ => None,
        }
    }

    fn end(mut self) -> Verification {
        if let Some(last) = self.waiting.take() {
            self.check(&last, None);
        }
        if self.broken.is_none() {
            self.check_ends();
        }
        let head = self.at.filter(|head| head.number > 0);
        Verification { entries: self.entries, head, broken: self.broken }
    }

    fn check_ends(&mut self) {
        let first =
            self.first.as_ref().map(|first| (first.number().unwrap_or(0), first.previous().to_owned()));
        if let Some((number, hash)) = first
            && number > 1
        {
            let before = Head { number: number - 1, hash };
            if !self.archived.contains(&before) {
                return self.breaks(before.number, RecordProblem::Removed);
            }
        }
        let newest = self.at.as_ref().map_or(0, |at| at.number);
        if let Some(seen) = self.seen.clone()
            && seen.number > newest
        {
            self.breaks(newest + 1, RecordProblem::CutOff);
        }
    }
}

/// The number that an entry was written with, if that is all that was changed of it.
fn moved_from(entry: &Stored, number: u64) -> Option<u64> {
    let near = number.saturating_sub(MOVED_AT_MOST)..=number.saturating_add(MOVED_AT_MOST);
    let mut written = entry.clone();
    near.into_iter().find(|candidate| {
        written.fields.insert("number".to_owned(), candidate.to_string());
        written.digest() == entry.hash
    })
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::records::ActivityEntry;

    const PLACE: usize = 4;

    fn chain(length: u64) -> Vec<Stored> {
        let mut head = Head::before_the_first();
        (1..=length)
            .map(|number| {
                let entry = ActivityEntry::by(format!("dana-{number}@example.com"), ActivityKind::SignedIn);
                let stored = Stored::new(&head, &number.to_string(), OffsetDateTime::UNIX_EPOCH, &entry);
                head = stored.head();
                stored
            })
            .collect()
    }

    fn broken(entries: Vec<Stored>, seen: Option<Head>) -> Option<(u64, RecordProblem)> {
        let mut walk = Walk::new(Head::before_the_first(), seen);
        entries.into_iter().for_each(|entry| walk.take(entry));
        walk.end().broken.map(|Break { number, problem }| (number, problem))
    }

    fn renumber(entry: &mut Stored, by: i64) {
        let number = entry.number().and_then(|number| number.checked_add_signed(by)).expect("a number");
        entry.fields.insert("number".to_owned(), number.to_string());
    }

    #[test]
    fn a_chain_as_it_was_written_is_good() {
        let entries = chain(9);
        let seen = entries[PLACE].head();
        assert_eq!(broken(entries, Some(seen)), None);
        assert_eq!(broken(Vec::new(), None), None);
    }

    #[test]
    fn what_was_changed_is_named_with_its_number() {
        let mut altered = chain(9);
        altered[PLACE].fields.insert("actor".to_owned(), "eve@example.com".to_owned());
        assert_eq!(broken(altered.clone(), None), Some((5, RecordProblem::Altered)));
        altered[PLACE].hash = altered[PLACE].digest();
        assert_eq!(broken(altered, None), Some((5, RecordProblem::Altered)), "with a digest that fits");

        let mut removed = chain(9);
        removed.remove(PLACE);
        assert_eq!(broken(removed.clone(), None), Some((5, RecordProblem::Removed)));
        removed[PLACE..].iter_mut().for_each(|entry| renumber(entry, -1));
        assert_eq!(broken(removed, None), Some((5, RecordProblem::Removed)), "and the rest renumbered");

        let mut inserted = chain(9);
        let entry = ActivityEntry::by("eve@example.com", ActivityKind::SignedIn);
        let entry = Stored::new(&inserted[PLACE - 1].head(), "x", OffsetDateTime::UNIX_EPOCH, &entry);
        inserted[PLACE..].iter_mut().for_each(|entry| renumber(entry, 1));
        inserted.insert(PLACE, entry);
        assert_eq!(broken(inserted, None), Some((5, RecordProblem::Inserted)));

        let mut reordered = chain(9);
        renumber(&mut reordered[PLACE], 2);
        renumber(&mut reordered[PLACE + 2], -2);
        reordered.swap(PLACE, PLACE + 2);
        assert_eq!(broken(reordered, None), Some((5, RecordProblem::Reordered)));
    }

    #[test]
    fn what_is_missing_at_an_end_is_known_by_what_was_seen_or_archived() {
        let entries = chain(9);
        let seen = entries[8].head();
        assert_eq!(broken(entries[..6].to_vec(), Some(seen.clone())), Some((7, RecordProblem::CutOff)));
        assert_eq!(broken(Vec::new(), Some(seen.clone())), Some((1, RecordProblem::CutOff)));
        assert_eq!(broken(entries[3..].to_vec(), None), Some((3, RecordProblem::Removed)));
        let mut archived = entries[3..].to_vec();
        let vouching =
            ActivityEntry::by("dana@example.com", ActivityKind::RecordArchived).sealing(entries[2].head());
        archived.push(Stored::new(&seen, "x", OffsetDateTime::UNIX_EPOCH, &vouching));
        assert_eq!(broken(archived, Some(entries[1].head())), None);
        let other = Head { hash: "f".repeat(64), ..entries[4].head() };
        assert_eq!(broken(entries, Some(other)), Some((5, RecordProblem::Rewritten)));
    }
}
