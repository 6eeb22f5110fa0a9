//! Mends of one organization's document: each is one write, while the document is as it was seen.

use time::OffsetDateTime;

use super::choices::{changed, name_of};
use super::plan::Plan;
use super::service::MendService;
use super::step::Step;
use crate::doctor::{Finding, MendChoices, MendKind};
use crate::error::AppError;
use crate::records::{Correction, StoredOrganization};
use crate::values::{CollectionName, EmailAddress, HashScheme, OneTimePassword, OrganizationId, StoredDate};

impl MendService {
    /// `collection_name` follows the name; the documents are there already.
    pub(super) async fn set_collection_name(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let to = CollectionName::for_organization(&name_of(&seen)?);
        let named = seen.collection_name.clone();
        if named.as_str() == Some(to.as_str()) || !self.ports.collections.exists(&to).await? {
            return Err(changed());
        }
        let correction = Correction { collection_name: Some(to.clone()), ..Correction::default() };
        let plan = corrected(MendKind::SetCollectionName, id, seen, correction);
        let plan = plan.changed("collection_name", named.as_str(), Some(to));
        Ok(if named.as_str().is_some() { plan.undoable() } else { plan })
    }

    /// Another address for an organization's admin.
    pub(super) async fn change_address(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let email = EmailAddress::parse(choices.admin_email.as_deref().unwrap_or_default())?;
        self.require_free(None, Some(&email), None).await?;
        Ok(with_address(MendKind::ChangeAddress, id, seen, email))
    }

    /// The stored address in the form that the rules want.
    pub(super) async fn correct_address(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let email = EmailAddress::parse(seen.admin_email.as_str().ok_or_else(changed)?)?;
        if seen.admin_email.as_str() == Some(email.as_str()) {
            return Err(changed());
        }
        self.require_free(None, Some(&email), Some(id)).await?;
        Ok(with_address(MendKind::CorrectAddress, id, seen, email))
    }

    /// `created_at` from the `_id`, which was made at that second; `updated_at` is the moment of the correction.
    pub(super) async fn correct_dates(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let is_unknown = |date: StoredDate| date.milliseconds().is_none();
        if !is_unknown(seen.created_at) && !is_unknown(seen.updated_at) {
            return Err(changed());
        }
        let made = id.object_id().timestamp().timestamp_millis();
        let made =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(made) * 1_000_000).map_err(|_| changed())?;
        let created_at = is_unknown(seen.created_at).then_some(made);
        let shown = created_at.and_then(|date| StoredDate::from(date).iso_8601());
        let now_known =
            is_unknown(seen.updated_at).then(|| StoredDate::from(self.clock.now()).iso_8601()).flatten();
        let correction = Correction { created_at, ..Correction::default() };
        let plan = corrected(MendKind::CorrectDates, id, seen, correction);
        let plan = plan.changed("created_at", None::<String>, shown);
        Ok(plan.changed("updated_at", None::<String>, now_known))
    }

    /// `is_active` as it counts now.
    pub(super) async fn correct_active(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let odd = seen.odd.iter().find(|odd| odd.field == "is_active").ok_or_else(changed)?;
        let (kind, is_active) = (odd.kind.clone(), seen.is_active);
        let correction = Correction { is_active: Some(is_active), ..Correction::default() };
        let plan = corrected(MendKind::CorrectActive, id, seen, correction);
        Ok(plan.changed("is_active", Some(kind), Some(is_active)))
    }

    /// A generated password for an admin whose stored hash fits none. Shown once.
    pub(super) async fn set_one_time_password(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        if matches!(seen.hash, HashScheme::Bcrypt { .. }) {
            return Err(changed());
        }
        let one_time = OneTimePassword::new();
        let password = one_time.password().map_err(AppError::InvalidInput)?;
        let hash = self.hasher.hash(&password).await?;
        let correction = Correction { admin_password: Some(hash), ..Correction::default() };
        let plan = corrected(MendKind::SetOneTimePassword, id, seen, correction);
        Ok(Plan { one_time: Some(one_time), ..plan })
    }
}

fn with_address(mend: MendKind, id: OrganizationId, seen: StoredOrganization, email: EmailAddress) -> Plan {
    let before = seen.admin_email.as_str().map(str::to_owned);
    let correction = Correction { admin_email: Some(email.clone()), ..Correction::default() };
    let is_text = before.is_some();
    let plan = corrected(mend, id, seen, correction).changed("email", before, Some(email));
    if is_text { plan.undoable() } else { plan }
}

/// One write of a document.
pub(super) fn corrected(
    mend: MendKind,
    id: OrganizationId,
    seen: StoredOrganization,
    correction: Correction,
) -> Plan {
    let name = seen.name.as_str().unwrap_or_default().to_owned();
    let step = Step::Correct { seen: Box::new(seen), correction: Box::new(correction) };
    Plan::new(mend, vec![step]).about(id, name)
}
