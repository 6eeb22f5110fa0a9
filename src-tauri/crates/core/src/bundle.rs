//! An organization in one file, and one that comes in: from such a file, or from another workspace.
//!
//! `docs/bundles.md` describes the file. No file is opened here: bundles go to a [`Write`](std::io::Write) and come
//! from something that can be read and searched.

pub mod masking;
mod moving;
mod progress;
mod service;
mod tenant;

pub use moving::{Destination, Fingerprint};
pub use progress::BundleProgress;
pub use service::{
    AdminPassword, BundleService, Origin, ReceivePlan, ReceiveRequest, Received, WrittenBundle,
};
pub use tenant::{ChangedMeanwhile, Tenant, TenantSource};
