//! Signing in, and finding out whether a session is good.

mod hs256;
mod password;
mod service;
mod sign_in;
mod throttle;
mod token;

pub use password::PasswordHasher;
pub use service::{Freshness, Session, SessionService};
pub use token::SigningKey;
