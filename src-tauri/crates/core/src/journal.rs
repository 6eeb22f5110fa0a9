//! The journal of operations: an act that touches more than one thing writes here first what it is about to do.
//!
//! A plan holds names and which collection it is about, so that what a crash left can be finished or undone by looking at
//! what exists.

mod attention;
mod model;
mod opening;
mod port;
mod recovery;
mod runner;
mod whereabouts;

pub use attention::{AttentionService, Choice, Data, Destination, Facts, Found, Place, Unsettled};
pub use model::{JournalEntry, Operation, OperationPlan, Owner, Recovered, RecoveryOutcome, Turn};
pub use opening::{Opening, Openings};
pub use port::OperationJournal;
pub(crate) use runner::Admission;
pub use runner::OperationRunner;
