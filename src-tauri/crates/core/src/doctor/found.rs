use std::collections::{BTreeMap, HashMap};

use time::OffsetDateTime;

use super::{EvidenceRow, EvidenceWord, Finding, FindingKind, FindingState, OrganizationNamed, finding_id};
use crate::limits::FINDINGS_OF_A_KIND_MAX;
use crate::records::{StoredId, StoredOrganization, StoredText};

/// What a pass has found so far: at most [`FINDINGS_OF_A_KIND_MAX`] of a kind, and the number of the others.
#[derive(Debug, Default)]
pub(super) struct Found {
    kinds: BTreeMap<FindingKind, OfKind>,
}

#[derive(Debug, Default)]
struct OfKind {
    drafts: Vec<Draft>,
    left_off: u64,
}

/// A finding before it is known since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) kind: FindingKind,
    /// With the kind, the same in every pass.
    pub(super) key: String,
    pub(super) subject: String,
    pub(super) organizations: Vec<OrganizationNamed>,
    pub(super) collections: Vec<String>,
    pub(super) evidence: Vec<EvidenceRow>,
}

impl Draft {
    /// About one organization.
    pub(super) fn about(kind: FindingKind, organization: OrganizationNamed) -> Self {
        Self {
            kind,
            key: organization.id.clone(),
            subject: organization.name.clone(),
            organizations: vec![organization],
            collections: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// About a collection that belongs to nobody.
    pub(super) fn of_collection(kind: FindingKind, collection: &str) -> Self {
        Self {
            kind,
            key: collection.to_owned(),
            subject: collection.to_owned(),
            organizations: Vec::new(),
            collections: vec![collection.to_owned()],
            evidence: Vec::new(),
        }
        .with(EvidenceWord::Collection, None, Some(collection.to_owned()))
    }

    /// About what several organizations have in common, which tells it from others of its kind.
    pub(super) fn of_twins(kind: FindingKind, common: &str, organizations: Vec<OrganizationNamed>) -> Self {
        Self {
            kind,
            key: common.to_owned(),
            subject: common.to_owned(),
            organizations,
            collections: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// With a collection that it is about.
    pub(super) fn and_collection(mut self, collection: &str) -> Self {
        self.collections.push(collection.to_owned());
        self
    }

    /// With a row of evidence about its first organization.
    pub(super) fn with(self, what: EvidenceWord, metadata: Option<String>, storage: Option<String>) -> Self {
        let organization = self.organizations.first().map(|organization| organization.id.clone());
        self.with_row(EvidenceRow { what, organization, metadata, storage })
    }

    pub(super) fn with_row(mut self, row: EvidenceRow) -> Self {
        self.evidence.push(row);
        self
    }

    fn found(self, since: OffsetDateTime) -> Finding {
        Finding {
            id: finding_id(self.kind, &self.key),
            kind: self.kind,
            subject: self.subject,
            organizations: self.organizations,
            collections: self.collections,
            evidence: self.evidence,
            since,
            state: FindingState::Open,
        }
    }
}

impl Found {
    pub(super) fn add(&mut self, draft: Draft) {
        let of_kind = self.kinds.entry(draft.kind).or_default();
        if of_kind.drafts.len() < FINDINGS_OF_A_KIND_MAX {
            of_kind.drafts.push(draft);
        } else {
            of_kind.left_off += 1;
        }
    }

    /// Takes the findings of one kind out, to look at them again.
    pub(super) fn take(&mut self, kind: FindingKind) -> Vec<Draft> {
        let of_kind = self.kinds.get_mut(&kind);
        of_kind.map(|of_kind| std::mem::take(&mut of_kind.drafts)).unwrap_or_default()
    }

    /// Whether there are findings of a moment: made by two reads, between which others may have worked.
    pub(super) fn is_doubtful(&self) -> bool {
        self.kinds.keys().any(|kind| match kind {
            FindingKind::MissingCollection
            | FindingKind::MissingTrashedCollection
            | FindingKind::CollectionElsewhere
            | FindingKind::TwinNames
            | FindingKind::OwnerlessCollection
            | FindingKind::OwnerlessTrash
            | FindingKind::LeftoverDropped
            | FindingKind::LeftoverIncoming
            | FindingKind::KeptTwins => true,
            FindingKind::UnrestorableTrash
            | FindingKind::HalfRenamed
            | FindingKind::TwinAddresses
            | FindingKind::ForeignId
            | FindingKind::InvalidName
            | FindingKind::InvalidAddress
            | FindingKind::UnverifiableHash
            | FindingKind::InterruptedOperation
            | FindingKind::CollectionNameDiffers
            | FindingKind::NameForm
            | FindingKind::AddressForm
            | FindingKind::UnreadableDate
            | FindingKind::OddActive
            | FindingKind::MissingMasterIndex
            | FindingKind::IndexMissing
            | FindingKind::IndexDiffers
            | FindingKind::ValidatorDiffers
            | FindingKind::SharedAddress
            | FindingKind::OperatorsPerson
            | FindingKind::ViewCollection
            | FindingKind::TimeSeriesCollection
            | FindingKind::CappedCollection => false,
        })
    }

    /// How many findings are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.kinds.values().map(|of_kind| of_kind.drafts.len()).sum()
    }

    /// The findings, by kind and subject, and how many of a kind are not among them.
    pub(super) fn finish(
        self,
        earlier: &HashMap<String, OffsetDateTime>,
        now: OffsetDateTime,
    ) -> (Vec<Finding>, Vec<(FindingKind, u64)>) {
        let (mut findings, mut left_off) = (Vec::new(), Vec::new());
        for (kind, of_kind) in self.kinds {
            if of_kind.left_off > 0 {
                left_off.push((kind, of_kind.left_off));
            }
            findings.extend(of_kind.drafts.into_iter().map(|draft| {
                let id = finding_id(kind, &draft.key);
                draft.found(earlier.get(&id).copied().unwrap_or(now))
            }));
        }
        sort(&mut findings);
        (findings, left_off)
    }
}

/// By kind, then by subject.
pub(super) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        (one.kind, &one.subject, &one.id).cmp(&(other.kind, &other.subject, &other.id))
    });
}

/// The text of an id: the hex digits of an ObjectId, or the type and the value.
pub(super) fn id_text(id: &StoredId) -> String {
    match id {
        StoredId::Organization(id) => id.to_hex(),
        StoredId::Other { kind, text } => format!("{kind} {text}"),
    }
}

/// A stored text as evidence; a value of another type is told by its type.
pub(super) fn shown(text: &StoredText) -> Option<String> {
    match text {
        StoredText::Absent => None,
        StoredText::Text(text) => Some(text.clone()),
        StoredText::Other { kind } => Some(format!("({kind})")),
    }
}

/// An organization as a finding names it.
pub(super) fn named(row: &StoredOrganization) -> OrganizationNamed {
    OrganizationNamed {
        id: id_text(&row.id),
        name: shown(&row.name).unwrap_or_default(),
        in_trash: row.trashed.is_some(),
    }
}
