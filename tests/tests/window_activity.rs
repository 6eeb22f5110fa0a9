//! The activity record in the real window: what was done is read, checked and undone there.

use fantoccini::key::Key;
use tenantry_tests::window::{OLGAS_PASSWORD, Window};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_is_read_in_the_record_verified_and_undone_in_light() {
    rename_and_undo("Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_is_read_in_the_record_verified_and_undone_in_dark() {
    rename_and_undo("Dark").await;
}

async fn rename_and_undo(theme: &str) {
    let window = Window::open().await;
    window.press("Light or dark").await;
    window.press(theme).await;
    window.see("A workspace in a single file").await;
    window.claim_built_in().await;
    window.press("New organization").await;
    window.fill("Name", "aldgate").await;
    window.fill("Admin email", "office@aldgate.example.com").await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.see("Available. Its collection will be").await;
    window.press("Create organization").await;
    window.see("aldgate created").await;
    window.press_row("aldgate").await;
    window.press("Rename").await;
    window.fill("New name", "aldgate-cover").await;
    window.see("none copied").await;
    window.press("Rename organization").await;
    window.see("aldgate-cover renamed").await;
    window.press_row("aldgate-cover").await;
    window.press_tab("Activity").await;
    window.see("renamed aldgate to aldgate-cover").await;
    window.look("organization-activity", theme).await;

    window.press("Activity").await;
    window.see("olga@example.com renamed aldgate to aldgate-cover").await;
    window.press("Verify").await;
    window.see("Verified").await;
    window.see("verified the record").await;
    window.press_row("olga@example.com renamed aldgate to aldgate-cover").await;
    window.see("Before").await;
    window.look("activity-entry", theme).await;
    window.press("Undo").await;
    window.see("The undo is recorded as an entry of its own").await;
    window.look("activity-undo", theme).await;
    // It submits the open dialog, whose button has the name of the one behind it.
    window.hold(Key::Control, "\u{E007}").await;
    window.see("renamed aldgate-cover to aldgate").await;
    window.see("Something has changed since").await;
    window.press("Close entry").await;
    window.look("activity", theme).await;
    window.press("Filter").await;
    window.look("activity-filter", theme).await;
    window.press("Cancel").await;
    window.press("Organizations").await;
    window.see_in_row("aldgate", "Active").await;
    window.close().await;
}
