//! Sessions in the real window: an owner changes how long they last, locks the window with a dialog half filled in, and
//! finds it as it was. Every screen on the way is looked at by axe-core.

use fantoccini::key::Key;
use tenantry_tests::window::{OLGAS_PASSWORD, Window, screenshot};

async fn sessions_are_set_and_a_locked_window_keeps_what_was_typed(theme: &str) {
    let window = Window::open().await;
    let take = async |what: &str| {
        window.assert_accessible(what).await;
        for width in [1440, 960] {
            window.resize(width, 820).await;
            window.photograph(&screenshot(&format!("{what}-{width}"), theme)).await;
            assert_eq!(window.scrolled_sideways().await, [""; 0], "{what} is too wide for {width}");
        }
        window.resize(1280, 820).await;
    };
    window.press("Light or dark").await;
    window.press(theme).await;
    window.claim_built_in().await;
    window.see("No organizations yet").await;

    window.press("Settings").await;
    window.see("Lock an idle window after, in minutes").await;
    window.see("This session").await;
    window.see("Nobody has to wait.").await;
    window.fill("Session, in minutes", "4").await;
    window.key(Key::Tab).await;
    window.see("Type a whole number from 5 to 720.").await;
    window.fill("Session, in minutes", "45").await;
    window.fill("Lock an idle window after, in minutes", "10").await;
    take("settings-sessions").await;
    // The driver does not scroll to what it presses.
    let save =
        "Array.from(document.querySelectorAll('button')).find((one) => one.textContent.trim() === 'Save')";
    window.evaluate(&format!("{save}.scrollIntoView({{ block: 'center' }})"), Vec::new()).await;
    window.press("Save").await;
    window.see("Settings saved").await;
    window.see_in_field("Session, in minutes", "45").await;

    window.press("Operators").await;
    window.press_row("Olga Operator").await;
    window.see("This session").await;
    take("operator-sessions").await;
    window.press("Close panel").await;

    window.press("Organizations").await;
    window.press("New organization").await;
    window.fill("Name", "half_typed").await;
    // The menu is behind the dialog: the window is locked as it is after the idle time.
    let workspace = serde_json::json!({ "workspace": "built-in" });
    window.invoke("lock_window", workspace).await;
    window.see("is locked").await;
    take("locked").await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.press("Unlock").await;
    window.see_no("is locked").await;
    window.see_in_field("Name", "half_typed").await;
    window.press("Cancel").await;
    window.press("Discard").await;

    window.press("Olga Operator").await;
    window.press("Lock the window").await;
    window.see("is locked").await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.press("Unlock").await;
    window.see("No organizations yet").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_set_and_a_locked_window_keeps_what_was_typed_in_light() {
    sessions_are_set_and_a_locked_window_keeps_what_was_typed("Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_set_and_a_locked_window_keeps_what_was_typed_in_dark() {
    sessions_are_set_and_a_locked_window_keeps_what_was_typed("Dark").await;
}
