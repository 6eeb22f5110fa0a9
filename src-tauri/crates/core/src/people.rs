//! Operators, and people of organizations: who there is, and what others may do about them.

mod operators;
mod service;

pub use operators::{AddOperator, AddedOperator, OperatorService};
pub use service::{AddPerson, AddedPerson, PeopleService, PersonDetails};
