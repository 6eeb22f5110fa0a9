//! What is wrong with one organization's document, whatever the others and the collections are.

use std::collections::HashMap;

use super::found::{Draft, Found, id_text, named, shown};
use super::{EvidenceRow, EvidenceWord, FindingKind};
use crate::records::{OddField, StoredId, StoredOrganization, StoredText};
use crate::values::{EmailAddress, HashScheme, OrganizationName};

/// What two addresses that count as the same have in common.
pub(super) fn address_key(address: &str) -> String {
    address.trim().to_lowercase()
}

/// Adds what is wrong with a document. `operators` are the operators' addresses by their keys.
pub(super) fn look_at(row: &StoredOrganization, operators: &HashMap<String, String>, found: &mut Found) {
    if let StoredId::Other { .. } = &row.id {
        let draft = Draft::about(FindingKind::ForeignId, named(row));
        found.add(draft.with(EvidenceWord::Id, Some(id_text(&row.id)), None));
    }
    name(row, found);
    address(row, operators, found);
    dates(row, found);
    if let Some(odd) = row.odd.iter().find(|odd| odd.field == "is_active" && odd.kind != MISSING) {
        let draft = Draft::about(FindingKind::OddActive, named(row));
        let counts_as = if row.is_active { "true" } else { "false" };
        found.add(draft.with(
            EvidenceWord::Active,
            Some(format!("({})", odd.kind)),
            Some(counts_as.to_owned()),
        ));
    }
    if let HashScheme::Unverifiable(hash) = row.hash {
        let draft = Draft::about(FindingKind::UnverifiableHash, named(row));
        found.add(draft.with(EvidenceWord::Hash, Some(hash.to_string()), None));
    }
}

/// The word of a store for a field that is not there.
/// Adds what keeps an organization in the trash from being restored as it is. What is wrong with its address, its dates
/// or its hash is told once it is restored: until then nobody signs in to it, and the mends are those of live ones.
pub(super) fn look_at_trashed(row: &StoredOrganization, found: &mut Found) {
    let draft = || Draft::about(FindingKind::UnrestorableTrash, named(row));
    let draft = match (&row.id, row.name.as_str().map(OrganizationName::parse)) {
        (StoredId::Other { .. }, _) => draft().with(EvidenceWord::Id, Some(id_text(&row.id)), None),
        (StoredId::Organization(_), None | Some(Err(_))) => {
            draft().with(EvidenceWord::Name, shown(&row.name), None)
        }
        (StoredId::Organization(_), Some(Ok(_))) => return,
    };
    found.add(draft);
}

const MISSING: &str = "missing";

fn name(row: &StoredOrganization, found: &mut Found) {
    let parsed = row.name.as_str().map(OrganizationName::parse);
    let (kind, right) = match (parsed, row.name.as_str()) {
        (Some(Ok(right)), Some(text)) if right.as_str() == text => return,
        (Some(Ok(right)), _) => (FindingKind::NameForm, Some(right.as_str().to_owned())),
        (Some(Err(_)) | None, _) => (FindingKind::InvalidName, None),
    };
    found.add(Draft::about(kind, named(row)).with(EvidenceWord::Name, shown(&row.name), right));
}

fn address(row: &StoredOrganization, operators: &HashMap<String, String>, found: &mut Found) {
    let stored = row.admin_email.as_str();
    let parsed = stored.map(EmailAddress::parse);
    let wrong = match (parsed, stored) {
        (Some(Ok(right)), Some(text)) if right.as_str() == text => None,
        (Some(Ok(right)), _) => Some((FindingKind::AddressForm, Some(right.as_str().to_owned()))),
        (Some(Err(_)) | None, _) => Some((FindingKind::InvalidAddress, None)),
    };
    if let Some((kind, right)) = wrong {
        let draft = Draft::about(kind, named(row));
        found.add(draft.with(EvidenceWord::Address, shown(&row.admin_email), right));
    }
    if operators.is_empty() {
        return;
    }
    if let Some(operator) = stored.and_then(|address| operators.get(&address_key(address))) {
        let draft = Draft::about(FindingKind::SharedAddress, named(row))
            .with(EvidenceWord::Address, shown(&row.admin_email), None)
            .with_row(EvidenceRow {
                what: EvidenceWord::Operator,
                organization: None,
                metadata: Some(operator.clone()),
                storage: None,
            });
        found.add(draft);
    }
}

fn dates(row: &StoredOrganization, found: &mut Found) {
    let fields = [("created_at", EvidenceWord::CreatedAt), ("updated_at", EvidenceWord::UpdatedAt)];
    let odd = fields.map(|(field, what)| (row.odd.iter().find(|odd| odd.field == field), what));
    if odd.iter().all(|(odd, _)| odd.is_none()) {
        return;
    }
    let mut draft = Draft::about(FindingKind::UnreadableDate, named(row));
    for (odd, what) in odd {
        if let Some(OddField { kind, .. }) = odd {
            draft = draft.with(what, (kind != MISSING).then(|| format!("({kind})")), None);
        }
    }
    found.add(draft);
}

/// The collection that the document names.
pub(super) fn named_collection(row: &StoredOrganization) -> Option<&str> {
    match &row.collection_name {
        StoredText::Text(name) => Some(name),
        StoredText::Absent | StoredText::Other { .. } => None,
    }
}
