use std::cmp::Ordering;

use bson::oid::ObjectId;
use bson::raw::CString;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Decimal128, Document, JavaScriptCodeWithScope, Regex, Timestamp, doc};
use futures_util::TryStreamExt;
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    Organization, OrganizationFilter, OrganizationQuery, PageStart, SortDirection, SortField, StatusFilter,
};
use tenantry_core::values::OrganizationId;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const DIRECTIONS: [SortDirection; 2] = [SortDirection::Ascending, SortDirection::Descending];
/// Sorts before every other id that [`ids`] makes.
const FIRST: u32 = 0x6500_0000;

/// Where a row stands among the rows of its list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Below,
    Text(String),
    Date(i64),
    Above,
    Apart,
}

/// A value of every type, with its place in a list of texts and in one of dates. `None` is absent.
fn values() -> Vec<(Option<Bson>, Place, Place)> {
    use Place::{Above, Apart, Below, Date, Text};
    let text = |value: &str| (Some(Bson::from(value)), Text(value.to_owned()), Below);
    let date = |value: i64| (Some(Bson::DateTime(DateTime::from_millis(value))), Above, Date(value));
    let list = |values: &[&str]| {
        (Some(Bson::Array(values.iter().map(|value| Bson::from(*value)).collect())), Apart, Apart)
    };
    let pattern = CString::try_from("a").expect("no NUL");
    let scope = JavaScriptCodeWithScope { code: "a".to_owned(), scope: doc! { "b": 1 } };
    let binary = Binary { subtype: BinarySubtype::Generic, bytes: vec![7] };
    let other = |value: Bson, as_text: Place, as_date: Place| (Some(value), as_text, as_date);
    vec![
        (None, Below, Below),
        other(Bson::Null, Below, Below),
        other(Bson::MinKey, Below, Below),
        other(Bson::Int32(7), Below, Below),
        other(Bson::Int64(-7), Below, Below),
        other(Bson::Double(f64::NAN), Below, Below),
        other(Bson::Decimal128("7.5".parse::<Decimal128>().expect("a number")), Below, Below),
        text(""),
        text("acme"),
        text("acme"),
        text("Zenith"),
        text("é"),
        other(Bson::Document(doc! { "a": "acme" }), Above, Below),
        other(Bson::Binary(binary), Above, Below),
        other(Bson::ObjectId(ObjectId::from_bytes([7; 12])), Above, Below),
        other(Bson::Boolean(false), Above, Below),
        other(Bson::Boolean(true), Above, Below),
        date(i64::MIN),
        date(0),
        date(0),
        date(1_772_366_400_123),
        date(i64::MAX),
        other(Bson::Timestamp(Timestamp { time: 1, increment: 1 }), Above, Above),
        other(
            Bson::RegularExpression(Regex { pattern, options: CString::try_from("").expect("no NUL") }),
            Above,
            Above,
        ),
        other(Bson::JavaScriptCode("a".to_owned()), Above, Above),
        other(Bson::JavaScriptCodeWithScope(scope), Above, Above),
        other(Bson::MaxKey, Above, Above),
        list(&[]),
        list(&["acme"]),
        list(&["zz", "a"]),
        other(Bson::Array(vec![Bson::Int32(7), Bson::DateTime(DateTime::from_millis(5))]), Apart, Apart),
        other(Bson::Array(vec![Bson::Array(vec![Bson::from("m")])]), Apart, Apart),
        other(Bson::Array(vec![Bson::MaxKey, Bson::Null]), Apart, Apart),
    ]
}

fn id(number: u32) -> ObjectId {
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&(FIRST + number).to_be_bytes());
    ObjectId::from_bytes(bytes)
}

/// A row of the list: its id and its place by text and by date.
struct Row {
    id: ObjectId,
    text: Place,
    date: Place,
    is_active: bool,
}

