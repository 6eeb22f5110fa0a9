use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;

use super::{Depth, Finding, FindingKind, MendKind, Severity};
use crate::limits::FINDINGS_PAGE_MAX;
#[cfg(feature = "wire")]
use crate::numbers::Count;
use crate::numbers::count;
use crate::values::OrganizationId;

/// The result of one pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pass {
    /// When it began.
    #[serde(with = "rfc3339")]
    pub checked_at: OffsetDateTime,
    /// How long it took.
    pub took: Duration,
    /// How far it looked.
    pub depth: Depth,
    /// Live organizations that it saw.
    pub organizations: u64,
    /// Organizations in the trash that it saw.
    pub trashed: u64,
    /// Collections that it saw.
    pub collections: u64,
    /// What it found, by kind, then by subject.
    pub findings: Vec<Finding>,
    /// Findings beyond the most that are kept of a kind.
    pub left_off: Vec<(FindingKind, u64)>,
    /// When the deep pass began whose findings a quick one kept.
    #[serde(default, with = "rfc3339::option")]
    pub earlier_deep: Option<OffsetDateTime>,
}

/// The result of a pass, without its findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct PassSummary {
    /// When it began.
    #[serde(with = "rfc3339")]
    #[cfg_attr(feature = "wire", specta(type = String))]
    pub checked_at: OffsetDateTime,
    /// How long it took.
    #[serde(rename = "milliseconds", serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub took: Duration,
    /// How far it looked.
    pub depth: Depth,
    /// When the last deep pass began: what only that looks for is as it was then.
    #[serde(with = "rfc3339::option")]
    #[cfg_attr(feature = "wire", specta(type = Option<String>))]
    pub deep_checked_at: Option<OffsetDateTime>,
    /// Live organizations that it saw.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub organizations: u64,
    /// Organizations in the trash that it saw.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub trashed: u64,
    /// Collections that it saw.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub collections: u64,
    /// Findings by kind, the worst first.
    pub groups: Vec<FindingGroup>,
    /// Findings that are open: the number of the badge.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub open: u64,
    /// The worst severity of those that are open.
    pub worst: Option<Severity>,
    /// Live organizations with an open finding.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub affected: u64,
}

/// The findings of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct FindingGroup {
    /// The kind.
    pub kind: FindingKind,
    /// How bad it is.
    pub severity: Severity,
    /// Findings, also those that were mended since.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub findings: u64,
    /// Those that are open.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub open: u64,
    /// Those that are not kept, because there are too many.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub left_off: u64,
    /// The mends that are offered.
    pub mends: Vec<MendKind>,
    /// The depth of the passes that look for it.
    pub depth: Depth,
}

/// A question for findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct FindingQuery {
    /// Only of this kind.
    pub kind: Option<FindingKind>,
    /// Only of this severity.
    pub severity: Option<Severity>,
    /// Searched in the names of organizations and collections, in any letter case. Empty finds all.
    pub search: String,
    /// Only those of this organization.
    pub organization: Option<String>,
    /// The number of the first finding of the page.
    pub offset: u32,
    /// The most findings of the page.
    pub limit: u32,
}

/// A page of findings, by severity, kind and subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct FindingPage {
    /// The findings.
    pub findings: Vec<Finding>,
    /// All that match.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub total: u64,
    /// All that match by kind, the worst first: where the findings of each kind begin follows from them.
    pub groups: Vec<FindingGroup>,
}

/// The open findings of one row of the list of organizations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct DriftOfRow {
    /// The organization.
    pub id: String,
    /// The worst severity.
    pub worst: Severity,
    /// Their kinds, the worst first.
    pub kinds: Vec<FindingKind>,
}

impl Pass {
    /// Since when each finding is known, for the next pass.
    pub(super) fn known(&self) -> HashMap<String, OffsetDateTime> {
        self.findings.iter().map(|finding| (finding.id.clone(), finding.since)).collect()
    }

    /// When the last deep pass began.
    pub(super) fn deep_checked_at(&self) -> Option<OffsetDateTime> {
        match self.depth {
            Depth::Deep => Some(self.checked_at),
            Depth::Quick => self.earlier_deep,
        }
    }

    /// The same result as somebody sees it who may see one organization only.
    pub(super) fn of_organization(&self, id: &str) -> Self {
        let own = self.findings.iter().filter_map(|finding| finding.of_organization(id));
        Self {
            organizations: 1,
            trashed: 0,
            collections: 1,
            findings: own.collect(),
            left_off: Vec::new(),
            ..*self
        }
    }

