//! What [`OrganizationStore::rows`](tenantry_core::ports::OrganizationStore::rows) owes.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use tenantry_core::limits::{BATCH_BYTES, BATCH_ROWS};
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    NewOrganization, Organization, OrganizationChange, OrganizationFilter, OrganizationQuery, PageStart,
    SortDirection, SortField, StatusFilter, Trashed, TrashedCollection,
};
use tenantry_core::values::{DisplayName, OrganizationId};

use super::{insert, moment, name, organization, seen};

fn by_name() -> OrganizationQuery {
    OrganizationQuery {
        filter: OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: u32::MAX,
    }
}

async fn batches(ports: &Ports, query: &OrganizationQuery) -> Vec<Vec<Organization>> {
    ports.organizations.rows(query).try_collect().await.expect("the list is read to its end")
}

async fn rows(ports: &Ports, query: &OrganizationQuery) -> Vec<Organization> {
    batches(ports, query).await.concat()
}

/// The same list, page after page.
async fn pages(ports: &Ports, query: &OrganizationQuery) -> Vec<Organization> {
    let mut query = OrganizationQuery { limit: 3, ..query.clone() };
    let mut rows = Vec::new();
    loop {
        let page = ports.organizations.page(&query).await.expect("a page");
        rows.extend(page.organizations);
        match page.next {
            Some(next) => query.start = PageStart::After(next),
            None => return rows,
        }
    }
}

/// So many organizations, named in the order of their numbers.
fn numbered(count: usize) -> Vec<NewOrganization> {
    (0..count).map(|number| organization(&format!("many-{number:05}"))).collect()
}

/// A few hundred at a time: a server that others use too answers each within its limit.
async fn insert_all(ports: &Ports, organizations: &[NewOrganization]) {
    for part in organizations.chunks(200) {
        ports.organizations.insert_many(part).await.expect("inserted");
    }
}

/// Some active, some deactivated, and some in the trash.
async fn of_every_status(ports: &Ports) {
    let off = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
    for number in 0_u8..12 {
        let mut new = organization(&format!("acme-{}", number * 7 % 12));
        new.created_at = moment(i64::from(number % 4));
        ports.organizations.insert(&new).await.expect("inserted");
        if number % 3 == 0 {
            ports.organizations.change(new.id, &off, moment(i64::from(number % 5))).await.expect("changed");
        }
        if number % 4 == 0 {
            let trashed = Trashed {
                at: moment(9).into(),
                by: "operator@example.com".to_owned(),
                collection: TrashedCollection::Moved,
                copy: None,
            };
            ports.organizations.copy_to_trash(new.id, &trashed).await.expect("copied");
            ports.organizations.remove(&seen(ports, new.id).await).await.expect("removed");
        }
    }
}

/// The rows of a list are those of its pages, in every order and with every filter.
pub async fn the_rows_are_those_of_the_pages_in_the_same_order(ports: &Ports) {
    of_every_status(ports).await;
    let mut seen = 0;
    for &sort in SortField::ALL {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            for &status in StatusFilter::ALL {
                for (search, backwards) in [("", false), ("", true), ("1", false), ("ADMIN@ACME-1", true)] {
                    let filter = OrganizationFilter { search: search.to_owned(), status, only: None };
                    let query = OrganizationQuery { filter, sort, direction, backwards, ..by_name() };
                    let rows = rows(ports, &query).await;
                    assert_eq!(rows, pages(ports, &query).await, "{query:?}");
                    seen += rows.len();
                }
            }
        }
    }
    assert!(seen > 12 * 12, "the lists had rows: {seen}");
}

/// A list can begin behind a row, and end after so many.
pub async fn rows_begin_after_a_place_and_end_with_the_limit(ports: &Ports) {
    of_every_status(ports).await;
    for &sort in SortField::ALL {
        let whole = OrganizationQuery { sort, ..by_name() };
        let all = rows(ports, &whole).await;
        for (passed, limit) in [(0_usize, 0), (1, 3), (4, 2), (2, 100)] {
            let start = passed
                .checked_sub(1)
                .map_or(PageStart::Beginning, |last| PageStart::After(sort.cursor(&all[last])));
            let part = OrganizationQuery { start, limit, ..whole.clone() };
            let expected: Vec<_> = all.iter().skip(passed).take(limit as usize).cloned().collect();
            assert_eq!(rows(ports, &part).await, expected, "{sort:?}, {limit} after {passed}");
        }
    }
}

