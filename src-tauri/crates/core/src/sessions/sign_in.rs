//! Signs people in: finds the accounts of an address, decides which are tried, and counts wrong passwords.
//!
//! Failures belong to accounts. Other software can give one address to several: an operator and an organization's
//! admin, or admins whose addresses differ in case. Response and time are always those of an address with one account;
//! see `password.rs` for the time.

use futures_util::future::join_all;
use secrecy::SecretString;

use super::password::{Effort, Verdict};
use super::service::{
    SessionService, SignedIn, actor_of, actor_of_operator, standing_of, standing_of_operator,
};
use super::throttle;
use super::token::Standing;
use crate::error::{AppError, StoreError};
use crate::record::{in_operation, with_left_out};
use crate::records::{ActivityEntry, ActivityKind, Operator, OrganizationCredentials, Outcome};
use crate::rights::{Account, Actor, Role};
use crate::values::{EmailAddress, HashRenewal, HashScheme, Password, PasswordHash, UnverifiableHash};

/// An account with the address.
enum Candidate {
    Operator(Operator),
    Admin(OrganizationCredentials),
}

impl Candidate {
    fn account(&self) -> Account {
        match self {
            Self::Operator(operator) => Account::Operator(operator.id),
            Self::Admin(admin) => Account::Organization(admin.organization.id),
        }
    }

    fn hash(&self) -> &PasswordHash {
        match self {
            Self::Operator(operator) => &operator.password_hash,
            Self::Admin(admin) => &admin.password_hash,
        }
    }

    fn renewal(&self) -> Option<&HashRenewal> {
        match self {
            Self::Operator(operator) => operator.renewal.as_ref(),
            Self::Admin(admin) => admin.renewal.as_ref(),
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Operator(operator) => actor_of_operator(operator),
            Self::Admin(admin) => actor_of(&admin.organization, Role::OrganizationAdmin),
        }
    }

    fn standing(&self) -> Standing {
        match self {
            Self::Operator(operator) => standing_of_operator(operator),
            Self::Admin(admin) => standing_of(admin),
        }
    }

    fn is_active(&self) -> bool {
        match self {
            Self::Operator(operator) => operator.is_active,
            Self::Admin(admin) => admin.organization.is_active,
        }
    }

    fn unverifiable(&self) -> Option<UnverifiableHash> {
        match self.hash().scheme() {
            HashScheme::Bcrypt { .. } => None,
            HashScheme::Unverifiable(hash) => Some(hash),
        }
    }
}