    /// Without its findings.
    pub fn summary(&self) -> PassSummary {
        let groups = grouped(&self.findings, &self.left_off);
        let open = |group: &&FindingGroup| group.open > 0;
        PassSummary {
            checked_at: self.checked_at,
            took: self.took,
            depth: self.depth,
            deep_checked_at: self.deep_checked_at(),
            organizations: self.organizations,
            trashed: self.trashed,
            collections: self.collections,
            open: groups.iter().map(|group| group.open).sum(),
            worst: groups.iter().filter(open).map(|group| group.severity).min(),
            groups,
            affected: self.affected().len() as u64,
        }
    }

    /// The live organizations with an open finding.
    pub(super) fn affected(&self) -> BTreeSet<OrganizationId> {
        let open = self.findings.iter().filter(|finding| finding.is_open());
        let organizations = open.flat_map(|finding| &finding.organizations);
        organizations.filter(|one| !one.in_trash).filter_map(|one| one.id.parse().ok()).collect()
    }

    /// A page of the findings that match.
    pub fn page(&self, query: &FindingQuery) -> FindingPage {
        let search = query.search.trim().to_lowercase();
        let matching: Vec<_> =
            self.findings.iter().filter(|finding| finding.matches(query, &search)).collect();
        let (first, most) = (query.offset as usize, query.limit.min(FINDINGS_PAGE_MAX) as usize);
        let findings = matching.iter().skip(first).take(most).map(|finding| (*finding).clone()).collect();
        // A search finds only what is kept.
        let left_off = if search.is_empty() { self.left_off.as_slice() } else { &[] };
        let asked = |group: &FindingGroup| {
            query.kind.is_none_or(|kind| kind == group.kind)
                && query.severity.is_none_or(|severity| severity == group.severity)
                && (query.organization.is_none() || group.findings > group.left_off)
        };
        let total = matching.len() as u64;
        let groups = grouped(matching, left_off).into_iter().filter(asked).collect();
        FindingPage { findings, total, groups }
    }

    /// The open findings of each of these organizations; those without one are left out.
    pub fn drift(&self, ids: &[String]) -> Vec<DriftOfRow> {
        let mut kinds: HashMap<&str, Vec<FindingKind>> = HashMap::new();
        for finding in self.findings.iter().filter(|finding| finding.is_open()) {
            for organization in &finding.organizations {
                kinds.entry(&organization.id).or_default().push(finding.kind);
            }
        }
        let of_row = |id: &String| {
            let mut kinds = kinds.remove(id.as_str())?;
            kinds.sort_unstable();
            kinds.dedup();
            let worst = kinds.iter().map(|kind| kind.severity()).min()?;
            Some(DriftOfRow { id: id.clone(), worst, kinds })
        };
        ids.iter().filter_map(of_row).collect()
    }
}

/// Findings by kind, the worst first, with those of each kind that are not kept.
fn grouped<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    left_off: &[(FindingKind, u64)],
) -> Vec<FindingGroup> {
    let mut groups: BTreeMap<FindingKind, FindingGroup> = BTreeMap::new();
    let kept = findings.into_iter().map(|finding| (finding.kind, 1, u64::from(finding.is_open()), 0));
    let beyond = left_off.iter().map(|(kind, left_off)| (*kind, *left_off, *left_off, *left_off));
    for (kind, found, open, left_off) in kept.chain(beyond) {
        let group = groups.entry(kind).or_insert_with(|| FindingGroup {
            kind,
            severity: kind.severity(),
            findings: 0,
            open: 0,
            left_off: 0,
            mends: kind.mends().to_vec(),
            depth: kind.depth(),
        });
        group.findings += found;
        group.open += open;
        group.left_off += left_off;
    }
    groups.into_values().collect()
}

impl Finding {
    pub(super) fn matches(&self, query: &FindingQuery, search: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(search);
        let is_of = |id: &String| self.organizations.iter().any(|organization| organization.id == *id);
        query.kind.is_none_or(|kind| kind == self.kind)
            && query.severity.is_none_or(|severity| severity == self.kind.severity())
            && query.organization.as_ref().is_none_or(is_of)
            && (search.is_empty()
                || has(&self.subject)
                || self.organizations.iter().any(|organization| has(&organization.name))
                || self.collections.iter().any(|collection| has(collection)))
    }

    /// As somebody sees it who may see one organization only; `None` if it is about others.
    fn of_organization(&self, id: &str) -> Option<Self> {
        let own: Vec<_> =
            self.organizations.iter().filter(|organization| organization.id == id).cloned().collect();
        let name = own.first()?.name.clone();
        let is_of = |row: &&super::EvidenceRow| row.organization.as_deref() == Some(id);
        let evidence: Vec<_> = self.evidence.iter().filter(is_of).cloned().collect();
        let shown = |collection: &&String| {
            evidence.iter().any(|row| [&row.metadata, &row.storage].contains(&&Some((*collection).clone())))
        };
        Some(Self {
            collections: self.collections.iter().filter(shown).cloned().collect(),
            subject: name,
            organizations: own,
            evidence,
            ..self.clone()
        })
    }
}
