//! The list of live sessions: who may see it, who may end which.

use std::collections::BTreeSet;

use crate::error::AppError;
use crate::limits::SESSION_PAGE_MAX;
use crate::records::{ActivityEntry, ActivityKind, LiveSession, SessionDigest, SessionQuery, SessionsOf};
use crate::rights::{Act, Actor, Reach};
use crate::values::OrganizationId;
use time::OffsetDateTime;

use super::service::SessionService;
use super::throttle;

/// A page of the list.
#[derive(Debug, Clone)]
pub struct SessionPage {
    /// The newest first.
    pub sessions: Vec<LiveSession>,
    /// The place after which the next page begins; `None` at the end.
    pub next: Option<(OffsetDateTime, SessionDigest)>,
}

impl SessionService {
    /// Live sessions, of those that the actor may see: all, those of its own organization, or its own.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` for an organization that the actor is not allowed to see; `Store`.
    pub async fn list(
        &self,
        actor: &Actor,
        of: SessionsOf,
        after: Option<(OffsetDateTime, SessionDigest)>,
    ) -> Result<SessionPage, AppError> {
        let scope = scope(actor, Act::Sessions, &of)?;
        let live_at = self.clock.now();
        let query = SessionQuery { of, live_at, after, limit: SESSION_PAGE_MAX };
        let found = self.ports.sessions.page(&query).await?;
        let is_full = found.len() == SESSION_PAGE_MAX as usize;
        let last = found.last().filter(|_| is_full);
        let next = last.map(|last| (last.since, last.facts.id.clone()));
        let mut sessions: Vec<_> = found.into_iter().filter(|session| scope.includes(session)).collect();
        self.leave_out_closed(&mut sessions).await?;
        Ok(SessionPage { sessions, next })
    }

    /// Leaves out the sessions of organizations that are deactivated or gone: no token is good there, and other
    /// software ends none on the list.
    async fn leave_out_closed(&self, sessions: &mut Vec<LiveSession>) -> Result<(), AppError> {
        let organizations = |session: &LiveSession| session.facts.organization_id;
        let asked: BTreeSet<OrganizationId> = sessions.iter().filter_map(organizations).collect();
        let asked = Vec::from_iter(asked);
        if asked.is_empty() {
            return Ok(());
        }
        let found = self.ports.organizations.find_several(&asked).await?;
        let is_open = |id: OrganizationId| found.iter().any(|found| found.id == id && found.is_active);
        sessions.retain(|session| session.facts.organization_id.is_none_or(is_open));
        Ok(())
    }

    /// Ends sessions, on whatever computer they are; returns how many. If several are meant, the actor's own one goes
    /// on. Recorded before it is done.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn end(&self, actor: &Actor, of: SessionsOf) -> Result<u64, AppError> {
        let scope = scope(actor, Act::EndSessions, &of)?;
        let own = actor.session_id().map(SessionDigest::of);
        let except = match &of {
            SessionsOf::One(_) => None,
            SessionsOf::Account(_) | SessionsOf::Organization(_) | SessionsOf::Everybody => own.as_ref(),
        };
        let first = self.first_of(&of, &scope, except).await?;
        let Some(first) = first else { return Ok(0) };
        let entry = ActivityEntry::of(actor, ActivityKind::SessionEnded);
        let name = first.facts.organization_name.clone().unwrap_or_default();
        let about = |entry: ActivityEntry| match first.facts.organization_id {
            Some(id) => entry.about(id, &name),
            None => entry,
        };
        let entry = match &of {
            SessionsOf::One(_) => {
                about(entry).on(&first.facts.email).with_detail(first.facts.device.as_str())
            }
            SessionsOf::Account(_) => about(entry).on(&first.facts.email).with_detail("all"),
            SessionsOf::Organization(_) => about(entry).with_detail("all"),
            SessionsOf::Everybody => entry.with_detail("all"),
        };
        let ended = self.ports.recorded(entry, self.end_within(&of, &scope, except)).await?;
        self.forget_last_good();
        Ok(ended)
    }

    async fn first_of(
        &self,
        of: &SessionsOf,
        scope: &Scope,
        except: Option<&SessionDigest>,
    ) -> Result<Option<LiveSession>, AppError> {
        let query = SessionQuery {
            of: of.clone(),
            live_at: OffsetDateTime::UNIX_EPOCH,
            after: None,
            limit: SESSION_PAGE_MAX,
        };
        let found = self.ports.sessions.page(&query).await?;
        Ok(found.into_iter().find(|session| scope.includes(session) && Some(&session.facts.id) != except))
    }

    /// A person's sessions in other organizations are not those of this one's admin to end, so they are ended one by
    /// one.
    async fn end_within(
        &self,
        of: &SessionsOf,
        scope: &Scope,
        except: Option<&SessionDigest>,
    ) -> Result<u64, AppError> {
        let (SessionsOf::Account(_), Scope::Organization(_)) = (of, scope) else {
            return Ok(self.ports.sessions.end(of, except).await?);
        };
        let mut ended = 0;
        let live_at = OffsetDateTime::UNIX_EPOCH;
        let query = SessionQuery { of: of.clone(), live_at, after: None, limit: SESSION_PAGE_MAX };
        for session in self.ports.sessions.page(&query).await? {
            if scope.includes(&session) && Some(&session.facts.id) != except {
                ended += self.ports.sessions.end(&SessionsOf::One(session.facts.id), None).await?;
            }
        }
        Ok(ended)
    }
}

/// The sessions that an actor may see or end.
enum Scope {
    All,
    Organization(OrganizationId),
    Account(String),
}

impl Scope {
    fn includes(&self, session: &LiveSession) -> bool {
        match self {
            Self::All => true,
            Self::Organization(id) => session.facts.organization_id == Some(*id),
            Self::Account(account) => session.facts.account == *account,
        }
    }
}

fn scope(actor: &Actor, act: Act, of: &SessionsOf) -> Result<Scope, AppError> {
    // What a person may not look at as a whole is not even known of.
    if let (Some(own), SessionsOf::Organization(id)) = (actor.organization_scope(), of)
        && (own != *id || actor.reach(act) == Reach::Oneself)
    {
        return Err(AppError::NotFound { what: "organization" });
    }
    let own_account = throttle::name_of(actor.account());
    let scope = match (actor.reach(act), actor.organization_scope()) {
        (Reach::Nothing, _) => return Err(AppError::Forbidden),
        (Reach::All, None) => Scope::All,
        (Reach::Own | Reach::All, Some(id)) => Scope::Organization(id),
        (Reach::Oneself, _) | (Reach::Own, None) => Scope::Account(own_account),
    };
    let within = match (&scope, of) {
        (Scope::All, _) | (_, SessionsOf::One(_)) | (Scope::Organization(_), SessionsOf::Account(_)) => true,
        (Scope::Organization(_), SessionsOf::Organization(_)) => true,
        (Scope::Account(own), SessionsOf::Account(account)) => own == account,
        (Scope::Account(_), SessionsOf::Organization(_)) | (_, SessionsOf::Everybody) => false,
    };
    if within { Ok(scope) } else { Err(AppError::Forbidden) }
}
