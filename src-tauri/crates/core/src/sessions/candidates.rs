//! The accounts of an address, and what a right password opens.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::service::{
    AccountChoice, SessionService, actor_of, actor_of_operator, actor_of_person, standing_of,
    standing_of_operator, standing_of_person,
};
use super::token::Standing;
use crate::error::AppError;
use crate::records::{
    ActivityEntry, ActivityKind, MemberRole, OneTime, Operator, Organization, OrganizationCredentials,
    OrganizationRef, Person,
};
use crate::rights::{Account, Actor, Role};
use crate::values::{EmailAddress, HashRenewal, HashScheme, OrganizationId, PasswordHash, UnverifiableHash};

/// Somebody with the address, who has one password.
pub(super) enum Candidate {
    Operator(Operator),
    Person(Person),
    /// A service's own admin.
    Admin(OrganizationCredentials),
}

impl Candidate {
    /// The key of its failures.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Operator(operator) => Account::Operator(operator.id).key(),
            Self::Person(person) => Account::key_of_person(person.id),
            Self::Admin(admin) => Account::Organization(admin.organization.id).key(),
        }
    }

    pub(super) fn hash(&self) -> &PasswordHash {
        match self {
            Self::Operator(operator) => &operator.password_hash,
            Self::Person(person) => &person.password_hash,
            Self::Admin(admin) => &admin.password_hash,
        }
    }

    pub(super) fn renewal(&self) -> Option<&HashRenewal> {
        match self {
            Self::Operator(operator) => operator.renewal.as_ref(),
            Self::Person(person) => person.renewal.as_ref(),
            Self::Admin(admin) => admin.renewal.as_ref(),
        }
    }

    /// Set if the password is one that somebody else set.
    pub(super) fn one_time(&self) -> Option<OneTime> {
        match self {
            Self::Operator(operator) => operator.one_time,
            Self::Person(person) => person.one_time,
            Self::Admin(_) => None,
        }
    }

    /// What stays the same while the password does.
    pub(super) fn guess(&self) -> String {
        HashRenewal::origin(self.hash(), self.renewal()).as_str().to_owned()
    }

    pub(super) fn unverifiable(&self) -> Option<UnverifiableHash> {
        match self.hash().scheme() {
            HashScheme::Bcrypt { .. } => None,
            HashScheme::Unverifiable(hash) => Some(hash),
        }
    }

    /// An entry about this account, in none of a person's organizations.
    pub(super) fn entry(&self, kind: ActivityKind) -> ActivityEntry {
        match self {
            Self::Operator(operator) => ActivityEntry::of(&actor_of_operator(operator), kind),
            Self::Admin(admin) => {
                ActivityEntry::of(&actor_of(&admin.organization, Role::OrganizationAdmin), kind)
            }
            Self::Person(person) => {
                let entry = ActivityEntry::by(person.email.to_string(), kind);
                ActivityEntry { account: Some(self.key()), ..entry }
            }
        }
    }
}

/// An account that a right password opens: a person has one in each organization.
pub(super) struct Door {
    /// The place of its candidate.
    pub(super) candidate: usize,
    pub(super) actor: Actor,
    pub(super) standing: Standing,
    organization: Option<OrganizationRef>,
}

impl Door {
    pub(super) fn choice(&self) -> AccountChoice {
        AccountChoice {
            account: self.actor.account(),
            role: self.actor.role(),
            organization: self.organization.clone(),
        }
    }
}

/// What right passwords open, or why they open nothing.
pub(super) struct Doors {
    pub(super) open: Vec<Door>,
    pub(super) shut: Option<AppError>,
}

impl Doors {
    fn shut(&mut self, why: AppError) {
        self.shut.get_or_insert(why);
    }
}

impl SessionService {
    /// The accounts with the address, in the order in which a password that fits several is tried: the operator, the
    /// person, then the admin whose organization changed last. Whoever sets a password to find out whether it is
    /// another admin's therefore gets their own account.
    pub(super) async fn candidates(&self, email: &EmailAddress) -> Result<Vec<Candidate>, AppError> {
        let (operator, person, admins) = futures_util::join!(
            self.ports.accounts.find_operator_by_email(email),
            self.ports.people.find_by_email(email),
            self.ports.organizations.find_credentials(email),
        );
        let (operator, person, mut admins) = (operator?, person?, admins?);
        admins.sort_by_key(|admin| std::cmp::Reverse(admin.organization.updated_at));
        let admins = admins.into_iter().map(Candidate::Admin);
        let operator = operator.map(Candidate::Operator);
        Ok(operator.into_iter().chain(person.map(Candidate::Person)).chain(admins).collect())
    }

    /// What the candidates at these places open, all of whose passwords are right: the operator alone, or the person's
    /// organizations and one admin's. Asks for a person's organizations in one query, however many there are.
    pub(super) async fn doors(
        &self,
        tried: &[&Candidate],
        right: &[usize],
        now: OffsetDateTime,
    ) -> Result<Doors, AppError> {
        let mut doors = Doors { open: Vec::new(), shut: None };
        for place in right.iter().copied() {
            let candidate = tried[place];
            if candidate.one_time().is_some_and(|one_time| one_time.until <= now) {
                doors.shut(AppError::OneTimePasswordExpired);
                continue;
            }
            match candidate {
                Candidate::Operator(operator) if operator.is_active => {
                    let (actor, standing) = (actor_of_operator(operator), standing_of_operator(operator));
                    doors.open.push(Door { candidate: place, actor, standing, organization: None });
                    // No other account of this address is known of then.
                    return Ok(doors);
                }
                Candidate::Operator(_) => doors.shut(AppError::AccountInactive),
                Candidate::Person(person) => self.open_for(person, place, &mut doors).await?,
                // One of them, as the service has it.
                Candidate::Admin(admin) if admin.organization.is_active => {
                    let organization = &admin.organization;
                    let of_admin = |door: &Door| matches!(door.actor.account(), Account::Organization(_));
                    if !doors.open.iter().any(of_admin) {
                        doors.open.retain(|door| door.actor.organization_scope() != Some(organization.id));
                        doors.open.push(Door {
                            candidate: place,
                            actor: actor_of(organization, Role::OrganizationAdmin),
                            standing: standing_of(admin),
                            organization: Some(OrganizationRef::from(organization.clone())),
                        });
                    }
                }
                Candidate::Admin(_) => doors.shut(AppError::OrganizationInactive),
            }
        }
        Ok(doors)
    }

    async fn open_for(&self, person: &Person, place: usize, doors: &mut Doors) -> Result<(), AppError> {
        let active: Vec<(OrganizationId, MemberRole)> = person
            .memberships
            .iter()
            .filter(|membership| membership.is_active)
            .map(|membership| (membership.organization_id, membership.role))
            .collect();
        if active.is_empty() {
            doors.shut(AppError::AccountInactive);
            return Ok(());
        }
        let ids: Vec<_> = active.iter().map(|(id, _)| *id).collect();
        let found = self.ports.organizations.find_several(&ids).await?;
        let mut found: HashMap<OrganizationId, Organization> =
            found.into_iter().map(|organization| (organization.id, organization)).collect();
        for (id, role) in active {
            // One that is not there is in the trash.
            match found.remove(&id).filter(|organization| organization.is_active) {
                Some(organization) => doors.open.push(Door {
                    candidate: place,
                    actor: actor_of_person(person, &organization, role),
                    standing: standing_of_person(person),
                    organization: Some(OrganizationRef::from(organization)),
                }),
                None => doors.shut(AppError::OrganizationInactive),
            }
        }
        Ok(())
    }
}
