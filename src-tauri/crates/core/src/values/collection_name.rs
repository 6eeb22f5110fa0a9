use std::fmt;

use super::{CopyId, OrganizationId, OrganizationName};

/// The name of a collection with an organization's documents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionName(String);

impl CollectionName {
    /// The tenant collection of an organization: `org_` and its name. The service's rule.
    pub fn for_organization(name: &OrganizationName) -> Self {
        Self(format!("org_{name}"))
    }

    /// The name of the collection while the organization is in the trash. It is made from the copy, so a late step of
    /// an abandoned operation never meets the documents of a later one. Short, because a namespace on the smallest
    /// Atlas tiers has 95 bytes.
    pub fn set_aside(copy: CopyId) -> Self {
        Self(format!("console_trash_{copy}"))
    }

    /// The name in the trash that an earlier version gave, which had no copies.
    pub fn in_trash(id: OrganizationId) -> Self {
        Self(format!("console_trash_{id}"))
    }

    /// A random name for a collection that is about to be deleted: new each time, so nobody else knows it.
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
