//! Carries out what a person decided about twins, a few documents at a time.

use std::collections::HashMap;

use bson::RawDocument;
use bson::oid::ObjectId;
use bson::raw::{RawDocumentBuf, cstr};
use sha2::{Digest, Sha256};

use super::choices::changed;
use super::put::put;
use crate::doctor::TwinDecision;
use crate::doctor::compare::{beside, proof_of};
use crate::document_ids::{id_of, ids_of};
use crate::error::{AppError, StoreError};
use crate::jobs::Cancellation;
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::ports::Ports;
use crate::values::CollectionName;

/// Twins that are in memory at the same time, each with the document beside it.
pub(super) const AT_ONCE: usize = 50;

/// What becomes of the twins in `from`. Each is removed last, once it is in `to` or nobody wants it.
#[derive(Debug, Clone)]
pub(super) struct Deciding {
    pub(super) from: CollectionName,
    /// The organization's collection.
    pub(super) to: CollectionName,
    pub(super) what: What,
    /// The first ones, for a dry run.
    pub(super) named: Vec<Named>,
    /// How many there are, as far as the store knows.
    pub(super) total: u64,
}

/// About which twins it is decided.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// All that are there when it is carried out.
    All(TwinDecision),
    /// These, while they are as they were shown.
    Each(Vec<Decided>),
}

/// A decision about one twin.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    /// A document of its `_id` alone.
    pub(super) id: Vec<u8>,
    /// [`proof_of`] what was shown.
    pub(super) proof: String,
    pub(super) decision: TwinDecision,
}

/// A twin that a dry run names.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// A document of its `_id` alone.
    pub(super) id: Vec<u8>,
    /// A document of the `_id` that it gets in the collection beside another.
    pub(super) new_id: Vec<u8>,
    /// Whether the collection has a document of its `_id`.
    pub(super) has_own: bool,
    pub(super) decision: TwinDecision,
}

/// A twin, and the document of its `_id` in the organization's collection.
pub(super) struct Pair {
    pub(super) twin: Vec<u8>,
    pub(super) own: Option<Vec<u8>>,
    pub(super) decision: TwinDecision,
}

impl Named {
    pub(super) fn of(twin: &[u8], has_own: bool, decision: TwinDecision) -> Result<Self, StoreError> {
        Ok(Self { id: id_of(twin)?, new_id: id_of(&copy_of(twin)?)?, has_own, decision })
    }
}

impl Deciding {
    pub(super) async fn carry_out(&self, ports: &Ports, cancellation: &Cancellation) -> Result<(), AppError> {
        match &self.what {
            What::Each(decided) => {
                for part in decided.chunks(AT_ONCE) {
                    cancellation.checkpoint()?;
                    // Once more, now that it is to be done: others may have worked since the plan.
                    let pairs = self.pairs(ports, part).await?;
                    self.decide(ports, pairs).await?;
                }
            }
            What::All(decision) => {
                let limit = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
                let mut after = None;
                loop {
                    cancellation.checkpoint()?;
                    let twins =
                        ports.collections.documents_after(&self.from, after.as_deref(), limit).await?;
                    let Some(last) = twins.last() else { break };
                    after = Some(id_of(last)?);
                    let beside = beside(ports, &self.to, &twins).await?;
                    let pairs = twins.into_iter().zip(beside);
                    let pairs = pairs.map(|(twin, own)| Pair { twin, own, decision: *decision });
                    // Who keeps what the collection has, while it has nothing, would lose the last one unseen.
                    let pairs = pairs.filter(|pair| pair.own.is_some() || *decision != TwinDecision::Keep);
                    self.decide(ports, pairs.collect()).await?;
                }
            }
        }
        Ok(())
    }

    /// The documents of these decisions.
    ///
    /// # Errors
    /// `FactsChanged` if one is not as it was shown.
    pub(super) async fn pairs(&self, ports: &Ports, decided: &[Decided]) -> Result<Vec<Pair>, AppError> {
        let ids: Vec<_> = decided.iter().map(|one| one.id.clone()).collect();
        let found = ports.collections.documents_of(&self.from, &ids).await?;
        let mut found: HashMap<_, _> = ids_of(&found)?.into_iter().zip(found).collect();
        let twins: Option<Vec<_>> = ids.iter().map(|id| found.remove(id)).collect();
        let twins = twins.ok_or_else(changed)?;
        let beside = beside(ports, &self.to, &twins).await?;
        let pairs = decided.iter().zip(twins.into_iter().zip(beside)).map(|(decided, (twin, own))| {
            let is_as_shown = proof_of(own.as_deref(), &twin) == decided.proof;
            is_as_shown.then_some(Pair { twin, own, decision: decided.decision }).ok_or_else(changed)
        });
        pairs.collect()
    }

