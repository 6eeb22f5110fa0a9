//! The accounts, addresses and computers whose sign-ins fail, for operators.

use futures_util::future::try_join_all;

use super::service::SessionService;
use super::throttle::{self, Counted};
use crate::error::AppError;
use crate::limits::FAILING_LISTED_MAX;
use crate::records::{ActivityEntry, ActivityKind, SignInAttempts};
use crate::rights::{Act, Actor};
use crate::values::Device;

/// Sign-ins that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// The name under which they are counted.
    pub key: String,
    /// Whose they are.
    pub of: FailingSubject,
    /// How many in a row.
    pub failures: u32,
    /// Seconds until the next attempt is allowed; 0 if it is.
    pub wait_seconds: u64,
    /// The computer of the last one.
    pub device: Option<Device>,
}

/// The subject of a count of failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailingSubject {
    /// An account, by its address.
    Account(String),
    /// An address that belongs to nobody. Which one is not stored.
    UnknownAddress,
    /// A computer, whichever accounts it tried.
    Device,
}

impl FailingSubject {
    fn in_words(&self, device: Option<&Device>) -> String {
        match self {
            Self::Account(email) => email.clone(),
            Self::UnknownAddress => "unknown address".to_owned(),
            Self::Device => device.map_or("a computer", Device::as_str).to_owned(),
        }
    }
}

impl SessionService {
    /// The accounts, addresses and computers whose sign-ins fail, the latest first.
    ///
    /// # Errors
    /// `Forbidden` to anybody who may not see all sessions; `Store`.
    pub async fn failing(&self, actor: &Actor) -> Result<Vec<Failing>, AppError> {
        actor.require(Act::Sessions)?;
        let found = self.ports.accounts.failed_sign_ins(FAILING_LISTED_MAX).await?;
        try_join_all(found.into_iter().filter(|one| !throttle::is_over(one)).map(|one| self.named(one))).await
    }

    /// Forgets the failures of one of them, if any, so that it need not wait. Recorded before it is done.
    ///
    /// # Errors
    /// `Forbidden` to anybody who may not end all sessions; `Store`.
    pub async fn clear_failing(&self, actor: &Actor, key: &str) -> Result<(), AppError> {
        actor.require(Act::EndSessions)?;
        let found = self.ports.accounts.sign_in_attempts(&[key.to_owned()]).await?;
        let Some(found) = found.into_iter().next() else { return Ok(()) };
        let failing = self.named(found).await?;
        let entry = ActivityEntry::of(actor, ActivityKind::ThrottleCleared)
            .on(failing.of.in_words(failing.device.as_ref()))
            .with_detail(format!("{} failures in a row", failing.failures));
        let clear = async { Ok(self.ports.accounts.clear_failed_sign_ins(key).await?) };
        self.ports.recorded(entry, clear).await
    }

    async fn named(&self, attempts: SignInAttempts) -> Result<Failing, AppError> {
        let of = match throttle::counted(&attempts.account) {
            Counted::Device => FailingSubject::Device,
            Counted::Account => match self.address_of(&attempts.account).await? {
                Some(email) => FailingSubject::Account(email),
                None => FailingSubject::UnknownAddress,
            },
        };
        let wait_seconds = throttle::seconds_left(&attempts);
        let SignInAttempts { account: key, failures, device, .. } = attempts;
        Ok(Failing { key, of, failures, wait_seconds, device })
    }

    /// The address of an account under the name that its failures are counted under.
    async fn address_of(&self, name: &str) -> Result<Option<String>, AppError> {
        let ports = &self.ports;
        match name.split_once(':') {
            Some(("operator", id)) => {
                let Ok(id) = id.parse() else { return Ok(None) };
                Ok(ports.accounts.find_operator(id).await?.map(|operator| operator.email.to_string()))
            }
            Some(("organization", id)) => {
                let Ok(id) = id.parse() else { return Ok(None) };
                let found = ports.organizations.find(id).await?;
                Ok(found.map(|organization| organization.admin_email.to_string()))
            }
            Some(("person", id)) => {
                let Ok(id) = id.parse() else { return Ok(None) };
                Ok(ports.people.find(id).await?.map(|person| person.email.to_string()))
            }
            Some(_) | None => Ok(None),
        }
    }
}
