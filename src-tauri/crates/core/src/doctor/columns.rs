use strum::VariantArray;

use super::{EvidenceRow, Finding, FindingState};
use crate::export::{Cell, Column};

/// A column of a file of findings: one row for each row of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum FindingColumn {
    /// The finding's id.
    Id,
    /// How bad it is.
    Severity,
    /// The kind.
    Kind,
    /// The name that a person knows it by.
    Subject,
    /// The names of the organizations.
    OrganizationNames,
    /// The ids of the organizations.
    OrganizationIds,
    /// The collections.
    Collections,
    /// The subject of the evidence.
    Evidence,
    /// The organization that the evidence is about.
    EvidenceOrganizationId,
    /// What the metadata says.
    Metadata,
    /// What the storage has.
    Storage,
    /// Since when it is known.
    Since,
    /// How it was mended since the pass.
    Mended,
    /// When it was mended.
    MendedAt,
}

impl FindingColumn {
    /// Every column, in the order of the file.
    pub const ALL: &[Self] = Self::VARIANTS;
}

/// A row of a file of findings.
pub struct FindingRow {
    finding: Finding,
    evidence: Option<EvidenceRow>,
}

impl FindingRow {
    /// The rows of one finding: as many as it has evidence, and one at least.
    pub(super) fn of(finding: &Finding) -> Vec<Self> {
        let without = Finding { evidence: Vec::new(), ..finding.clone() };
        if finding.evidence.is_empty() {
            return vec![Self { finding: without, evidence: None }];
        }
        let row =
            |evidence: &EvidenceRow| Self { finding: without.clone(), evidence: Some(evidence.clone()) };
        finding.evidence.iter().map(row).collect()
    }
}

impl Column for FindingColumn {
    type Row = FindingRow;

    const SHEET: &'static str = "Findings";

    fn header(self) -> &'static str {
        match self {
            Self::Id => "finding_id",
            Self::Severity => "severity",
            Self::Kind => "kind",
            Self::Subject => "subject",
            Self::OrganizationNames => "organization_names",
            Self::OrganizationIds => "organization_ids",
            Self::Collections => "collections",
            Self::Evidence => "evidence",
            Self::EvidenceOrganizationId => "evidence_organization_id",
            Self::Metadata => "metadata",
            Self::Storage => "storage",
            Self::Since => "since",
            Self::Mended => "mended",
            Self::MendedAt => "mended_at",
        }
    }

    fn width(self) -> u16 {
        match self {
            Self::Severity => 10,
            Self::Kind | Self::Evidence | Self::Since | Self::Mended | Self::MendedAt => 24,
            Self::EvidenceOrganizationId | Self::OrganizationIds => 26,
            Self::Id | Self::Subject | Self::OrganizationNames | Self::Collections => 32,
            Self::Metadata | Self::Storage => 40,
        }
    }

    fn cell<'row>(self, row: &'row FindingRow, made: &'row mut String) -> Cell<'row> {
        let FindingRow { finding, evidence } = row;
        let text = |text: Option<&'row String>| text.map_or(Cell::Empty, |text| Cell::Text(text));
        match self {
            Self::Id => Cell::Text(&finding.id),
            Self::Severity => Cell::Text(finding.kind.severity().as_str()),
            Self::Kind => Cell::Text(finding.kind.as_str()),
            Self::Subject => Cell::Text(&finding.subject),
            Self::OrganizationNames => {
                joined(made, finding.organizations.iter().map(|one| one.name.as_str()))
            }
            Self::OrganizationIds => joined(made, finding.organizations.iter().map(|one| one.id.as_str())),
            Self::Collections => joined(made, finding.collections.iter().map(String::as_str)),
            Self::Evidence => evidence.as_ref().map_or(Cell::Empty, |row| Cell::Text(row.what.into())),
            Self::EvidenceOrganizationId => text(evidence.as_ref().and_then(|row| row.organization.as_ref())),
            Self::Metadata => text(evidence.as_ref().and_then(|row| row.metadata.as_ref())),
            Self::Storage => text(evidence.as_ref().and_then(|row| row.storage.as_ref())),
            Self::Since => Cell::date(finding.since.into()),
            Self::Mended => match finding.state {
                FindingState::Open => Cell::Empty,
                FindingState::Mended { mend, .. } => Cell::Text(mend.as_str()),
            },
            Self::MendedAt => match finding.state {
                FindingState::Open => Cell::Empty,
                FindingState::Mended { at, .. } => Cell::date(at.into()),
            },
        }
    }
}

fn joined<'row>(made: &'row mut String, texts: impl Iterator<Item = &'row str>) -> Cell<'row> {
    *made = texts.collect::<Vec<_>>().join(", ");
    if made.is_empty() { Cell::Empty } else { Cell::Text(made) }
}
