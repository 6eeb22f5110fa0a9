//! What catches a mistake, in the real window: Undo in the toast, the comparison with what somebody else stored
//! meanwhile, and the deletion for good of one or many, with backups, progress, Cancel and certificates.

use std::fs;

use bson::doc;
use bson::oid::ObjectId;
use rusqlite::{Connection, params};
use tenantry_tests::window::{OLGAS_PASSWORD, Window, screenshot};

/// Chooses the radio button whose name begins so.
async fn take(window: &Window, name: &str) {
    let choose = "[...document.querySelectorAll('input[type=radio]')]
        .find((one) => one.ariaLabel?.startsWith(arguments[0])).click()";
    window.evaluate(choose, vec![name.into()]).await;
}

async fn create(window: &Window, name: &str) {
    window.press("New organization").await;
    window.fill("Name", name).await;
    window.fill("Admin email", &format!("office@{name}.example.com")).await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.see("Available. Its collection will be").await;
    window.press("Create organization").await;
    window.see(&format!("{name} created")).await;
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
    create(window, "aldgate").await;
    let file = Connection::open(window.data.path().join("tenantry.db")).expect("another writer");

    // A rename, undone where it is told.
    window.press_row("aldgate").await;
    window.press("Rename").await;
    window.fill("New name", "aldgate-cover").await;
    window.see("none copied").await;
    window.press("Rename organization").await;
    window.keep_message("aldgate-cover renamed").await;
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

/// Writes so many documents to a collection.
fn fill(file: &mut Connection, name: &str, documents: u32) {
    let of = "SELECT id FROM collections WHERE name = ?1";
    let collection: i64 = file.query_row(of, [name], |row| row.get(0)).expect("the collection");
    let transaction = file.transaction().expect("a transaction");
    let (mut bytes, mut insert) = (
        0_i64,
        transaction
            .prepare("INSERT INTO documents (collection_id, id_key, document) VALUES (?1, ?2, ?3)")
            .expect("prepared"),
    );
    for number in 0..documents {
        // So many values that their backup lasts long enough to be seen.
        let values: Vec<i64> = (0..120).map(|place| i64::from(number) * 7_919 * place).collect();
        let document = doc! { "_id": ObjectId::new(), "values": values };
        let document = document.to_vec().expect("BSON");
        bytes += i64::try_from(document.len()).expect("a size");
        insert.execute(params![collection, number.to_be_bytes().to_vec(), document]).expect("inserted");
    }
    drop(insert);
    let counted = "UPDATE collections SET documents = ?2, data_size = ?3 WHERE id = ?1";
    transaction.execute(counted, params![collection, documents, bytes]).expect("counted");
    transaction.commit().expect("committed");
}

/// The buttons of the dialog and the messages that lie over each other.
async fn covered(window: &Window) -> Vec<String> {
    let look = "const rect = (one) => one.getBoundingClientRect();
        const meet = (a, b) =>
            a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
        const toasts = [...document.querySelectorAll('[data-above-dialogs] > *')].map(rect);
        const dialog = document.querySelector('[aria-modal=true]');
        if (!dialog || toasts.length === 0) return ['no dialog and message'];
        const inside = toasts.every(({ left, top }) => left >= 0 && top >= 0);
        const over = [dialog, ...dialog.querySelectorAll('button, input, a')]
            .filter((one) => toasts.some((toast) => meet(rect(one), toast)));
        return [...over.map((one) => one.innerText), ...(inside ? [] : ['outside the window'])];";
    serde_json::from_value(window.evaluate(look, Vec::new()).await).expect("a list of texts")
}

fn trashed(file: &Connection) -> Vec<String> {
    let names = "SELECT organization_name FROM console_trash ORDER BY organization_name";
    let mut names = file.prepare(names).expect("prepared");
    let names = names.query_map([], |row| row.get(0)).expect("names");
    names.map(|name| name.expect("a name")).collect()
}

fn bundles(window: &Window) -> usize {
    let files = fs::read_dir(window.exports.path()).expect("a folder").flatten();
    files.filter(|one| one.path().extension().is_some_and(|end| end == "tenant")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_are_deleted_for_good_with_progress_in_light() {
    many(&Window::open().await, "Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_are_deleted_for_good_with_progress_in_dark() {
    many(&Window::open().await, "Dark").await;
}

async fn many(window: &Window, theme: &str) {
    let photograph = async |what: &str, width: u32, height: u32| {
        window.resize(width, height).await;
        window.photograph(&screenshot(&format!("{what}-{width}"), theme)).await;
    };
    window.press("Light or dark").await;
    window.press(theme).await;
    window.claim_built_in().await;
    for name in ["aldgate", "borough", "camden"] {
        create(window, name).await;
    }
    let mut file = Connection::open(window.data.path().join("tenantry.db")).expect("another writer");
    fill(&mut file, "org_borough", 180_000);
    window.press("Select all matching").await;
    window.press_in("Selected organizations", "Trash").await;
    window.see("Move 3 organizations to trash?").await;
    window.press("Move to trash").await;
    window.keep_message("3 organizations moved to trash").await;

    // A message is on screen, and the tallest dialog of this page at the smallest window opens.
    window.press("New organization").await;
    window.see("Create organization").await;
    for (width, height) in [(960, 640), (1440, 900)] {
        photograph("nets-message", width, height).await;
        assert_eq!(covered(window).await, [""; 0], "a message lies over the dialog at {width}");
    }
    window.press("Cancel").await;
    window.close_message("3 organizations moved to trash").await;
    window.resize(1280, 820).await;

    for (name, day) in [("aldgate", 1), ("borough", 2), ("camden", 3)] {
        let long_ago = "UPDATE console_trash SET trashed_at = ?2 WHERE organization_name = ?1";
        file.execute(long_ago, params![name, 1_600_000_000_000_i64 + day * 86_400_000]).expect("set back");
    }
    window.press("Trash").await;
    window.see("3 organizations have been in the trash for as long as").await;
    window.look("nets-kept", theme).await;
    window.press("Review 3").await;
    window.see("Delete 3 organizations for good?").await;
    window.tick("Write a backup first").await;
    window.fill("Type the number of organizations to confirm", "3").await;
    window.look("nets-delete-many", theme).await;
    window.press("Delete for good").await;
    // The first is small, the second is not.
    window.see("Writing the backup: borough, 2 of 3").await;
    window.see("of 180,000 documents").await;
    window.see("left").await;
    photograph("nets-deleting", 960, 640).await;
    let look = "const part = (name) => document.querySelector(name).getBoundingClientRect();
        const bar = part('[aria-modal] [role=progressbar]'), body = part('[aria-modal] .body');
        return bar.top >= body.top && bar.bottom <= body.bottom;";
    let shown = window.evaluate(look, Vec::new()).await;
    assert_eq!(shown.as_bool(), Some(true), "the progress is scrolled out of sight");
    window.see("Closing this dialog does not stop it.").await;
    window.press("Close").await;
    window.see("the backup").await;
    photograph("nets-deleting-message", 1440, 900).await;
    window.press("Cancel").await;
    window.see("1 of 3 deleted for good").await;
    assert_eq!(trashed(&file), ["borough", "camden"], "neither the cancelled one is deleted nor the next");
    assert_eq!(bundles(window), 1, "a cancelled backup leaves no file");
    window.press("Show certificates").await;
    window.see("Chained into the record").await;
    window.look("nets-deleted-details", theme).await;
    window.press("Done").await;

    window.press("Select all matching").await;
    window.press_in("Selected organizations", "Delete for good").await;
    window.see("Delete 2 organizations for good?").await;
    window.fill("Type the number of organizations to confirm", "2").await;
    window.press("Delete for good").await;
    window.see("2 organizations are deleted").await;
    window.see("camden is deleted: certificate").await;
    window.evaluate("document.querySelector('[aria-modal] details summary').click()", Vec::new()).await;
    window.see("Chained into the record").await;
    window.look("nets-deleted-many", theme).await;
    window.press("Done").await;
    assert_eq!(trashed(&file), [""; 0]);
}
