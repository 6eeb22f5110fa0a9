use std::sync::Arc;

use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use super::password::{Effort, PasswordHasher};
use super::token::{self, Claims, SigningKey, Standing};
use crate::clock::{Clock, is_fresh};
use crate::error::{AppError, ConflictOn, SessionProblem, StoreError, UniqueField};
use crate::limits::SESSION_FRESH;
use crate::ports::Ports;
use crate::record::Sparingly;
use crate::records::{
    ActivityEntry, ActivityKind, MemberRole, NewOperator, Operator, OperatorRole, Organization,
    OrganizationCredentials, OrganizationRef, Person,
};
use crate::rights::{Account, Actor, Refusals, Role};
use crate::values::{
    Device, EmailAddress, FieldIssue, HashRenewal, OperatorId, Password, PersonName, RecoveryCode,
};

/// The result of a successful sign-in. It stays in Rust.
#[derive(Debug, Clone)]
pub struct Session {
    /// The signed token.
    pub token: SecretString,
    /// The person.
    pub actor: Actor,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// The answer to a right address and password.
#[derive(Debug, Clone)]
pub enum SignedIn {
    /// A session.
    Session(Session),
    /// The address has several accounts with this password: ask again with one of them.
    Choose(Vec<AccountChoice>),
    /// The password is a one-time one: ask again with another, by `sign_in_with_new_password`.
    MustChange {
        /// Until when the one-time password can be used.
        until: OffsetDateTime,
    },
}

/// An account that an address and a password sign in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountChoice {
    /// The account.
    pub account: Account,
    /// The role there.
    pub role: Role,
    /// Its organization; `None` for an operator.
    pub organization: Option<OrganizationRef>,
}

/// The result of claiming a workspace.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The owner's session.
    pub session: Session,
    /// The owner's recovery code. Shown once.
    pub recovery: RecoveryCode,
}

/// How recently a session must have been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// For a read: checked within the last two seconds.
    Recent,
    /// For a write: checked now.
    Now,
}

/// Signs people in and out and checks sessions. Signing in is in `sign_in.rs`.
pub struct SessionService {
    pub(super) ports: Ports,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hasher: PasswordHasher,
    key: SigningKey,
    /// This computer.
    pub(super) device: Device,
    /// The session that was last found valid: a digest of its token, when, and its actor.
    last_good: Mutex<Option<([u8; 32], OffsetDateTime, Actor)>>,
    pub(super) sign_in_turn: Semaphore,
    /// The most work that a sign-in of this run needed.
    pub(super) effort: Mutex<Option<Effort>>,
    /// Refused attempts that are on record.
    pub(super) told: Sparingly,
    /// Where the refused acts of its sessions are told.
    refusals: Refusals,
}

impl SessionService {
    /// For one open workspace.
    pub fn new(
        ports: Ports,
        clock: Arc<dyn Clock>,
        hasher: PasswordHasher,
        key: SigningKey,
        device: Device,
    ) -> Self {
        Self {
            ports,
            clock,
            hasher,
            key,
            device,
            last_good: Mutex::new(None),
            sign_in_turn: Semaphore::new(1),
            effort: Mutex::default(),
            told: Sparingly::default(),
            refusals: Refusals::default(),
        }
    }

    /// The same service, whose sessions tell there what was refused to them.
    #[must_use]
    pub fn telling(self, refusals: Refusals) -> Self {
        Self { refusals, ..self }
    }

    /// Whether the workspace has an operator.
    ///
    /// # Errors
    /// `Store`.
    pub async fn is_claimed(&self) -> Result<bool, AppError> {
        Ok(self.ports.accounts.has_operators().await?)
    }

