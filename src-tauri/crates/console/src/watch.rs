//! Watches over the session of an open workspace: whether it was ended on another computer, whether its person is still
//! there, and whether it goes on while they work.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tenantry_core::clock::Clock;
use time::OffsetDateTime;

use crate::presence::SessionNews;
use crate::workspace::OpenWorkspace;

/// How often the list of live sessions is looked at: whoever is ended elsewhere notices within five seconds.
const LOOK_EVERY: Duration = Duration::from_secs(4);
/// A look that is so late means that the computer slept.
const SLEPT: Duration = Duration::from_secs(30);
/// Looks after the session as long as the workspace is open, without keeping it open.
pub(crate) async fn watch(workspace: Weak<OpenWorkspace>, clock: Arc<dyn Clock>) {
    loop {
        let Some(open) = workspace.upgrade() else { return };
        if open.session().is_none() {
            let changed = Arc::clone(&open.presence.changed);
            drop(open);
            changed.notified().await;
            continue;
        }
        drop(open);
        let before = clock.now();
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(open) = workspace.upgrade() else { return };
        let now = clock.now();
        open.look_after_session(now, now - before > LOOK_EVERY + SLEPT).await;
    }
}

impl OpenWorkspace {
    /// One look at the session; `slept` if the computer did since the last one.
    pub async fn look_after_session(&self, now: OffsetDateTime, slept: bool) {
        let Some(session) = self.session() else { return };
        let (looked, ()) =
            tokio::join!(self.sessions().look(&session.token), self.settings().follow_lately());
        match looked {
            Err(tenantry_core::AppError::Session(problem)) => {
                if self.forget_session(&session).await {
                    self.presence.tell(SessionNews::Ended(problem));
                }
                return;
            }
            // A store that does not answer ends no session: the line tells.
            Err(error) => tracing::debug!(%error, "the session could not be looked at"),
            Ok(()) => {}
        }
        let settings = self.settings().current();
        if let Some(minutes) = settings.idle_lock_minutes
            && !self.presence.is_locked()
            && (self.presence.is_idle(now, Duration::from_secs(u64::from(minutes) * 60)) || slept)
        {
            self.presence.set_locked(true);
            self.presence.tell(SessionNews::Locked);
        }
        let half_over = session.expires_at - now < settings.session_life() / 2;
        if settings.renew_while_working
            && half_over
            && !self.presence.is_locked()
            && self.presence.is_working(now)
            && let Err(error) = self.renew_session().await
        {
            tracing::debug!(%error, "the session could not be renewed");
        }
    }
}
