//! The settings of an open workspace.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use time::OffsetDateTime;

use crate::clock::{Clock, is_fresh};
use crate::error::AppError;
use crate::ports::Ports;
use crate::records::{ActivityEntry, ActivityKind, WorkspaceSettings};
use crate::rights::{Act, Actor};

/// How long an open workspace can miss a change that was made on another computer.
const FOLLOW_EVERY: Duration = Duration::from_secs(15);

/// Reads the settings of one open workspace now and then, and changes them for owners.
pub struct SettingsService {
    ports: Ports,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    settings: WorkspaceSettings,
    read_at: Option<OffsetDateTime>,
}

impl SettingsService {
    /// For one open workspace, with the defaults until they are read.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>) -> Self {
        Self { ports, clock, kept: Mutex::default() }
    }

    /// The settings as they were last read. They hold for everybody, so everybody may see them.
    pub fn current(&self) -> WorkspaceSettings {
        self.kept.lock().settings.clone()
    }

    /// Reads them again if that was more than 15 seconds ago. Settings that cannot be read stay as they were.
    pub async fn follow_lately(&self) {
        let now = self.clock.now();
        if self.kept.lock().read_at.is_some_and(|at| is_fresh(at, now, FOLLOW_EVERY)) {
            return;
        }
        match self.ports.settings.find().await {
            Ok(found) => self.keep(found.unwrap_or_default()),
            Err(error) => tracing::debug!(%error, "the workspace's settings could not be read"),
        }
    }

    /// Changes the settings that somebody saw, for everybody. The change is recorded before it is made.
    ///
    /// # Errors
    /// `Forbidden` to anybody but an owner; `InvalidInput` for a number outside its limits; `FactsChanged` if they are
    /// no longer those that were seen: nothing was done; `Store`.
    pub async fn change(
        &self,
        actor: &Actor,
        seen: &WorkspaceSettings,
        next: WorkspaceSettings,
    ) -> Result<WorkspaceSettings, AppError> {
        actor.require(Act::Settings)?;
        next.check()?;
        let stored = self.ports.settings.find().await?;
        let before = stored.clone().unwrap_or_default();
        if before == next {
            self.keep(next.clone());
            return Ok(next);
        }
        if before != *seen {
            self.keep(before);
            return Err(AppError::FactsChanged);
        }
        let changes = before.stored().into_iter().zip(next.stored()).filter(|(old, new)| old != new);
        let mut entry = ActivityEntry::of(actor, ActivityKind::SettingChanged);
        for ((name, old), (_, new)) in changes {
            entry = entry.changed(name, Some(old.in_words()), Some(new.in_words()));
        }
        let change = async {
            match self.ports.settings.change(stored.as_ref(), &next).await? {
                true => Ok(()),
                false => Err(AppError::FactsChanged),
            }
        };
        self.ports.recorded(entry, change).await?;
        self.keep(next.clone());
        Ok(next)
    }

    fn keep(&self, settings: WorkspaceSettings) {
        *self.kept.lock() = Kept { settings, read_at: Some(self.clock.now()) };
    }
}
