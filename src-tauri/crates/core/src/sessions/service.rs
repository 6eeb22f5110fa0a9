use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use super::model::{Account, Actor, Session};
use super::password::{PasswordHasher, Verdict};
use super::rights::Role;
use super::throttle;
use super::token::{self, Claims, SigningKey};
use crate::activity::{ActivityEntry, ActivityKind};
use crate::clock::{Clock, is_fresh};
use crate::error::{AppError, FieldIssue, SessionProblem, StoreError, UniqueField};
use crate::limits::SESSION_FRESH;
use crate::operators::{NewOperator, Operator};
use crate::organizations::{Organization, OrganizationCredentials};
use crate::ports::Ports;
use crate::values::{EmailAddress, OperatorId, Password, PersonName};

/// How surely a session must be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Before a read: found good at most two seconds ago.
    Recent,
    /// Before a write: asked now.
    Now,
}

/// Signs people in and out and finds out whether a session is good.
pub struct SessionService {
    ports: Ports,
    clock: Arc<dyn Clock>,
    hasher: PasswordHasher,
    key: SigningKey,
    /// The session that was found good last: a digest of its token, when, and whose it is.
    last_good: Mutex<Option<([u8; 32], OffsetDateTime, Actor)>>,
    sign_in_turn: Semaphore,
}

