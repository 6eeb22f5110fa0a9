//! What several tests in the window do: claim a workspace, damage it, and look at a screen.

use fantoccini::elements::Element;
use rusqlite::Connection;

use super::{Window, named, quoted, screenshot};

/// The address of the person who claims a workspace.
pub const OLGA: &str = "olga@example.com";

/// The password of the person who claims a workspace.
pub const OLGAS_PASSWORD: &str = "Passw0rd-of-olga";

/// Damage to the sample organizations, as other software makes it: the collection of `polar-logistics` under a name
/// that nobody owns, three that are gone, fields that name others, and an address in capitals.
pub const DAMAGE: &str = "
    UPDATE collections SET name = 'org_lost' WHERE name = 'org_polar-logistics';
    DELETE FROM collections WHERE name IN ('org_copper-kettle', 'org_ocean-cargo', 'org_blue-heron-inn');
    UPDATE organizations SET collection_name = 'org_nowhere' WHERE organization_name = 'kestrel-freight';
    UPDATE organizations SET collection_name = 'org_harbour' WHERE organization_name = 'harbor-view-clinic';
    UPDATE organizations SET admin_email = 'orders@OldMillBooks.example' WHERE organization_name = 'old-mill-books';
";

impl Window {
    /// Claims the workspace whose claim is shown, as Olga Operator.
    ///
    /// # Panics
    /// When a step of it is not there in time.
    pub async fn claim(&self) {
        self.claim_as("Olga Operator").await;
        self.press("I have kept it").await;
        self.see("Olga Operator").await;
    }

    /// Claims the workspace whose claim is shown, as Olga under this name. Returns the recovery code, which is on
    /// screen then.
    ///
    /// # Panics
    /// When a step of it is not there in time.
    pub async fn claim_as(&self, name: &str) -> String {
        self.see("Claim this workspace").await;
        self.fill("Your name", name).await;
        self.fill("Email", OLGA).await;
        self.fill("Password", OLGAS_PASSWORD).await;
        self.fill("Repeat password", OLGAS_PASSWORD).await;
        self.press("Claim workspace").await;
        self.see("Keep your recovery code").await;
        let groups = "return [...document.querySelectorAll('[data-secret] span')]
            .map((group) => group.textContent).join('-')";
        let code = self.evaluate(groups, Vec::new()).await.as_str().expect("a text").to_owned();
        assert_eq!(code.len(), 32, "{code} is no recovery code");
        code
    }

    /// Opens the built-in workspace from the start screen, and claims it.
    ///
    /// # Panics
    /// When a step of it is not there in time.
    pub async fn claim_built_in(&self) {
        self.press("Open workspace").await;
        self.claim().await;
    }

    /// The file of the built-in workspace, for another writer.
    ///
    /// # Panics
    /// When it can't be opened.
    pub fn file(&self) -> Connection {
        Connection::open(self.data.path().join("tenantry.db")).expect("the file of the workspace")
    }

    /// Chooses an option by its words, in the list with this label. The platform draws the options outside of the page,
    /// where the driver does not reach them.
    ///
    /// # Panics
    /// When there is no such option in time.
    pub async fn choose_in(&self, label: &str, option: &str) {
        let choose =
            "const label = [...document.querySelectorAll('label')].find((one) => one.innerText === arguments[0]);
            const select = document.getElementById(label?.htmlFor);
            const option = [...(select?.options ?? [])].find((one) => one.text === arguments[1]);
            if (!option) return false;
            select.value = option.value;
            select.dispatchEvent(new Event('change', { bubbles: true }));
            return true;";
        self.until(&format!("choose \"{option}\" in \"{label}\""), async || {
            self.evaluate(choose, vec![label.into(), option.into()]).await == true
        })
        .await;
    }

    /// Waits for the message with this text, and keeps it until it is closed, as a pointer that rests on it does:
    /// pictures and axe-core may take longer than a message stays. It stays as well when the real pointer leaves it
    /// because the window changes its size.
    ///
    /// # Panics
    /// When it is not there in time.
    pub async fn keep_message(&self, text: &str) {
        let rest = "const messages = [...document.querySelectorAll('[data-toasts] > *')];
            const message = messages.find((one) => one.innerText.includes(arguments[0]));
            message?.addEventListener('pointerleave', (event) => event.stopImmediatePropagation(), true);
            message?.dispatchEvent(new PointerEvent('pointerenter'));
            return message !== undefined;";
        self.until(&format!("see the message \"{text}\""), async || {
            self.evaluate(rest, vec![text.into()]).await == true
        })
        .await;
    }

    /// Closes the message with this text.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn close_message(&self, text: &str) {
        let path =
            format!("//*[@data-toasts]/*[contains(., {})]//button[{}]", quoted(text), named("Close message"));
        let what = format!("close the message \"{text}\"");
        self.act(&what, &path, async |element: &Element| element.click().await).await;
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
