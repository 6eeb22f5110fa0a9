//! What the owners of a workspace decided about its use: how long sessions last, when a window is locked, how long the
//! record is kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::error::AppError;
use crate::limits::{
    IDLE_LOCK_MINUTES_MAX, IDLE_LOCK_MINUTES_MIN, KEEP_RECORD_MONTHS_MAX, KEEP_RECORD_MONTHS_MIN,
    KEEP_TRASH_DAYS, KEEP_TRASH_DAYS_MAX, KEEP_TRASH_DAYS_MIN, SESSION_MINUTES, SESSION_MINUTES_MAX,
    SESSION_MINUTES_MIN,
};
use crate::values::{Field, FieldIssue, FieldRule};

/// The settings of a workspace, for everyone who opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct WorkspaceSettings {
    /// Minutes after which a session ends.
    pub session_minutes: u32,
    /// Whether a session goes on while its person works.
    pub renew_while_working: bool,
    /// Minutes without a key or a click after which the window is locked; `null` if never.
    pub idle_lock_minutes: Option<u32>,
    /// Months after which entries of the record may be archived; `null` if they are kept.
    pub keep_record_months: Option<u32>,
    /// Days that an organization is kept in the trash before somebody is offered to delete it for good; `null` if
    /// nobody is.
    pub keep_trash_days: Option<u32>,
}

impl Default for WorkspaceSettings {
    fn default() -> Self {
        Self {
            session_minutes: SESSION_MINUTES,
            renew_while_working: true,
            idle_lock_minutes: None,
            keep_record_months: None,
            keep_trash_days: Some(KEEP_TRASH_DAYS),
        }
    }
}

/// The stored form of one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingValue {
    /// A number.
    Number(u32),
    /// Yes or no.
    Flag(bool),
    /// Never, or no limit.
    Nothing,
}

impl SettingValue {
    fn of(number: Option<u32>) -> Self {
        number.map_or(Self::Nothing, Self::Number)
    }

    /// The word in the record.
    pub fn in_words(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => if flag { "yes" } else { "no" }.to_owned(),
            Self::Nothing => "never".to_owned(),
        }
    }
}

impl WorkspaceSettings {
    /// How long a session lasts.
    pub fn session_life(&self) -> Duration {
        Duration::from_secs(u64::from(self.session_minutes) * 60)
    }

    /// The moment from which an organization that was moved to the trash then need not be kept any longer; `None` if
    /// that never comes.
    pub fn kept_in_trash_until(&self, trashed_at: OffsetDateTime) -> Option<OffsetDateTime> {
        trashed_at.checked_add(time::Duration::days(i64::from(self.keep_trash_days?)))
    }

    /// # Errors
    /// `InvalidInput` with every number outside its limits.
    pub fn check(&self) -> Result<(), AppError> {
        let numbers = [
            (Field::SessionMinutes, Some(self.session_minutes), SESSION_MINUTES_MIN, SESSION_MINUTES_MAX),
            (Field::IdleLockMinutes, self.idle_lock_minutes, IDLE_LOCK_MINUTES_MIN, IDLE_LOCK_MINUTES_MAX),
            (
                Field::KeepRecordMonths,
                self.keep_record_months,
                KEEP_RECORD_MONTHS_MIN,
                KEEP_RECORD_MONTHS_MAX,
            ),
            (Field::KeepTrashDays, self.keep_trash_days, KEEP_TRASH_DAYS_MIN, KEEP_TRASH_DAYS_MAX),
        ];
        let issues = numbers.into_iter().filter_map(|(field, number, least, most)| {
            let outside = number.is_some_and(|number| !(least..=most).contains(&number));
            let message = format!("A number from {least} to {most}.");
            outside.then_some(FieldIssue { field, rule: FieldRule::Range, message })
        });
        let issues: Vec<FieldIssue> = issues.collect();
        if issues.is_empty() { Ok(()) } else { Err(AppError::InvalidInput(issues)) }
    }

    /// Every setting under its stored name.
    pub fn stored(&self) -> [(&'static str, SettingValue); 5] {
        [
            ("session_minutes", SettingValue::Number(self.session_minutes)),
            ("renew_while_working", SettingValue::Flag(self.renew_while_working)),
            ("idle_lock_minutes", SettingValue::of(self.idle_lock_minutes)),
            ("keep_record_months", SettingValue::of(self.keep_record_months)),
            ("keep_trash_days", SettingValue::of(self.keep_trash_days)),
        ]
    }

    /// From what a store has under each name. A missing or unreadable value counts as the default, a number outside its
    /// limits as the nearest within them.
    pub fn from_stored(stored: impl Fn(&'static str) -> Option<SettingValue>) -> Self {
        let default = Self::default();
        let within = |name, otherwise: Option<u32>, least, most| match stored(name) {
            Some(SettingValue::Number(number)) => Some(number.clamp(least, most)),
            Some(SettingValue::Nothing) => None,
            Some(SettingValue::Flag(_)) | None => otherwise,
        };
        Self {
            session_minutes: within("session_minutes", None, SESSION_MINUTES_MIN, SESSION_MINUTES_MAX)
                .unwrap_or(default.session_minutes),
            renew_while_working: match stored("renew_while_working") {
                Some(SettingValue::Flag(renew)) => renew,
                Some(SettingValue::Number(_) | SettingValue::Nothing) | None => default.renew_while_working,
            },
            idle_lock_minutes: within(
                "idle_lock_minutes",
                default.idle_lock_minutes,
                IDLE_LOCK_MINUTES_MIN,
                IDLE_LOCK_MINUTES_MAX,
            ),
            keep_record_months: within(
                "keep_record_months",
                default.keep_record_months,
                KEEP_RECORD_MONTHS_MIN,
                KEEP_RECORD_MONTHS_MAX,
            ),
            keep_trash_days: within(
                "keep_trash_days",
                default.keep_trash_days,
                KEEP_TRASH_DAYS_MIN,
                KEEP_TRASH_DAYS_MAX,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_as_it_was() {
        let settings = WorkspaceSettings {
            session_minutes: 90,
            renew_while_working: false,
            idle_lock_minutes: Some(5),
            keep_record_months: Some(24),
            keep_trash_days: None,
        };
        for settings in [settings, WorkspaceSettings::default()] {
            let stored = settings.stored();
            let read = WorkspaceSettings::from_stored(|name| {
                stored.iter().find(|(stored, _)| *stored == name).map(|(_, value)| *value)
            });
            assert_eq!(read, settings);
        }
    }

    #[test]
    fn what_cannot_be_read_is_the_default_and_a_number_stays_within_its_limits() {
        assert_eq!(WorkspaceSettings::from_stored(|_| None), WorkspaceSettings::default());
        let wild = WorkspaceSettings::from_stored(|name| match name {
            "session_minutes" | "idle_lock_minutes" => Some(SettingValue::Number(u32::MAX)),
            "renew_while_working" => Some(SettingValue::Number(7)),
            "keep_record_months" | "keep_trash_days" => Some(SettingValue::Flag(true)),
            _ => None,
        });
        assert_eq!(
            wild,
            WorkspaceSettings {
                session_minutes: SESSION_MINUTES_MAX,
                idle_lock_minutes: Some(IDLE_LOCK_MINUTES_MAX),
                ..WorkspaceSettings::default()
            }
        );
        let shortest = WorkspaceSettings::from_stored(|_| Some(SettingValue::Number(0)));
        assert_eq!(
            shortest.session_minutes, SESSION_MINUTES_MIN,
            "a session of no time would lock everybody out"
        );
    }
}
