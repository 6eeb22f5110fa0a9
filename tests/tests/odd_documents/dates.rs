use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use bson::{Bson, DateTime, Document, doc};
use tenantry_core::export::{
    CsvLayout, CsvSeparator, ExportColumn, ExportFormat, ExportRequest, ExportScope,
};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    Organization, OrganizationFilter, OrganizationQuery, PageStart, SortDirection, SortField, StatusFilter,
    Trashed, TrashedCollection,
};
use tenantry_core::values::{OrganizationId, StoredDate};
use tenantry_tests::console::Console;
use tenantry_tests::suite::{insert, moment};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const ALL: [StoreKind; 3] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet, StoreKind::MongoStandalone];

/// Every kind of date: BSON's limits, around 1970, and around the limits of calendars.
const DATES: [i64; 12] = [
    i64::MIN,
    -8_640_000_000_000_000,
    // 1899-12-31 and 1900-01-01.
    -2_208_988_800_001,
    -2_208_988_800_000,
    -1,
    0,
    1,
    1_772_366_400_123,
    253_402_300_799_999,
    253_402_300_800_000,
    8_640_000_000_000_000,
    i64::MAX,
];

/// Values in place of a date, as other software writes them. A built-in workspace's table accepts dates only.
fn no_dates() -> Vec<Option<Bson>> {
    vec![None, Some(Bson::Null), Some(Bson::from("2026-03-01T12:00:00Z")), Some(Bson::Int64(7))]
}

/// Puts a date into an organization behind the store's back.
async fn write_date(workspace: &TestWorkspace, table: &str, id: OrganizationId, date: Option<Bson>) {
    if let Some(file) = workspace.file() {
        let Some(Bson::DateTime(date)) = date else { panic!("a table takes dates only") };
        let connection = rusqlite::Connection::open(file).expect("another reader of the file");
        let sql = format!("UPDATE {table} SET created_at = ?1, updated_at = ?1 WHERE id = ?2");
        let changed = connection.execute(&sql, (date.timestamp_millis(), id.object_id().bytes()));
        assert_eq!(changed, Ok(1));
        return;
    }
    let prefix = if table == "organizations" { "" } else { "organization." };
    let fields = [format!("{prefix}created_at"), format!("{prefix}updated_at")];
    let update = match date {
        None => doc! {"$unset": {&fields[0]: "", &fields[1]: ""}},
        Some(date) => doc! {"$set": {&fields[0]: &date, &fields[1]: &date}},
    };
    let collection = workspace.database().await.collection::<Document>(table);
    let written = collection.update_one(doc! {"_id": id.object_id()}, update).await.expect("written");
    assert_eq!(written.matched_count, 1);
}

/// Organizations with every kind of date, live or in the trash; returns their number.
async fn with_odd_dates(workspace: &TestWorkspace, table: &str) -> usize {
    let mut dates: Vec<Option<Bson>> =
        DATES.iter().map(|date| Some(Bson::from(DateTime::from_millis(*date)))).collect();
    if workspace.file().is_none() {
        dates.extend(no_dates());
    }
    // Twice, so that each has a tie.
    dates.extend(dates.clone());
    for (number, date) in dates.iter().enumerate() {
        // Not in the order of the ids.
        let new = insert(&workspace.ports, &format!("org-{:02}", (number * 7) % dates.len())).await;
        if table == "console_trash" {
            let trashed = Trashed {
                at: moment(1).into(),
                by: "op@example.com".to_owned(),
                collection: TrashedCollection::Missing,
                copy: None,
            };
            workspace.ports.organizations.copy_to_trash(new.id, &trashed).await.expect("copied");
            workspace.ports.organizations.remove_copied(new.id, None).await.expect("removed");
        }
        write_date(workspace, table, new.id, date.clone()).await;
    }
    dates.len()
}

