//! The record as a whole: how a session's acts get into it, and whether it is still what was written.

mod acts;
mod first;
mod refused;
mod verify;

pub use acts::random_operation;
pub(crate) use first::{Sparingly, in_operation, with_left_out};
pub use refused::record_refusals;
pub use verify::{Damage, DamageKind, Verified, verify};
