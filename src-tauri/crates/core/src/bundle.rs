//! An organization in one file, or a collection that belongs to none, and what comes in: from such a file, or from
//! another workspace.
//!
//! `docs/bundles.md` describes the file. No file is opened here: bundles go to a [`Write`](std::io::Write) and come
//! from something that can be read from any place.

mod collection;
mod collection_source;
pub(crate) mod extended_json;
mod fingerprint;
mod keeping;
mod manifest;
pub mod masking;
mod moving;
mod progress;
mod reading;
mod receiving;
mod service;
mod tenant;
mod writing;

pub(crate) use collection_source::CollectionSource;
pub use fingerprint::Fingerprint;
pub use keeping::{KeptBundle, PendingBundle};
pub(crate) use keeping::{ProvenBundle, contents};
pub use manifest::{Manifest, Part};
pub use moving::{Destination, MovedTo};
pub use progress::BundleProgress;
pub use reading::{BundleInput, BundleReader};
pub use service::{AdminPassword, BundleService, ReceivePlan, ReceiveRequest, Received, WrittenBundle};
pub use tenant::{ChangedMeanwhile, Tenant, TenantSource};
pub(crate) use writing::Occasion;
pub use writing::Origin;
