use std::fmt;

use super::{OrganizationId, OrganizationName};

/// The name of a collection that holds an organization's documents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionName(String);

impl CollectionName {
    /// The tenant collection of an organization: `org_` and its name. The service's rule.
    pub fn for_organization(name: &OrganizationName) -> Self {
        Self(format!("org_{name}"))
    }

    /// Where the documents wait while the organization is in the trash. By id, because its name is free again; short,
    /// because a namespace on the smallest Atlas tiers has 95 bytes.
    pub fn in_trash(id: OrganizationId) -> Self {
        Self(format!("console_trash_{id}"))
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
