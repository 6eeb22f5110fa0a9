//! What [`OrganizationStore`](tenantry_core::ports::OrganizationStore) owes.

use std::collections::BTreeSet;

use tenantry_core::error::{StoreError, UniqueField};
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    Claims, Expected, NewOperator, NewOrganization, OperatorRole, Organization, OrganizationChange,
    OrganizationFilter, OrganizationQuery, OrganizationStatus, PageStart, SortDirection, SortField,
    StatusFilter, Trashed, TrashedCollection,
};
use tenantry_core::values::{CollectionName, CopyId, OperatorId, OrganizationId, PasswordHash, PersonName};

use super::{display_name, email, hash, insert, moment, name, organization, renewal, seen};

const NAME_TAKEN: Result<(), StoreError> = Err(StoreError::Duplicate { field: UniqueField::Name });
const EMAIL_TAKEN: Result<(), StoreError> = Err(StoreError::Duplicate { field: UniqueField::Email });
const ID_TAKEN: Result<(), StoreError> = Err(StoreError::Duplicate { field: UniqueField::Id });

async fn find(ports: &Ports, id: OrganizationId) -> Option<Organization> {
    ports.organizations.find(id).await.expect("a look-up answers")
}

async fn load(ports: &Ports, id: OrganizationId) -> Organization {
    find(ports, id).await.expect("the organization is there")
}

async fn stored_hash(ports: &Ports, address: &str) -> String {
    let found = ports.organizations.find_credentials(&email(address)).await.expect("a look-up answers");
    found.first().expect("the credentials are there").password_hash.expose().to_owned()
}

fn is_not_found<T>(answer: Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::NotFound { .. }))
}

fn trashed(minute: i64) -> Trashed {
    Trashed {
        at: moment(minute).into(),
        by: "operator@example.com".to_owned(),
        collection: TrashedCollection::Moved,
        copy: None,
    }
}

/// Moves an organization's document to the trash, both steps.
async fn move_to_trash(ports: &Ports, id: OrganizationId, minute: i64) {
    ports.organizations.copy_to_trash(id, &trashed(minute)).await.expect("the copy is made");
    ports.organizations.remove(&seen(ports, id).await).await.expect("the live one is removed");
}

fn everything(status: StatusFilter) -> OrganizationFilter {
    OrganizationFilter { search: String::new(), status, only: None }
}

fn searching(text: &str) -> OrganizationFilter {
    OrganizationFilter { search: text.to_owned(), status: StatusFilter::All, only: None }
}

fn query(filter: OrganizationFilter, limit: u32) -> OrganizationQuery {
    OrganizationQuery {
        filter,
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit,
    }
}

/// The names on the first page by name.
async fn names(ports: &Ports, filter: OrganizationFilter) -> Vec<String> {
    let page = ports.organizations.page(&query(filter, 100)).await.expect("a page");
    assert_eq!(page.next, None, "the page holds all of them");
    page.organizations.iter().map(|organization| organization.name.to_string()).collect()
}

/// All rows, page after page.
async fn walk(ports: &Ports, mut query: OrganizationQuery) -> Vec<Organization> {
    let mut rows = Vec::new();
    loop {
        let page = ports.organizations.page(&query).await.expect("a page");
        assert!(
            page.organizations.len() <= query.limit as usize,
            "a page has at most as many rows as asked for"
        );
        rows.extend(page.organizations);
        let Some(next) = page.next else { return rows };
        assert!(rows.len() < 1_000, "paging must come to an end");
        query.start = PageStart::After(next);
    }
}

/// What is inserted is found, field by field.
pub async fn an_inserted_organization_is_found_whole(ports: &Ports) {
    let new = NewOrganization {
        display_name: Some(display_name("Çelik & Söhne 鋼")),
        admin_email: email("Dana.W@Acme.example.com"),
        created_at: moment(7),
        ..organization("acme")
    };
    ports.organizations.insert(&new).await.expect("inserted");
    let found = load(ports, new.id).await;
    assert_eq!(found.id, new.id);
    assert_eq!(found.name, new.name);
    assert_eq!(found.display_name, new.display_name);
    assert_eq!(found.admin_email.as_str(), "Dana.W@acme.example.com", "the local part stays as typed");
    assert!(found.is_active, "a new organization is active");
    assert_eq!(found.created_at, moment(7).into(), "to the millisecond");
    assert_eq!(found.updated_at, moment(7).into());
    assert_eq!(found.trashed, None);
    assert_eq!(found.status(), OrganizationStatus::Active);
    assert_eq!(found.collection(), CollectionName::for_organization(&new.name));
    let by_name = ports.organizations.find_by_name(&new.name).await;
    assert_eq!(by_name, Ok(Some(found)));
}

/// Uniqueness of the name.
pub async fn insert_is_refused_when_the_name_is_taken(ports: &Ports) {
    insert(ports, "acme").await;
    let second = NewOrganization { admin_email: email("other@example.com"), ..organization("acme") };
    assert_eq!(ports.organizations.insert(&second).await, NAME_TAKEN);
    assert_eq!(find(ports, second.id).await, None, "nothing is written");
    assert_eq!(names(ports, everything(StatusFilter::All)).await, ["acme"]);
}

/// Uniqueness of the address, without regard to case.
pub async fn insert_is_refused_when_the_address_is_taken_in_another_case(ports: &Ports) {
    let first = NewOrganization { admin_email: email("Dana@example.com"), ..organization("acme") };
    ports.organizations.insert(&first).await.expect("inserted");
    for taken in ["Dana@example.com", "dana@EXAMPLE.com", "DANA@example.com"] {
        let second = NewOrganization { admin_email: email(taken), ..organization("globex") };
        assert_eq!(ports.organizations.insert(&second).await, EMAIL_TAKEN, "{taken}");
        assert_eq!(find(ports, second.id).await, None, "nothing is written");
    }
}

/// A store may take more addresses for the same than those that differ in case, and then says so.
pub async fn an_address_that_the_store_takes_for_the_same_is_told_as_taken(ports: &Ports) {
    let first = NewOrganization { admin_email: email("admin2@example.com"), ..organization("acme") };
    ports.organizations.insert(&first).await.expect("inserted");
    for (name, alike) in [("globex", "admin\u{b2}@example.com"), ("initech", "\u{ff41}dmin2@example.com")] {
        let second = NewOrganization { admin_email: email(alike), ..organization(name) };
        let answer = ports.organizations.insert(&second).await;
        assert!(matches!(answer, Ok(()) | EMAIL_TAKEN), "{alike}: {answer:?}");
        assert_eq!(find(ports, second.id).await.is_some(), answer.is_ok(), "{alike}");
    }
}

/// Every write may be repeated.
pub async fn an_insert_that_is_repeated_counts_as_done(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let before = load(ports, new.id).await;
    assert_eq!(ports.organizations.insert(&new).await, Ok(()));
    assert_eq!(load(ports, new.id).await, before, "the second time changes nothing");
    assert_eq!(names(ports, everything(StatusFilter::All)).await, ["acme"]);
}

/// Only its own repetition counts as done.
pub async fn insert_is_refused_when_the_id_belongs_to_another_name(ports: &Ports) {
    let first = insert(ports, "acme").await;
    let second = NewOrganization { id: first.id, ..organization("globex") };
    assert_eq!(ports.organizations.insert(&second).await, ID_TAKEN);
    assert_eq!(names(ports, everything(StatusFilter::All)).await, ["acme"]);
}

/// An index decides, not a look before the insert.
pub async fn of_many_inserts_of_one_name_at_once_one_wins(ports: &Ports) {
    let contenders = (0..12).map(|number| {
        let new = NewOrganization {
            admin_email: email(&format!("admin{number}@example.com")),
            ..organization("acme")
        };
        let organizations = ports.organizations.clone();
        async move { organizations.insert(&new).await }
    });
    let answers = futures_util::future::join_all(contenders).await;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(won, 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.is_ok() || *answer == NAME_TAKEN), "{answers:?}");
    assert_eq!(names(ports, everything(StatusFilter::All)).await, ["acme"]);
}

