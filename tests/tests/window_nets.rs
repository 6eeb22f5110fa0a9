//! What catches a mistake, in the real window: Undo in the toast, the comparison with what somebody else stored
//! meanwhile, and the deletion for good with its backup and its certificate.

use std::fs;

use rusqlite::Connection;
use tenantry_tests::window::{OLGAS_PASSWORD, Window};

/// Chooses the radio button whose name begins so.
async fn take(window: &Window, name: &str) {
    let choose = "[...document.querySelectorAll('input[type=radio]')]
        .find((one) => one.ariaLabel?.startsWith(arguments[0])).click()";
    window.evaluate(choose, vec![name.into()]).await;
}

fn stored(file: &Connection) -> (String, Option<String>, String) {
    let sql = "SELECT organization_name, display_name, admin_email FROM organizations";
    file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("one organization")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_is_undone_compared_and_backed_up_in_light() {
    mistakes(&Window::open().await, "Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_is_undone_compared_and_backed_up_in_dark() {
    mistakes(&Window::open().await, "Dark").await;
}

async fn mistakes(window: &Window, theme: &str) {
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
    let file = Connection::open(window.data.path().join("tenantry.db")).expect("another writer");

    // A rename, undone where it is told.
    window.press_row("aldgate").await;
    window.press("Rename").await;
    window.fill("New name", "aldgate-cover").await;
    window.see("none copied").await;
    window.press("Rename organization").await;
    window.see("aldgate-cover renamed").await;
    window.look("nets-undo", theme).await;
    window.press("Undo").await;
    window.see("Undone").await;
    window.see_in_row("aldgate", "Active").await;
    assert_eq!(stored(&file).0, "aldgate");

    // Both changed the address; the display name is somebody else's alone.
    window.press_row("aldgate").await;
    window.press("More actions").await;
    window.press("Edit").await;
    window.fill("Admin email", "mine@aldgate.example.com").await;
    window.see("No other organization uses this email address").await;
    let behind = "UPDATE organizations SET admin_email = 'theirs@aldgate.example.com',
        admin_email_key = 'theirs@aldgate.example.com', display_name = 'Aldgate Insurance'";
    file.execute_batch(behind).expect("written behind");
    window.press("Save changes").await;
    window.see("Somebody else changed this meanwhile").await;
    window.look("nets-elsewhere", theme).await;
    assert_eq!(stored(&file).2, "theirs@aldgate.example.com", "nothing was written over");
    take(window, "Admin email: store").await;
    window.press("Save changes").await;
    window.see("saved").await;
    let (_, display_name, email) = stored(&file);
    assert_eq!(display_name.as_deref(), Some("Aldgate Insurance"), "what was not touched stays");
    assert_eq!(email, "mine@aldgate.example.com");

    // For good, with a backup.
    window.press("Move to trash").await;
    window.see("Move Aldgate Insurance to trash?").await;
    window.look("nets-trash", theme).await;
    window.press("Move to trash").await;
    window.see("moved to trash").await;
    window.press("Trash").await;
    window.press_row("Aldgate Insurance").await;
    window.see("Kept until").await;
    window.press("Delete for good").await;
    window.see("Commands that will run").await;
    window.tick("Write a backup first").await;
    window.fill("Type the organization name to confirm", "aldgate").await;
    window.look("nets-delete", theme).await;
    window.evaluate("document.querySelector('details').open = true", Vec::new()).await;
    window.look("nets-delete-commands", theme).await;
    window.press("Delete for good").await;
    window.see("is deleted").await;
    window.see("Chained into the record").await;
    window.look("nets-certificate", theme).await;
    window.press("Save certificate").await;
    window.see("Certificate saved").await;
    window.press("Done").await;
    let files: Vec<String> = fs::read_dir(window.exports.path())
        .expect("a folder")
        .map(|one| one.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    for end in [".tenant", ".json"] {
        assert!(files.iter().any(|one| one.ends_with(end)), "{end}: {files:?}");
    }
}
