use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use super::password::{Effort, PasswordHasher};
use super::refusal::{Refusal, Refused};
use super::throttle;
use super::token::{self, SigningKey, Standing};
use crate::clock::{Clock, is_fresh, later};
use crate::error::{AppError, ConflictOn, StoreError, UniqueField};
use crate::limits::{SESSION_FRESH, SESSION_USE_NOTED_EVERY};
use crate::ports::Ports;
use crate::record::{Sparingly, with_left_out};
use crate::records::{
    ActivityEntry, ActivityKind, MemberRole, NewOperator, Operator, OperatorRole, Organization,
    OrganizationCredentials, OrganizationRef, Outcome, Person, SessionDigest, SessionFacts, SessionsOf,
};
use crate::rights::{Account, Actor, Refusals, Role};
use crate::settings::SettingsService;
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
#[expect(clippy::large_enum_variant, reason = "there is one for each sign-in, and it is handed on at once")]
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

/// The computer that a workspace is open on.
#[derive(Debug, Clone)]
pub struct Computer {
    /// Its name, for people.
    pub device: Device,
    /// The random id of the program's data on it.
    pub installation: String,
}

/// Whether a check counts as a use of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Noted {
    Use,
    Nothing,
}

/// An account that can have sessions.
struct Found {
    actor: Actor,
    standing: Standing,
    /// When the organization of the service's own admin was last changed, in seconds since 1970.
    changed_at: Option<i64>,
}

/// A session that was found good.
struct Good {
    /// The digest of its token.
    token: [u8; 32],
    checked_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    actor: Actor,
}

/// The actor of an entry about a token that nobody can vouch for.
const UNKNOWN: &str = "unknown";

