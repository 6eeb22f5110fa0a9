//! Operators, and people of organizations: who there is, and what others may do about them.

mod bring;
mod one_time;
mod operators;
mod reset;
mod role_change;
mod service;

use crate::error::AppError;
use crate::values::{EmailAddress, PersonName};

pub use operators::{AddOperator, AddedOperator, OperatorService};
pub use reset::OwnerReset;
pub use role_change::RoleChange;
pub use service::{AddPerson, AddedPerson, PeopleService, PersonDetails};

fn parse_who(name: &str, email: &str) -> Result<(PersonName, EmailAddress), AppError> {
    match (PersonName::parse(name), EmailAddress::parse(email)) {
        (Ok(name), Ok(email)) => Ok((name, email)),
        (name, email) => Err(AppError::InvalidInput(name.err().into_iter().chain(email.err()).collect())),
    }
}
