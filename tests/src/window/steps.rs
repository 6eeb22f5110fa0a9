//! What several tests in the window do: claim a workspace, and look at a screen.

use super::{Window, screenshot};

/// The password of the person who claims a workspace.
pub const OLGAS_PASSWORD: &str = "Passw0rd-of-olga";

impl Window {
    /// Claims the workspace whose claim is shown, as Olga Operator.
    ///
    /// # Panics
    /// When a step of it is not there in time.
    pub async fn claim(&self) {
        self.see("Claim this workspace").await;
        self.fill("Your name", "Olga Operator").await;
        self.fill("Email", "olga@example.com").await;
        self.fill("Password", OLGAS_PASSWORD).await;
        self.fill("Repeat password", OLGAS_PASSWORD).await;
        self.press("Claim workspace").await;
        self.press("I have kept it").await;
        self.see("Olga Operator").await;
    }

    /// Opens the built-in workspace from the start screen, and claims it.
    ///
    /// # Panics
    /// When a step of it is not there in time.
    pub async fn claim_built_in(&self) {
        self.press("Open workspace").await;
        self.claim().await;
    }

    /// Takes a picture at two widths, and asks axe-core.
    ///
    /// # Panics
    /// When the screen is too wide for one of them, or has obstacles.
    pub async fn look(&self, screen: &str, theme: &str) {
        for (width, height) in [(960, 640), (1440, 900)] {
            self.resize(width, height).await;
            self.photograph(&screenshot(&format!("{screen}-{width}"), theme)).await;
            assert_eq!(self.scrolled_sideways().await, [""; 0], "{screen} is too wide for {width}");
            let obstacles: Vec<String> = self.obstacles().await;
            assert_eq!(obstacles, [""; 0], "{screen} at {width} in {theme}");
        }
    }
}