/// The same for the address.
pub async fn of_many_inserts_of_one_address_at_once_one_wins(ports: &Ports) {
    let contenders = (0..12).map(|number| {
        let address = if number % 2 == 0 { "dana@example.com" } else { "DANA@example.com" };
        let new = NewOrganization { admin_email: email(address), ..organization(&format!("acme{number}")) };
        let organizations = ports.organizations.clone();
        async move { organizations.insert(&new).await }
    });
    let answers = futures_util::future::join_all(contenders).await;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(won, 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.is_ok() || *answer == EMAIL_TAKEN), "{answers:?}");
    assert_eq!(names(ports, everything(StatusFilter::All)).await.len(), 1, "the losers left nothing");
}

/// `insert_many` inserts all.
pub async fn many_are_inserted_in_one_go(ports: &Ports) {
    let many: Vec<_> = (0..250).map(|number| organization(&format!("org-{number:03}"))).collect();
    assert_eq!(ports.organizations.insert_many(&many).await, Ok(()));
    let counts = ports.organizations.count(&everything(StatusFilter::All)).await.expect("a count");
    assert_eq!(counts.active(), Some(250));
    assert_eq!(ports.organizations.insert_many(&[]).await, Ok(()), "none is no error");
}

/// `insert_many` stops at the first refusal; those before stay.
pub async fn inserting_many_stops_at_the_first_that_is_refused(ports: &Ports) {
    insert(ports, "taken").await;
    let second_taken = NewOrganization { admin_email: email("other@example.com"), ..organization("taken") };
    let many = [organization("first"), second_taken, organization("third")];
    assert_eq!(ports.organizations.insert_many(&many).await, NAME_TAKEN);
    assert_eq!(names(ports, everything(StatusFilter::All)).await, ["first", "taken"]);
}

/// Uniqueness is among the live ones.
pub async fn name_and_address_are_free_again_once_they_are_in_the_trash(ports: &Ports) {
    let first = insert(ports, "acme").await;
    move_to_trash(ports, first.id, 1).await;
    insert(ports, "acme").await;
}

/// `remove` removes, and absent counts as done.
pub async fn a_removed_organization_is_gone_and_removing_it_again_counts_as_done(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let other = insert(ports, "globex").await;
    assert_eq!(ports.organizations.remove(&seen(ports, new.id).await).await, Ok(()));
    assert_eq!(find(ports, new.id).await, None);
    assert_eq!(ports.organizations.find_by_name(&new.name).await, Ok(None));
    assert_eq!(ports.organizations.remove(&seen(ports, new.id).await).await, Ok(()));
    assert!(find(ports, other.id).await.is_some(), "another one stays");
    insert(ports, "acme").await;
}

/// `find_credentials` disregards case and brings the stored hash.
pub async fn credentials_are_found_by_address_in_any_case_with_the_stored_hash(ports: &Ports) {
    let new = NewOrganization {
        admin_email: email("Dana.W@example.com"),
        admin_password: hash("secret"),
        ..organization("acme")
    };
    ports.organizations.insert(&new).await.expect("inserted");
    for typed in ["Dana.W@example.com", "dana.w@example.com", "DANA.W@EXAMPLE.COM"] {
        let found = ports.organizations.find_credentials(&email(typed)).await.expect("a look-up answers");
        let [found] = &found[..] else { panic!("{typed} finds the admin, and nobody else") };
        assert_eq!(found.organization, load(ports, new.id).await);
        assert_eq!(found.password_hash.expose(), hash("secret").expose());
        assert_eq!(found.renewal, None);
    }
    let by_id = ports.organizations.find_credentials_of(new.id).await.expect("a look-up answers");
    let by_id = by_id.expect("its id finds it");
    assert_eq!(by_id.organization, load(ports, new.id).await);
    assert_eq!(by_id.password_hash.expose(), hash("secret").expose());
    let nobody = ports.organizations.find_credentials_of(OrganizationId::new()).await;
    assert!(nobody.expect("a look-up answers").is_none(), "an unknown id finds nobody");
    let none =
        ports.organizations.find_credentials(&email("nobody@example.com")).await.expect("a look-up answers");
    assert!(none.is_empty(), "an unknown address finds nobody");
}

/// `find_claims` answers for many what `find_by_name`, `owners` and `find_credentials` answer for one.
pub async fn what_claims_names_and_addresses_is_found_for_many_at_once(ports: &Ports) {
    let acme = NewOrganization { admin_email: email("Dana.W@example.com"), ..organization("acme") };
    ports.organizations.insert(&acme).await.expect("inserted");
    let globex = insert(ports, "globex").await;
    insert(ports, "unasked").await;
    let left = insert(ports, "left-behind").await;
    let shared = Trashed { collection: TrashedCollection::Shared, ..trashed(1) };
    ports.organizations.copy_to_trash(left.id, &shared).await.expect("copied");
    ports.organizations.remove_copied(left.id, None).await.expect("removed");
    let gone = insert(ports, "gone").await;
    move_to_trash(ports, gone.id, 1).await;
    let names = ["acme", "free", "left-behind", "gone"].map(name);
    let emails = ["DANA.w@Example.com", "admin@globex.example.com", "admin@gone.example.com"].map(email);
    let mut claims = ports.organizations.find_claims(&names, &emails).await.expect("an answer");
    claims.organizations.sort_by(|one, other| one.name.cmp(&other.name));
    let expected = [load(ports, acme.id).await, load(ports, globex.id).await];
    assert_eq!(claims.organizations, expected, "by name and by address, each once");
    assert_eq!(claims.names.into_iter().collect::<Vec<_>>(), [name("acme"), name("left-behind")]);
    let none = ports.organizations.find_claims(&[], &[]).await.expect("an answer");
    assert_eq!(none, Claims::default());
    let many: Vec<_> = (0..1_000).map(|number| name(&format!("many-{number}"))).collect();
    assert_eq!(ports.organizations.find_claims(&many, &[]).await, Ok(Claims::default()));
}

/// The live ones and the trash are apart.
pub async fn what_is_in_the_trash_is_seen_by_the_trash_only(ports: &Ports) {
    let gone = insert(ports, "acme").await;
    insert(ports, "globex").await;
    move_to_trash(ports, gone.id, 1).await;
    assert_eq!(find(ports, gone.id).await, None);
    assert_eq!(ports.organizations.find_by_name(&gone.name).await, Ok(None));
    let credentials =
        ports.organizations.find_credentials(&gone.admin_email).await.expect("a look-up answers");
    assert!(credentials.is_empty(), "nobody signs in to an organization in the trash");
    let credentials = ports.organizations.find_credentials_of(gone.id).await.expect("a look-up answers");
    assert!(credentials.is_none(), "nor has a session there");
    assert_eq!(names(ports, everything(StatusFilter::All)).await, ["globex"]);
    assert_eq!(names(ports, everything(StatusFilter::Active)).await, ["globex"]);
    assert_eq!(names(ports, everything(StatusFilter::Trashed)).await, ["acme"]);
    let page = ports.organizations.page(&query(everything(StatusFilter::Trashed), 10)).await.expect("a page");
    let row = &page.organizations[0];
    assert_eq!(row.status(), OrganizationStatus::Trashed);
    assert_eq!(row.trashed, Some(trashed(1)), "a row of the trash says when and by whom");
    assert_eq!(row.collection(), CollectionName::in_trash(gone.id));
}

