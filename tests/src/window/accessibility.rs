//! Whether everyone can work with the window: axe-core checks it from inside.

use std::path::Path;
use std::{env, fs};

use super::{Window, answer};

/// Runs in the window: all rules in the current theme, and in the other theme those about colour again, the only ones
/// that it changes. What axe leaves undecided about colours, the test of the colour tokens decides.
const LOOK: &str = r#"
const done = arguments[arguments.length - 1];
const root = document.documentElement;
const shown = root.dataset.theme;
const kinds = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "experimental"];
const look = async (theme, runOnly) => {
    root.dataset.theme = theme;
    for (const one of document.getAnimations())
        if (one.effect?.getComputedTiming().endTime !== Infinity) one.finish();
    // It mistakes a row of a grid, which the keys move along, for an element without a role.
    const rules = { "focus-order-semantics": { enabled: false } };
    const options = { runOnly, rules, resultTypes: ["violations"], preload: false };
    const { violations } = await axe.run(document, options);
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, html, any, all, none }) => {
        const why = [...any, ...all, ...none].map((check) => check.message).join("; ");
        return `${theme}: ${id} (${help}) at ${target.join(" ")}: ${why}\n      ${html.slice(0, 240)}`;
    }));
};
(async () => {
    const all = await look(shown, { type: "tag", values: kinds });
    const colours = await look(shown === "dark" ? "light" : "dark", { type: "rule", values: ["color-contrast"] });
    root.dataset.theme = shown;
    done([...all, ...colours]);
})().catch((error) => done([`axe failed: ${error}`]));
"#;

impl Window {
    /// The obstacles for people who work with the window, in light and in dark; empty if all is well.
    ///
    /// # Panics
    /// When axe-core is not installed, or does not respond.
    pub async fn obstacles(&self) -> Vec<String> {
        self.await_stillness().await;
        let loaded = self.client.execute("return 'axe' in window", Vec::new());
        if answer("look for axe", loaded).await.expect("the window answers") != true {
            let axe = axe_core();
            answer("load axe", self.client.execute(&axe, Vec::new())).await.expect("axe is loaded");
        }
        let found = answer("look for obstacles", self.client.execute_async(LOOK, Vec::new())).await;
        serde_json::from_value(found.expect("axe answers")).expect("a list of findings")
    }

    /// Checks that everyone can work with the window.
    ///
    /// # Panics
    /// When someone cannot.
    pub async fn assert_accessible(&self, what: &str) {
        let found = self.obstacles().await;
        assert!(found.is_empty(), "{what} keeps people out:\n  {}", found.join("\n  "));
    }
}

/// The program that runs in the window. It is one of the packages of the web UI.
fn axe_core() -> String {
    // Where it runs, not where it was built: two checkouts may share their builds.
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs this");
    let file = Path::new(&package).join("../ui/node_modules/axe-core/axe.min.js");
    let text = fs::read_to_string(&file);
    text.unwrap_or_else(|error| panic!("`make ui-packages` installs {}: {error}", file.display()))
}
