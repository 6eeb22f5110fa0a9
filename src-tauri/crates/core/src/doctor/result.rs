use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;

use super::{Finding, FindingKind, MendKind, Severity};
#[cfg(feature = "wire")]
use crate::numbers::Count;
use crate::numbers::count;

/// How far a pass looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Depth {
    /// Names, documents of organizations and the trash.
    Quick,
    /// Also validator, indexes and options of each tenant collection: one more question each.
    Deep,
}

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct FindingPage {
    /// The findings.
    pub findings: Vec<Finding>,
    /// All that match.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "wire", specta(type = Count))]
    pub total: u64,
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