/// Every sort in both directions gives the same order as sorting by value and id, however small the pages.
pub async fn every_sort_goes_through_all_rows_once_in_order_with_ties_broken_by_id(ports: &Ports) {
    let mut new = Vec::new();
    for number in 0..17_i64 {
        let text = format!("org{}-{number:02}", ["b", "a", "_", "-"][number as usize % 4]);
        let one = NewOrganization {
            // Of two addresses that differ in case by the first letter, byte order has the upper-case one first.
            admin_email: email(&format!("{}{number}@example.com", if number % 2 == 0 { "Z" } else { "a" })),
            created_at: moment(number / 4),
            ..organization(&text)
        };
        ports.organizations.insert(&one).await.expect("inserted");
        if number % 3 == 0 {
            let off = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
            ports.organizations.change(one.id, &off, moment(100 - number / 6)).await.expect("deactivated");
        }
        new.push(one);
    }
    let all = walk(ports, query(everything(StatusFilter::All), 100)).await;
    assert_eq!(all.len(), new.len());
    for &sort in SortField::ALL {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let mut expected = all.clone();
            expected.sort_by(|one, other| {
                match sort {
                    SortField::Name => one.name.cmp(&other.name),
                    SortField::Status => one.is_active.cmp(&other.is_active),
                    SortField::AdminEmail => one.admin_email.as_str().cmp(other.admin_email.as_str()),
                    SortField::CollectionName => one.collection().cmp(&other.collection()),
                    SortField::CreatedAt => one.created_at.cmp(&other.created_at),
                    SortField::UpdatedAt => one.updated_at.cmp(&other.updated_at),
                }
                .then(one.id.cmp(&other.id))
            });
            if direction == SortDirection::Descending {
                expected.reverse();
            }
            for limit in [1, 3, 17, 100] {
                let rows = walk(
                    ports,
                    OrganizationQuery { sort, direction, ..query(everything(StatusFilter::All), limit) },
                )
                .await;
                let ids = |rows: &[Organization]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
                assert_eq!(ids(&rows), ids(&expected), "{sort:?} {direction:?} in pages of {limit}");
            }
        }
    }
}

/// The trash is paged the same way.
pub async fn the_trash_goes_through_every_sort_as_well(ports: &Ports) {
    for number in 0..7_i64 {
        let one = insert(ports, &format!("org-{number}")).await;
        move_to_trash(ports, one.id, number).await;
    }
    for &sort in SortField::ALL {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let whole = walk(
                ports,
                OrganizationQuery { sort, direction, ..query(everything(StatusFilter::Trashed), 100) },
            )
            .await;
            let paged = walk(
                ports,
                OrganizationQuery { sort, direction, ..query(everything(StatusFilter::Trashed), 2) },
            )
            .await;
            assert_eq!(whole.len(), 7, "{sort:?} {direction:?}");
            assert_eq!(whole, paged, "{sort:?} {direction:?}");
            let values: Vec<_> = whole.iter().map(|row| (sort.cursor_value(row), row.id)).collect();
            let mut sorted = values.clone();
            sorted.sort();
            if direction == SortDirection::Descending {
                sorted.reverse();
            }
            assert_eq!(values, sorted, "{sort:?} {direction:?}");
        }
    }
}

/// The last page says so, also when it is full.
pub async fn the_last_page_has_no_next_one_even_when_it_is_full(ports: &Ports) {
    let empty = ports.organizations.page(&query(everything(StatusFilter::All), 3)).await.expect("a page");
    assert!(empty.organizations.is_empty() && empty.next.is_none());
    for text in ["aaa", "bbb", "ccc"] {
        insert(ports, text).await;
    }
    let full = ports.organizations.page(&query(everything(StatusFilter::All), 3)).await.expect("a page");
    assert_eq!(full.organizations.len(), 3);
    assert_eq!(full.next, None, "there is nothing after it");
    let half = ports.organizations.page(&query(everything(StatusFilter::All), 2)).await.expect("a page");
    assert_eq!(half.organizations.len(), 2);
    let last = &half.organizations[1];
    assert_eq!(half.next, Some(SortField::Name.cursor(last)));
}

/// The rows after a cursor stay the same rows whatever happens before it.
pub async fn paging_is_stable_under_inserts_and_removals_before_the_cursor(ports: &Ports) {
    let mut ids = Vec::new();
    for text in ["bbb", "ddd", "fff", "hhh", "jjj", "lll"] {
        ids.push(insert(ports, text).await.id);
    }
    let first = query(everything(StatusFilter::All), 3);
    let page = ports.organizations.page(&first).await.expect("a page");
    assert_eq!(page.organizations.len(), 3);
    let after = page.next.expect("there is more");
    insert(ports, "aaa").await;
    insert(ports, "ccc").await;
    ports.organizations.remove(&seen(ports, ids[0]).await).await.expect("removed");
    // The very row of the cursor.
    ports.organizations.remove(&seen(ports, ids[2]).await).await.expect("removed");
    let rest = walk(ports, OrganizationQuery { start: PageStart::After(after), ..first }).await;
    let rest: Vec<_> = rest.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(rest, ["hhh", "jjj", "lll"]);
}

/// Lists of every kind, with the numbers of rows that [`in_every_state`] puts into them.
fn every_list() -> Vec<(OrganizationFilter, usize)> {
    vec![
        (everything(StatusFilter::All), 17),
        (everything(StatusFilter::Active), 11),
        (everything(StatusFilter::Deactivated), 6),
        (everything(StatusFilter::Trashed), 7),
        (searching("even"), 9),
        (OrganizationFilter { status: StatusFilter::Active, ..searching("ODD") }, 5),
    ]
}

/// Seventeen organizations, some deactivated and some with equal dates, and seven in the trash.
async fn in_every_state(ports: &Ports) {
    let named = |number: i64| format!("{}-{}", if number % 2 == 0 { "even" } else { "odd" }, 90 - number * 3);
    for number in 0..24 {
        let one = NewOrganization { created_at: moment(number / 4), ..organization(&named(number)) };
        ports.organizations.insert(&one).await.expect("inserted");
        if number >= 17 {
            move_to_trash(ports, one.id, number).await;
        } else if number % 3 == 0 {
            let off = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
            ports.organizations.change(one.id, &off, moment(100 - number / 6)).await.expect("deactivated");
        }
    }
}

fn ids(rows: &[Organization]) -> Vec<OrganizationId> {
    rows.iter().map(|row| row.id).collect()
}

/// A jump shows the rows from a number on, and tells the places from which the list goes on in both directions.
pub async fn a_jump_shows_the_rows_from_a_number_on(ports: &Ports) {
    in_every_state(ports).await;
    for (filter, count) in every_list() {
        for &sort in SortField::ALL {
            for direction in [SortDirection::Ascending, SortDirection::Descending] {
                let list = OrganizationQuery { sort, direction, ..query(filter.clone(), 100) };
                let all = ids(&walk(ports, list.clone()).await);
                assert_eq!(all.len(), count, "{filter:?}");
                for number in [0, 1, count / 3, count / 2, count - 4, count - 2, count - 1] {
                    for backwards in [false, true] {
                        let start = PageStart::Row { number: number as u64, of: count as u64 };
                        let jump = OrganizationQuery { start, backwards, limit: 3, ..list.clone() };
                        let page = ports.organizations.page(&jump).await.expect("a page");
                        let (before, mut from): (Vec<_>, Vec<_>) = if backwards {
                            let (from, before) = all.split_at(number + 1);
                            (before.to_vec(), from.iter().rev().copied().collect())
                        } else {
                            let (before, from) = all.split_at(number);
                            (before.iter().rev().copied().collect(), from.to_vec())
                        };
                        let rest = from.split_off(from.len().min(3));
                        let case =
                            format!("{filter:?} {sort:?} {direction:?} {number} backwards: {backwards}");
                        assert_eq!(ids(&page.organizations), from, "{case}");
                        assert_eq!(page.next.is_some(), !rest.is_empty(), "{case}");
                        assert_eq!(page.previous.is_some(), !before.is_empty(), "{case}");
                        for (place, backwards, expected) in
                            [(page.next, backwards, rest), (page.previous, !backwards, before)]
                        {
                            let Some(place) = place else { continue };
                            let start = PageStart::After(place);
                            let rows =
                                walk(ports, OrganizationQuery { start, backwards, limit: 4, ..list.clone() });
                            assert_eq!(ids(&rows.await), expected, "{case}, on with backwards: {backwards}");
                        }
                    }
                }
            }
        }
    }
}

