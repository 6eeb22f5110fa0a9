//! Signs people in and checks sessions.

mod candidates;
mod hs256;
mod own;
mod password;
mod recovery;
mod service;
mod sign_in;
mod throttle;
mod token;

pub use password::PasswordHasher;
pub use service::{AccountChoice, Claimed, Freshness, Session, SessionService, SignedIn};
pub use token::SigningKey;
