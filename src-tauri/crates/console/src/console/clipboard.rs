//! Secrets on the clipboard, for a while.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tenantry_core::sessions::Freshness;

use super::Console;
use crate::desktop::Desktop;
use crate::error::ConsoleError;

/// How long a copied secret stays on the clipboard.
const COPIED_FOR: Duration = Duration::from_secs(30);

/// The last secret on the clipboard.
#[derive(Clone)]
pub(super) struct Copied {
    workspace: String,
    secret: SecretString,
}

impl Console {
    /// Copies the token of a workspace's session to the clipboard, for 30 seconds.
    ///
    /// # Errors
    /// `no_workspace`, `not_signed_in`, `session_expired`, `session_revoked`, `internal` without a clipboard.
    pub async fn copy_token(&self, workspace: &str) -> Result<(), ConsoleError> {
        let workspace = self.open.load(workspace)?;
        workspace.authorize(Freshness::Now).await?;
        let session = workspace.session().ok_or(ConsoleError::NotSignedIn)?;
        self.copy_secret(&workspace.id, session.token).await
    }

    /// Copies a generated password to the clipboard, for 30 seconds. Asks no server: the window shows it anyway.
    ///
    /// # Errors
    /// `no_workspace`, `not_signed_in`, `internal` without a clipboard.
    pub async fn copy_password(&self, workspace: &str, password: SecretString) -> Result<(), ConsoleError> {
        let workspace = self.open.load(workspace)?;
        workspace.session().ok_or(ConsoleError::NotSignedIn)?;
        self.copy_secret(&workspace.id, password).await
    }

    /// Copies a secret of a workspace to the clipboard. It is removed when its time is over, when the person leaves the
    /// workspace, or when the process ends, whichever comes first.
    async fn copy_secret(&self, workspace: &str, secret: SecretString) -> Result<(), ConsoleError> {
        // Noted before it is copied: an end in between must find it.
        let copied = Copied { workspace: workspace.to_owned(), secret: secret.clone() };
        *self.copied.lock() = Some(copied);
        let (desktop, to_copy) = (Arc::clone(&self.desktop), secret.clone());
        super::blocking(move || desktop.copy_secret(&to_copy)).await??;
        let desktop = Arc::clone(&self.desktop);
        tokio::spawn(async move {
            tokio::time::sleep(COPIED_FOR).await;
            clear_in_background(desktop, secret);
        });
        Ok(())
    }

    /// Empties the clipboard if it still holds the last copied secret and that belongs to this workspace. Does not
    /// wait: another program that owns the clipboard may be slow to respond.
    pub(super) fn clear_copied_of(&self, workspace: &str) {
        let copied = self.copied.lock().clone().filter(|copied| copied.workspace == workspace);
        if let Some(copied) = copied {
            clear_in_background(Arc::clone(&self.desktop), copied.secret);
        }
    }

    /// Empties the clipboard if it still holds the last copied secret. Blocks.
    pub fn clear_copied(&self) {
        let copied = self.copied.lock().take();
        if let Some(Copied { secret, .. }) = copied {
            self.desktop.clear_secret(&secret);
        }
    }
}

fn clear_in_background(desktop: Arc<dyn Desktop>, secret: SecretString) {
    tokio::task::spawn_blocking(move || desktop.clear_secret(&secret));
}