    /// Creates the first operator of a workspace and signs in. Of two concurrent claims, one wins.
    ///
    /// # Errors
    /// `InvalidInput`, `AlreadyClaimed`, `Conflict` if an organization's admin has the address, `Store`.
    pub async fn claim(&self, name: &str, email: &str, password: &SecretString) -> Result<Claimed, AppError> {
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
        if !self.ports.organizations.find_credentials(&email).await?.is_empty() {
            return Err(AppError::Conflict(ConflictOn::Email));
        }
        let recovery = RecoveryCode::new();
        let operator = NewOperator {
            id: OperatorId::FOUNDER,
            name,
            email,
            role: OperatorRole::Owner,
            password_hash: self.hasher.hash(&password).await?,
            one_time: None,
            recovery: Some(recovery.digest()),
            created_at: self.clock.now(),
        };
        let actor = operators_actor(operator.id, operator.role, &operator.name, &operator.email);
        let inserted = async {
            match self.ports.accounts.insert_operator(&operator).await {
                Ok(()) => Ok(()),
                Err(StoreError::Duplicate { field: UniqueField::Id }) => Err(AppError::AlreadyClaimed),
                // It belongs to another operator, or since the check to an organization's admin.
                Err(StoreError::Duplicate { field: UniqueField::Email }) => {
                    let claimed = self.ports.accounts.has_operators().await?;
                    let taken = AppError::Conflict(ConflictOn::Email);
                    Err(if claimed { AppError::AlreadyClaimed } else { taken })
                }
                Err(error) => Err(error.into()),
            }
        };
        let entry = ActivityEntry::of(&actor, ActivityKind::WorkspaceClaimed);
        self.ports.recorded(entry.from_device(Some(&self.device)), inserted).await?;
        let session = self.issue(actor, &Standing { version: 0, origin: operator.password_hash.digest() })?;
        Ok(Claimed { session, recovery })
    }

    /// Ends a session. An invalid one counts as ended.
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

    /// Checks a session: signature, expiry, whether it was ended, and whether the account and its password are still
    /// the same. A renewed hash of the same password ends nothing.
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
        // Two queries to the store at the same time.
        let (standing, current) = futures_util::join!(standing, self.current(account, role));
        standing?;
        let (actor, now_standing) = current?.ok_or(revoked.clone())?;
        let actor = actor.on_device(Some(self.device.clone())).telling(self.refusals.clone());
        if !claims.is_good_for(&now_standing, &self.key)? {
            return Err(revoked);
        }
        *self.last_good.lock() = Some((digest, now, actor.clone()));
        Ok(actor)
    }

    /// Continues a session after it changed its own organization: a new password ends the admin's other sessions, not
    /// the one that set it. It keeps its id and its expiry, so ending the session, meanwhile or later, ends this one
    /// too. `None` if the session is unaffected, or if something else happened to the organization that may have ended
    /// it.
    ///
    /// # Errors
    /// `Session`, `Store`, `Unexpected`.
    pub async fn carry_on(
        &self,
        session: &Session,
        changed: &Organization,
        password_was_set: bool,
    ) -> Result<Option<Session>, AppError> {
        if session.actor.account() != Account::Organization(changed.id) {
            return Ok(None);
        }
        let now = self.clock.now();
        let claims = token::read(&session.token, &self.key, now)?;
        let found = self.ports.organizations.find_credentials_of(changed.id).await?;
        let Some(found) = found.filter(|found| found.organization == *changed) else { return Ok(None) };
        let standing = standing_of(&found);
        let goes_on = if password_was_set {
            claims.precedes(&standing)
        } else {
            claims.is_good_for(&standing, &self.key)?
        };
        if !goes_on {
            return Ok(None);
        }
        let actor = actor_of(changed, session.actor.role());
        let renewed = claims.renewed(&actor, &standing, &self.key, now)?;
        self.forget_last_good();
        renewed.map(|claims| self.sign(actor, &claims)).transpose()
    }

    /// The same session for its account as it is now. It keeps its id and its expiry.
    pub(super) fn go_on(&self, session: &Session, standing: &Standing) -> Result<Session, AppError> {
        let now = self.clock.now();
        let claims = token::read(&session.token, &self.key, now)?;
        let actor = session.actor.clone();
        let renewed = claims.renewed(&actor, standing, &self.key, now)?;
        self.forget_last_good();
        let claims = renewed.ok_or(AppError::Session(SessionProblem::Revoked))?;
        self.sign(actor, &claims)
    }

    /// The id of a session, which its token has.
    pub(super) fn session_id(&self, session: &Session) -> Option<String> {
        let claims = token::read(&session.token, &self.key, self.clock.now()).ok()?;
        claims.session_id().map(str::to_owned)
    }

    pub(super) fn issue(&self, actor: Actor, standing: &Standing) -> Result<Session, AppError> {
        let claims = Claims::new(&actor, standing, &self.key, self.clock.now())?;
        self.sign(actor, &claims)
    }

    fn sign(&self, actor: Actor, claims: &Claims) -> Result<Session, AppError> {
        let actor = actor.on_device(Some(self.device.clone())).telling(self.refusals.clone());
        Ok(Session { token: token::sign(claims, &self.key)?, actor, expires_at: claims.expires_at() })
    }

    /// The account as it is now; `None` if it cannot have sessions.
    async fn current(&self, account: Account, role: Role) -> Result<Option<(Actor, Standing)>, AppError> {
        match account {
            Account::Operator(id) => {
                let operator = self.ports.accounts.find_operator(id).await?;
                let operator = operator.filter(|operator| operator.is_active);
                Ok(operator.map(|operator| (actor_of_operator(&operator), standing_of_operator(&operator))))
            }
            Account::Organization(id) => {
                let credentials = self.ports.organizations.find_credentials_of(id).await?;
                Ok(credentials
                    .filter(|credentials| credentials.organization.is_active)
                    .map(|found| (actor_of(&found.organization, role), standing_of(&found))))
            }
            Account::Person(id, organization) => {
                let (person, organization) = futures_util::join!(
                    self.ports.people.find(id),
                    self.ports.organizations.find(organization),
                );
                let (Some(person), Some(organization)) = (person?, organization?) else { return Ok(None) };
                let membership = person.membership(organization.id).filter(|membership| membership.is_active);
                let role = membership.filter(|_| organization.is_active).map(|membership| membership.role);
                Ok(role
                    .map(|role| (actor_of_person(&person, &organization, role), standing_of_person(&person))))
            }
        }
    }

    /// Records an attempt to sign in, before it is answered. Who signs in over a database user that may not write, or
    /// to a deployment without room, does so without an entry: they can't change anything either.
    ///
    /// # Errors
    /// `Store`: the attempt must fail.
    pub(super) async fn record_attempt(&self, attempt: ActivityEntry) -> Result<(), AppError> {
        match self.ports.record_first(&attempt.from_device(Some(&self.device))).await.map(drop) {
            Err(AppError::Store(error @ (StoreError::Denied { .. } | StoreError::LimitReached { .. }))) => {
                tracing::warn!(%error, "an attempt to sign in could not be recorded");
                Ok(())
            }
            recorded => recorded,
        }
    }

    fn recently_good(&self, digest: &[u8; 32], now: OffsetDateTime) -> Option<Actor> {
        let last = self.last_good.lock();
        let (good, at, actor) = last.as_ref()?;
        (good == digest && is_fresh(*at, now, SESSION_FRESH)).then(|| actor.clone())
    }

    pub(super) fn forget_last_good(&self) {
        *self.last_good.lock() = None;
    }
}

