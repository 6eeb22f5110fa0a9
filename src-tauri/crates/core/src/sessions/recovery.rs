//! Lets an owner in who forgot the password, by the code that was given at the claim or since.

use secrecy::SecretString;

use super::candidates::Candidate;
use super::service::{Session, SessionService, actor_of_operator, standing_of_operator};
use super::throttle;
use crate::error::AppError;
use crate::records::{ActivityEntry, ActivityKind, Operator, OperatorRole, Outcome, SessionsOf};
use crate::rights::Account;
use crate::values::{EmailAddress, Password, RecoveryCode};

impl SessionService {
    /// Signs an owner in with the recovery code, which is used up by it, and sets a password. Returns the next code.
    /// Wrong codes count as failed sign-ins. An unknown address, that of somebody who is no owner, and a wrong code get
    /// the same response.
    ///
    /// # Errors
    /// `InvalidInput`, `CredentialsRefused`, `Throttled`; `AccountInactive` only after the code was right; `Store`.
    pub async fn recover(
        &self,
        email: &str,
        code: &SecretString,
        password: &SecretString,
    ) -> Result<(Session, RecoveryCode), AppError> {
        let email = EmailAddress::parse(email).map_err(|issue| AppError::InvalidInput(vec![issue]))?;
        let password = Password::parse(password).map_err(AppError::InvalidInput)?;
        let _turn = self.sign_in_turn.acquire().await;
        let candidates = self.candidates(&email).await?;
        // Everybody's who has the address, as at a sign-in: otherwise the pauses after wrong codes tell whose it is.
        let mut names: Vec<String> = candidates.iter().map(Candidate::key).collect();
        if names.is_empty() {
            names.push(throttle::name_of_stranger(&email));
        }
        let asked: Vec<String> = names.iter().chain([&self.device_name]).cloned().collect();
        let attempts = self.ports.accounts.sign_in_attempts(&asked).await?;
        let failed_before = |name: &str| attempts.iter().find(|attempts| attempts.account == name);
        let wait_of = |name: &String| failed_before(name).map_or(0, throttle::seconds_left);
        let seconds = names.iter().map(wait_of).min().unwrap_or(0).max(self.device_wait(&attempts));
        if seconds > 0 {
            return Err(AppError::Throttled { seconds });
        }
        names.retain(|name| wait_of(name) == 0);
        let operator = candidates.into_iter().find_map(|candidate| match candidate {
            Candidate::Operator(operator) => Some(operator),
            Candidate::Person(_) | Candidate::Admin(_) => None,
        });
        let may_be_tried =
            |operator: &Operator| names.contains(&throttle::name_of(Account::Operator(operator.id)));
        let operator = operator.filter(may_be_tried);
        let digest = RecoveryCode::parse(code).map(|code| code.digest());
        let fits = |operator: &Operator| {
            operator.role == OperatorRole::Owner && digest.is_some() && operator.recovery == digest
        };
        let Some(owner) = operator.filter(fits) else {
            let refused = ActivityEntry::by(email.to_string(), ActivityKind::OwnerRecovered);
            return Err(self.refuse(refused.ended(Outcome::Refused), &names).await?);
        };
        let name = throttle::name_of(Account::Operator(owner.id));
        if !owner.is_active {
            return Err(AppError::AccountInactive);
        }
        let hash = self.hasher.hash(&password).await?;
        let next = RecoveryCode::new();
        let entry = ActivityEntry::of(&actor_of_operator(&owner), ActivityKind::OwnerRecovered)
            .from_device(Some(&self.device))
            .changed_secret("password")
            .changed_secret("recovery_code");
        // The code is replaced only while it is the one that was read, so of two who use it at once, one does.
        let digest = next.digest();
        let set = async {
            let accounts = &self.ports.accounts;
            Ok(accounts.set_operators_own_password(&owner, &hash, Some(&digest)).await?)
        };
        let changed = self.ports.recorded(entry, set).await?;
        if failed_before(&name).is_some() {
            self.ports.accounts.clear_failed_sign_ins(&name).await?;
        }
        self.ports.sessions.end(&SessionsOf::Account(name), None).await?;
        let session = self.issue(actor_of_operator(&changed), &standing_of_operator(&changed)).await?;
        self.note_sign_in(&Candidate::Operator(changed)).await;
        Ok((session, next))
    }
}
