//! Signs people in and checks sessions.

mod candidates;
mod claims;
mod confirm;
mod failing;
mod hs256;
mod live;
mod own;
mod password;
mod recovery;
mod refusal;
mod service;
mod sign_in;
mod throttle;
mod token;

pub use failing::{Failing, FailingSubject};
pub use live::SessionPage;
pub use password::PasswordHasher;
pub use refusal::Refusal;
pub use service::{AccountChoice, Claimed, Computer, Freshness, Session, SessionService, SignedIn};
pub use throttle::name_of as account_key;
pub use token::SigningKey;
