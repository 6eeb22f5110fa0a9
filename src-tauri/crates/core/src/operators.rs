//! Operators, what signing in leaves behind, and the sessions that were ended.

mod model;
mod port;

pub use model::{NewOperator, Operator, SignInAttempts};
pub use port::AccountStore;
