//! What a request says, and what it leaves to the finding.

use crate::doctor::{Finding, MendChoices};
use crate::error::AppError;
use crate::records::StoredOrganization;
use crate::values::{CollectionName, OrganizationId, OrganizationName};

/// What was found is not there any more.
pub(super) fn changed() -> AppError {
    AppError::FactsChanged
}

/// The name of an organization's document.
///
/// # Errors
/// `FactsChanged` if it is no text.
pub(super) fn name_of(seen: &StoredOrganization) -> Result<OrganizationName, AppError> {
    let name = seen.name.as_str().ok_or_else(changed)?;
    Ok(OrganizationName::from_stored(name.to_owned()))
}

/// The chosen organization, or the only one of the finding.
pub(super) fn organization_of(finding: &Finding, choices: &MendChoices) -> Result<OrganizationId, AppError> {
    let only = match finding.organizations.as_slice() {
        [only] => Some(&only.id),
        _ => None,
    };
    let id = choices.organization.as_ref().or(only);
    id.and_then(|id| id.parse().ok()).ok_or(AppError::NotFound { what: "organization" })
}

/// The chosen collection, or the first of the finding.
pub(super) fn collection_of(finding: &Finding, choices: &MendChoices) -> Result<CollectionName, AppError> {
    let name = choices.collection.as_ref().or(finding.collections.first());
    let name = name.map(|name| CollectionName::from_stored(name.clone()));
    name.filter(CollectionName::holds_tenants).ok_or(AppError::NotFound { what: "collection" })
}
