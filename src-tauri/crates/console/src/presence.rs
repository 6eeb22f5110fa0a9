//! What is known of the person at an open workspace: whether they are there, and what their window wants to hear.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tenantry_core::error::SessionProblem;
use time::OffsetDateTime;
use tokio::sync::Notify;

/// Somebody who touched a key or the pointer so recently is working. The window tells it at most every 15 seconds.
const WORKING: Duration = Duration::from_secs(60);

/// What happens to a session without a call of the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionNews {
    /// It has ended.
    Ended(SessionProblem),
    /// The window is locked: nobody was there, or the computer slept.
    Locked,
    /// It goes on, until then.
    Renewed(OffsetDateTime),
}

/// The window, as far as it wants news of a session.
pub trait SessionListener: Send + Sync {
    /// Tells it.
    fn tell(&self, news: SessionNews);
}

/// What is known of the person at an open workspace.
#[derive(Default)]
pub struct Presence {
    state: Mutex<State>,
    /// Wakes the watch: there is a session now, or the workspace closes.
    pub(crate) changed: Arc<Notify>,
}

#[derive(Default)]
struct State {
    is_locked: bool,
    active_at: Option<OffsetDateTime>,
    listener: Option<Arc<dyn SessionListener>>,
}

impl Presence {
    /// Somebody signed in: the window is theirs.
    pub(crate) fn begin(&self) {
        let mut state = self.state.lock();
        (state.is_locked, state.active_at) = (false, None);
        drop(state);
        self.changed.notify_one();
    }

    /// Whether the window is locked.
    pub fn is_locked(&self) -> bool {
        self.state.lock().is_locked
    }

    pub(crate) fn set_locked(&self, is_locked: bool) {
        self.state.lock().is_locked = is_locked;
    }

    /// Somebody touched a key or the pointer.
    pub fn note(&self, at: OffsetDateTime) {
        self.state.lock().active_at = Some(at);
    }

    /// Whether nobody was there for so long. The first look after a sign-in counts as somebody.
    pub(crate) fn is_idle(&self, now: OffsetDateTime, limit: Duration) -> bool {
        let mut state = self.state.lock();
        let active_at = *state.active_at.get_or_insert(now);
        now - active_at >= limit
    }

    pub(crate) fn is_working(&self, now: OffsetDateTime) -> bool {
        let active_at = self.state.lock().active_at;
        active_at.is_some_and(|at| (now - at).unsigned_abs() < WORKING)
    }

    /// Takes the one window that wants the news. One that was loaded again learns at once that it is locked.
    pub fn listen(&self, listener: Arc<dyn SessionListener>) {
        let mut state = self.state.lock();
        state.listener = Some(listener);
        let is_locked = state.is_locked;
        drop(state);
        if is_locked {
            self.tell(SessionNews::Locked);
        }
    }

    pub(crate) fn tell(&self, news: SessionNews) {
        let listener = self.state.lock().listener.clone();
        if let Some(listener) = listener {
            listener.tell(news);
        }
    }
}
