//! One open workspace: its services, what was found when it was opened, and who is signed in to it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use secrecy::ExposeSecret;
use tenantry_core::AppError;
use tenantry_core::access::Prepared;
use tenantry_core::error::SessionProblem;
use tenantry_core::records::{Organization, Recovered, Restriction, ServerFacts};
use tenantry_core::rights::{Act, Actor};
use tenantry_core::sessions::{Freshness, Session};
use tenantry_core::values::OrganizationId;

use crate::compose::{Opened, Services};
use crate::error::WireError;

/// A workspace that is open.
pub struct Workspace {
    /// `built-in`, or the profile's id.
    pub id: String,
    /// Its services.
    pub services: Services,
    /// The server or file, as it was when it was opened.
    pub server: ServerFacts,
    warnings: Vec<String>,
    prepared: Mutex<Prepared>,
    restrictions: Mutex<Vec<Restriction>>,
    claimed: Mutex<bool>,
    session: Mutex<Option<Session>>,
}

impl Workspace {
    /// A workspace that was just opened: nobody is signed in.
    pub fn new(id: &str, opened: Opened) -> Self {
        let Opened { services, server, claimed, prepared, warnings, restrictions } = opened;
        Self {
            id: id.to_owned(),
            services,
            server,
            warnings,
            prepared: Mutex::new(prepared),
            restrictions: Mutex::new(restrictions),
            claimed: Mutex::new(claimed),
            session: Mutex::default(),
        }
    }

    /// What a crash had left, as it was found when the workspace could last be written to.
    pub fn recovered(&self) -> Vec<Recovered> {
        self.prepared_place().recovered.clone()
    }

    /// What a person should know of it.
    pub fn warnings(&self) -> Vec<String> {
        let prepared = self.prepared_place();
        prepared.warnings.iter().chain(&self.warnings).cloned().collect()
    }

    /// Notes what was found when it was unlocked, in place of what was found before.
    pub fn note_prepared(&self, prepared: Prepared) {
        *self.prepared_place() = prepared;
    }

    /// Notes that nothing is left of an act any more: a person decided how it ends.
    pub fn note_decided(&self, id: OrganizationId) {
        self.prepared_place().recovered.retain(|recovered| recovered.operation.organization_id != id);
    }

    /// What the database user can't do, as it was found out last.
    pub fn restrictions(&self) -> Vec<Restriction> {
        self.restrictions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what the database user can't do now.
    pub fn note_restrictions(&self, restrictions: Vec<Restriction>) {
        *self.restrictions.lock().unwrap_or_else(PoisonError::into_inner) = restrictions;
    }

    /// Whether it has an operator.
    pub fn is_claimed(&self) -> bool {
        *self.claimed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that it has an operator.
    pub fn note_claimed(&self) {
        *self.claimed.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// The session as it was when somebody signed in; it may have ended since.
    pub fn session(&self) -> Option<Session> {
        self.session_place().clone()
    }

    /// Takes a session in place of the one that is there; answers that one. What another account unlocked is locked.
    pub async fn keep_session(&self, session: Session) -> Option<Session> {
        let actor = session.actor.clone();
        let earlier = self.session_place().replace(session);
        self.services.access.signed_in(&actor).await;
        earlier
    }

    /// Ends the session, if there is one, and what it unlocked. It is forgotten here even when the store can't be told.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn sign_out(&self) -> Result<(), AppError> {
        let session = self.session_place().take();
        self.services.access.signed_out().await;
        match session {
            Some(session) => self.services.sessions.sign_out(&session.token).await,
            None => Ok(()),
        }
    }

    /// Finds out whether the session is good. One that is not is forgotten.
    ///
    /// # Errors
    /// `Session`, `Store`.
    pub async fn authorize(&self, freshness: Freshness) -> Result<Actor, AppError> {
        let session = self.session().ok_or(AppError::Session(SessionProblem::Missing))?;
        let authorized = self.services.sessions.authorize(&session.token, freshness).await;
        if let Err(AppError::Session(_)) = &authorized {
            // Only this one: a newer may have taken its place while the store was asked.
            let asked_for = |kept: &mut Session| kept.token.expose_secret() == session.token.expose_secret();
            self.session_place().take_if(asked_for);
        }
        if authorized.is_ok() {
            // Before anything is done: operators may have decided something else on another computer.
            self.services.access.follow_lately().await;
        }
        authorized
    }

    /// Lets the session go on that changed its own organization, if it is still the one that is kept: who signed out
    /// meanwhile stays signed out. The change is made, so what keeps the session from going on is no failure of it: the
    /// session then ends, and says so with the next call.
    pub async fn carry_session_on(&self, session: &Session, changed: &Organization, password_was_set: bool) {
        match self.services.sessions.carry_on(session, changed, password_was_set).await {
            Ok(Some(next)) => {
                if let Some(kept) = &mut *self.session_place()
                    && kept.token.expose_secret() == session.token.expose_secret()
                {
                    *kept = next;
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the session could not be carried on"),
        }
    }

    fn prepared_place(&self) -> MutexGuard<'_, Prepared> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session_place(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// # Errors
/// `forbidden` unless this session may do `act`.
pub fn require(actor: &Actor, act: Act) -> Result<(), WireError> {
    if actor.may(act) { Ok(()) } else { Err(WireError::forbidden()) }
}