/// Beyond the end are the last rows.
pub async fn a_jump_beyond_the_end_shows_the_last_rows(ports: &Ports) {
    let start = |number, of| PageStart::Row { number, of };
    let list = query(everything(StatusFilter::All), 3);
    let nothing = OrganizationQuery { start: start(5, 10), ..list.clone() };
    let page = ports.organizations.page(&nothing).await.expect("a page");
    assert!(page.organizations.is_empty() && page.previous.is_none() && page.next.is_none());
    in_every_state(ports).await;
    for (filter, count) in every_list() {
        for &sort in SortField::ALL {
            let list = OrganizationQuery { sort, ..query(filter.clone(), 3) };
            let all = ids(&walk(ports, list.clone()).await);
            for (number, of) in [(count as u64, count as u64), (40, 100), (1_000, 0)] {
                let case = format!("{filter:?} {sort:?} {number} of {of}");
                let jump = OrganizationQuery { start: start(number, of), ..list.clone() };
                let page = ports.organizations.page(&jump).await.expect("a page");
                assert_eq!(ids(&page.organizations), all[count - 3..], "{case}");
                assert_eq!(page.next, None, "{case}");
                let before = PageStart::After(page.previous.expect("rows are before them"));
                let before = OrganizationQuery { start: before, backwards: true, ..list.clone() };
                let mut rows = ids(&walk(ports, before).await);
                rows.reverse();
                assert_eq!(rows, all[..count - 3], "{case}");
            }
        }
    }
}

/// A total that is out of date moves a jump by as many rows at most, and every row is still reached once.
pub async fn a_jump_with_an_old_total_shows_rows_that_follow_each_other(ports: &Ports) {
    for number in (0..30).step_by(2) {
        insert(ports, &format!("org-{number:02}")).await;
    }
    let list = query(everything(StatusFilter::All), 4);
    for (number, inserted) in [(7, 1), (12, 29), (10, 3), (9, 21)] {
        insert(ports, &format!("org-{inserted:02}")).await;
        let all = ids(&walk(ports, list.clone()).await);
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let mut all = all.clone();
            if direction == SortDirection::Descending {
                all.reverse();
            }
            let start = PageStart::Row { number, of: 15 };
            let list = OrganizationQuery { direction, ..list.clone() };
            let page = ports.organizations.page(&OrganizationQuery { start, ..list.clone() }).await;
            let page = page.expect("a page");
            let rows = ids(&page.organizations);
            let first = all.iter().position(|id| *id == rows[0]).expect("a row of the list");
            let moved = (first as u64).abs_diff(number);
            assert!(moved <= all.len() as u64 - 15, "row {number} was looked for and {first} found");
            assert_eq!(rows, all[first..all.len().min(first + 4)]);
            let on = async |place, backwards| match place {
                None => Vec::new(),
                Some(place) => {
                    let start = PageStart::After(place);
                    ids(&walk(ports, OrganizationQuery { start, backwards, ..list.clone() }).await)
                }
            };
            let mut whole = on(page.previous, true).await;
            whole.reverse();
            whole.extend(rows);
            whole.extend(on(page.next, false).await);
            assert_eq!(whole, all, "{number} {direction:?}");
        }
    }
}

/// Backwards is the same list from its end.
pub async fn a_list_is_walked_backwards_in_the_opposite_order(ports: &Ports) {
    in_every_state(ports).await;
    for (filter, _) in every_list() {
        for &sort in SortField::ALL {
            for direction in [SortDirection::Ascending, SortDirection::Descending] {
                let list = OrganizationQuery { sort, direction, ..query(filter.clone(), 4) };
                let mut rows = ids(&walk(ports, list.clone()).await);
                rows.reverse();
                let backwards = ids(&walk(ports, OrganizationQuery { backwards: true, ..list }).await);
                assert_eq!(backwards, rows, "{filter:?} {sort:?} {direction:?}");
            }
        }
    }
}

/// The search finds text anywhere in name, display name and address, without regard to case.
pub async fn search_finds_text_anywhere_in_name_display_name_and_address_in_any_case(ports: &Ports) {
    let shown = |text: &str, shown: &str| NewOrganization {
        display_name: Some(display_name(shown)),
        ..organization(text)
    };
    let addressed =
        |text: &str, address: &str| NewOrganization { admin_email: email(address), ..organization(text) };
    for one in [
        organization("acme-corp"),
        shown("globex", "École Polytechnique"),
        addressed("initech", "Head.OF.it@Umbrella.example.com"),
        shown("soylent", "Überlingen 組織"),
    ] {
        ports.organizations.insert(&one).await.expect("inserted");
    }
    for (text, expected) in [
        ("", vec!["acme-corp", "globex", "initech", "soylent"]),
        ("me-co", vec!["acme-corp"]),
        ("ME-CO", vec!["acme-corp"]),
        ("polytech", vec!["globex"]),
        ("éCOLE", vec!["globex"]),
        ("ÜBER", vec!["soylent"]),
        ("織", vec!["soylent"]),
        ("head.of.IT", vec!["initech"]),
        ("umbrella", vec!["initech"]),
        ("example.com", vec!["acme-corp", "globex", "initech", "soylent"]),
        ("org_", vec![]),
        ("nowhere", vec![]),
    ] {
        assert_eq!(names(ports, searching(text)).await, expected, "{text:?}");
    }
}

