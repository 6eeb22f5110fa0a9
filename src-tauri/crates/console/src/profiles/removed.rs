//! Removed connections that can still be had back.
//!
//! A removed connection leaves the list at once; its secrets stay until its time is over. Its note is in the file, so
//! the next run finishes what a crash left.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{Content, Profile, Profiles, ProfilesNotWritten};

/// How long a removal can be undone.
pub const UNDO_TIME: Duration = Duration::seconds(15);

/// A removed connection whose secrets are still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Removed {
    pub(super) profile: Profile,
    /// Its position in the list.
    pub(super) position: usize,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) removed_at: OffsetDateTime,
    /// Removed by an earlier run: nobody can undo it any more.
    #[serde(skip)]
    pub(super) is_old: bool,
}

impl Removed {
    fn is_due(&self, now: OffsetDateTime) -> bool {
        // A clock that was set back must not keep the secrets for as long as it was wrong.
        let waited = now - self.removed_at;
        self.is_old || waited >= UNDO_TIME || waited.is_negative()
    }
}

impl Profiles {
    /// Removes a connection from the list; returns whether it was there. It can be had back for [`UNDO_TIME`].
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn remove(&self, id: &str, now: OffsetDateTime) -> Result<bool, ProfilesNotWritten> {
        self.change(|content| {
            let Some(position) = content.position(id) else { return false };
            let profile = content.profiles.remove(position);
            content.removed.push(Removed { profile, position, removed_at: now, is_old: false });
            true
        })
    }

    /// Puts a removed connection back in its position; `None` if it is too late, or nothing was removed.
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn restore(&self, id: &str, now: OffsetDateTime) -> Result<Option<Profile>, ProfilesNotWritten> {
        self.change(|content| {
            let at = content.removed.iter().position(|removed| removed.is(id) && !removed.is_due(now))?;
            let Removed { profile, position, .. } = content.removed.remove(at);
            content.profiles.insert(position.min(content.profiles.len()), profile.clone());
            Some(profile)
        })
    }

    /// Removed connections that cannot be had back any more, and whose secrets must be forgotten.
    pub fn removals_due(&self, now: OffsetDateTime) -> Vec<Profile> {
        let removed = self.content().removed;
        removed.into_iter().filter(|removed| removed.is_due(now)).map(|removed| removed.profile).collect()
    }

    /// When the next removal becomes due; `None` if there is none.
    pub fn next_removal(&self) -> Option<OffsetDateTime> {
        self.content().removed.iter().map(|removed| removed.removed_at.saturating_add(UNDO_TIME)).min()
    }

    /// Forgets a removed connection for good, after its secrets.
    ///
    /// # Errors
    /// The file cannot be written; the next start tries again.
    pub fn finish_removal(&self, id: &str) -> Result<(), ProfilesNotWritten> {
        self.change(|content| content.removed.retain(|removed| !removed.is(id)))
    }
}

impl Removed {
    fn is(&self, id: &str) -> bool {
        self.profile.id == id
    }
}

impl Content {
    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.profiles.iter().position(|profile| profile.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Folder, ids, profile};
    use super::*;

    const START: OffsetDateTime = time::macros::datetime!(2026-03-01 12:00 UTC);

    fn three() -> (Folder, Profiles) {
        let folder = Folder::new();
        let profiles = folder.open();
        for id in ["a", "b", "c"] {
            profiles.save(profile(id)).unwrap();
        }
        (folder, profiles)
    }

    #[test]
    fn a_removed_profile_comes_back_to_its_place() {
        let (_folder, profiles) = three();
        assert!(profiles.remove("b", START).unwrap());
        assert_eq!(ids(&profiles), ["a", "c"]);
        assert_eq!(profiles.restore("b", START + Duration::seconds(14)).unwrap(), Some(profile("b")));
        assert_eq!(ids(&profiles), ["a", "b", "c"]);
        assert!(
            profiles.removals_due(START + UNDO_TIME).is_empty(),
            "its secrets would be forgotten all the same"
        );
    }

    #[test]
    fn a_removal_at_the_end_of_the_calendar_ends_nothing() {
        let (_folder, profiles) = three();
        let last = time::macros::datetime!(9999-12-31 23:59:59 UTC);
        profiles.remove("b", last).unwrap();
        assert!(profiles.next_removal().is_some_and(|due| due >= last));
    }

    #[test]
    fn after_its_time_a_removed_profile_does_not_come_back() {
        let (_folder, profiles) = three();
        profiles.remove("b", START).unwrap();
        assert!(profiles.removals_due(START + Duration::seconds(14)).is_empty(), "it can still be had back");
        assert_eq!(profiles.next_removal(), Some(START + UNDO_TIME));
        assert_eq!(profiles.restore("b", START + UNDO_TIME).unwrap(), None);
        assert_eq!(profiles.removals_due(START + UNDO_TIME), [profile("b")]);
        profiles.finish_removal("b").unwrap();
        assert!(profiles.removals_due(START + UNDO_TIME).is_empty());
        assert_eq!(ids(&profiles), ["a", "c"]);
    }

    #[test]
    fn what_a_crash_left_removed_is_due_at_once_in_the_next_run() {
        let (folder, profiles) = three();
        profiles.remove("b", START).unwrap();
        drop(profiles);
        let next_run = folder.open();
        assert_eq!(ids(&next_run), ["a", "c"], "a removed profile came back");
        assert_eq!(next_run.removals_due(START), [profile("b")], "its secrets would stay for ever");
        assert_eq!(next_run.restore("b", START).unwrap(), None, "nobody is there to undo it");
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_a_removed_profile() {
        let (_folder, profiles) = three();
        profiles.remove("b", START).unwrap();
        assert_eq!(profiles.removals_due(START - Duration::days(1)), [profile("b")]);
    }

    #[test]
    fn what_is_not_there_can_be_neither_removed_nor_restored() {
        let (_folder, profiles) = three();
        assert!(!profiles.remove("x", START).unwrap());
        assert_eq!(profiles.restore("a", START).unwrap(), None, "a profile that is in the list was restored");
        assert_eq!(ids(&profiles), ["a", "b", "c"]);
    }
}
