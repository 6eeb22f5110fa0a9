use std::fmt;

use super::{CopyId, OrganizationId, OrganizationName};

/// The name of a collection that holds an organization's documents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionName(String);

impl CollectionName {
    /// The tenant collection of an organization: `org_` and its name. The service's rule.
    pub fn for_organization(name: &OrganizationName) -> Self {
        Self(format!("org_{name}"))
    }

    /// Where the documents wait while the organization is in the trash. By the copy, so that what comes late from an act
    /// that was given up meets the documents of no later one; short, because a namespace on the smallest Atlas tiers has
    /// 95 bytes.
    pub fn set_aside(copy: CopyId) -> Self {
        Self(format!("console_trash_{copy}"))
    }

    /// As above, for what an earlier version of this program moved to the trash: it knew no copies.
    pub fn in_trash(id: OrganizationId) -> Self {
        Self(format!("console_trash_{id}"))
    }

    /// Where a collection waits that is about to be deleted: a name of its own each time, that nobody else knows.
    pub fn dropped() -> Self {
        Self(format!("console_dropped_{}", CopyId::new()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CollectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
