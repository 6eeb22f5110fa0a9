//! Decides whether a workspace can be written to: its connection and its operators may make it read-only, or lock it
//! until an operator unlocks it for ten minutes.
//!
//! Operators decide what a workspace permits, and the workspace stores it ([`PermitStore`](crate::ports::PermitStore));
//! a connection can only be stricter.
//!
//! The gate stands in front of the store, not in the buttons: [`Ports::behind`](crate::Ports::behind) refuses every
//! write with [`StoreError::ReadOnly`](crate::StoreError::ReadOnly) while it is closed. These writes pass a closed
//! gate:
//!
//! | write | why |
//! | --- | --- |
//! | failed sign-ins, and forgetting them | guessing passwords must be slowed down here too |
//! | a person's own password, and the time of a sign-in | who has to change a one-time password could never unlock |
//! | the first operator of a locked workspace | only an operator can unlock it; a read-only one stays unclaimed |
//! | live sessions, and ending them | a person signs in to a locked workspace, and out of it |
//! | what operators decide that the workspace permits | a read-only workspace could never be reopened |
//! | entries of the record | what is refused, and who signs in, is told in a locked workspace too |
//!
//! An operation of the journal asks the gate when it starts and is then carried out whole, even if the gate closes in
//! the middle: half a change would be worse than one that ends a second late.

mod gate;
mod guarded;
mod operations;
mod service;

pub use gate::{AccessState, Ended, LockCause, Unlocked, WriteGate};
pub use operations::Operations;
pub use service::{AccessService, Prepared};
