//! What is known of names and addresses in the workspace: asked in batches, kept until the plan is looked at anew.

use std::collections::HashMap;

use crate::records::Organization;
use crate::values::{EmailAddress, OrganizationId, OrganizationName};

/// What stands behind a name.
#[derive(Debug, Clone)]
pub(super) enum NameState {
    Free,
    /// A live organization has it.
    Organization(Box<Organization>),
    /// No live organization has it, but its collection exists or is claimed.
    CollectionTaken,
}

/// Who has an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressState {
    Free,
    /// The admin of an organization.
    Organization(OrganizationId),
    Operator,
}

/// Names and addresses that a plan needs to know of.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub(super) names: Vec<OrganizationName>,
    pub(super) addresses: Vec<EmailAddress>,
}

impl Wanted {
    /// Whether nothing is to be asked.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.addresses.is_empty()
    }
}

/// What the store knows of the wanted names and addresses.
#[derive(Debug, Default)]
pub struct Found {
    pub(super) names: HashMap<OrganizationName, NameState>,
    /// By [`EmailAddress::matching_key`].
    pub(super) addresses: HashMap<String, AddressState>,
}

impl Found {
    pub(super) fn merge(&mut self, more: Self) {
        self.names.extend(more.names);
        self.addresses.extend(more.addresses);
    }
}