    async fn decide(&self, ports: &Ports, pairs: Vec<Pair>) -> Result<(), AppError> {
        let (mut inserted, mut replaced, mut twins) = (Vec::new(), Vec::new(), Vec::new());
        for Pair { twin, own, decision } in pairs {
            match (decision, own) {
                (TwinDecision::Keep, _) => {}
                // An interrupted decision put it there.
                (TwinDecision::Take | TwinDecision::Both, Some(own)) if own == twin => {}
                (TwinDecision::Take, Some(own)) => replaced.push((own, twin.clone())),
                (TwinDecision::Both, Some(_)) => inserted.push(copy_of(&twin)?),
                (TwinDecision::Take | TwinDecision::Both, None) => inserted.push(twin.clone()),
            }
            twins.push(twin);
        }
        if !inserted.is_empty() {
            require_all(&put(ports, &self.to, &inserted).await?.1)?;
        }
        if !replaced.is_empty() {
            self.replace(ports, replaced).await?;
        }
        // Each only while it is what was decided about.
        let removed = ports.collections.remove_documents(&self.from, &twins).await?;
        if removed == twins.len() as u64 { Ok(()) } else { Err(changed()) }
    }

    async fn replace(&self, ports: &Ports, pairs: Vec<(Vec<u8>, Vec<u8>)>) -> Result<(), AppError> {
        // One command has room for one document of the largest size: what is larger is removed first. The twin waits
        // until it is there.
        let (at_once, apart): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|(own, twin)| own.len() + twin.len() < DOCUMENT_BYTES_MAX);
        if !at_once.is_empty() {
            ports.collections.replace_documents(&self.to, &at_once).await?;
        }
        let removed: Vec<_> = apart.iter().map(|(own, _)| own.clone()).collect();
        if !removed.is_empty() {
            ports.collections.remove_documents(&self.to, &removed).await?;
        }
        let (_, twins): (Vec<_>, Vec<_>) = at_once.into_iter().chain(apart).unzip();
        // Inserts what was removed, and reads all of them.
        require_all(&put(ports, &self.to, &twins).await?.1)
    }
}

fn require_all(differing: &[Vec<u8>]) -> Result<(), AppError> {
    if differing.is_empty() { Ok(()) } else { Err(changed()) }
}

/// A document under an `_id` of its own. The id is made of the document, so whoever repeats an interrupted decision
/// makes no second copy; its time is that of the document's own id, or none.
fn copy_of(document: &[u8]) -> Result<Vec<u8>, StoreError> {
    let damaged = || StoreError::Corrupt { what: "a tenant's document".to_owned() };
    let read = RawDocument::from_bytes(document).map_err(|_| damaged())?;
    let mut id = [0; 12];
    if let Some(own) = read.get("_id").ok().flatten().and_then(|id| id.as_object_id()) {
        id[..4].copy_from_slice(&own.bytes()[..4]);
    }
    id[4..].copy_from_slice(&Sha256::digest(document)[..8]);
    let mut copy = RawDocumentBuf::new();
    copy.append(cstr!("_id"), ObjectId::from_bytes(id));
    for field in read {
        let (name, value) = field.map_err(|_| damaged())?;
        if name != cstr!("_id") {
            copy.append(name, value);
        }
    }
    Ok(copy.into_bytes())
}

#[cfg(test)]
mod tests {
    use bson::{Document, doc};

    use super::*;

    #[test]
    fn a_copy_has_another_id_of_the_same_second_and_all_the_rest() {
        let own = ObjectId::new();
        let twin = doc! {"a": 1, "_id": own, "b": {"_id": 5}}.to_vec().unwrap();
        let read = |bytes: &[u8]| Document::from_reader(bytes).unwrap();
        let copy = read(&copy_of(&twin).unwrap());
        let id = copy.get_object_id("_id").unwrap();
        assert_ne!(id, own);
        assert_eq!(id.timestamp(), own.timestamp());
        assert_eq!(copy, doc! {"_id": id, "a": 1, "b": {"_id": 5}});
        assert_eq!(copy_of(&twin), copy_of(&twin), "repeating makes no second one");
        let other = doc! {"a": 2, "_id": own}.to_vec().unwrap();
        assert_ne!(read(&copy_of(&other).unwrap()).get_object_id("_id").unwrap(), id);
        assert!(read(&copy_of(&doc! {"_id": "x"}.to_vec().unwrap()).unwrap()).get_object_id("_id").is_ok());
    }
}
