//! An organization in one file, and one that comes in: from such a file, or from another workspace.
//!
//! `docs/bundles.md` describes the file. No file is opened here: bundles go to a [`Write`](std::io::Write) and come
//! from something that can be read from any place.

mod collection;
mod extended_json;
mod fingerprint;
mod manifest;
pub mod masking;
mod moving;
mod organization;
mod progress;
mod reading;
mod receiving;
mod service;
mod tenant;
mod writing;

pub use fingerprint::Fingerprint;
pub use manifest::{Manifest, Part};
pub use moving::Destination;
pub use progress::BundleProgress;
pub use reading::{BundleInput, BundleReader};
pub use service::{AdminPassword, BundleService, ReceivePlan, ReceiveRequest, Received, WrittenBundle};
pub use tenant::{ChangedMeanwhile, Tenant, TenantSource};
pub use writing::Origin;
