//! What people do with their own account: name, password, recovery code.

use secrecy::{ExposeSecret, SecretString};

use super::candidates::Candidate;
use super::password::Verdict;
use super::service::{Session, SessionService, standing_of, standing_of_operator, standing_of_person};
use super::throttle;
use super::token::Standing;
use crate::error::{AppError, SessionProblem};
use crate::records::{
    ActivityEntry, ActivityKind, OperatorChange, OperatorRole, OrganizationChange, Outcome, SessionDigest,
    SessionsOf,
};
use crate::rights::{Account, Actor};
use crate::values::{Password, PasswordHash, PersonName, RecoveryCode};

impl SessionService {
    /// Changes the name of the session's account; ends no session.
    ///
    /// # Errors
    /// `InvalidInput`; `Forbidden` for a service's own admin, who has no name of their own; `Store`.
    pub async fn rename_oneself(&self, actor: &Actor, name: &str) -> Result<(), AppError> {
        let name = PersonName::parse(name).map_err(|issue| AppError::InvalidInput(vec![issue]))?;
        let entry = |kind| {
            let (before, after) = (actor.name().to_owned(), name.as_str().to_owned());
            ActivityEntry::of(actor, kind).on(actor.email()).changed("name", Some(before), Some(after))
        };
        match self.own(actor).await? {
            Candidate::Operator(seen) => {
                let change = OperatorChange { name: Some(name.clone()), ..OperatorChange::default() };
                let rename = async { Ok(self.ports.accounts.change_operator(&seen, &change).await?) };
                self.ports.recorded(entry(ActivityKind::OperatorChanged), rename).await?;
            }
            Candidate::Person(seen) => {
                let rename = async { Ok(self.ports.people.rename(seen.id, &name).await?) };
                self.ports.recorded(entry(ActivityKind::PersonChanged), rename).await?;
            }
            Candidate::Admin(_) => return Err(AppError::Forbidden),
        }
        self.forget_last_good();
        Ok(())
    }

    /// Changes the password of the session's account. The session goes on under the same id; the account's others end.
    ///
    /// # Errors
    /// `InvalidInput` for the new password, also for the same one; `CredentialsRefused` and `Throttled` for the present
    /// one, whose failures count as failed sign-ins; `Session`, `Store`.
    pub async fn change_own_password(
        &self,
        session: &Session,
        present: &SecretString,
        password: &SecretString,
    ) -> Result<Session, AppError> {
        let new = Password::parse(password).map_err(AppError::InvalidInput)?;
        if present.expose_secret() == password.expose_secret() {
            return Err(AppError::InvalidInput(vec![Password::unchanged()]));
        }
        let actor = &session.actor;
        let own = self.own(actor).await?;
        self.require_password(actor, &own, present).await?;
        let hash = self.hasher.hash(&new).await?;
        let entry = ActivityEntry::of(actor, ActivityKind::PasswordChanged).on(actor.email());
        let set = self.set_own(&own, &hash);
        let standing = self.ports.recorded(entry.changed_secret("password"), set).await?;
        let next = self.go_on(session, &standing)?;
        let others = SessionsOf::Account(own.key());
        let kept = self.session_id(&next).map(|id| SessionDigest::of(&id));
        if let Err(error) = self.ports.sessions.end(&others, kept.as_ref()).await {
            tracing::warn!(%error, "sessions that have ended stay on the list");
        }
        Ok(next)
    }

    /// Makes a new recovery code for an owner, in place of the one before. Returned once.
    ///
    /// # Errors
    /// `Forbidden` for anybody but owners; `CredentialsRefused` and `Throttled` for the password; `Session`, `Store`.
    pub async fn renew_recovery_code(
        &self,
        actor: &Actor,
        password: &SecretString,
    ) -> Result<RecoveryCode, AppError> {
        let own = self.own(actor).await?;
        let seen = match &own {
            Candidate::Operator(seen) if seen.role == OperatorRole::Owner => seen,
            Candidate::Operator(_) | Candidate::Person(_) | Candidate::Admin(_) => {
                return Err(AppError::Forbidden);
            }
        };
        self.require_password(actor, &own, password).await?;
        let code = RecoveryCode::new();
        let change = OperatorChange { recovery: Some(Some(code.digest())), ..OperatorChange::default() };
        let entry = ActivityEntry::of(actor, ActivityKind::RecoveryCodeRenewed).on(actor.email());
        let renew = async { Ok(self.ports.accounts.change_operator(seen, &change).await?) };
        self.ports.recorded(entry.changed_secret("recovery_code"), renew).await?;
        Ok(code)
    }

    /// The account of a session, with its password.
    async fn own(&self, actor: &Actor) -> Result<Candidate, AppError> {
        let found = match actor.account() {
            Account::Operator(id) => self.ports.accounts.find_operator(id).await?.map(Candidate::Operator),
            Account::Organization(id) => {
                self.ports.organizations.find_credentials_of(id).await?.map(Candidate::Admin)
            }
            Account::Person(id, _) => self.ports.people.find(id).await?.map(Candidate::Person),
        };
        found.ok_or(AppError::Session(SessionProblem::Revoked))
    }

    async fn require_password(
        &self,
        actor: &Actor,
        own: &Candidate,
        password: &SecretString,
    ) -> Result<(), AppError> {
        let _turn = self.sign_in_turn.acquire().await;
        let name = own.key();
        let attempts = self.ports.accounts.sign_in_attempts(std::slice::from_ref(&name)).await?;
        let failed_before = attempts.iter().find(|attempts| attempts.account == name);
        let seconds = failed_before.map_or(0, throttle::seconds_left);
        if seconds > 0 {
            return Err(AppError::Throttled { seconds });
        }
        let effort = self.hasher.effort_for(&[own.hash()]);
        let verdicts = self.hasher.verify(password, &[own.hash()], effort).await?;
        if verdicts.first().is_none_or(|verdict| *verdict == Verdict::Wrong) {
            let refused = ActivityEntry::of(actor, ActivityKind::PasswordChanged).ended(Outcome::Refused);
            return Err(self.refuse(refused, &[name]).await?);
        }
        if failed_before.is_some() {
            self.ports.accounts.clear_failed_sign_ins(&name).await?;
        }
        Ok(())
    }

    async fn set_own(&self, own: &Candidate, hash: &PasswordHash) -> Result<Standing, AppError> {
        match own {
            Candidate::Operator(seen) => {
                let changed = self.ports.accounts.set_operators_own_password(seen, hash, None).await?;
                Ok(standing_of_operator(&changed))
            }
            Candidate::Person(seen) => {
                Ok(standing_of_person(&self.ports.people.set_own_password(seen, hash).await?))
            }
            Candidate::Admin(seen) => {
                let change = OrganizationChange {
                    admin_password: Some(hash.clone()),
                    end_sessions: true,
                    ..OrganizationChange::default()
                };
                let id = seen.organization.id;
                self.ports.organizations.change(id, &change, self.clock.now()).await?;
                let found = self.ports.organizations.find_credentials_of(id).await?;
                found.map(|found| standing_of(&found)).ok_or(AppError::Session(SessionProblem::Revoked))
            }
        }
    }
}
