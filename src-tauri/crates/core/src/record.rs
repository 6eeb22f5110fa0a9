//! The record as a whole: how a session's acts get into it, and whether it is still what was written.

mod acts;

pub use acts::random_operation;