pub(super) fn actor_of(organization: &Organization, role: Role) -> Actor {
    let account = Account::Organization(organization.id);
    let name = organization.name.to_string();
    Actor::found_good(account, role, name.clone(), organization.admin_email.to_string()).of_organization(name)
}

pub(super) fn standing_of(credentials: &OrganizationCredentials) -> Standing {
    Standing {
        version: credentials.organization.session_version,
        origin: HashRenewal::origin(&credentials.password_hash, credentials.renewal.as_ref()),
    }
}

pub(super) fn actor_of_person(person: &Person, organization: &Organization, role: MemberRole) -> Actor {
    let account = Account::Person(person.id, organization.id);
    let (name, email) = (person.name.as_str().to_owned(), person.email.to_string());
    Actor::found_good(account, role.into(), name, email).of_organization(organization.name.to_string())
}

pub(super) fn standing_of_person(person: &Person) -> Standing {
    Standing {
        version: person.session_version,
        origin: HashRenewal::origin(&person.password_hash, person.renewal.as_ref()),
    }
}

pub(super) fn actor_of_operator(operator: &Operator) -> Actor {
    operators_actor(operator.id, operator.role, &operator.name, &operator.email)
}

fn operators_actor(id: OperatorId, role: OperatorRole, name: &PersonName, email: &EmailAddress) -> Actor {
    let (name, email) = (name.as_str().to_owned(), email.to_string());
    Actor::found_good(Account::Operator(id), role.into(), name, email)
}

pub(super) fn standing_of_operator(operator: &Operator) -> Standing {
    Standing {
        version: operator.session_version,
        origin: HashRenewal::origin(&operator.password_hash, operator.renewal.as_ref()),
    }
}