impl SessionService {
    /// A service for one open workspace.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>, hasher: PasswordHasher, key: SigningKey) -> Self {
        Self { ports, clock, hasher, key, last_good: Mutex::new(None), sign_in_turn: Semaphore::new(1) }
    }

    /// Whether the workspace has an operator.
    ///
    /// # Errors
    /// `Store`.
    pub async fn is_claimed(&self) -> Result<bool, AppError> {
        Ok(self.ports.accounts.has_operators().await?)
    }

    /// Makes the first operator of a workspace and signs in. Of two claims at once one wins.
    ///
    /// # Errors
    /// `InvalidInput`, `AlreadyClaimed`, `Store`.
    pub async fn claim(&self, name: &str, email: &str, password: &SecretString) -> Result<Session, AppError> {
        let mut issues = Vec::new();
        let name = PersonName::parse(name).map_err(|issue| issues.push(issue)).ok();
        let email = EmailAddress::parse(email).map_err(|issue| issues.push(issue)).ok();
        let password = Password::parse(password).map_err(|more: Vec<FieldIssue>| issues.extend(more)).ok();
        let (Some(name), Some(email), Some(password)) = (name, email, password) else {
            return Err(AppError::InvalidInput(issues));
        };
        if self.ports.accounts.has_operators().await? {
            return Err(AppError::AlreadyClaimed);
        }
        let operator = NewOperator {
            id: OperatorId::FOUNDER,
            name,
            email,
            password_hash: self.hasher.hash(&password).await?,
            created_at: self.clock.now(),
        };
        match self.ports.accounts.insert_operator(&operator).await {
            Ok(()) => {}
            Err(StoreError::Duplicate { field: UniqueField::Id | UniqueField::Email }) => {
                return Err(AppError::AlreadyClaimed);
            }
            Err(error) => return Err(error.into()),
        }
        let actor = Actor {
            account: Account::Operator(operator.id),
            role: Role::Operator,
            name: operator.name.as_str().to_owned(),
            email: operator.email.to_string(),
        };
        self.record(ActivityKind::WorkspaceClaimed, &actor, None).await;
        self.issue(actor, 0)
    }

    /// Signs in an operator or an organization's admin.
    ///
    /// An unknown address and a wrong password get one answer after the same time.
    ///
    /// # Errors
    /// `CredentialsRefused`, `Throttled`, `OrganizationInactive` (only after the password was right), `Store`.
    pub async fn sign_in(&self, email: &str, password: &SecretString) -> Result<Session, AppError> {
        let email = EmailAddress::parse(email)?;
        let account = throttle::account_of(&email);
        // One at a time: tries at once would all look before the first failure is counted.
        let _turn = self.sign_in_turn.acquire().await;
        let attempts = self.ports.accounts.sign_in_attempts(&account).await?;
        if let Some(attempts) = &attempts {
            let seconds = throttle::seconds_left(attempts, self.clock.now());
            if seconds > 0 {
                return Err(AppError::Throttled { seconds });
            }
        }
        let operator = self.ports.accounts.find_operator_by_email(&email).await?;
        let credentials = self.ports.organizations.find_credentials(&email).await?;
        let signed_in = match (operator, credentials) {
            (Some(operator), None) => self.verify_operator(operator, password).await?,
            (Some(operator), Some(credentials)) => match self.verify_operator(operator, password).await? {
                Some(operator) => Some(operator),
                None => self.verify_admin(credentials, password).await?,
            },
            (None, Some(credentials)) => self.verify_admin(credentials, password).await?,
            (None, None) => {
                self.hasher.verify(password, None).await?;
                None
            }
        };
        let Some((actor, version)) = signed_in else { return Err(self.refuse(&account, &email).await?) };
        if attempts.is_some() {
            self.ports.accounts.clear_failed_sign_ins(&account).await?;
        }
        let session = self.issue(actor, version)?;
        self.record(ActivityKind::SignedIn, &session.actor, None).await;
        Ok(session)
    }

    /// Ends a session. One that is not good any more counts as ended.
    ///
    /// # Errors
    /// `Store`.
    pub async fn sign_out(&self, token: &SecretString) -> Result<(), AppError> {
        self.forget_last_good();
        let Ok(claims) = token::read(token, &self.key, self.clock.now()) else { return Ok(()) };
        if let Some(session_id) = claims.session_id() {
            self.ports.accounts.revoke_session(session_id, claims.expires_at()).await?;
        }
        Ok(())
    }

    /// Finds out whether a session is good: signature, time, whether it was ended, and the account as it is now.
    ///
    /// # Errors
    /// `Session`, `Store`.
    pub async fn authorize(&self, token: &SecretString, freshness: Freshness) -> Result<Actor, AppError> {
        let now = self.clock.now();
        let claims = token::read(token, &self.key, now)?;
        let digest: [u8; 32] = Sha256::digest(token.expose_secret().as_bytes()).into();
        if freshness == Freshness::Recent
            && let Some(actor) = self.recently_good(&digest, now)
        {
            return Ok(actor);
        }
        let revoked = AppError::Session(SessionProblem::Revoked);
        let standing = async {
            if let Some(session_id) = claims.session_id()
                && self.ports.accounts.is_session_revoked(session_id).await?
            {
                return Err(revoked.clone());
            }
            Ok(())
        };
        let (account, role) = claims.account()?;
        // Two questions to the store, asked at the same time.
        let (standing, current) = futures_util::join!(standing, self.current(account, role));
        standing?;
        let (actor, version) = current?.ok_or(revoked.clone())?;
        if claims.version().is_some_and(|claimed| claimed != version) {
            return Err(revoked);
        }
        *self.last_good.lock().unwrap_or_else(PoisonError::into_inner) = Some((digest, now, actor.clone()));
        Ok(actor)
    }

    /// The session as it goes on after its own organization changed: a new password ends the other sessions of that
    /// admin, not the one that set it. Its end stays where it was.
    ///
    /// # Errors
    /// `Unexpected`.
    pub fn carry_on(&self, session: &Session, changed: &Organization) -> Result<Session, AppError> {
        if session.actor.account != Account::Organization(changed.id) {
            return Ok(session.clone());
        }
        let actor = actor_of(changed, session.actor.role);
        let claims = Claims::until(&actor, changed.session_version, self.clock.now(), session.expires_at);
        self.forget_last_good();
        Ok(Session { token: token::sign(&claims, &self.key)?, actor, expires_at: claims.expires_at() })
    }

    fn issue(&self, actor: Actor, version: i64) -> Result<Session, AppError> {
        let claims = Claims::new(&actor, version, self.clock.now());
        Ok(Session { token: token::sign(&claims, &self.key)?, actor, expires_at: claims.expires_at() })
    }

    /// The account as it is now with its session version; `None` when it may not have sessions.
    async fn current(&self, account: Account, role: Role) -> Result<Option<(Actor, i64)>, AppError> {
        match account {
            Account::Operator(id) => {
                let operator = self.ports.accounts.find_operator(id).await?;
                Ok(operator.map(|operator| (actor_of_operator(&operator), operator.session_version)))
            }
            Account::Organization(id) => {
                let organization = self.ports.organizations.find(id).await?;
                Ok(organization
                    .filter(|organization| organization.is_active)
                    .map(|organization| (actor_of(&organization, role), organization.session_version)))
            }
        }
    }

    async fn verify_operator(
        &self,
        operator: Operator,
        password: &SecretString,
    ) -> Result<Option<(Actor, i64)>, AppError> {
        let verdict = self.hasher.verify(password, Some(&operator.password_hash)).await?;
        if verdict == Verdict::RightButWeak
            && let Ok(password) = Password::parse(password)
        {
            let hash = self.hasher.hash(&password).await?;
            let accounts = &self.ports.accounts;
            log_renewal(accounts.renew_operator_hash(operator.id, &operator.password_hash, &hash).await);
        }
        Ok((verdict != Verdict::Wrong).then(|| (actor_of_operator(&operator), operator.session_version)))
    }

    async fn verify_admin(
        &self,
        credentials: OrganizationCredentials,
        password: &SecretString,
    ) -> Result<Option<(Actor, i64)>, AppError> {
        let OrganizationCredentials { organization, password_hash } = credentials;
        let verdict = self.hasher.verify(password, Some(&password_hash)).await?;
        if verdict == Verdict::Wrong {
            return Ok(None);
        }
        if !organization.is_active {
            return Err(AppError::OrganizationInactive);
        }
        if verdict == Verdict::RightButWeak
            && let Ok(password) = Password::parse(password)
        {
            let hash = self.hasher.hash(&password).await?;
            log_renewal(self.ports.organizations.renew_hash(organization.id, &password_hash, &hash).await);
        }
        Ok(Some((actor_of(&organization, Role::OrganizationAdmin), organization.session_version)))
    }

    /// Counts a failure and says what the person gets.
    async fn refuse(&self, account: &str, email: &EmailAddress) -> Result<AppError, AppError> {
        let failures = match self.ports.accounts.add_failed_sign_in(account, self.clock.now()).await {
            Ok(failures) => failures,
            // Who may only read, or has no room left, can count nothing; the answer is the same.
            Err(StoreError::Denied { .. } | StoreError::LimitReached { .. }) => 0,
            Err(error) => return Err(error.into()),
        };
        let tries_left = throttle::tries_left(failures);
        if tries_left == 0 {
            let entry = ActivityEntry {
                at: self.clock.now(),
                actor: email.to_string(),
                kind: ActivityKind::SignInThrottled,
                organization_id: None,
                organization_name: None,
                detail: Some(format!("{failures} failures in a row")),
            };
            crate::activity::record(&self.ports, &entry).await;
        }
        Ok(AppError::CredentialsRefused { tries_left })
    }

    async fn record(&self, kind: ActivityKind, actor: &Actor, detail: Option<String>) {
        let entry = ActivityEntry {
            at: self.clock.now(),
            actor: actor.email.clone(),
            kind,
            organization_id: actor.organization_scope(),
            organization_name: actor.organization_scope().map(|_| actor.name.clone()),
            detail,
        };
        crate::activity::record(&self.ports, &entry).await;
    }

    fn recently_good(&self, digest: &[u8; 32], now: OffsetDateTime) -> Option<Actor> {
        let last = self.last_good.lock().unwrap_or_else(PoisonError::into_inner);
        let (good, at, actor) = last.as_ref()?;
        (good == digest && is_fresh(*at, now, SESSION_FRESH)).then(|| actor.clone())
    }

    fn forget_last_good(&self) {
        *self.last_good.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A hash that stays as cheap as it was is no reason to refuse a sign-in.
fn log_renewal(renewed: Result<(), StoreError>) {
    match renewed {
        // Renewed at the next sign-in that may write.
        Ok(()) | Err(StoreError::ReadOnly { .. }) => {}
        Err(error) => tracing::warn!(%error, "a password's hash could not be renewed"),
    }
}

fn actor_of(organization: &Organization, role: Role) -> Actor {
    Actor {
        account: Account::Organization(organization.id),
        role,
        name: organization.name.to_string(),
        email: organization.admin_email.to_string(),
    }
}

fn actor_of_operator(operator: &Operator) -> Actor {
    Actor {
        account: Account::Operator(operator.id),
        role: Role::Operator,
        name: operator.name.as_str().to_owned(),
        email: operator.email.to_string(),
    }
}
