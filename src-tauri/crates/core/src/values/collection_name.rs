use std::fmt;

use sha2::{Digest as _, Sha256};

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

    /// The name of this collection while an operation is about to delete it because it is empty: nobody writes there.
    /// Each operation has its own, and whoever goes on with it after a crash finds it.
    pub fn dropped(&self, operation: &str) -> Self {
        let digest = hex::encode(Sha256::digest(format!("{operation} {self}")));
        Self(format!("console_dropped_{}", &digest[..24]))
    }

    /// The name under which documents from elsewhere are collected, before they belong to an organization.
    pub fn incoming(copy: CopyId) -> Self {
        Self(format!("console_incoming_{copy}"))
    }

    /// The name under which the twins of documents wait for a decision: the same `_id`, other contents.
    pub fn twins(copy: CopyId) -> Self {
        Self(format!("console_twins_{copy}"))
    }

    /// A name that a store has, whether or not an organization can have such a collection.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// Whether such a collection holds documents of tenants: `org_*`, and those that Tenantry sets aside.
    pub fn holds_tenants(&self) -> bool {
        Self::PREFIXES.iter().any(|prefix| self.0.starts_with(prefix))
    }

    /// How the names of collections with tenants' documents begin.
    const PREFIXES: [&str; 5] =
        ["org_", "console_trash_", "console_dropped_", "console_incoming_", "console_twins_"];

    /// The name of the organization that has such a tenant collection; `None` if no organization can.
    pub fn organization_name(&self) -> Option<OrganizationName> {
        self.0.strip_prefix("org_").map(|name| OrganizationName::from_stored(name.to_owned()))
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