/// Signs people in and out and checks sessions. Signing in is in `sign_in.rs`.
pub struct SessionService {
    pub(super) ports: Ports,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hasher: PasswordHasher,
    key: SigningKey,
    /// This computer.
    pub(super) device: Device,
    /// The name under which its failed sign-ins are counted.
    pub(super) device_name: String,
    /// The session that was last found good.
    last_good: Mutex<Option<Good>>,
    pub(super) sign_in_turn: Semaphore,
    /// The most work that a sign-in of this run needed.
    pub(super) effort: Mutex<Option<Effort>>,
    pub(super) settings: Arc<SettingsService>,
    /// The sessions of this run that could not be put on the list.
    unlisted: Mutex<HashSet<SessionDigest>>,
    /// The session whose use was noted last, and when.
    noted: Mutex<Option<(SessionDigest, OffsetDateTime)>>,
    /// Refused attempts and tokens that are on record: whoever tries many must not fill it.
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
        computer: Computer,
        settings: Arc<SettingsService>,
    ) -> Self {
        let Computer { device, installation } = computer;
        Self {
            ports,
            clock,
            hasher,
            key,
            device,
            device_name: throttle::name_of_device(&installation),
            last_good: Mutex::new(None),
            sign_in_turn: Semaphore::new(1),
            effort: Mutex::default(),
            settings,
            unlisted: Mutex::default(),
            noted: Mutex::default(),
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
        let standing = Standing { version: 0, origin: operator.password_hash.digest() };
        let (session, ()) =
            futures_util::join!(self.issue(actor, &standing), self.note_operators_sign_in(operator.id),);
        Ok(Claimed { session: session?, recovery })
    }

    /// Ends a session. An invalid one counts as ended.
    ///
    /// # Errors
    /// `Store`.
    pub async fn sign_out(&self, token: &SecretString) -> Result<(), AppError> {
        self.forget_last_good();
        let Ok(told) = token::read(token, &self.key, self.clock.now()) else { return Ok(()) };
        let Some(id) = told.session_id().map(SessionDigest::of) else { return Ok(()) };
        if self.unlisted.lock().remove(&id) {
            return Ok(());
        }
        self.ports.sessions.end(&SessionsOf::One(id), None).await?;
        Ok(())
    }

    /// Checks a session: its token, whether it is on the list, and whether the account and its password are still the
    /// same. A renewed hash of the same password ends nothing. A refusal is recorded with its reason.
    ///
    /// # Errors
    /// `Session`, `Store`.
    pub async fn authorize(&self, token: &SecretString, freshness: Freshness) -> Result<Actor, AppError> {
        let digest: [u8; 32] = Sha256::digest(token.expose_secret().as_bytes()).into();
        let now = self.clock.now();
        if freshness == Freshness::Recent
            && let Some(actor) = self.recently_good(&digest, now)
        {
            return Ok(actor);
        }
        let checked = self.check(token, now, Noted::Use).await;
        let (actor, expires_at) = self.answer(checked).await?;
        let good = Good { token: digest, checked_at: now, expires_at, actor: actor.clone() };
        *self.last_good.lock() = Some(good);
        Ok(actor)
    }

    /// As [`authorize`](Self::authorize), without counting as a use of the session.
    ///
    /// # Errors
    /// As [`authorize`](Self::authorize).
    pub async fn look(&self, token: &SecretString) -> Result<(), AppError> {
        let now = self.clock.now();
        let checked = self.check(token, now, Noted::Nothing).await;
        self.answer(checked).await.map(drop)
    }

    async fn check(
        &self,
        token: &SecretString,
        now: OffsetDateTime,
        noted: Noted,
    ) -> Result<(Actor, OffsetDateTime), Refused> {
        let told = token::read(token, &self.key, now)?;
        let refused = |refusal| Refused::Token(refusal, Some(told.email.clone()));
        let listed = async {
            match told.session_id() {
                Some(id) => self.is_listed(id, now, noted).await,
                None => Ok(true),
            }
        };
        // Two queries to the store at the same time.
        let (listed, current) = futures_util::join!(listed, self.current(told.account));
        let found = current?.map_err(refused)?;
        if found.actor.role() != told.role {
            return Err(refused(Refusal::Role));
        }
        if told.predates(found.changed_at) {
            return Err(refused(Refusal::Stale));
        }
        if let Some(refusal) = found.standing.judge(&told, &self.key)? {
            return Err(refused(refusal));
        }
        if !listed? {
            return Err(refused(Refusal::Ended));
        }
        Ok((self.here(found.actor, told.session_id()), told.expires_at))
    }

    /// Whether a session is on the list. Its use is noted at most once a minute.
    async fn is_listed(
        &self,
        session_id: &str,
        now: OffsetDateTime,
        noted: Noted,
    ) -> Result<bool, StoreError> {
        let id = SessionDigest::of(session_id);
        if self.unlisted.lock().contains(&id) {
            return Ok(true);
        }
        let is_noted = |(of, at): &(SessionDigest, OffsetDateTime)| {
            *of == id && is_fresh(*at, now, SESSION_USE_NOTED_EVERY)
        };
        let is_due = noted == Noted::Use && !self.noted.lock().as_ref().is_some_and(is_noted);
        let found = match is_due.then_some(self.ports.sessions.touch(&id)) {
            Some(touched) => match touched.await {
                // A use that cannot be noted is no reason to refuse.
                Err(error) if is_unwritable(&error) => self.ports.sessions.find(&id).await?,
                found => found?,
            },
            None => return Ok(self.ports.sessions.find(&id).await?.is_some()),
        };
        *self.noted.lock() = Some((id, now));
        Ok(found.is_some())
    }

    async fn answer<T>(&self, checked: Result<T, Refused>) -> Result<T, AppError> {
        match checked {
            Ok(good) => Ok(good),
            Err(Refused::Failed(error)) => Err(error),
            Err(Refused::Token(refusal, email)) => {
                let key = format!("token: {}", refusal.as_str());
                if refusal.is_news()
                    && let Some(left_out) = self.told.is_due(&key, self.clock.as_ref())
                {
                    let by = email.unwrap_or_else(|| UNKNOWN.to_owned());
                    let entry = ActivityEntry::by(by, ActivityKind::SessionRefused)
                        .from_device(Some(&self.device))
                        .ended(Outcome::Refused)
                        .with_detail(refusal.as_str());
                    self.ports.record(&with_left_out(entry, left_out)).await;
                }
                Err(AppError::Session(refusal.problem()))
            }
        }
    }

    /// Continues a session after it changed its own account: a new password ends the account's other sessions, not the
    /// one that set it. It keeps its id and its expiry, so ending the session, meanwhile or later, ends this one too.
    /// `None` if the session is unaffected, or if something else happened to the account that may have ended it.
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
        let told = token::read(&session.token, &self.key, now);
        let told = told.map_err(|refusal| AppError::Session(refusal.problem()))?;
        let Some(id) = told.session_id().map(str::to_owned) else { return Ok(None) };
        let found = self.ports.organizations.find_credentials_of(changed.id).await?;
        let Some(found) = found.filter(|found| found.organization == *changed) else { return Ok(None) };
        let standing = standing_of(&found);
        let goes_on = if password_was_set {
            standing.follows(&told)
        } else {
            standing.judge(&told, &self.key)?.is_none()
        };
        if !goes_on {
            return Ok(None);
        }
        let actor = actor_of(changed, session.actor.role());
        self.forget_last_good();
        self.sign(actor, &standing, id, told.expires_at).map(Some)
    }

    /// The same session for its account as it is now. It keeps its id and its expiry.
    pub(super) fn go_on(&self, session: &Session, standing: &Standing) -> Result<Session, AppError> {
        let told = token::read(&session.token, &self.key, self.clock.now());
        let told = told.map_err(|refusal| AppError::Session(refusal.problem()))?;
        let id = told.session_id().ok_or(AppError::Session(Refusal::Ended.problem()))?;
        self.forget_last_good();
        self.sign(session.actor.clone(), standing, id.to_owned(), told.expires_at)
    }

    /// The id of a session, which its token has.
    pub(super) fn session_id(&self, session: &Session) -> Option<String> {
        let told = token::read(&session.token, &self.key, self.clock.now()).ok()?;
        told.session_id().map(str::to_owned)
    }

    /// Lets a session go on for another whole life, under the same id. One that was ended meanwhile is not revived.
    ///
    /// # Errors
    /// `Forbidden` if sessions are not renewed in this workspace; `Session`, `Store`.
    pub async fn prolong(&self, session: &Session) -> Result<Session, AppError> {
        if !self.settings.current().renew_while_working {
            return Err(AppError::Forbidden);
        }
        let now = self.clock.now();
        let renewed = async {
            self.check(&session.token, now, Noted::Use).await?;
            let told = token::read(&session.token, &self.key, now)?;
            let Some(id) = told.session_id() else { return Err(Refusal::Ended.into()) };
            let found = self.current(told.account).await?.map_err(Refused::from)?;
            // What happened to the account since the check ends the new token as it ended the old one.
            if let Some(refusal) = found.standing.judge(&told, &self.key)? {
                return Err(refusal.into());
            }
            let expires_at = self.end_of_life(now);
            let digest = SessionDigest::of(id);
            if !self.unlisted.lock().contains(&digest)
                && !self.ports.sessions.extend(&digest, expires_at).await?
            {
                return Err(Refusal::Ended.into());
            }
            Ok(self.sign(found.actor, &found.standing, id.to_owned(), expires_at)?)
        };
        let renewed = renewed.await;
        self.answer(renewed).await
    }

    /// Begins a session. Its token is good once it is on the list.
    pub(super) async fn issue(&self, actor: Actor, standing: &Standing) -> Result<Session, AppError> {
        let now = self.clock.now();
        let (session_id, expires_at) = (token::new_session_id(), self.end_of_life(now));
        let session = self.sign(actor, standing, session_id.clone(), expires_at)?;
        let facts = self.facts(&session, &session_id);
        match self.ports.sessions.insert(&facts).await {
            Ok(()) => *self.noted.lock() = Some((facts.id, now)),
            Err(error) if is_unwritable(&error) => {
                // It can be used by this run alone, and ended here alone.
                tracing::warn!(%error, "a session could not be put on the list");
                self.unlisted.lock().insert(facts.id);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(session)
    }

    fn facts(&self, session: &Session, session_id: &str) -> SessionFacts {
        let actor = &session.actor;
        SessionFacts {
            id: SessionDigest::of(session_id),
            account: throttle::name_of(actor.account()),
            role: Some(actor.role()),
            name: actor.name().to_owned(),
            email: actor.email().to_owned(),
            organization_id: actor.organization_scope(),
            organization_name: actor.organization_name().map(str::to_owned),
            device: self.device.as_str().to_owned(),
            expires_at: session.expires_at,
        }
    }

    /// When a session ends that begins now. In whole seconds, as its token has it.
    fn end_of_life(&self, now: OffsetDateTime) -> OffsetDateTime {
        let end = later(now, self.settings.current().session_life());
        OffsetDateTime::from_unix_timestamp(end.unix_timestamp()).unwrap_or(end)
    }

    fn sign(
        &self,
        actor: Actor,
        standing: &Standing,
        session_id: String,
        expires_at: OffsetDateTime,
    ) -> Result<Session, AppError> {
        let actor = self.here(actor, Some(&session_id));
        let now = self.clock.now();
        let claims = token::claims(&actor, standing, &self.key, session_id, now, expires_at)?;
        Ok(Session { token: token::sign(&claims, actor.account(), &self.key)?, actor, expires_at })
    }

    /// The actor in this session, on this computer.
    fn here(&self, actor: Actor, session_id: Option<&str>) -> Actor {
        let actor = actor.on_device(Some(self.device.clone())).telling(self.refusals.clone());
        actor.in_session(session_id.map(str::to_owned))
    }

    /// The account as it is now, or why it can have no session.
    async fn current(&self, account: Account) -> Result<Result<Found, Refusal>, AppError> {
        match account {
            Account::Operator(id) => {
                let Some(operator) = self.ports.accounts.find_operator(id).await? else {
                    return Ok(Err(Refusal::Unknown));
                };
                if !operator.is_active {
                    return Ok(Err(Refusal::Deactivated));
                }
                let (actor, standing) = (actor_of_operator(&operator), standing_of_operator(&operator));
                Ok(Ok(Found { actor, standing, changed_at: None }))
            }
            Account::Organization(id) => {
                let Some(found) = self.ports.organizations.find_credentials_of(id).await? else {
                    return Ok(Err(Refusal::Unknown));
                };
                if !found.organization.is_active {
                    return Ok(Err(Refusal::Deactivated));
                }
                let actor = actor_of(&found.organization, Role::OrganizationAdmin);
                let changed_at = found.organization.updated_at.milliseconds();
                let changed_at = changed_at.map(|milliseconds| milliseconds.div_euclid(1_000));
                Ok(Ok(Found { actor, standing: standing_of(&found), changed_at }))
            }
            Account::Person(id, organization) => {
                let (person, organization) = futures_util::join!(
                    self.ports.people.find(id),
                    self.ports.organizations.find(organization),
                );
                let (Some(person), Some(organization)) = (person?, organization?) else {
                    return Ok(Err(Refusal::Unknown));
                };
                let Some(membership) = person.membership(organization.id) else {
                    return Ok(Err(Refusal::Unknown));
                };
                if !membership.is_active || !organization.is_active {
                    return Ok(Err(Refusal::Deactivated));
                }
                let actor = actor_of_person(&person, &organization, membership.role);
                Ok(Ok(Found { actor, standing: standing_of_person(&person), changed_at: None }))
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
        let good = last.as_ref()?;
        let is_good = good.token == *digest && good.expires_at > now;
        (is_good && is_fresh(good.checked_at, now, SESSION_FRESH)).then(|| good.actor.clone())
    }

    pub(super) fn forget_last_good(&self) {
        *self.last_good.lock() = None;
    }
}

/// Whether the database user may not write this, or there is no room: signing in must not depend on either.
fn is_unwritable(error: &StoreError) -> bool {
    matches!(error, StoreError::Denied { .. } | StoreError::LimitReached { .. } | StoreError::Full)
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
