//! One running console of Tenantry, without a window: saved profiles and their secrets, files, open workspaces, jobs, and the
//! services of each open workspace. The window, the tests and a command line stand on it.

pub mod address;
pub mod compose;
pub mod connection_secrets;
pub mod console;
pub mod desktop;
pub mod drafts;
pub mod error;
pub mod files;
pub mod folders;
#[cfg(test)]
mod generated;
pub mod identifiers;
pub mod jobs;
pub mod logging;
pub mod numbers;
pub mod profiles;
pub mod sealing;
pub mod secret_kind;
pub mod transfer;
pub mod vault;
pub mod workspace;

pub use console::{Console, Password};
pub use workspace::OpenWorkspace;
