//! Finds out whether the person of a session is still the one at the computer, for a window that was locked.

use secrecy::SecretString;

use super::password::Verdict;
use super::service::SessionService;
use super::throttle;
use crate::error::{AppError, SessionProblem};
use crate::records::{ActivityEntry, ActivityKind, Outcome, SignInAttempts};
use crate::rights::Account;
use crate::values::PasswordHash;

impl SessionService {
    /// Checks the password of a session's account. Failures count as failed sign-ins of the account and of this device.
    ///
    /// # Errors
    /// `CredentialsRefused`, `Throttled`, `Session`, `Store`.
    pub async fn confirm(&self, token: &SecretString, password: &SecretString) -> Result<(), AppError> {
        let actor = self.authorize(token, super::Freshness::Now).await?;
        let _turn = self.sign_in_turn.acquire().await;
        let names = [throttle::name_of(actor.account()), self.device_name.clone()];
        let (attempts, hash) =
            futures_util::join!(self.ports.accounts.sign_in_attempts(&names), self.hash_of(actor.account()),);
        let (attempts, hash) = (attempts?, hash?.ok_or(AppError::Session(SessionProblem::Revoked))?);
        let of_account = attempts.iter().find(|attempts| attempts.account == names[0]);
        let seconds = of_account.map_or(0, throttle::seconds_left).max(self.device_wait(&attempts));
        if seconds > 0 {
            return Err(AppError::Throttled { seconds });
        }
        let effort = self.hasher.effort_for(&[&hash]);
        let verdicts = self.hasher.verify(password, &[&hash], effort).await?;
        let is_right = verdicts.first().is_some_and(|verdict| *verdict != Verdict::Wrong);
        if is_right {
            if attempts.iter().any(|attempts| attempts.account == names[0]) {
                self.ports.accounts.clear_failed_sign_ins(&names[0]).await?;
            }
            return Ok(());
        }
        let entry = ActivityEntry::of(&actor, ActivityKind::SignedIn)
            .ended(Outcome::Refused)
            .with_detail("at a locked window");
        let ((), of_account, of_device) = futures_util::join!(
            self.ports.record(&entry),
            self.count_failure(&names[0]),
            self.count_failure(&names[1]),
        );
        of_device?;
        Err(AppError::CredentialsRefused { tries_left: throttle::tries_left(of_account?) })
    }

    /// The seconds that this computer waits.
    pub(super) fn device_wait(&self, attempts: &[SignInAttempts]) -> u64 {
        let own = attempts.iter().find(|attempts| attempts.account == self.device_name);
        own.filter(|own| !throttle::is_over(own)).map_or(0, throttle::seconds_left)
    }

    /// Starts to count anew if this computer has not failed for long.
    pub(super) async fn forget_device_failures(&self, own: Option<&SignInAttempts>) -> Result<(), AppError> {
        match own {
            Some(own) if throttle::is_over(own) => {
                Ok(self.ports.accounts.clear_failed_sign_ins(&self.device_name).await?)
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn hash_of(&self, account: Account) -> Result<Option<PasswordHash>, AppError> {
        match account {
            Account::Operator(id) => {
                Ok(self.ports.accounts.find_operator(id).await?.map(|operator| operator.password_hash))
            }
            Account::Organization(id) => {
                let found = self.ports.organizations.find_credentials_of(id).await?;
                Ok(found.map(|found| found.password_hash))
            }
            Account::Person(id, _) => {
                Ok(self.ports.people.find(id).await?.map(|person| person.password_hash))
            }
        }
    }
}
