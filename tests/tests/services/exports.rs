use std::io::{self, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use bson::oid::ObjectId;
use tenantry_core::error::{AppError, FileProblem};
use tenantry_core::export::{
    CsvLayout, CsvSeparator, ExportColumn, ExportFormat, ExportRequest, ExportScope, Exported,
};
use tenantry_core::jobs::{Cancellation, Progress, ProgressSink, Quiet};
use tenantry_core::records::{NewOrganization, OrganizationFilter, SortDirection, SortField, StatusFilter};
use tenantry_core::rights::Actor;
use tenantry_core::values::{EmailAddress, OrganizationId, OrganizationName, PasswordHash};
use tenantry_tests::console::Console;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use time::OffsetDateTime;

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

const CSV: ExportFormat =
    ExportFormat::Csv(CsvLayout::Plain { separator: CsvSeparator::Comma, byte_order_mark: true });

/// A file in memory.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk that is full after so many bytes.
struct Small(usize);

impl Write for Small {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The progress that a job reported.
#[derive(Default)]
struct Told(Mutex<Vec<Progress>>);

impl ProgressSink for Told {
    fn report(&self, progress: Progress) {
        self.0.lock().unwrap().push(progress);
    }
}

/// A file that cancels its own job with the first bytes that it is given, and counts what it is given.
#[derive(Clone, Default)]
struct CancelsAtFirst(Cancellation, Arc<AtomicU32>);

impl Write for CancelsAtFirst {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.cancel();
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn request(scope: ExportScope, columns: &[ExportColumn]) -> ExportRequest {
    ExportRequest {
        scope,
        columns: columns.to_vec(),
        format: ExportFormat::Ndjson,
        sort: SortField::Name,
        direction: SortDirection::Ascending,
    }
}

async fn text(console: &Console, actor: &Actor, request: ExportRequest) -> String {
    let file = Buffer::default();
    let Exported { rows, .. } = console
        .exports
        .run(actor, request, Box::new(file.clone()), &Quiet, &Cancellation::default())
        .await
        .expect("the list is exported");
    let text = String::from_utf8(file.0.lock().unwrap().clone()).expect("UTF-8");
    assert_eq!(text.lines().count() as u64, rows, "the answer says how many rows the file has");
    text
}

/// The names in a file, in its order.
async fn names(console: &Console, actor: &Actor, request: ExportRequest) -> Vec<String> {
    let names = ExportRequest { columns: vec![ExportColumn::Name], ..request };
    let row = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        row["organization_name"].as_str().expect("a name").to_owned()
    };
    text(console, actor, names).await.lines().map(row).collect()
}

/// Organizations without collections.
async fn add_many(console: &Console, count: u32) -> Vec<OrganizationId> {
    let new = |number: u32| NewOrganization {
        id: OrganizationId::from(ObjectId::new()),
        name: OrganizationName::parse(&format!("many-{number:05}")).expect("a name"),
        display_name: None,
        admin_email: EmailAddress::parse(&format!("admin@many-{number}.example.com")).expect("an address"),
        admin_password: PasswordHash::from_stored("$2b$04$planted-hash".to_owned()),
        created_at: OffsetDateTime::UNIX_EPOCH,
    };
    let organizations: Vec<_> = (0..count).map(new).collect();
    for part in organizations.chunks(500) {
        console.ports.organizations.insert_many(part).await.expect("inserted");
    }
    organizations.iter().map(|organization| organization.id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_is_what_is_not_in_the_trash_in_the_order_asked_for() {
    for store in BOTH {
        let workspace = TestWorkspace::open(store).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        for name in ["birch", "alder", "cedar"] {
            console.create(name).await;
        }
        let gone = console.create("gone").await;
        console.organizations.trash(&operator, gone.id, None).await.expect("in the trash");
        let all = request(ExportScope::All, &[]);
        assert_eq!(names(&console, &operator, all.clone()).await, ["alder", "birch", "cedar"], "{store:?}");
        let down = ExportRequest { direction: SortDirection::Descending, ..all };
        assert_eq!(names(&console, &operator, down).await, ["cedar", "birch", "alder"], "{store:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filtered_export_has_the_rows_of_the_list() {
    for store in BOTH {
        let workspace = TestWorkspace::open(store).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        for name in ["north-one", "north-two", "south"] {
            console.create(name).await;
        }
        let two = console.organizations.get(&operator, "north-two").await.expect("there");
        console.organizations.deactivate(&operator, two.id).await.expect("deactivated");
        let filter =
            |search: &str, status| OrganizationFilter { search: search.to_owned(), status, only: None };
        let export =
            async |filter| names(&console, &operator, request(ExportScope::Filtered(filter), &[])).await;
        // Space around it is not part of a search, here as in the list.
        assert_eq!(
            export(filter(" NORTH ", StatusFilter::All)).await,
            ["north-one", "north-two"],
            "{store:?}"
        );
        assert_eq!(export(filter("", StatusFilter::Deactivated)).await, ["north-two"], "{store:?}");
        console.organizations.trash(&operator, two.id, None).await.expect("in the trash");
        assert_eq!(export(filter("", StatusFilter::Trashed)).await, ["north-two"], "{store:?}");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn a_selection_is_sorted_and_leaves_out_what_is_gone() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let (cedar, alder) = (console.create("cedar").await.id, console.create("alder").await.id);
    let trashed = console.create("aaa-trashed").await.id;
    console.create("not-chosen").await;
    console.organizations.trash(&operator, trashed, None).await.expect("in the trash");
    let ids = vec![cedar, trashed, OrganizationId::new(), alder, cedar];
    let selected = request(ExportScope::Selected(ids), &[]);
    assert_eq!(names(&console, &operator, selected).await, ["alder", "cedar", "aaa-trashed"]);
}

#[tokio::test]
async fn a_selection_of_very_many_has_each_once_in_order() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let mut ids = add_many(&console, 2_500).await;
    let trashed = ids[7];
    console.organizations.trash(&operator, trashed, None).await.expect("in the trash");
    ids.reverse();
    let without_last = ids.split_off(1);
    let written = names(&console, &operator, request(ExportScope::Selected(without_last), &[])).await;
    assert_eq!(written.len(), 2_499);
    assert_eq!((written[0].as_str(), written[7].as_str()), ("many-00000", "many-00008"));
    assert_eq!(written[2_497..], ["many-02498", "many-00007"], "the trash comes last");
}

#[tokio::test]
async fn an_organizations_admin_gets_their_own_only_whatever_is_asked_for() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let own = console.create("own").await;
    let other = console.create("other").await;
    let admin = console.sign_in("admin@own.example.com").await.actor;
    let everybody = OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None };
    let others = OrganizationFilter { only: Some(vec![other.id]), ..everybody.clone() };
    for scope in
        [ExportScope::All, ExportScope::Filtered(everybody), ExportScope::Selected(vec![own.id, other.id])]
    {
        assert_eq!(names(&console, &admin, request(scope.clone(), &[])).await, ["own"], "{scope:?}");
    }
    for scope in [ExportScope::Filtered(others), ExportScope::Selected(vec![other.id])] {
        let nothing = names(&console, &admin, request(scope.clone(), &[])).await;
        assert!(nothing.is_empty(), "{scope:?}: {nothing:?}");
    }
}

#[tokio::test]
async fn statistics_are_asked_for_when_they_are_wanted() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let organization = console.create("acme").await;
    add_many(&console, 1).await;
    let document = bson::doc! {"_id": 1, "text": "twelve bytes"}.to_vec().expect("BSON");
    let size = document.len();
    let collection = organization.collection();
    console.ports.collections.insert_documents(&collection, &[document]).await.expect("inserted");
    let columns = [ExportColumn::Name, ExportColumn::Documents, ExportColumn::DataSize, ExportColumn::Name];
    assert_eq!(
        text(&console, &operator, request(ExportScope::All, &columns)).await,
        format!(
            "{{\"organization_name\":\"acme\",\"documents\":1,\"data_size\":{size}}}\n\
             {{\"organization_name\":\"many-00000\",\"documents\":null,\"data_size\":null}}\n"
        ),
        "a missing collection has no numbers, and a column named twice is written once"
    );
}

#[tokio::test]
async fn no_format_writes_a_password_hash() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    add_many(&console, 3).await;
    let columns = [
        ExportColumn::Id,
        ExportColumn::Name,
        ExportColumn::DisplayName,
        ExportColumn::Status,
        ExportColumn::AdminEmail,
        ExportColumn::CollectionName,
        ExportColumn::CreatedAt,
        ExportColumn::UpdatedAt,
    ];
    for format in [CSV, ExportFormat::Json, ExportFormat::Ndjson] {
        let file = Buffer::default();
        let request = ExportRequest { format, ..request(ExportScope::All, &columns) };
        let (output, cancellation) = (Box::new(file.clone()), Cancellation::default());
        console.exports.run(&operator, request, output, &Quiet, &cancellation).await.expect("exported");
        let text = String::from_utf8(file.0.lock().unwrap().clone()).expect("UTF-8");
        assert!(text.contains("many-00002") && !text.contains("planted-hash"), "{format:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_export_ends_on_the_way() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    // The few batches that wait for the writer are a small part of them.
    let rows = 20_000;
    add_many(&console, rows).await;
    for format in [CSV, ExportFormat::Json, ExportFormat::Ndjson, ExportFormat::Xlsx] {
        let file = CancelsAtFirst::default();
        let request = ExportRequest { format, ..request(ExportScope::All, &[ExportColumn::Name]) };
        let told = Told::default();
        let output = Box::new(file.clone());
        let answer = console.exports.run(&operator, request, output, &told, &file.0).await;
        assert_eq!(answer, Err(AppError::Cancelled), "{format:?}");
        assert_eq!(file.1.load(Ordering::SeqCst), 1, "{format:?}: nothing is written after that");
        assert_eq!(Arc::strong_count(&file.1), 1, "the file is closed when the job has ended");
        // A spreadsheet is put together when it has all rows.
        let read = told.0.into_inner().unwrap().iter().map(|progress| progress.done).max();
        let is_part = read < Some(u64::from(rows));
        assert!(is_part || format == ExportFormat::Xlsx, "{format:?}: {read:?} rows were read");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_as_such() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    add_many(&console, 20_000).await;
    for format in [CSV, ExportFormat::Json, ExportFormat::Ndjson, ExportFormat::Xlsx] {
        let request =
            ExportRequest { format, ..request(ExportScope::All, &[ExportColumn::Id, ExportColumn::Name]) };
        let output = Box::new(Small(70_000));
        let answer = console.exports.run(&operator, request, output, &Quiet, &Cancellation::default()).await;
        assert_eq!(answer, Err(AppError::FileNotWritten(FileProblem::Full)), "{format:?}");
    }
}

#[tokio::test]
async fn progress_starts_at_nothing_never_passes_its_total_and_ends_with_all() {
    for store in BOTH {
        let workspace = TestWorkspace::open(store).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        add_many(&console, 1_500).await;
        let told = Told::default();
        let output = Box::new(io::sink());
        let request = request(ExportScope::All, &[ExportColumn::Name]);
        let cancellation = Cancellation::default();
        console.exports.run(&operator, request, output, &told, &cancellation).await.expect("exported");
        let told = told.0.into_inner().unwrap();
        assert_eq!(told.first().map(|progress| progress.done), Some(0), "{store:?}: {told:?}");
        assert_eq!(told.last(), Some(&Progress { done: 1_500, total: Some(1_500) }), "{store:?}");
        // The number comes while rows are read already.
        let known: Vec<_> = told.iter().filter_map(|progress| progress.total).collect();
        assert!(known.iter().all(|total| *total == 1_500), "{store:?}: {told:?}");
        assert!(told.is_sorted_by_key(|progress| progress.done), "{store:?}: {told:?}");
        workspace.remove().await;
    }
}
