//! Signing in, sessions, and who may do what.

mod hs256;
mod model;
mod password;
mod rights;
mod service;
mod sign_in;
mod throttle;
mod token;

pub use model::{Account, Actor, Session};
pub use password::PasswordHasher;
pub use rights::{Act, Role, allows};
pub use service::{Freshness, SessionService};
pub use token::SigningKey;
