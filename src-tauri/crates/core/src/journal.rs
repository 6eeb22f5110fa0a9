//! The journal of operations: a change of more than one thing first writes here what it is about to do.
//!
//! A plan holds names and the collection's identity, so that recovery can finish or undo the operation by looking at
//! what exists.

mod fence;
mod mending;
mod opening;
mod recovery;
mod runner;
mod settled;
mod whereabouts;

pub use opening::{Opening, Openings};
pub(crate) use recovery::forget_tenant;
pub use runner::OperationRunner;
