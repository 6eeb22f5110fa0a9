use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use crate::records::Owner;

/// The workspaces that this process has open.
///
/// Two connections can point to the same database. This list tells a running operation of another open workspace from
/// one that a crash left behind: both belong to the same installation.
#[derive(Debug, Clone, Default)]
pub struct Openings(Arc<Mutex<HashSet<String>>>);

impl Openings {
    /// Notes an opened workspace until the returned value is dropped. `instance` is random.
    pub fn begin(&self, installation: String, instance: String) -> Opening {
        self.instances().insert(instance.clone());
        Opening { owner: Owner { installation, instance }, beside: self.clone() }
    }

    fn instances(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock()
    }
}

/// An open workspace, and the owner of the operations that it starts.
#[derive(Debug)]
pub struct Opening {
    owner: Owner,
    beside: Openings,
}

impl Opening {
    /// The owner of the operations that it starts.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Whether `owner` is another workspace that this process has open.
    pub(super) fn is_beside(&self, owner: &Owner) -> bool {
        owner.installation == self.owner.installation
            && owner.instance != self.owner.instance
            && self.beside.instances().contains(&owner.instance)
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.beside.instances().remove(&self.owner.instance);
    }
}

/// An open workspace without others beside it.
impl From<Owner> for Opening {
    fn from(owner: Owner) -> Self {
        Openings::default().begin(owner.installation, owner.instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_stands_beside_the_others_of_its_run_until_it_ends() {
        let openings = Openings::default();
        let begin = |instance: &str| openings.begin("installation".to_owned(), instance.to_owned());
        let (one, other) = (begin("one"), begin("other"));
        assert!(one.is_beside(other.owner()), "its operations would be taken for those of a crash");
        assert!(!one.is_beside(one.owner()), "its own failed operations would never be settled");
        let gone = other.owner().clone();
        drop(other);
        assert!(!one.is_beside(&gone), "what a closed workspace left would wait for its lease");
    }
}