/// Documents with each of these values in all fields, in an order of the ids that is none of the values.
async fn with_values(workspace: &TestWorkspace, in_trash: bool, seed: u32) -> Vec<Row> {
    let (mut rows, mut documents) = (Vec::new(), Vec::new());
    let values = values();
    let count = u32::try_from(values.len()).expect("few");
    for (number, (value, text, date)) in values.into_iter().enumerate() {
        let number = u32::try_from(number).expect("few");
        // Prime to the number of values, so that each number comes once.
        let id = id((number * seed) % count);
        let mut document = doc! { "_id": id };
        if let Some(value) = &value {
            for field in ["organization_name", "admin_email", "created_at", "updated_at"] {
                document.insert(field, value.clone());
            }
        }
        if number % 4 != 0 {
            document.insert("is_active", number % 3 != 0);
        }
        rows.push(Row { id, text, date, is_active: number % 4 == 0 || number % 3 != 0 });
        documents.push(if in_trash {
            doc! { "_id": id, "organization": document }
        } else {
            document
        });
    }
    if in_trash {
        let nested = doc! { "organization_name": "m", "admin_email": "m", "created_at": DateTime::MAX };
        let with_status = |is_active: bool| Bson::Document(doc! { "is_active": is_active });
        let (on, off) = (with_status(true), with_status(false));
        for (number, (organization, place)) in [
            (Some(Bson::Array(vec![Bson::Document(nested.clone()), Bson::Document(nested)])), Place::Apart),
            (Some(Bson::Array(vec![Bson::Int32(1)])), Place::Apart),
            (Some(Bson::Array(Vec::new())), Place::Apart),
            (Some(Bson::Array(vec![off.clone()])), Place::Apart),
            (Some(Bson::Array(vec![on, off])), Place::Apart),
            (Some(Bson::from("acme")), Place::Below),
            (None, Place::Below),
        ]
        .into_iter()
        .enumerate()
        {
            let is_active =
                !matches!(&organization, Some(Bson::Array(list)) if list.contains(&with_status(false)));
            let id = id(1_000 + u32::try_from(number).expect("few"));
            let mut document = doc! { "_id": id };
            document.extend(organization.map(|organization| ("organization".to_owned(), organization)));
            documents.push(document);
            rows.push(Row { id, text: place.clone(), date: place, is_active });
        }
    }
    let collection = if in_trash { "console_trash" } else { "organizations" };
    let raw = workspace.database().await;
    // There can be no unique index on such values.
    raw.run_command(doc! { "dropIndexes": collection, "index": "*" }).await.expect("dropped");
    let keys = ["organization_name", "admin_email", "created_at", "updated_at", "is_active"];
    let prefix = if in_trash { "organization." } else { "" };
    let indexes: Vec<Document> = keys
        .iter()
        .map(|key| doc! { "key": { format!("{prefix}{key}"): 1, "_id": 1 }, "name": format!("by_{key}") })
        .collect();
    raw.run_command(doc! { "createIndexes": collection, "indexes": indexes }).await.expect("created");
    // Among the others, and no organizations.
    for odd in [Bson::Int32(1), Bson::from("m"), Bson::MaxKey] {
        let document = doc! { "_id": odd, "organization_name": "m", "created_at": DateTime::from_millis(3) };
        documents.push(if in_trash {
            doc! { "organization": &document, "_id": document.get("_id") }
        } else {
            document
        });
    }
    raw.collection::<Document>(collection).insert_many(documents).await.expect("written by other software");
    rows
}

/// The rows in the order that the list promises.
fn expected(rows: &[Row], sort: SortField, direction: SortDirection) -> Vec<OrganizationId> {
    let place = |row: &Row| match sort {
        SortField::Name | SortField::CollectionName | SortField::AdminEmail => row.text.clone(),
        SortField::CreatedAt | SortField::UpdatedAt => row.date.clone(),
        SortField::Status => Place::Date(row.is_active.into()),
    };
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by(|one, other| {
        let (places, by_id) = ((place(one), place(other)), one.id.cmp(&other.id));
        let turned = |order: Ordering| match direction {
            SortDirection::Ascending => order,
            SortDirection::Descending => order.reverse(),
        };
        match places {
            (Place::Apart, Place::Apart) => turned(by_id),
            (Place::Apart, _) => Ordering::Greater,
            (_, Place::Apart) => Ordering::Less,
            (one, other) => turned(one.cmp(&other).then(by_id)),
        }
    });
    sorted.into_iter().map(|row| row.id.into()).collect()
}

