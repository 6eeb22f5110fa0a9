//! Whether a workspace may be written to: read-only profiles, and production that is unlocked for ten minutes.
//!
//! What a workspace permits is decided by its operators and kept in it ([`PermitStore`](crate::ports::PermitStore)); a profile may only permit less.
//!
//! The gate stands in front of the store, not in the buttons: [`Ports::behind`](crate::Ports::behind) refuses every
//! write with [`StoreError::ReadOnly`](crate::StoreError::ReadOnly) while it is shut. What stays permitted then:
//!
//! | write | why |
//! | --- | --- |
//! | failed sign-ins, and forgetting them | guessing passwords must be slowed down here too |
//! | the first operator of a locked workspace | only an operator can unlock it; a read-only one stays unclaimed |
//! | ended sessions | who signs out of a locked workspace is signed out |
//! | what operators decide that the workspace permits | a read-only one could never be given back; a profile that is read-only by itself writes nothing all the same |
//! | the record of what was done | refusing the record would not undo what it tells: a sign-in, an unlocking, an act that ended after the gate shut |
//!
//! An operation of the journal is asked at its beginning and then carried out whole, also when the gate shuts in the
//! middle: half an act would be worse than one that ends a second late.

mod gate;
mod guarded;
mod operations;
mod service;

pub use gate::{AccessState, Ended, LockCause, Unlocked, WriteGate};
pub use operations::Operations;
pub use service::{AccessService, Prepared};