/// One organization is a list as well, and an empty one has no batch.
pub async fn a_list_of_one_has_one_batch_and_an_empty_one_none(ports: &Ports) {
    let acme = insert(ports, "acme").await;
    let only = |id| OrganizationQuery {
        filter: OrganizationFilter { only: Some(vec![id]), ..by_name().filter },
        ..by_name()
    };
    let own = batches(ports, &only(acme.id)).await;
    assert_eq!(own.concat().iter().map(|row| row.id).collect::<Vec<_>>(), [acme.id]);
    assert_eq!(batches(ports, &only(OrganizationId::new())).await, Vec::<Vec<Organization>>::new());
}

/// Neither many rows nor large ones are held at once.
pub async fn batches_are_bounded_in_rows_and_in_bytes(ports: &Ports) {
    let mut many = numbered(1_200);
    insert_all(ports, &many).await;
    let read = batches(ports, &by_name()).await;
    assert!(read.iter().all(|batch| (1..=BATCH_ROWS).contains(&batch.len())), "{:?}", lengths(&read));
    assert!(read.len() <= 6, "a list in order is not read in crumbs: {:?}", lengths(&read));
    assert_eq!(read.concat().len(), 1_200);

    let large = "x".repeat(BATCH_BYTES / 10);
    for (number, new) in many.iter_mut().take(40).enumerate() {
        *new = organization(&format!("large-{number:02}"));
        new.display_name = Some(DisplayName::from_stored(large.clone()));
    }
    insert_all(ports, &many[..40]).await;
    let read = batches(ports, &by_name()).await;
    let bytes = |batch: &[Organization]| -> usize {
        batch.iter().filter_map(|row| row.display_name.as_ref()).map(|name| name.as_str().len()).sum()
    };
    for batch in &read {
        assert!(bytes(batch) <= BATCH_BYTES + large.len(), "{} bytes in {} rows", bytes(batch), batch.len());
    }
    assert_eq!(read.concat().len(), 1_240);
}

fn lengths(batches: &[Vec<Organization>]) -> Vec<usize> {
    batches.iter().map(Vec::len).collect()
}

/// What stays as it is comes exactly once, whatever happens around it.
pub async fn what_stays_comes_once_while_others_come_and_go(ports: &Ports) {
    let many = numbered(1_200);
    insert_all(ports, &many).await;
    let query = by_name();
    let mut stream = ports.organizations.rows(&query);
    let mut read = stream.try_next().await.expect("read").expect("the first batch");
    for new in ["aaa-before", "many-01050-between", "zzz-behind"] {
        insert(ports, new).await;
    }
    let gone: BTreeSet<_> = [10, 1_100, 1_199].map(|number: usize| many[number].id).into();
    for id in &gone {
        ports.organizations.remove(&seen(ports, *id).await).await.expect("removed");
    }
    while let Some(batch) = stream.try_next().await.expect("read on") {
        read.extend(batch);
    }
    let stay: Vec<_> = many.iter().map(|new| new.id).filter(|id| !gone.contains(id)).collect();
    let those = read.iter().map(|row| row.id).filter(|id| stay.contains(id)).collect::<Vec<_>>();
    assert!(those == stay, "{} of {} came, in order and once", those.len(), stay.len());
}

/// Who stops has the store to itself again.
pub async fn a_list_that_is_not_read_to_its_end_is_in_nobodys_way(ports: &Ports) {
    insert_all(ports, &numbered(1_200)).await;
    let query = by_name();
    for _ in 0..20 {
        let mut stream = ports.organizations.rows(&query);
        stream.try_next().await.expect("read").expect("the first batch");
        assert!(ports.organizations.find_by_name(&name("many-00007")).await.expect("found").is_some());
    }
    let acme = insert(ports, "acme").await;
    ports.organizations.remove(&seen(ports, acme.id).await).await.expect("removed");
    assert_eq!(rows(ports, &query).await.len(), 1_200);
}
