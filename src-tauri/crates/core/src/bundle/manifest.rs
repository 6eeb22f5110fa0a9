use serde::{Deserialize, Serialize};

use super::tenant::ChangedMeanwhile;
use crate::error::{AppError, BundleDamage, BundleProblem};
use crate::limits::{BUNDLE_LINE_MAX, BUNDLE_UNPACKED_MAX};

/// The newest version of the format: that of a bundle without an organization. A reader of version 1 would miss
/// `organization.json` and call the file damaged; so it asks for a newer program instead.
pub(super) const VERSION: u32 = 2;
/// The version of a bundle with an organization, which every reader knows.
const VERSION_WITH_ORGANIZATION: u32 = 1;
/// The word by which a manifest is told from other files of its name.
pub(super) const FORMAT: &str = "tenantry-bundle";

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const ORGANIZATION: &str = "organization.json";
pub(super) const COLLECTION: &str = "collection.json";
pub(super) const DOCUMENTS: &str = "documents.ndjson";

/// The parts that a manifest tells of, in the order of the file.
const PARTS: [&str; 3] = [ORGANIZATION, COLLECTION, DOCUMENTS];

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always the same word.
    pub format: String,
    /// The version of the format.
    pub version: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// The name of the workspace that it comes from.
    pub workspace: String,
    /// When it was written, in RFC 3339.
    pub written_at: String,
    /// The address of the person who had it written.
    pub written_by: String,
    /// The name of the collection, if it belongs to no organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// The organization's id in hex; empty if it has none.
    pub organization_id: String,
    /// The organization's name; empty without an organization.
    pub organization_name: String,
    /// The name that is shown instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Documents in it.
    pub documents: u64,
    /// Their bytes as BSON.
    pub bytes: u64,
    /// Indexes of the collection, with that of `_id`.
    pub indexes: u32,
    /// What others changed in the collection while it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_meanwhile: Option<ChangedMeanwhile>,
    /// The other parts of the file.
    pub parts: Vec<Part>,
}

/// A part of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The name of the file in the zip.
    pub name: String,
    /// Its bytes, unpacked.
    pub bytes: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
}

impl Manifest {
    /// Reads a manifest. One of a newer version is not looked at any further.
    pub(super) fn read(text: &[u8]) -> Result<Self, AppError> {
        let value: serde_json::Value =
            serde_json::from_slice(text).map_err(|_| damaged(MANIFEST, BundleDamage::NotADocument))?;
        if value.get("format").and_then(|format| format.as_str()) != Some(FORMAT) {
            return Err(AppError::Bundle(BundleProblem::NotABundle));
        }
        let version = value.get("version").and_then(serde_json::Value::as_u64);
        let version = version.ok_or_else(|| damaged(MANIFEST, BundleDamage::NotADocument))?;
        if version > u64::from(VERSION) {
            let found = u32::try_from(version).unwrap_or(u32::MAX);
            return Err(AppError::Bundle(BundleProblem::Newer { found, supported: VERSION }));
        }
        let read: Self =
            serde_json::from_value(value).map_err(|_| damaged(MANIFEST, BundleDamage::NotADocument))?;
        // The two are told apart by both: what one reader takes for an organization, no other does without.
        let is_ownerless = version > u64::from(VERSION_WITH_ORGANIZATION);
        if is_ownerless != read.collection.is_some() {
            return Err(damaged(MANIFEST, BundleDamage::NotADocument));
        }
        Ok(read)
    }

    /// The version of a bundle with an organization, or of one without.
    pub(super) fn version_of(has_organization: bool) -> u32 {
        if has_organization { VERSION_WITH_ORGANIZATION } else { VERSION }
    }

    /// The parts that the bundle has beside the manifest.
    pub(super) fn names(&self) -> &'static [&'static str] {
        let [_, without @ ..] = &PARTS;
        if self.collection.is_some() { without } else { &PARTS }
    }

    /// A part, if the manifest names it once, with a size that such a part can have.
    pub(super) fn part(&self, name: &str) -> Result<&Part, AppError> {
        let mut named = self.parts.iter().filter(|part| part.name == name);
        let part = named.next().ok_or_else(|| damaged(name, BundleDamage::Missing))?;
        if named.next().is_some() {
            return Err(damaged(name, BundleDamage::Twice));
        }
        let most = if name == DOCUMENTS { BUNDLE_UNPACKED_MAX } else { BUNDLE_LINE_MAX as u64 };
        if part.bytes > most { Err(damaged(name, BundleDamage::TooLarge)) } else { Ok(part) }
    }
}

pub(super) fn damaged(part: &str, damage: BundleDamage) -> AppError {
    AppError::Bundle(BundleProblem::Damaged { part: part.to_owned(), line: None, damage })
}