/// The search text is no pattern.
pub async fn search_takes_its_text_literally(ports: &Ports) {
    for text in ["acme_corp", "acme-corp", "acmexcorp"] {
        insert(ports, text).await;
    }
    let odd =
        NewOrganization { display_name: Some(display_name(r"100% (\d+) [a-z]* $")), ..organization("odd") };
    ports.organizations.insert(&odd).await.expect("inserted");
    for (text, expected) in [
        ("acme_corp", vec!["acme_corp"]),
        ("acme.corp", vec![]),
        ("%", vec!["odd"]),
        ("0% (", vec!["odd"]),
        (r"(\d+)", vec!["odd"]),
        (r"\", vec!["odd"]),
        ("[a-z]*", vec!["odd"]),
        ("*", vec!["odd"]),
        ("^a", vec![]),
        ("m$", vec![]),
        ("(", vec!["odd"]),
        ("'", vec![]),
        ("\"", vec![]),
        ("a|o", vec![]),
    ] {
        assert_eq!(names(ports, searching(text)).await, expected, "{text:?}");
    }
}

/// Filters by status, and by one organization.
pub async fn a_list_holds_what_its_filter_says(ports: &Ports) {
    let off = insert(ports, "acme").await;
    let on = insert(ports, "globex").await;
    let gone = insert(ports, "initech").await;
    let change = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
    ports.organizations.change(off.id, &change, moment(1)).await.expect("deactivated");
    move_to_trash(ports, gone.id, 2).await;
    assert_eq!(names(ports, everything(StatusFilter::All)).await, ["acme", "globex"]);
    assert_eq!(names(ports, everything(StatusFilter::Active)).await, ["globex"]);
    assert_eq!(names(ports, everything(StatusFilter::Deactivated)).await, ["acme"]);
    assert_eq!(names(ports, everything(StatusFilter::Trashed)).await, ["initech"]);
    let only = |id, search: &str, status| OrganizationFilter {
        search: search.to_owned(),
        status,
        only: Some(vec![id]),
    };
    assert_eq!(names(ports, only(on.id, "", StatusFilter::All)).await, ["globex"]);
    assert_eq!(names(ports, only(on.id, "glo", StatusFilter::All)).await, ["globex"]);
    assert!(names(ports, only(on.id, "acme", StatusFilter::All)).await.is_empty());
    assert!(names(ports, only(on.id, "", StatusFilter::Deactivated)).await.is_empty());
    assert!(names(ports, only(on.id, "", StatusFilter::Trashed)).await.is_empty());
    let several = |ids: &[OrganizationId], status| OrganizationFilter {
        search: String::new(),
        status,
        only: Some(ids.to_vec()),
    };
    let three = [on.id, gone.id, off.id];
    assert_eq!(names(ports, several(&three, StatusFilter::All)).await, ["acme", "globex"]);
    assert_eq!(names(ports, several(&three[..2], StatusFilter::All)).await, ["globex"]);
    assert_eq!(names(ports, several(&three, StatusFilter::Trashed)).await, ["initech"]);
    assert!(names(ports, several(&[], StatusFilter::All)).await.is_empty(), "of none there is none");
    let many: Vec<_> = (0..40_000).map(|_| OrganizationId::new()).chain(three).collect();
    for sort in [SortField::Name, SortField::CreatedAt] {
        let of_many = OrganizationQuery { sort, ..query(several(&many, StatusFilter::All), 1) };
        assert_eq!(walk(ports, of_many).await.len(), 2, "{sort:?}: more than a statement has variables");
    }
    let counted = ports.organizations.count(&several(&three, StatusFilter::All)).await.expect("counts");
    assert_eq!((counted.live, counted.deactivated, counted.trashed), (2, Some(1), 1));
}

/// Cursor, search and status work together.
pub async fn a_searched_and_filtered_list_is_paged_without_gaps(ports: &Ports) {
    for number in 0..20 {
        let one =
            insert(ports, &format!("{}-{number:02}", if number % 2 == 0 { "even" } else { "odd" })).await;
        if number % 4 == 0 {
            let off = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
            ports.organizations.change(one.id, &off, moment(1)).await.expect("deactivated");
        }
    }
    let filter = OrganizationFilter { search: "EVEN".to_owned(), status: StatusFilter::Active, only: None };
    for &sort in SortField::ALL {
        let rows = walk(ports, OrganizationQuery { sort, ..query(filter.clone(), 2) }).await;
        let found: BTreeSet<_> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(rows.len(), 5, "{sort:?}: each row once");
        assert_eq!(
            found,
            BTreeSet::from(["even-02", "even-06", "even-10", "even-14", "even-18"]),
            "{sort:?}"
        );
    }
}

/// Counts by status, exact, under a search, and for one organization.
pub async fn counts_are_by_status_and_follow_search_and_only(ports: &Ports) {
    let mut ids = Vec::new();
    for text in ["acme-1", "acme-2", "acme-3", "globex-1", "globex-2", "globex-3"] {
        ids.push(insert(ports, text).await.id);
    }
    let off = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
    ports.organizations.change(ids[0], &off, moment(1)).await.expect("deactivated");
    move_to_trash(ports, ids[1], 1).await;
    move_to_trash(ports, ids[3], 1).await;
    let count = async |filter: OrganizationFilter| {
        let counts = ports.organizations.count(&filter).await.expect("a count");
        let few = "a few are counted";
        (counts.active().expect(few), counts.deactivated.expect(few), counts.trashed)
    };
    assert_eq!(count(everything(StatusFilter::All)).await, (3, 1, 2));
    assert_eq!(count(everything(StatusFilter::Trashed)).await, (3, 1, 2), "the filter's status is ignored");
    assert_eq!(count(searching("ACME")).await, (1, 1, 1));
    assert_eq!(count(searching("nowhere")).await, (0, 0, 0));
    let only = OrganizationFilter { only: Some(vec![ids[0]]), ..everything(StatusFilter::All) };
    assert_eq!(count(only).await, (0, 1, 0));
    let exact = ports.organizations.count(&searching("acme")).await.expect("a count").exact;
    assert!(exact, "what was counted document by document is exact");
}

/// `set_name` sets the name, the collection's name and the time, and nothing else.
pub async fn setting_a_name_moves_name_and_collection_name_only(ports: &Ports) {
    let new = insert(ports, "acme").await;
    insert(ports, "mmm").await;
    let before = load(ports, new.id).await;
    assert_eq!(
        ports.organizations.set_name(&seen(ports, new.id).await, &name("zenith"), moment(5)).await,
        Ok(())
    );
    let after = load(ports, new.id).await;
    assert_eq!(after, Organization { name: name("zenith"), updated_at: moment(5).into(), ..before });
    assert_eq!(ports.organizations.find_by_name(&name("acme")).await, Ok(None));
    let by_collection =
        OrganizationQuery { sort: SortField::CollectionName, ..query(everything(StatusFilter::All), 10) };
    let page = ports.organizations.page(&by_collection).await.expect("a page");
    assert_eq!(page.organizations[1].id, new.id, "the stored collection name moved along");
}

/// A name that was given up is free.
pub async fn a_name_that_was_given_up_is_free_for_another(ports: &Ports) {
    let new = insert(ports, "acme").await;
    ports
        .organizations
        .set_name(&seen(ports, new.id).await, &name("zenith"), moment(5))
        .await
        .expect("named");
    let facts = ports.health.server().await.expect("facts");
    if facts.product == "SecantusDB" {
        println!(
            "skipped: a unique index of {} {} keeps the value that an update gave up",
            facts.product, facts.version
        );
        return;
    }
    let successor = NewOrganization { admin_email: email("other@example.com"), ..organization("acme") };
    assert_eq!(ports.organizations.insert(&successor).await, Ok(()));
}

/// Every write may be repeated.
pub async fn setting_a_name_again_counts_as_done(ports: &Ports) {
    let new = insert(ports, "acme").await;
    ports
        .organizations
        .set_name(&seen(ports, new.id).await, &name("zenith"), moment(5))
        .await
        .expect("named");
    let before = load(ports, new.id).await;
    assert_eq!(
        ports.organizations.set_name(&seen(ports, new.id).await, &name("zenith"), moment(5)).await,
        Ok(())
    );
    assert_eq!(load(ports, new.id).await, before);
}

/// `set_name`'s errors.
pub async fn setting_a_name_is_refused_when_it_is_taken_or_nobody_is_there(ports: &Ports) {
    let new = insert(ports, "acme").await;
    insert(ports, "globex").await;
    let before = load(ports, new.id).await;
    assert_eq!(
        ports.organizations.set_name(&seen(ports, new.id).await, &name("globex"), moment(5)).await,
        NAME_TAKEN
    );
    assert_eq!(load(ports, new.id).await, before, "nothing is written");
    assert!(is_not_found(
        ports
            .organizations
            .set_name(&seen(ports, OrganizationId::new()).await, &name("zenith"), moment(5))
            .await
    ));
    move_to_trash(ports, new.id, 6).await;
    assert!(
        is_not_found(
            ports.organizations.set_name(&seen(ports, new.id).await, &name("zenith"), moment(7)).await
        ),
        "not in the trash"
    );
}

/// `change` changes what it names, answers the organization, and keeps the rest.
pub async fn a_change_touches_only_what_it_names(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let mut expected = load(ports, new.id).await;
    let change = async |change: OrganizationChange, minute| {
        ports.organizations.change(new.id, &change, moment(minute)).await.expect("changed")
    };
    let none = OrganizationChange::default();

    expected.display_name = Some(display_name("Acme Corporation"));
    expected.updated_at = moment(1).into();
    let shown = OrganizationChange { display_name: Some(expected.display_name.clone()), ..none.clone() };
    assert_eq!(change(shown, 1).await, expected);
    assert_eq!(load(ports, new.id).await, expected, "what is answered is what is stored");

    expected.admin_email = email("New.Admin@example.com");
    expected.updated_at = moment(2).into();
    let address = OrganizationChange { admin_email: Some(expected.admin_email.clone()), ..none.clone() };
    assert_eq!(change(address, 2).await, expected);
    assert_eq!(stored_hash(ports, "new.admin@example.com").await, hash("a").expose());
    let old = ports.organizations.find_credentials(&new.admin_email).await.expect("a look-up answers");
    assert!(old.is_empty(), "the old address finds nobody");

    expected.updated_at = moment(3).into();
    assert_eq!(
        change(OrganizationChange { admin_password: Some(hash("b")), ..none.clone() }, 3).await,
        expected
    );
    assert_eq!(stored_hash(ports, "new.admin@example.com").await, hash("b").expose());

    expected.is_active = false;
    expected.updated_at = moment(4).into();
    assert_eq!(change(OrganizationChange { is_active: Some(false), ..none.clone() }, 4).await, expected);
    assert_eq!(expected.status(), OrganizationStatus::Deactivated);

    expected.display_name = None;
    expected.is_active = true;
    expected.updated_at = moment(5).into();
    let both = OrganizationChange { display_name: Some(None), is_active: Some(true), ..none.clone() };
    assert_eq!(change(both, 5).await, expected);
    assert_eq!(load(ports, new.id).await, expected);
}

/// The session version.
pub async fn a_change_raises_the_session_version_only_when_it_ends_sessions(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let before = load(ports, new.id).await.session_version;
    let change = OrganizationChange { admin_password: Some(hash("b")), ..OrganizationChange::default() };
    let after = ports.organizations.change(new.id, &change, moment(1)).await.expect("changed");
    assert_eq!(after.session_version, before);
    let ending = OrganizationChange { end_sessions: true, ..change };
    let after = ports.organizations.change(new.id, &ending, moment(2)).await.expect("changed");
    assert_eq!(after.session_version, before + 1);
    let after = ports.organizations.change(new.id, &ending, moment(3)).await.expect("changed");
    assert_eq!(after.session_version, before + 2);
}

/// Every write may be repeated.
pub async fn a_change_that_is_repeated_answers_the_same(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let change = OrganizationChange {
        display_name: Some(Some(display_name("Acme"))),
        admin_email: Some(email("other@example.com")),
        is_active: Some(false),
        end_sessions: true,
        ..OrganizationChange::default()
    };
    let first = ports.organizations.change(new.id, &change, moment(1)).await;
    let second = ports.organizations.change(new.id, &change, moment(1)).await;
    assert_eq!(first, second);
    assert!(first.is_ok());
}

/// What somebody else changed is not overwritten: nothing of such a change is written.
pub async fn a_change_is_refused_when_what_it_relies_on_is_other_than_expected(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let before = load(ports, new.id).await;
    let change = OrganizationChange {
        display_name: Some(Some(display_name("Ours"))),
        admin_password: Some(hash("ours")),
        end_sessions: true,
        ..OrganizationChange::default()
    };
    let expecting = |expected| OrganizationChange { expected, ..change.clone() };
    let others = [
        Expected { display_name: Some(Some(display_name("Theirs"))), ..Expected::default() },
        Expected { admin_email: Some(email("other@example.com")), ..Expected::default() },
        Expected { admin_password: Some(hash("other")), ..Expected::default() },
        Expected { admin_password: Some(PasswordHash::from_stored(String::new())), ..Expected::default() },
        Expected { is_active: Some(false), ..Expected::default() },
    ];
    for expected in others {
        let answer = ports.organizations.change(new.id, &expecting(expected.clone()), moment(1)).await;
        assert!(matches!(answer, Err(StoreError::Changed { .. })), "{expected:?}: {answer:?}");
        assert_eq!(load(ports, new.id).await, before, "{expected:?}: something was written");
    }
    assert_eq!(stored_hash(ports, before.admin_email.as_str()).await, hash("a").expose());
    let as_it_is = Expected {
        display_name: Some(before.display_name.clone()),
        admin_email: Some(before.admin_email.clone()),
        admin_password: Some(hash("a")),
        is_active: Some(true),
    };
    let done = ports.organizations.change(new.id, &expecting(as_it_is.clone()), moment(2)).await;
    let done = done.expect("changed");
    assert_eq!(done.session_version, before.session_version + 1);
    let again = ports.organizations.change(new.id, &expecting(as_it_is), moment(2)).await;
    assert_eq!(again.expect("it counts as done"), done, "a lost answer is no change by somebody else");
    let off = OrganizationChange {
        is_active: Some(true),
        expected: Expected {
            is_active: Some(false),
            display_name: Some(done.display_name.clone()),
            ..Expected::default()
        },
        ..OrganizationChange::default()
    };
    let answer = ports.organizations.change(new.id, &off, moment(3)).await;
    assert!(matches!(answer, Err(StoreError::Changed { .. })), "{answer:?}");
}

/// `change`'s errors.
pub async fn a_change_is_refused_when_the_address_is_taken_or_nobody_is_there(ports: &Ports) {
    let new = insert(ports, "acme").await;
    insert(ports, "globex").await;
    let before = load(ports, new.id).await;
    let taken = OrganizationChange {
        admin_email: Some(email("ADMIN@globex.example.com")),
        is_active: Some(false),
        end_sessions: true,
        ..OrganizationChange::default()
    };
    let answer = ports.organizations.change(new.id, &taken, moment(1)).await;
    assert_eq!(answer.map(|_| ()), EMAIL_TAKEN);
    assert_eq!(load(ports, new.id).await, before, "nothing is written, the other fields neither");
    let own = OrganizationChange {
        admin_email: Some(email("ADMIN@acme.example.com")),
        ..OrganizationChange::default()
    };
    let answer =
        ports.organizations.change(new.id, &own, moment(2)).await.expect("its own address in another case");
    assert_eq!(answer.admin_email.as_str(), "ADMIN@acme.example.com");
    assert!(is_not_found(ports.organizations.change(OrganizationId::new(), &own, moment(3)).await));
    move_to_trash(ports, new.id, 6).await;
    assert!(is_not_found(ports.organizations.change(new.id, &own, moment(7)).await), "not in the trash");
}

/// A renewed cost must not undo a password change.
pub async fn a_hash_is_renewed_only_while_it_is_the_one_that_was_read(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let before = load(ports, new.id).await;
    let renew = async |to: &str| {
        ports.organizations.renew_hash(new.id, &hash("a"), &hash(to), &renewal("a", to)).await
    };
    assert_eq!(renew("renewed").await, Ok(()));
    assert_eq!(stored_hash(ports, "admin@acme.example.com").await, hash("renewed").expose());
    assert_eq!(load(ports, new.id).await, before, "a renewed hash is no change that anybody sees");
    assert_eq!(renew("late").await, Ok(()));
    let found = ports.organizations.find_credentials_of(new.id).await.expect("a look-up answers");
    let found = found.expect("it is there");
    assert_eq!(found.password_hash.expose(), hash("renewed").expose());
    assert_eq!(found.renewal, Some(renewal("a", "renewed")), "the note is of the hash that is stored");
}

async fn add_operator(ports: &Ports, address: &str) -> Result<(), StoreError> {
    let operator = NewOperator {
        id: OperatorId::new(),
        name: PersonName::parse("Dana Özgür").expect("a good name"),
        email: email(address),
        role: OperatorRole::Owner,
        one_time: None,
        recovery: None,
        password_hash: hash("operator"),
        created_at: moment(0),
    };
    ports.accounts.insert_operator(&operator).await
}

/// An address is an operator's or an admin's, in every write that gives one.
pub async fn an_operators_address_is_refused_to_organizations_in_every_case(ports: &Ports) {
    add_operator(ports, "Olga@example.com").await.expect("inserted");
    let acme = insert(ports, "acme").await;
    let posing =
        |name: &str| NewOrganization { admin_email: email("OLGA@example.com"), ..organization(name) };
    assert_eq!(ports.organizations.insert(&posing("posing")).await, EMAIL_TAKEN);
    let many = [organization("first"), posing("second"), organization("third")];
    assert_eq!(ports.organizations.insert_many(&many).await, EMAIL_TAKEN);
    assert_eq!(names(ports, everything(StatusFilter::All)).await, ["acme", "first"]);
    let before = load(ports, acme.id).await;
    let change = OrganizationChange {
        admin_email: Some(email("olga@example.com")),
        admin_password: Some(hash("changed")),
        ..OrganizationChange::default()
    };
    assert_eq!(ports.organizations.change(acme.id, &change, moment(1)).await.map(drop), EMAIL_TAKEN);
    assert_eq!(load(ports, acme.id).await, before, "nothing is written");
    assert_eq!(stored_hash(ports, "admin@acme.example.com").await, hash("a").expose());

    move_to_trash(ports, acme.id, 2).await;
    add_operator(ports, "ADMIN@acme.example.com").await.expect("the trash holds no address");
    assert_eq!(ports.organizations.copy_from_trash(acme.id, None, &acme.name, moment(3)).await, EMAIL_TAKEN);
    assert_eq!(find(ports, acme.id).await, None);
}

/// And the other way round.
pub async fn an_admins_address_is_refused_to_operators_in_every_case(ports: &Ports) {
    let new = NewOrganization { admin_email: email("Dana@example.com"), ..organization("acme") };
    ports.organizations.insert(&new).await.expect("inserted");
    assert_eq!(add_operator(ports, "dana@EXAMPLE.com").await, EMAIL_TAKEN);
    assert_eq!(add_operator(ports, "DANA@example.com").await, EMAIL_TAKEN);
    assert_eq!(ports.accounts.has_operators().await, Ok(false), "nothing is written");
    assert_eq!(ports.accounts.most_accounts_of_an_address().await, Ok(1));
}

/// Of an operator and an admin who take one address at the same moment one wins at most.
pub async fn of_an_operator_and_an_organization_with_one_address_at_once_one_wins(ports: &Ports) {
    for round in 0..6 {
        let address = format!("contested{round}@example.com");
        let new = NewOrganization { admin_email: email(&address), ..organization(&format!("acme-{round}")) };
        let (operator, organization) =
            futures_util::join!(add_operator(ports, &address), ports.organizations.insert(&new));
        for answer in [&operator, &organization] {
            assert!(answer.is_ok() || *answer == EMAIL_TAKEN, "{answer:?}");
        }
        assert!(operator.is_err() || organization.is_err(), "an address belongs to one of them");
        let is_there = ports.accounts.find_operator_by_email(&email(&address)).await.expect("a look-up");
        assert_eq!(is_there.is_some(), operator.is_ok(), "what was refused is not there");
        assert_eq!(find(ports, new.id).await.is_some(), organization.is_ok(), "nor is this");
    }
}

/// `copy_to_trash` copies and leaves the live one.
pub async fn a_copy_in_the_trash_is_whole_and_the_live_one_stays(ports: &Ports) {
    let new = NewOrganization { display_name: Some(display_name("Acme")), ..organization("acme") };
    ports.organizations.insert(&new).await.expect("inserted");
    let live = load(ports, new.id).await;
    assert_eq!(ports.organizations.find_trashed(new.id).await, Ok(None));
    assert_eq!(ports.organizations.copy_to_trash(new.id, &trashed(3)).await, Ok(()));
    assert_eq!(load(ports, new.id).await, live, "the live one stays as it is");
    let copy = ports.organizations.find_trashed(new.id).await;
    assert_eq!(copy, Ok(Some(Organization { trashed: Some(trashed(3)), ..live })));
}

/// What the trash notes.
pub async fn the_trash_remembers_what_became_of_the_collection(ports: &Ports) {
    for collection in [TrashedCollection::Moved, TrashedCollection::Missing, TrashedCollection::Shared] {
        let new = insert(ports, &format!("{collection:?}")).await;
        let noted = Trashed { collection, ..trashed(1) };
        ports.organizations.copy_to_trash(new.id, &noted).await.expect("copied");
        let copy = ports.organizations.find_trashed(new.id).await.expect("a look-up answers");
        assert_eq!(copy.and_then(|copy| copy.trashed), Some(noted));
    }
}

/// Every write may be repeated; an existing copy counts as done, with or without the live one.
pub async fn copying_to_the_trash_again_counts_as_done(ports: &Ports) {
    let new = insert(ports, "acme").await;
    ports.organizations.copy_to_trash(new.id, &trashed(3)).await.expect("copied");
    let copy = ports.organizations.find_trashed(new.id).await;
    assert_eq!(ports.organizations.copy_to_trash(new.id, &trashed(3)).await, Ok(()));
    assert_eq!(ports.organizations.find_trashed(new.id).await, copy);
    ports.organizations.remove(&seen(ports, new.id).await).await.expect("removed");
    assert_eq!(
        ports.organizations.copy_to_trash(new.id, &trashed(3)).await,
        Ok(()),
        "the live one may be gone"
    );
    assert_eq!(ports.organizations.find_trashed(new.id).await, copy);
}

/// `copy_to_trash`'s error.
pub async fn copying_to_the_trash_is_refused_when_nobody_is_there(ports: &Ports) {
    assert!(is_not_found(ports.organizations.copy_to_trash(OrganizationId::new(), &trashed(1)).await));
}

/// `copy_from_trash` brings the document back whole and leaves the copy.
pub async fn a_copy_comes_back_from_the_trash_whole_under_its_new_name(ports: &Ports) {
    let new = NewOrganization {
        display_name: Some(display_name("Acme")),
        admin_password: hash("kept"),
        ..organization("acme")
    };
    ports.organizations.insert(&new).await.expect("inserted");
    let off = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
    let before = ports.organizations.change(new.id, &off, moment(1)).await.expect("deactivated");
    move_to_trash(ports, new.id, 2).await;
    assert_eq!(
        ports.organizations.copy_from_trash(new.id, None, &name("acme-again"), moment(9)).await,
        Ok(())
    );
    let live = load(ports, new.id).await;
    assert!(live.session_version > before.session_version, "tokens from before the trash are no good");
    let session_version = live.session_version;
    assert_eq!(
        live,
        Organization { name: name("acme-again"), updated_at: moment(9).into(), session_version, ..before },
        "everything else is as it was: deactivated, its display name, its address"
    );
    assert_eq!(live.collection().as_str(), "org_acme-again");
    assert_eq!(stored_hash(ports, "admin@acme.example.com").await, hash("kept").expose());
    let copy = ports.organizations.find_trashed(new.id).await.expect("a look-up answers");
    assert!(copy.is_some(), "the trash keeps its copy");
}

/// Every write may be repeated.
pub async fn copying_from_the_trash_again_counts_as_done(ports: &Ports) {
    let new = insert(ports, "acme").await;
    move_to_trash(ports, new.id, 2).await;
    ports.organizations.copy_from_trash(new.id, None, &name("acme"), moment(9)).await.expect("copied");
    let live = load(ports, new.id).await;
    assert_eq!(ports.organizations.copy_from_trash(new.id, None, &name("acme"), moment(9)).await, Ok(()));
    assert_eq!(load(ports, new.id).await, live, "the second time changes nothing");
    ports.organizations.remove_trashed(new.id, None).await.expect("removed");
    let answer = ports.organizations.copy_from_trash(new.id, None, &name("acme"), moment(9)).await;
    assert_eq!(answer, Ok(()), "it is live, whether or not the trash still has its copy");
    assert_eq!(load(ports, new.id).await, live);
}

/// `copy_from_trash`'s errors.
pub async fn copying_from_the_trash_is_refused_when_name_or_address_is_taken(ports: &Ports) {
    let new = insert(ports, "acme").await;
    move_to_trash(ports, new.id, 2).await;
    let named = NewOrganization { admin_email: email("other@example.com"), ..organization("acme") };
    ports.organizations.insert(&named).await.expect("inserted");
    assert_eq!(ports.organizations.copy_from_trash(new.id, None, &name("acme"), moment(3)).await, NAME_TAKEN);
    assert_eq!(find(ports, new.id).await, None, "nothing is written");
    let addressed =
        NewOrganization { admin_email: email("ADMIN@acme.example.com"), ..organization("globex") };
    ports.organizations.insert(&addressed).await.expect("inserted");
    assert_eq!(
        ports.organizations.copy_from_trash(new.id, None, &name("free"), moment(3)).await,
        EMAIL_TAKEN
    );
    assert_eq!(find(ports, new.id).await, None, "nothing is written");
    let absent = OrganizationId::new();
    assert!(is_not_found(ports.organizations.copy_from_trash(absent, None, &name("free"), moment(3)).await));
}

/// `remove_trashed` removes, and absent counts as done.
pub async fn the_trash_forgets_what_is_removed_and_removing_it_again_counts_as_done(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let other = insert(ports, "globex").await;
    move_to_trash(ports, new.id, 1).await;
    move_to_trash(ports, other.id, 1).await;
    assert_eq!(ports.organizations.remove_trashed(new.id, None).await, Ok(()));
    assert_eq!(ports.organizations.find_trashed(new.id).await, Ok(None));
    assert_eq!(ports.organizations.remove_trashed(new.id, None).await, Ok(()));
    assert_eq!(names(ports, everything(StatusFilter::Trashed)).await, ["globex"]);
}

/// Removing the copy leaves a live one alone, and the other way round.
pub async fn removing_on_one_side_leaves_the_other_side(ports: &Ports) {
    let new = insert(ports, "acme").await;
    ports.organizations.copy_to_trash(new.id, &trashed(1)).await.expect("copied");
    ports.organizations.remove_trashed(new.id, None).await.expect("removed");
    assert!(find(ports, new.id).await.is_some());
    ports.organizations.copy_to_trash(new.id, &trashed(1)).await.expect("copied");
    ports.organizations.remove(&seen(ports, new.id).await).await.expect("removed");
    assert!(ports.organizations.find_trashed(new.id).await.expect("a look-up answers").is_some());
}

const CHANGED: Result<(), StoreError> = Err(StoreError::Changed { what: "the organization" });

fn copy(minute: i64) -> Trashed {
    Trashed { copy: Some(CopyId::new()), ..trashed(minute) }
}

/// `remove` is about what was seen.
pub async fn a_live_organization_is_removed_only_while_it_is_as_it_was_seen(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let before = seen(ports, new.id).await;
    let off = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
    ports.organizations.change(new.id, &off, moment(1)).await.expect("deactivated");
    assert_eq!(ports.organizations.remove(&before).await, CHANGED);
    assert!(find(ports, new.id).await.is_some(), "what was changed since stays");
    assert_eq!(ports.organizations.remove(&seen(ports, new.id).await).await, Ok(()));
    assert_eq!(find(ports, new.id).await, None);
}

/// `set_name` is about what was seen.
pub async fn a_name_is_set_only_while_the_organization_is_as_it_was_seen(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let before = seen(ports, new.id).await;
    ports.organizations.set_name(&before, &name("globex"), moment(1)).await.expect("named");
    let there_and_back = seen(ports, new.id).await;
    ports.organizations.set_name(&there_and_back, &name("acme"), moment(2)).await.expect("named");
    let answer = ports.organizations.set_name(&before, &name("zenith"), moment(3)).await;
    assert_eq!(answer, CHANGED, "it has its old name again, and is not the one that was seen");
    assert_eq!(load(ports, new.id).await.name, name("acme"));
}

/// What is removed is in the trash as it was.
pub async fn what_changed_since_it_was_copied_is_copied_before_it_is_removed(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let noted = copy(1);
    ports.organizations.copy_to_trash(new.id, &noted).await.expect("copied");
    let change = OrganizationChange { admin_password: Some(hash("newer")), ..OrganizationChange::default() };
    ports.organizations.change(new.id, &change, moment(2)).await.expect("changed");
    assert_eq!(ports.organizations.remove_copied(new.id, noted.copy).await, Ok(()));
    assert_eq!(find(ports, new.id).await, None);
    assert_eq!(ports.organizations.remove_copied(new.id, noted.copy).await, Ok(()), "absent counts as done");
    let kept = ports.organizations.find_trashed(new.id).await.expect("a look-up answers");
    assert_eq!(kept.and_then(|kept| kept.trashed), Some(noted.clone()), "it is the same copy");
    let back = ports.organizations.copy_from_trash(new.id, noted.copy, &name("acme"), moment(3)).await;
    assert_eq!(back, Ok(()));
    assert_eq!(stored_hash(ports, "admin@acme.example.com").await, hash("newer").expose());
}

/// Nothing is removed without its copy.
pub async fn a_live_organization_is_not_removed_for_a_copy_that_the_trash_does_not_have(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let live = load(ports, new.id).await;
    let (earlier, noted) = (copy(1), copy(2));
    assert_eq!(ports.organizations.remove_copied(new.id, earlier.copy).await, CHANGED, "there is none");
    ports.organizations.copy_to_trash(new.id, &noted).await.expect("copied");
    assert_eq!(ports.organizations.remove_copied(new.id, earlier.copy).await, CHANGED, "it is another one");
    assert_eq!(ports.organizations.remove_copied(new.id, None).await, CHANGED);
    assert_eq!(load(ports, new.id).await, live);
}

/// A copy is brought back and removed by its own act only.
pub async fn another_copy_in_the_trash_is_left_alone(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let (earlier, noted) = (copy(1), copy(2));
    ports.organizations.copy_to_trash(new.id, &noted).await.expect("copied");
    ports.organizations.remove_copied(new.id, noted.copy).await.expect("removed");
    assert_eq!(
        ports.organizations.copy_to_trash(new.id, &noted).await,
        Ok(()),
        "this very copy counts as done"
    );
    assert_eq!(ports.organizations.copy_to_trash(new.id, &earlier).await, CHANGED);
    let back = ports.organizations.copy_from_trash(new.id, earlier.copy, &name("acme"), moment(3)).await;
    assert_eq!(back, CHANGED);
    assert_eq!(ports.organizations.remove_trashed(new.id, earlier.copy).await, CHANGED);
    assert_eq!(find(ports, new.id).await, None);
    let kept = ports.organizations.find_trashed(new.id).await.expect("a look-up answers");
    assert_eq!(kept.and_then(|kept| kept.trashed), Some(noted), "it stays as it was");
}

/// A restore of part of a database can bring a document back beside its copy in the trash.
pub async fn one_id_in_the_list_and_in_the_trash_loses_neither_document(ports: &Ports) {
    let new = insert(ports, "acme").await;
    let backup = ports.organizations.document(new.id).await.expect("read").expect("it is there");
    let newer = OrganizationChange { admin_password: Some(hash("newer")), ..OrganizationChange::default() };
    ports.organizations.change(new.id, &newer, moment(1)).await.expect("changed");
    let (noted, later) = (copy(2), copy(3));
    ports.organizations.copy_to_trash(new.id, &noted).await.expect("copied");
    ports.organizations.remove_copied(new.id, noted.copy).await.expect("removed");
    let kept = ports.organizations.trashed_document(new.id).await.expect("read");
    ports.organizations.insert_document(&backup).await.expect("brought back");

    for name in [name("acme"), name("acme-2")] {
        let twice = ports.organizations.copy_from_trash(new.id, noted.copy, &name, moment(4)).await;
        assert_eq!(twice, Err(StoreError::Duplicate { field: UniqueField::Id }), "{name}");
    }
    assert_eq!(ports.organizations.copy_to_trash(new.id, &later).await, CHANGED);
    assert_eq!(ports.organizations.copy_to_trash(new.id, &trashed(3)).await, CHANGED);
    assert_eq!(ports.organizations.document(new.id).await, Ok(Some(backup)));
    assert_eq!(ports.organizations.trashed_document(new.id).await, Ok(kept));
    let found = ports.organizations.find_trashed(new.id).await.expect("a look-up answers");
    assert_eq!(found.and_then(|found| found.trashed), Some(noted.clone()), "it is the same copy");
    // As its own act repeats it.
    assert_eq!(ports.organizations.copy_to_trash(new.id, &noted).await, Ok(()));
}

/// The owners of a collection.
pub async fn a_collection_is_of_who_has_its_name_and_of_who_left_it_to_others(ports: &Ports) {
    let live = insert(ports, "acme").await;
    assert_eq!(ports.organizations.owners(&name("acme")).await, Ok(vec![live.id]));
    assert_eq!(ports.organizations.owners(&name("nobody")).await, Ok(Vec::new()));
    for (text, collection) in [
        ("moved", TrashedCollection::Moved),
        ("missing", TrashedCollection::Missing),
        ("shared", TrashedCollection::Shared),
    ] {
        let new = insert(ports, text).await;
        let noted = Trashed { collection, ..copy(1) };
        ports.organizations.copy_to_trash(new.id, &noted).await.expect("copied");
        ports.organizations.remove_copied(new.id, noted.copy).await.expect("removed");
        let expected = if collection == TrashedCollection::Shared { vec![new.id] } else { Vec::new() };
        assert_eq!(ports.organizations.owners(&name(text)).await, Ok(expected), "{collection:?}");
    }
}
