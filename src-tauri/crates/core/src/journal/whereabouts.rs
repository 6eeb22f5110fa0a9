use crate::error::StoreError;
use crate::ports::Ports;
use crate::records::{CollectionIdentity, Operation, Trashed, TrashedCollection};
use crate::values::{CollectionName, OrganizationId, OrganizationName};

/// The move of a collection in an operation.
pub(super) struct Move<'a> {
    ports: &'a Ports,
    operation: &'a Operation,
    collection: &'a CollectionIdentity,
    source: &'a CollectionName,
    target: &'a CollectionName,
}

/// Where the collection of an operation is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    /// Where it was when the operation started.
    Source,
    /// Where the operation moves it to.
    Target,
    /// Neither name has a collection.
    Gone,
    /// Unknown.
    Unclear {
        /// The reason, for the person.
        reason: String,
    },
}

impl<'a> Move<'a> {
    pub(super) fn of(
        (ports, operation): (&'a Ports, &'a Operation),
        collection: &'a CollectionIdentity,
        [source, target]: &'a [CollectionName; 2],
    ) -> Self {
        Self { ports, operation, collection, source, target }
    }

    pub(super) fn source(&self) -> &CollectionName {
        self.source
    }

    pub(super) fn target(&self) -> &CollectionName {
        self.target
    }

    /// Where the collection is now. The names decide only if the store has no identities and exactly one of the two
    /// exists: other software may have recreated a collection under the old name.
    pub(super) async fn look(&self) -> Result<Whereabouts, StoreError> {
        let at_source = self.ports.collections.identity(self.source).await?;
        let at_target = self.ports.collections.identity(self.target).await?;
        Ok(self.judge(at_source.as_ref(), at_target.as_ref()))
    }

    fn judge(
        &self,
        at_source: Option<&CollectionIdentity>,
        at_target: Option<&CollectionIdentity>,
    ) -> Whereabouts {
        let is_it = |found: Option<&CollectionIdentity>| found.map(|found| self.collection.is_same_as(found));
        let (source, target) = (self.source, self.target);
        let reason = match (is_it(at_source), is_it(at_target)) {
            (_, Some(Some(true))) | (None, Some(None)) => return Whereabouts::Target,
            (Some(Some(true)), _) | (Some(None), None) => return Whereabouts::Source,
            (None, None) => return Whereabouts::Gone,
            (Some(Some(false)) | None, Some(Some(false)) | None) => {
                format!("neither {source} nor {target} is the collection that was there when it began")
            }
            (Some(_), Some(_)) => {
                format!("{source} and {target} are both there, and which holds the documents can't be told")
            }
        };
        Whereabouts::Unclear { reason }
    }

    pub(super) async fn forward(&self) -> Result<(), StoreError> {
        self.ports.collections.rename(self.source, self.target, self.collection).await
    }

    /// Moves the collection from the target to where its organization is now, live or in the trash. Returns whether the
    /// organization has such a place and nothing was there.
    pub(super) async fn bring_home(&self, id: OrganizationId) -> Result<bool, StoreError> {
        // By its name alone it could be another organization's by now.
        if self.collection.0.is_none() {
            return Ok(false);
        }
        let found = match self.ports.organizations.find(id).await? {
            None => self.ports.organizations.find_trashed(id).await?,
            live => live,
        };
        // An organization that never had a collection, or left it to others, has no place for one.
        let has_place = |trashed: &Trashed| trashed.collection == TrashedCollection::Moved;
        let Some(found) = found.filter(|found| found.trashed.as_ref().is_none_or(has_place)) else {
            return Ok(false);
        };
        let home = found.collection();
        if home == *self.target {
            return Ok(true);
        }
        if self.ports.collections.exists(&home).await? {
            return Ok(false);
        }
        self.ports.collections.rename(self.target, &home, self.collection).await?;
        Ok(true)
    }

    /// Undoes the move because `name` is taken. The organization that took it may have found the collection that is
    /// leaving, and gets one of its own.
    pub(super) async fn back(&self, name: &OrganizationName) -> Result<(), StoreError> {
        self.ports.collections.rename(self.target, self.source, self.collection).await?;
        if self.ports.organizations.find_by_name(name).await?.is_some() {
            self.ports.collections.create(self.target).await?;
            // It may have given up meanwhile: its creation found the collection that was on its way.
            if self.ports.organizations.find_by_name(name).await?.is_none() {
                self.ports.collections.delete_empty(self.target, &self.operation.mark()).await?;
            }
        }
        Ok(())
    }
}
