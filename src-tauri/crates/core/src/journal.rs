//! The journal of operations: an act that touches more than one thing writes here first what it is about to do.
//!
//! A plan holds names and which collection it is about, so that what a crash left can be finished or undone by looking at
//! what exists.

mod opening;
mod recovery;
mod runner;
mod whereabouts;

pub use opening::{Opening, Openings};
pub use runner::OperationRunner;
