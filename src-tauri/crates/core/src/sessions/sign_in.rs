//! Signs people in: finds the accounts of an address, decides which are tried, and counts wrong passwords.
//!
//! Failures belong to accounts. Other software can give one address to several: an operator and an organization's
//! admin, or admins whose addresses differ in case. Response and time are always those of an address with one account;
//! see `password.rs` for the time.

use futures_util::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::candidates::{Candidate, Door, Doors};
use super::password::{Effort, Verdict};
use super::service::{SessionService, SignedIn, standing_of_operator, standing_of_person};
use super::throttle;
use super::token::Standing;
use crate::error::{AppError, StoreError};
use crate::record::{in_operation, with_left_out};
use crate::records::{ActivityEntry, ActivityKind, OneTime, Outcome};
use crate::rights::Account;
use crate::values::{EmailAddress, HashRenewal, OperatorId, Password, PasswordHash};

impl SessionService {
    /// Signs in an operator, an organization's admin, or a person.
    ///
    /// An unknown address and a wrong password get the same response after the same time. Of several accounts with one
    /// address, each that need not wait is tried. If the password fits several, `choice` says which one is meant.
    ///
    /// # Errors
    /// `CredentialsRefused`, `Throttled`, `Store`; only after the password was right `OrganizationInactive`,
    /// `AccountInactive`, `OneTimePasswordExpired`, and `NotFound` for a choice that is none.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &SecretString,
        choice: Option<Account>,
    ) -> Result<SignedIn, AppError> {
        self.enter(email, password, None, choice).await
    }

    /// Signs in with a one-time password and replaces it by a password of one's own. It cannot be used again.
    ///
    /// # Errors
    /// As [`sign_in`](Self::sign_in); `InvalidInput` for the new password, also for the same one; `Forbidden` if the
    /// password is no one-time password.
    pub async fn sign_in_with_new_password(
        &self,
        email: &str,
        one_time: &SecretString,
        password: &SecretString,
        choice: Option<Account>,
    ) -> Result<SignedIn, AppError> {
        let new = Password::parse(password).map_err(AppError::InvalidInput)?;
        if one_time.expose_secret() == password.expose_secret() {
            return Err(AppError::InvalidInput(vec![Password::unchanged()]));
        }
        self.enter(email, one_time, Some(&new), choice).await
    }

    async fn enter(
        &self,
        email: &str,
        password: &SecretString,
        new: Option<&Password>,
        choice: Option<Account>,
    ) -> Result<SignedIn, AppError> {
        let email = EmailAddress::parse(email)?;
        // One at a time: concurrent attempts would all check before the first failure is counted.
        let _turn = self.sign_in_turn.acquire().await;
        let look = async {
            let candidates = self.candidates(&email).await?;
            let names: Vec<String> = if candidates.is_empty() {
                vec![throttle::name_of_stranger(&email)]
            } else {
                candidates.iter().map(Candidate::key).collect()
            };
            let asked: Vec<String> = names.iter().chain([&self.device_name]).cloned().collect();
            let attempts = self.ports.accounts.sign_in_attempts(&asked).await?;
            Ok::<_, AppError>((candidates, names, attempts))
        };
        let (looked, most, ()) =
            futures_util::join!(look, self.most_accounts(), self.settings.follow_lately());
        let (candidates, names, attempts) = looked?;
        let failed_before = |name: &str| attempts.iter().find(|attempts| attempts.account == name);
        let wait_of = |name: &String| failed_before(name).map_or(0, throttle::seconds_left);
        // A device that failed on many addresses waits with all of them.
        self.forget_device_failures(failed_before(&self.device_name)).await?;
        let shortest_wait = names.iter().map(wait_of).min().unwrap_or(0).max(self.device_wait(&attempts));
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
        let Some(first) = right.first().copied() else {
            let names: Vec<String> = names.into_iter().filter(|name| wait_of(name) == 0).collect();
            return Err(self.refuse(attempt(&email, &candidates), &names).await?);
        };
        self.count_passed_over(&tried, &right).await?;
        let Doors { open, shut } = self.doors(&tried, &right, self.clock.now()).await?;
        let Some(door) = open.first() else {
            let why = shut.unwrap_or(AppError::AccountInactive);
            let refused = tried[first].entry(ActivityKind::SignedIn).ended(Outcome::Refused);
            self.record_attempt(refused.with_detail(why.to_string())).await?;
            return Err(why);
        };
        let changed = match (tried[door.candidate].one_time(), new) {
            (Some(OneTime { until }), None) => return Ok(SignedIn::MustChange { until }),
            (None, Some(_)) => return Err(AppError::Forbidden),
            (Some(_), Some(new)) => Some(self.use_up(tried[door.candidate], new).await?),
            (None, None) => None,
        };
        let door = match (choice, open.as_slice()) {
            (None, [door]) => door,
            (None, several) => return Ok(SignedIn::Choose(several.iter().map(Door::choice).collect())),
            (Some(choice), doors) => doors
                .iter()
                .find(|door| door.actor.account() == choice)
                .ok_or(AppError::NotFound { what: "account" })?,
        };
        let candidate = tried[door.candidate];
        let name = candidate.key();
        let forgiven = async {
            match failed_before(&name) {
                Some(_) => self.ports.accounts.clear_failed_sign_ins(&name).await,
                None => Ok(()),
            }
        };
        let renewed = async {
            match Password::parse(password) {
                Ok(password) if changed.is_none() && verdicts[door.candidate] == Verdict::RightButWeak => {
                    self.renew(candidate, &password).await
                }
                Ok(_) | Err(_) => Ok(()),
            }
        };
        let good = ActivityEntry::of(&door.actor, ActivityKind::SignedIn);
        let standing = changed.as_ref().unwrap_or(&door.standing);
        let (recorded, forgiven, renewed, (), issued) = futures_util::join!(
            self.record_attempt(in_operation(good)),
            forgiven,
            renewed,
            self.note_sign_in(candidate),
            self.issue(door.actor.clone(), standing),
        );
        recorded?;
        forgiven?;
        renewed?;
        let session = issued?;
        Ok(SignedIn::Session(session))
    }

    /// Sets the password that replaces a one-time password; returns how the account stands then. Of two who use it at
    /// the same moment, one does.
    async fn use_up(&self, candidate: &Candidate, new: &Password) -> Result<Standing, AppError> {
        let hash = self.hasher.hash(new).await?;
        let entry = candidate.entry(ActivityKind::PasswordChanged).changed_secret("password");
        let set = |at: OffsetDateTime| async move {
            if candidate.one_time().is_some_and(|one_time| one_time.until <= at) {
                return Err(AppError::OneTimePasswordExpired);
            }
            match candidate {
                Candidate::Operator(seen) => {
                    let changed = self.ports.accounts.set_operators_own_password(seen, &hash, None).await?;
                    Ok(standing_of_operator(&changed))
                }
                Candidate::Person(seen) => {
                    Ok(standing_of_person(&self.ports.people.set_own_password(seen, &hash).await?))
                }
                Candidate::Admin(_) => Err(AppError::Forbidden),
            }
        };
        self.ports.recorded_at(entry.from_device(Some(&self.device)), set).await
    }

    pub(super) async fn note_sign_in(&self, candidate: &Candidate) {
        match candidate {
            Candidate::Operator(operator) => self.note_operators_sign_in(operator.id).await,
            Candidate::Person(person) => {
                noted(self.ports.people.note_sign_in(person.id, self.clock.now()).await);
            }
            Candidate::Admin(_) => {}
        }
    }

    pub(super) async fn note_operators_sign_in(&self, id: OperatorId) {
        noted(self.ports.accounts.note_operator_sign_in(id, self.clock.now()).await);
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
            Candidate::Person(person) => self.ports.people.renew_hash(person.id, from, &to, &renewal).await,
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

    /// Records the attempt, and counts a failure for every account that was tried, and for this computer. Returns what
    /// the account with the fewest failures would get alone, so that the others are not revealed.
    pub(super) async fn refuse(
        &self,
        attempt: ActivityEntry,
        names: &[String],
    ) -> Result<AppError, AppError> {
        let counted = join_all(names.iter().map(|name| self.count_failure(name)));
        // At the same time, whoever has the address: it takes as long for nobody's.
        let (recorded, counted, of_device) = futures_util::join!(
            self.record_attempt(attempt.ended(Outcome::Refused)),
            counted,
            self.count_failure(&self.device_name),
        );
        recorded?;
        of_device?;
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

    /// A success may have been a guess at the password of another account with the same address, which would have been
    /// opened as well: whoever sets their own password could try others with it. An operator's counts each time, a
    /// person's and an admin's once for a password, so that somebody with an account of each kind need not wait. Admins
    /// among themselves do not count, see [`Self::candidates`]: a colleague's sign-in does not make them wait.
    async fn count_passed_over(&self, tried: &[&Candidate], right: &[usize]) -> Result<(), AppError> {
        let Some(opened) = right.first().map(|place| tried[*place]) else { return Ok(()) };
        for (place, candidate) in tried.iter().enumerate() {
            if right.contains(&place) {
                continue;
            }
            match (candidate, opened) {
                (Candidate::Operator(_), Candidate::Person(_) | Candidate::Admin(_)) => {
                    self.count_failure(&candidate.key()).await?;
                }
                (Candidate::Person(_), Candidate::Admin(_)) | (Candidate::Admin(_), Candidate::Person(_)) => {
                    self.count_guess(&candidate.key(), &opened.guess()).await?;
                }
                (Candidate::Operator(_) | Candidate::Person(_) | Candidate::Admin(_), _) => {}
            }
        }
        Ok(())
    }

    async fn count_guess(&self, name: &str, guess: &str) -> Result<(), AppError> {
        match self.ports.accounts.add_passed_over(name, guess).await {
            Ok(()) | Err(StoreError::Denied { .. } | StoreError::LimitReached { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Counts a failed sign-in on this computer.
    pub(super) async fn count_failure(&self, name: &str) -> Result<u32, AppError> {
        match self.ports.accounts.add_failed_sign_in(name, &self.device).await {
            Ok(failures) => Ok(failures),
            // Without write access or space nothing can be counted; the response is the same.
            Err(StoreError::Denied { .. } | StoreError::LimitReached { .. }) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

/// A sign-in that cannot be noted is no reason to refuse it.
fn noted(noted: Result<(), StoreError>) {
    if let Err(error) = noted {
        tracing::warn!(%error, "a sign-in could not be noted");
    }
}

/// The entry about an attempt. It names the account where the address has one; operators see it, and nobody who signs
/// in. A stored hash that can't be verified here is told, because nothing else tells why no password fits.
fn attempt(email: &EmailAddress, candidates: &[Candidate]) -> ActivityEntry {
    let entry = match candidates {
        [one] => one.entry(ActivityKind::SignedIn),
        [] | [..] => ActivityEntry::by(email.to_string(), ActivityKind::SignedIn),
    };
    match candidates.iter().find_map(Candidate::unverifiable) {
        Some(hash) => entry.with_detail(format!("stored hash: {hash}")),
        None => entry,
    }
}
