//! Whether a workspace may be written to: read-only profiles, and production that is unlocked for ten minutes.
//!
//! The gate stands in front of the store, not in the buttons: [`Ports::behind`](crate::Ports::behind) refuses every
//! write with [`StoreError::ReadOnly`](crate::StoreError::ReadOnly) while it is shut. What stays permitted then:
//!
//! | write | why |
//! | --- | --- |
//! | failed sign-ins, and forgetting them | guessing passwords must be slowed down here too |
//! | the first operator of a locked workspace | only an operator can unlock it; a read-only one stays unclaimed |
//! | ended sessions | who signs out of a locked workspace is signed out |
//! | the record of what was done | refusing the record would not undo what it tells: a sign-in, an unlocking, an act that ended after the gate shut |
//!
//! An operation of the journal is asked at its beginning and then carried out whole, also when the gate shuts in the
//! middle: half an act would be worse than one that ends a second late.

mod gate;
mod guarded;
mod service;

pub use gate::{Access, AccessState, Ended, LockCause, Unlocked, WriteGate};
pub use service::{AccessService, Prepared};
