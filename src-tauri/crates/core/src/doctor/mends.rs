//! Mends: what each finding offers, what it would send, and carrying it out.
//!
//! A mend is a plan of steps ([`step`]). A dry run shows the steps of a plan as commands; carrying out sends them. But
//! for a decision about twins, none of the steps removes what no other place has (a file that was read back is one).
//! Each can be repeated: after a crash the journal ends the mend by what exists, and the next pass finds the rest.

mod choices;
mod collections;
mod commands;
mod deciding;
mod definitions;
mod documents;
mod halves;
mod plan;
mod put;
mod service;
mod set_aside;
mod step;
mod template;
mod twins;
mod undo;

pub use service::{MendService, Mended};