async fn walk(ports: &Ports, mut query: OrganizationQuery) -> Vec<OrganizationId> {
    let mut rows = Vec::new();
    loop {
        let page = ports.organizations.page(&query).await.expect("an odd value fails no list");
        rows.extend(ids_of(&page.organizations));
        assert!(rows.len() < 1_000, "paging must come to an end");
        let Some(next) = page.next else { return rows };
        query.start = PageStart::After(next);
    }
}

fn ids_of(rows: &[Organization]) -> Vec<OrganizationId> {
    rows.iter().map(|row| row.id).collect()
}

fn list(in_trash: bool, sort: SortField, direction: SortDirection, limit: u32) -> OrganizationQuery {
    let status = if in_trash { StatusFilter::Trashed } else { StatusFilter::All };
    let filter = OrganizationFilter { search: String::new(), status, only: None };
    OrganizationQuery { filter, sort, direction, backwards: false, start: PageStart::Beginning, limit }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_comes_once_and_in_its_place_whatever_its_values_are() {
    for (store, in_trash, step) in [
        (StoreKind::MongoReplicaSet, false, 7),
        (StoreKind::MongoReplicaSet, true, 10),
        (StoreKind::MongoStandalone, false, 1),
        (StoreKind::MongoStandalone, true, 5),
    ] {
        let workspace = TestWorkspace::open(store).await;
        let rows = with_values(&workspace, in_trash, step).await;
        for &sort in SortField::ALL {
            for direction in DIRECTIONS {
                let mut expected = expected(&rows, sort, direction);
                let whole = list(in_trash, sort, direction, 1_000);
                let batches = workspace.ports.organizations.rows(&whole).try_collect::<Vec<_>>().await;
                let streamed: Vec<_> =
                    batches.expect("rows").iter().flat_map(|batch| ids_of(batch)).collect();
                assert_eq!(streamed, expected, "{store:?} {in_trash} {sort:?} {direction:?} at once");
                for backwards in [false, true] {
                    for limit in [1, 7, 100] {
                        let query = OrganizationQuery { backwards, ..list(in_trash, sort, direction, limit) };
                        let found = walk(&workspace.ports, query).await;
                        let case =
                            format!("{store:?} {in_trash} {sort:?} {direction:?} {backwards} by {limit}");
                        assert_eq!(found, expected, "{case}");
                    }
                    expected.reverse();
                }
            }
        }
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_wherever_a_page_starts_every_row_comes_once() {
    for in_trash in [false, true] {
        let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
        let rows = with_values(&workspace, in_trash, 7).await;
        let of = rows.len() as u64;
        for sort in [SortField::Name, SortField::Status, SortField::CreatedAt] {
            for direction in DIRECTIONS {
                let list = list(in_trash, sort, direction, 3);
                let expected = expected(&rows, sort, direction);
                for number in 0..of {
                    // Lists, and documents that are no organizations, can move the place of a jump.
                    let start = PageStart::Row { number, of };
                    let jump = OrganizationQuery { start, ..list.clone() };
                    let page = workspace.ports.organizations.page(&jump);
                    let page = page.await.expect("a page");
                    let on = async |place, backwards| match place {
                        None => Vec::new(),
                        Some(place) => {
                            let start = PageStart::After(place);
                            walk(&workspace.ports, OrganizationQuery { start, backwards, ..list.clone() })
                                .await
                        }
                    };
                    let mut whole = on(page.previous, true).await;
                    whole.reverse();
                    whole.extend(ids_of(&page.organizations));
                    whole.extend(on(page.next, false).await);
                    assert_eq!(whole, expected, "{in_trash} {sort:?} {direction:?} from {number}");
                }
            }
        }
        workspace.remove().await;
    }
}

/// Without lists of values, and without documents that are no organizations, a jump lands on the very row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jump_among_unreadable_values_lands_on_the_row_with_the_number() {
    for in_trash in [false, true] {
        let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
        let mut rows = with_values(&workspace, in_trash, 7).await;
        rows.retain(|row| row.text != Place::Apart);
        let left: Vec<ObjectId> = rows.iter().map(|row| row.id).collect();
        let collection = if in_trash { "console_trash" } else { "organizations" };
        let raw = workspace.database().await.collection::<Document>(collection);
        raw.delete_many(doc! { "_id": { "$nin": left } }).await.expect("removed");
        let of = rows.len() as u64;
        for &sort in SortField::ALL {
            for direction in DIRECTIONS {
                let list = list(in_trash, sort, direction, 3);
                let expected = expected(&rows, sort, direction);
                for number in 0..of {
                    let start = PageStart::Row { number, of };
                    let jump = OrganizationQuery { start, ..list.clone() };
                    let page = workspace.ports.organizations.page(&jump);
                    let found = ids_of(&page.await.expect("a page").organizations);
                    let first = usize::try_from(number).expect("few");
                    let expected = &expected[first..expected.len().min(first + 3)];
                    assert_eq!(found, expected, "{in_trash} {sort:?} {direction:?} from {number}");
                }
            }
        }
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_and_lists_agree_on_the_status_whatever_stands_there() {
    for store in [StoreKind::MongoReplicaSet, StoreKind::MongoStandalone] {
        let workspace = TestWorkspace::open(store).await;
        let list = |values: &[Bson]| Some(Bson::Array(values.to_vec()));
        let lists = [
            list(&[Bson::Boolean(false), Bson::Boolean(true)]),
            list(&[Bson::Double(0.0)]),
            list(&[Bson::Null, Bson::from("no")]),
            list(&[Bson::Array(vec![Bson::Boolean(false)])]),
        ];
        let falsy = [Bson::Int32(0), Bson::Int64(0), Bson::Double(0.0), Bson::Boolean(false), Bson::Null];
        let values = values().into_iter().map(|(value, _, _)| value);
        let values: Vec<_> = values.chain(lists).chain(falsy.map(Some)).collect();
        let documents = values.iter().enumerate().map(|(number, value)| {
            let mut document =
                doc! { "organization_name": format!("odd-{number}"), "admin_email": number.to_string() };
            document.extend(value.clone().map(|value| ("is_active".to_owned(), value)));
            document
        });
        let raw = workspace.database().await.collection::<Document>("organizations");
        raw.insert_many(documents.collect::<Vec<_>>()).await.expect("written by other software");
        for search in ["", "ODD"] {
            let filter = |status| OrganizationFilter { search: search.to_owned(), status, only: None };
            let listed = async |status| {
                let filter = filter(status);
                let query =
                    OrganizationQuery { filter, ..self::list(false, SortField::Name, DIRECTIONS[0], 100) };
                let page = workspace.ports.organizations.page(&query).await.expect("a page");
                page.organizations
            };
            let (active, deactivated) =
                (listed(StatusFilter::Active).await, listed(StatusFilter::Deactivated).await);
            assert!(active.iter().all(|row| row.is_active) && deactivated.iter().all(|row| !row.is_active));
            assert_eq!(active.len() + deactivated.len(), values.len(), "{store:?}: each has a status");
            let counts =
                workspace.ports.organizations.count(&filter(StatusFilter::All)).await.expect("a count");
            let numbers = (counts.live, counts.deactivated);
            assert_eq!(
                numbers,
                (values.len() as u64, Some(deactivated.len() as u64)),
                "{store:?} {search:?}"
            );
        }
        workspace.remove().await;
    }
}
