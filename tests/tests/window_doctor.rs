//! The doctor in the real window: a file that was damaged behind the program's back is looked at, findings are mended
//! one by one and together, and a mend is undone. Halves and twins are compared, joined, decided about and separated.

use bson::{Document, doc};
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn halves_and_twins_are_compared_and_decided_about_in_light() {
    compare(&Window::open().await, "Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn halves_and_twins_are_compared_and_decided_about_in_dark() {
    compare(&Window::open().await, "Dark").await;
}

/// The built-in workspace with sample organizations, and its file as other software opens it.
async fn with_samples(window: &Window, theme: &str) -> Connection {
    window.press("Light or dark").await;
    window.press(theme).await;
    window.see("A workspace in a single file").await;
    window.claim_built_in().await;
    window.press("Load sample organizations").await;
    window.see("60 sample organizations loaded").await;
    window.file()
}

async fn mend(window: &Window, theme: &str) {
    let file = with_samples(window, theme).await;

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
    window.see_in_row("old-mill-books", "Mended").await;
    window.press("Close finding").await;

    // Indexes too.
    window.tick("Check indexes too").await;
    window.press("Run again").await;
    window.see("Metadata and storage agree").await;
    window.look("doctor-clean-again", theme).await;
}

/// Documents that both halves of `old-mill-books` have, each with another content. They fill more than a page.
const DIFFERING: usize = 12;

/// What a rename of `old-mill-books` by the service leaves when it stops half-way: another collection with some of the
/// documents. People went on working, so they differ, and somebody made an index there. Returns the ids of those that
/// differ, in their order.
fn stop_a_rename(file: &Connection) -> Vec<String> {
    let definitions = ["_id", "created_at", "customer.city"].map(|field| {
        let name = if field == "_id" { "_id_".to_owned() } else { format!("{field}_1") };
        doc! { "key": { field: 1 }, "name": name }
    });
    let indexes = doc! { "indexes": definitions.to_vec() }.to_vec().expect("indexes");
    file.execute(
        "INSERT INTO collections (name, created_at, indexes) VALUES ('org_old-mill-book', 0, ?1)",
        [indexes],
    )
    .expect("the other half");
    file.execute_batch(
        "INSERT INTO documents SELECT half.id, id_key, documents.created_at, updated_at, document
         FROM documents JOIN collections AS own ON own.id = collection_id,
              (SELECT id FROM collections WHERE name = 'org_old-mill-book') AS half
         WHERE own.name = 'org_old-mill-books' ORDER BY id_key LIMIT 30",
    )
    .expect("copied");
    let changed = change_documents(file, "org_old-mill-book", DIFFERING, |place, document| {
        let customer = document.get_document_mut("customer").expect("a shop");
        customer.insert("city", "Kirkwall");
        if place == 1 {
            document
                .insert("remark", "Call before delivery; the bell at the gate is out of order since March.");
        }
    });
    file.execute_batch(
        "UPDATE collections SET
             documents = (SELECT count(*) FROM documents WHERE collection_id = id),
             data_size = (SELECT sum(length(document)) FROM documents WHERE collection_id = id),
             dated_created_at = (SELECT count(*) FROM documents WHERE collection_id = id),
             dated_updated_at = (SELECT count(*) FROM documents WHERE collection_id = id)
         WHERE name = 'org_old-mill-book'",
    )
    .expect("counted");
    changed
}

/// Changes the first documents of a collection. Returns their ids.
fn change_documents(
    file: &Connection,
    collection: &str,
    count: usize,
    change: impl Fn(usize, &mut Document),
) -> Vec<String> {
    let mut statement = file
        .prepare(
            "SELECT collection_id, id_key, document FROM documents
             WHERE collection_id = (SELECT id FROM collections WHERE name = ?1) ORDER BY id_key LIMIT ?2",
        )
        .expect("a statement");
    let rows = statement.query_map((collection, i64::try_from(count).expect("a count")), |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, Vec<u8>>(2)?))
    });
    let rows: Vec<_> = rows.expect("documents").map(|row| row.expect("a document")).collect();
    let ids = rows.into_iter().enumerate().map(|(place, (of, key, bytes))| {
        let mut document: Document = bson::deserialize_from_slice(&bytes).expect("BSON");
        change(place, &mut document);
        let bytes = document.to_vec().expect("BSON");
        let sql = "UPDATE documents SET document = ?3 WHERE collection_id = ?1 AND id_key = ?2";
        file.execute(sql, (of, key, bytes)).expect("changed");
        document.get_object_id("_id").expect("an id").to_hex()
    });
    ids.collect()
}

