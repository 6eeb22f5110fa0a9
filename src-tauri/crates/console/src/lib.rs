//! One running console of Tenantry, without a window: saved profiles and their secrets, files, open workspaces, jobs,
//! and the services of each open workspace. The window, the tests and a command line stand on it.
//!
//! ```
//! use secrecy::SecretString;
//! use tenantry_console::profiles::BUILT_IN;
//! use tenantry_console::{Console, Password};
//! use tenantry_core::organizations::CreateRequest;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tenantry_console::ConsoleError> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let (folder, password) = (folder.path(), SecretString::from("Passw0rd-of-docs"));
//! let console = Console::in_folder(folder);
//! # let console = console.with_vault(tenantry_console::vault::Vault::without_keychain(folder, None));
//! let workspace = console.open(BUILT_IN, Password::Kept).await?;
//! let claimed = workspace.claim("Dana Ortiz", "dana@example.com", &password).await?;
//! let request = CreateRequest {
//!     name: "acme".to_owned(),
//!     display_name: "Acme, Inc.".to_owned(),
//!     email: "admin@acme.example".to_owned(),
//!     password,
//! };
//! let acme = workspace.organizations().create(&claimed.session.actor, request).await?;
//! assert_eq!(acme.collection().to_string(), "org_acme");
//! drop(workspace);
//! console.close_all().await;
//! # Ok(())
//! # }
//! ```
//!
//! [`Console::open`] connects and settles what a crash left; an [`OpenWorkspace`] has the services, one method each.
//! What only a shell can do is behind two small ports: [`desktop::Desktop`] and [`profiles::ProfileFile`].

pub mod address;
pub mod compose;
pub mod connection_secrets;
pub mod console;
pub mod desktop;
pub mod doctor;
pub mod drafts;
pub mod erasing;
pub mod error;
pub mod files;
pub mod folders;
#[cfg(test)]
mod generated;
pub mod identifiers;
pub mod importing;
pub mod jobs;
pub mod logging;
pub mod moving;
pub mod presence;
pub mod profiles;
pub mod sealing;
pub mod setting_aside;
pub mod transfer;
pub mod vault;
mod watch;
pub mod workspace;

pub use console::{Console, Password};
pub use error::ConsoleError;
pub use workspace::OpenWorkspace;