async fn walk(ports: &Ports, mut query: OrganizationQuery) -> Vec<Organization> {
    let mut rows = Vec::new();
    loop {
        let page = ports.organizations.page(&query).await.expect("an odd date fails no list");
        rows.extend(page.organizations);
        assert!(rows.len() < 1_000, "paging must come to an end");
        let Some(next) = page.next else { return rows };
        query.start = PageStart::After(next);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_by_date_go_on_past_every_date_and_those_not_known_stand_at_one_end() {
    for store in ALL {
        for (table, status) in
            [("organizations", StatusFilter::All), ("console_trash", StatusFilter::Trashed)]
        {
            let workspace = TestWorkspace::open(store).await;
            let count = with_odd_dates(&workspace, table).await;
            for sort in [SortField::CreatedAt, SortField::UpdatedAt] {
                for direction in [SortDirection::Ascending, SortDirection::Descending] {
                    for limit in [1, 3, 100] {
                        let filter = OrganizationFilter { search: String::new(), status, only: None };
                        let query = OrganizationQuery {
                            filter,
                            sort,
                            direction,
                            backwards: false,
                            start: PageStart::Beginning,
                            limit,
                        };
                        let rows = walk(&workspace.ports, query).await;
                        let case = format!("{store:?} {table} {sort:?} {direction:?} in pages of {limit}");
                        let once: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
                        assert_eq!((rows.len(), once.len()), (count, count), "{case}: each row once");
                        let places: Vec<_> = rows.iter().map(|row| (row.created_at, row.id)).collect();
                        let mut sorted = places.clone();
                        sorted.sort();
                        if direction == SortDirection::Descending {
                            sorted.reverse();
                        }
                        assert_eq!(places, sorted, "{case}");
                    }
                }
            }
            workspace.remove().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_date_that_is_missing_or_no_date_is_not_known_and_not_1970() {
    for store in [StoreKind::MongoReplicaSet, StoreKind::MongoStandalone] {
        let workspace = TestWorkspace::open(store).await;
        for (number, odd) in no_dates().into_iter().enumerate() {
            let new = insert(&workspace.ports, &format!("odd-{number}")).await;
            write_date(&workspace, "organizations", new.id, odd.clone()).await;
            let found = workspace.ports.organizations.find(new.id).await.expect("a look-up").expect("there");
            assert_eq!(
                (found.created_at, found.updated_at),
                (StoredDate::UNKNOWN, StoredDate::UNKNOWN),
                "{store:?} {odd:?}"
            );
        }
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_of_the_trash_without_its_date_is_not_of_1970() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let new = insert(&workspace.ports, "acme").await;
    let trashed = Trashed {
        at: moment(1).into(),
        by: "op@example.com".to_owned(),
        collection: TrashedCollection::Missing,
        copy: None,
    };
    workspace.ports.organizations.copy_to_trash(new.id, &trashed).await.expect("copied");
    let trash = workspace.database().await.collection::<Document>("console_trash");
    trash.update_many(doc! {}, doc! {"$unset": {"trashed_at": ""}}).await.expect("written by somebody");
    let copy = workspace.ports.organizations.find_trashed(new.id).await.expect("a look-up").expect("there");
    assert_eq!(copy.trashed.map(|trashed| trashed.at), Some(StoredDate::UNKNOWN));
    workspace.remove().await;
}

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exports_dates_are_those_that_are_stored() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    for (name, date) in
        [("aaa", None), ("bbb", Some(Bson::from(DateTime::from_millis(8_640_000_000_000_000))))]
    {
        let new = insert(&workspace.ports, name).await;
        write_date(&workspace, "organizations", new.id, date).await;
    }
    let csv = CsvLayout::Plain { separator: CsvSeparator::Comma, byte_order_mark: true };
    for (format, expected) in [
        // A text that starts with a sign would be a formula.
        (ExportFormat::Csv(csv), "\"\"\r\n\"'+275760-09-13T00:00:00.000Z\"\r\n"),
        (ExportFormat::Ndjson, "{\"created_at\":null}\n{\"created_at\":\"+275760-09-13T00:00:00.000Z\"}\n"),
    ] {
        let request = ExportRequest {
            scope: ExportScope::All,
            columns: vec![ExportColumn::CreatedAt],
            format,
            sort: SortField::Name,
            direction: SortDirection::Ascending,
        };
        let file = Buffer::default();
        let (output, cancellation) = (Box::new(file.clone()), Cancellation::default());
        console.exports.run(&operator, request, output, &Quiet, &cancellation).await.expect("exported");
        let text = String::from_utf8(file.0.lock().unwrap().clone()).expect("UTF-8");
        assert!(text.ends_with(expected), "{format:?}: {text}");
    }
    workspace.remove().await;
}