/// How many documents a collection has, and in how many of them the customer lives in Kirkwall.
fn documents_in(file: &Connection, collection: &str) -> (usize, usize) {
    let mut statement = file
        .prepare("SELECT document FROM documents JOIN collections ON id = collection_id WHERE name = ?1")
        .expect("a statement");
    let rows = statement.query_map([collection], |row| row.get::<_, Vec<u8>>(0)).expect("documents");
    let documents: Vec<Document> =
        rows.map(|row| bson::deserialize_from_slice(&row.expect("a document")).expect("BSON")).collect();
    let moved = documents.iter().filter(|one| {
        one.get_document("customer").and_then(|one| one.get_str("city")).ok() == Some("Kirkwall")
    });
    (documents.len(), moved.count())
}

async fn compare(window: &Window, theme: &str) {
    let file = with_samples(window, theme).await;
    let (all, nobody) = documents_in(&file, "org_old-mill-books");
    assert_eq!(nobody, 0, "no sample is from there");
    let ids = stop_a_rename(&file);

    // Two halves.
    window.press("Doctor").await;
    window.press("Run the doctor").await;
    window.see("Rename stopped half-way").await;
    window.press_row("old-mill-books").await;
    window.see("some are here, some are there").await;
    window.look("doctor-half", theme).await;
    window.press_in("old-mill-books", "Compare").await;
    window.see("30 documents looked at: 12 differ, 18 the same").await;
    window.look("doctor-halves", theme).await;
    window.press("Next").await;
    window.see("11 to 12").await;
    window.press_in("old-mill-books", "Join the halves").await;
    window.see("Mended").await;
    window.look("doctor-halves-joined", theme).await;
    window.press("Close finding").await;

    // The twins that were kept: some are decided, but none that has changed since it was shown.
    let twins: String = file
        .query_row("SELECT name FROM collections WHERE name LIKE 'console_twins_%'", [], |row| row.get(0))
        .expect("twins were kept");
    window.press("Run again").await;
    window.see("Kept beside a joined collection").await;
    window.press_row(&twins).await;
    window.press_in(&twins, "Compare").await;
    window.see("12 documents looked at").await;
    window.look("doctor-twins", theme).await;
    let pair = |place: usize| format!("Document {}", ids[place]);
    window.press_in(&pair(0), "Take the right").await;
    window.press_in(&pair(1), "Have both").await;
    window.press_in(&pair(2), "Keep the left").await;
    window.see("3 chosen").await;
    window.press_in("What you chose", "Dry run").await;
    window.see("Commands, in this order").await;
    window.look("doctor-twins-chosen", theme).await;
    change_documents(&file, &twins, 1, |_, document| {
        document.insert("remark", "Changed elsewhere");
    });
    window.press("Decide 3").await;
    window.see("Changed since you chose. Choose again.").await;
    window.see("2 chosen").await;
    window.see("Changed elsewhere").await;
    window.look("doctor-twins-changed", theme).await;
    assert_eq!(documents_in(&file, &twins).0, DIFFERING, "nothing was decided");
    window.press_in(&pair(0), "Take the right").await;
    window.press("Decide 3").await;
    window.see("3 documents decided").await;
    window.look("doctor-twins-decided", theme).await;
    assert_eq!(documents_in(&file, &twins).0, DIFFERING - 3);
    let (there, moved) = documents_in(&file, "org_old-mill-books");
    assert_eq!((there, moved), (all + 1, 2), "one was taken, one is there twice");

    // All that are left.
    window.choose("Put them in place of what was joined").await;
    window.press("Decide all 9").await;
    window.see("Mended").await;
    window.look("doctor-twins-mended", theme).await;
    let (there, moved) = documents_in(&file, "org_old-mill-books");
    assert_eq!((there, moved), (all + 1, DIFFERING - 1), "one of each id, and a copy");
    assert_eq!(documents_in(&file, &twins).0, 0);
    window.press("Close finding").await;

    // Two organizations of one name.
    let twin = "UPDATE organizations SET organization_name = 'Polar-Logistics' WHERE organization_name = 'ocean-cargo'";
    file.execute_batch(twin).expect("a twin");
    window.press("Run again").await;
    window.see("Two of one name").await;
    window.press_row("polar-logistics").await;
    window.press_in("polar-logistics", "Compare").await;
    window.see("Last change").await;
    window.look("doctor-twin-names", theme).await;
    window.choose_in("Organization that gets the new name", "polar-logistics").await;
    window.fill("New name", "arctic-logistics").await;
    window.see("Available").await;
    window.look("doctor-twin-names-separated", theme).await;
    window.press_in("polar-logistics", "Give one another name").await;
    window.see("Mended").await;
    assert_eq!(
        stored(&file, "arctic-logistics"),
        ("org_arctic-logistics".to_owned(), true),
        "its own came along"
    );
}
