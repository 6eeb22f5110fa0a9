//! Brings the people of an organization along when it moves to another workspace.

use super::PeopleService;
use super::one_time::{one_time, taken};
use super::service::word;
use crate::error::{AppError, ConflictOn};
use crate::limits::PAGE_MAX;
use crate::records::{
    ActivityEntry, ActivityKind, Membership, Organization, PageStart, PeopleFilter, PeopleQuery, PeopleSort,
    Person, SortDirection,
};
use crate::rights::{Act, Actor};
use crate::values::{OneTimePassword, OrganizationId, PersonId};

impl PeopleService {
    /// The people of an organization with their hashes, for a move: they go through memory only, from one open
    /// workspace to another.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn of_moving(&self, actor: &Actor, id: OrganizationId) -> Result<Vec<Person>, AppError> {
        actor.require_on(Act::RestoreBundle, id)?;
        let filter = PeopleFilter { organization: Some(id), ..PeopleFilter::default() };
        let mut query = PeopleQuery {
            filter,
            sort: PeopleSort::Email,
            direction: SortDirection::Ascending,
            backwards: false,
            start: PageStart::Beginning,
            limit: PAGE_MAX,
        };
        let mut people = Vec::new();
        loop {
            let page = self.ports.people.page(&query, self.clock.now()).await?;
            for row in page.people {
                people.extend(self.ports.people.find(row.id).await?);
            }
            let Some(next) = page.next else { return Ok(people) };
            query.start = PageStart::After(next);
        }
    }

    /// Makes a person of another workspace one of an organization of this one. A new address comes with the password
    /// that it has. Somebody with an account here gets the membership, and a one-time password while they are in one
    /// other organization: whoever manages that one knew the account's password. A member stays as they are. Recorded.
    ///
    /// # Errors
    /// `Conflict` if the address is an operator's, or that of the organization's admin: the person stays away.
    /// `Forbidden`, `Store`.
    pub async fn bring(
        &self,
        actor: &Actor,
        organization: &Organization,
        person: &Person,
        from: OrganizationId,
    ) -> Result<Option<OneTimePassword>, AppError> {
        let id = organization.id;
        actor.require_on(Act::ManagePeople, id)?;
        let Some(membership) = person.membership(from) else { return Ok(None) };
        let membership = Membership { organization_id: id, ..membership.clone() };
        let (operator, known) = futures_util::try_join!(
            self.ports.accounts.find_operator_by_email(&person.email),
            self.ports.people.find_by_email(&person.email),
        )?;
        if known.as_ref().is_some_and(|known| known.membership(id).is_some()) {
            return Ok(None);
        }
        let is_admin = organization.admin_email.matching_key() == person.email.matching_key();
        if operator.is_some() || is_admin {
            return Err(AppError::Conflict(ConflictOn::Email));
        }
        let entry = ActivityEntry::of(actor, ActivityKind::PersonAdded)
            .about(id, &organization.name)
            .on(&person.email)
            .changed("role", None, Some(word(membership.role)));
        let Some(known) = known else {
            let brought = Person {
                id: PersonId::new(),
                memberships: vec![membership],
                session_version: 0,
                ..person.clone()
            };
            let entry = entry.changed("name", None, Some(person.name.as_str().to_owned()));
            let insert = async { self.ports.people.insert(&brought).await.map_err(taken) };
            self.ports.recorded(entry, insert).await?;
            return Ok(None);
        };
        let secret = (known.memberships.len() < 2).then(OneTimePassword::new);
        let hash = match &secret {
            Some(secret) => {
                Some(self.hasher.hash(&secret.password().map_err(AppError::InvalidInput)?).await?)
            }
            None => None,
        };
        let entry = if secret.is_some() { entry.changed_secret("password") } else { entry };
        let join = |at| async move {
            let password = hash.as_ref().map(|hash| (hash, one_time(at)));
            self.ports.people.join(&known, &membership, password).await.map_err(taken)
        };
        let joined = self.ports.recorded_at(entry, join).await?;
        if secret.is_some() {
            self.end_sessions(joined.id).await;
        }
        Ok(secret)
    }
}