impl SessionService {
    /// Signs in an operator or an organization's admin.
    ///
    /// An unknown address and a wrong password get the same response after the same time. Of several accounts with one
    /// address, each that need not wait is tried.
    ///
    /// # Errors
    /// `CredentialsRefused`, `Throttled`, `OrganizationInactive` (only after the password was right), `Store`.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &SecretString,
        _choice: Option<Account>,
    ) -> Result<SignedIn, AppError> {
        let email = EmailAddress::parse(email)?;
        // One at a time: concurrent attempts would all check before the first failure is counted.
        let _turn = self.sign_in_turn.acquire().await;
        let look = async {
            let candidates = self.candidates(&email).await?;
            let names: Vec<String> = if candidates.is_empty() {
                vec![throttle::name_of_stranger(&email)]
            } else {
                candidates.iter().map(|candidate| throttle::name_of(candidate.account())).collect()
            };
            let attempts = self.ports.accounts.sign_in_attempts(&names).await?;
            Ok::<_, AppError>((candidates, names, attempts))
        };
        let (looked, most) = futures_util::join!(look, self.most_accounts());
        let (candidates, names, attempts) = looked?;
        let failed_before = |name: &str| attempts.iter().find(|attempts| attempts.account == name);
        let wait_of = |name: &String| failed_before(name).map_or(0, throttle::seconds_left);
        let shortest_wait = names.iter().map(wait_of).min().unwrap_or(0);
        if shortest_wait > 0 {
            self.record_throttled(&email, &candidates, &names).await?;
            return Err(AppError::Throttled { seconds: shortest_wait });
        }

        let tried: Vec<&Candidate> = candidates
            .iter()
            .zip(&names)
            .filter(|(_, name)| wait_of(name) == 0)
            .map(|(one, _)| one)
            .collect();
        let hashes: Vec<&PasswordHash> = tried.iter().map(|candidate| candidate.hash()).collect();
        let all_hashes: Vec<&PasswordHash> = candidates.iter().map(Candidate::hash).collect();
        let effort = self.raise_effort(self.hasher.effort_for(&all_hashes));
        let effort = effort.raised_to(Effort { lanes: most, ..effort });
        let verdicts = self.hasher.verify(password, &hashes, effort).await?;
        let fits = |index: &usize| verdicts.get(*index).is_some_and(|verdict| *verdict != Verdict::Wrong);
        let right: Vec<usize> = (0..tried.len()).filter(fits).collect();
        let active = right.iter().find(|index| tried[**index].is_active());
        let Some(&signed_in) = active.or(right.first()) else {
            let names: Vec<String> = names.into_iter().filter(|name| wait_of(name) == 0).collect();
            return Err(self.refuse(attempt(&email, &candidates), &names).await?);
        };
        let candidate = tried[signed_in];
        self.count_passed_over(&tried[..signed_in]).await?;
        let good = ActivityEntry::of(&candidate.actor(), ActivityKind::SignedIn);
        if !candidate.is_active() {
            let refused = good.ended(Outcome::Refused).with_detail("the organization is deactivated");
            self.record_attempt(refused).await?;
            return Err(AppError::OrganizationInactive);
        }
        let name = throttle::name_of(candidate.account());
        let forgiven = async {
            match failed_before(&name) {
                Some(_) => self.ports.accounts.clear_failed_sign_ins(&name).await,
                None => Ok(()),
            }
        };
        let renewed = async {
            match Password::parse(password) {
                Ok(password) if verdicts[signed_in] == Verdict::RightButWeak => {
                    self.renew(candidate, &password).await
                }
                Ok(_) | Err(_) => Ok(()),
            }
        };
        let (recorded, forgiven, renewed) =
            futures_util::join!(self.record_attempt(in_operation(good)), forgiven, renewed);
        recorded?;
        forgiven?;
        renewed?;
        let session = self.issue(candidate.actor(), &candidate.standing())?;
        Ok(SignedIn::Session(session))
    }

    /// The accounts with the address, in the order in which a password that fits several signs in: the operator, then
    /// the admin whose organization changed last. A person who sets a password to find out whether it is another
    /// admin's therefore gets their own account.
    async fn candidates(&self, email: &EmailAddress) -> Result<Vec<Candidate>, AppError> {
        let (operator, admins) = futures_util::join!(
            self.ports.accounts.find_operator_by_email(email),
            self.ports.organizations.find_credentials(email),
        );
        let (operator, mut admins) = (operator?, admins?);
        admins.sort_by_key(|admin| std::cmp::Reverse(admin.organization.updated_at));
        Ok(operator
            .map(Candidate::Operator)
            .into_iter()
            .chain(admins.into_iter().map(Candidate::Admin))
            .collect())
    }

    /// The largest number of accounts that share an address in this workspace. Too low a number only changes the time
    /// of a sign-in, so a store that cannot tell is no reason to refuse.
    async fn most_accounts(&self) -> usize {
        self.ports.accounts.most_accounts_of_an_address().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "how many accounts an address has could not be found out");
            1
        })
    }

    /// The most work that a sign-in of this run needed, including this one: the cost of a stored hash is known only
    /// when it is read.
    fn raise_effort(&self, least: Effort) -> Effort {
        let mut seen = self.effort.lock();
        let most = seen.map_or(least, |seen| seen.raised_to(least));
        *seen = Some(most);
        most
    }

    async fn renew(&self, candidate: &Candidate, password: &Password) -> Result<(), AppError> {
        let to = self.hasher.hash(password).await?;
        let from = candidate.hash();
        let renewal = HashRenewal::new(from, candidate.renewal(), &to);
        let renewed = match candidate {
            Candidate::Operator(operator) => {
                self.ports.accounts.renew_operator_hash(operator.id, from, &to, &renewal).await
            }
            Candidate::Admin(admin) => {
                self.ports.organizations.renew_hash(admin.organization.id, from, &to, &renewal).await
            }
        };
        match renewed {
            // Renewed at the next sign-in that can write.
            Ok(()) | Err(StoreError::ReadOnly { .. }) => {}
            // A hash that stays cheap is no reason to refuse a sign-in.
            Err(error) => tracing::warn!(%error, "a password's hash could not be renewed"),
        }
        Ok(())
    }

    /// Records the attempt, and counts a failure for every account that was tried. Returns what the account with the
    /// fewest failures would get alone, so that the others are not revealed.
    async fn refuse(&self, attempt: ActivityEntry, names: &[String]) -> Result<AppError, AppError> {
        let counted = join_all(names.iter().map(|name| self.count_failure(name)));
        // At the same time, whoever has the address: it takes as long for nobody's.
        let (recorded, counted) =
            futures_util::join!(self.record_attempt(attempt.ended(Outcome::Refused)), counted);
        recorded?;
        let mut fewest = u32::MAX;
        for failures in counted {
            fewest = fewest.min(failures?);
        }
        Ok(AppError::CredentialsRefused { tries_left: throttle::tries_left(fewest) })
    }

    /// Records that accounts have to wait, now and then: these attempts cost no time, so there can be any number.
    async fn record_throttled(
        &self,
        email: &EmailAddress,
        candidates: &[Candidate],
        names: &[String],
    ) -> Result<(), AppError> {
        match self.told.is_due(&names.join(" "), self.clock.as_ref()) {
            Some(left_out) => {
                let throttled = attempt(email, candidates).ended(Outcome::Throttled);
                self.record_attempt(with_left_out(throttled, left_out)).await
            }
            None => Ok(()),
        }
    }

    /// A success as an admin may have been a guess at the password of the operator with the same address, who would
    /// have come first: it counts as a failure there. Other admins with the address do not come first, see
    /// [`Self::candidates`], so a colleague's sign-in does not make them wait.
    async fn count_passed_over(&self, refused: &[&Candidate]) -> Result<(), AppError> {
        for candidate in refused {
            match candidate {
                Candidate::Operator(operator) => {
                    let name = throttle::name_of(Account::Operator(operator.id));
                    self.count_failure(&name).await?;
                }
                Candidate::Admin(_) => {}
            }
        }
        Ok(())
    }

    async fn count_failure(&self, name: &str) -> Result<u32, AppError> {
        match self.ports.accounts.add_failed_sign_in(name).await {
            Ok(failures) => Ok(failures),
            // Without write access or space nothing can be counted; the response is the same.
            Err(StoreError::Denied { .. } | StoreError::LimitReached { .. }) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

/// The entry about an attempt. It names the account where the address has one; operators see it, and nobody who signs
/// in. A stored hash that can't be verified here is told, because nothing else tells why no password fits.
fn attempt(email: &EmailAddress, candidates: &[Candidate]) -> ActivityEntry {
    let entry = match candidates {
        [one] => ActivityEntry::of(&one.actor(), ActivityKind::SignedIn),
        [] | [..] => ActivityEntry::by(email.to_string(), ActivityKind::SignedIn),
    };
    match candidates.iter().find_map(Candidate::unverifiable) {
        Some(hash) => entry.with_detail(format!("stored hash: {hash}")),
        None => entry,
    }
}
