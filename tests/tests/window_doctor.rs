//! The doctor in the real window: a file that was damaged behind the program's back is looked at, findings are mended
//! one by one and together, and a mend is undone.

use rusqlite::Connection;
use tenantry_tests::window::Window;

/// The collection of `polar-logistics` under a name that nobody owns, three that are gone, fields that name others,
/// and an address in capitals.
const DAMAGE: &str = "
    UPDATE collections SET name = 'org_lost' WHERE name = 'org_polar-logistics';
    DELETE FROM collections WHERE name IN ('org_copper-kettle', 'org_ocean-cargo', 'org_blue-heron-inn');
    UPDATE organizations SET collection_name = 'org_nowhere' WHERE organization_name = 'kestrel-freight';
    UPDATE organizations SET collection_name = 'org_harbour' WHERE organization_name = 'harbor-view-clinic';
    UPDATE organizations SET admin_email = 'orders@OldMillBooks.example' WHERE organization_name = 'old-mill-books';
";

/// What the file says about an organization: the field `collection_name`, and whether the collection of its name is
/// there.
fn stored(file: &Connection, name: &str) -> (String, bool) {
    let sql = "SELECT collection_name, EXISTS (SELECT 1 FROM collections WHERE name = 'org_' || ?1)
               FROM organizations WHERE organization_name = ?1";
    file.query_row(sql, [name], |row| Ok((row.get(0)?, row.get(1)?))).expect("the organization is there")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_found_looked_at_mended_and_undone_in_light() {
    mend(&Window::open().await, "Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_found_looked_at_mended_and_undone_in_dark() {
    mend(&Window::open().await, "Dark").await;
}

async fn mend(window: &Window, theme: &str) {
    window.press("Light or dark").await;
    window.press(theme).await;
    window.see("A workspace in a single file").await;
    window.claim_built_in().await;
    window.press("Load sample organizations").await;
    window.see("60 sample organizations loaded").await;
    let file = Connection::open(window.data.path().join("tenantry.db")).expect("another writer");

    window.press("Doctor").await;
    window.see("The doctor has not run here").await;
    window.look("doctor-never", theme).await;
    window.press("Run the doctor").await;
    window.see("Metadata and storage agree").await;
    window.look("doctor-clean", theme).await;
    file.execute_batch(DAMAGE).expect("damaged");
    window.press("Run again").await;
    for kind in [
        "No collection",
        "Collection nobody owns",
        "Collection name does not follow",
        "Address in another form",
    ] {
        window.see(kind).await;
    }
    window.look("doctor-findings", theme).await;

    // One: looked at, tried, mended, undone.
    window.press_row("kestrel-freight").await;
    window.see("names another collection than the one that follows").await;
    window.look("doctor-finding", theme).await;
    window.press_in("kestrel-freight", "Dry run").await;
    window.see("Commands, in this order").await;
    window.see("It can be undone afterwards.").await;
    window.look("doctor-dry-run", theme).await;
    assert_eq!(
        stored(&file, "kestrel-freight"),
        ("org_nowhere".to_owned(), true),
        "a dry run writes nothing"
    );
    window.press_in("kestrel-freight", "Set the collection name").await;
    window.see("Mended").await;
    window.look("doctor-mended", theme).await;
    assert_eq!(stored(&file, "kestrel-freight"), ("org_kestrel-freight".to_owned(), true));
    window.press_in("kestrel-freight", "Undo").await;
    window.see("Ways to mend it").await;
    assert_eq!(stored(&file, "kestrel-freight"), ("org_nowhere".to_owned(), true));

    // One that has to be told something.
    window.press_row("org_lost").await;
    window.see("no organization has it").await;
    window.choose_in("Organization", "polar-logistics").await;
    window.look("doctor-attach", theme).await;
    window.press_in("org_lost", "Attach collection").await;
    window.see("Mended").await;
    assert_eq!(stored(&file, "polar-logistics"), ("org_polar-logistics".to_owned(), true));
    window.press("Close finding").await;

    // A group.
    window.press("Run again").await;
    window.press("Make the collection…").await;
    window.see("Make the collection: 3 findings").await;
    window.look("doctor-many", theme).await;
    window.press("Dry run").await;
    window.see("It can be undone afterwards.").await;
    window.look("doctor-many-dry-run", theme).await;
    window.press("Make the collection").await;
    window.see("3 findings mended").await;
    for name in ["copper-kettle", "ocean-cargo", "blue-heron-inn"] {
        assert_eq!(stored(&file, name), (format!("org_{name}"), true));
    }
    window.look("doctor-many-mended", theme).await;

    window.press("Set the collection name…").await;
    window.see("Set the collection name: 2 findings").await;
    window.press("Set the collection name").await;
    window.see("2 findings mended").await;
    window.press_row("old-mill-books").await;
    window.press_in("old-mill-books", "Correct the address").await;
    window.see("Mended").await;
    window.press("Close finding").await;

    // Indexes too.
    window.tick("Check indexes too").await;
    window.press("Run again").await;
    window.see("Metadata and storage agree").await;
    window.look("doctor-clean-again", theme).await;
}
