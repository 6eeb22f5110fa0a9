//! What [`PeopleStore`](tenantry_core::ports::PeopleStore) owes.

use std::collections::BTreeSet;

use tenantry_core::error::{StoreError, UniqueField};
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    MemberRole, Membership, MembershipChange, OneTime, PageStart, PeopleCounts, PeopleFilter, PeopleQuery,
    PeopleSort, PeopleStatus, Person, PersonRow, SortDirection,
};
use tenantry_core::values::{OrganizationId, PersonId, PersonName};

use super::accounts::operator;
use super::{email, hash, moment, renewal};

const MISSING: StoreError = StoreError::NotFound { what: "person" };

/// A membership as an admin.
pub fn membership(organization: OrganizationId) -> Membership {
    Membership {
        organization_id: organization,
        role: MemberRole::OrganizationAdmin,
        is_active: true,
        since: moment(0),
    }
}

/// A person of these organizations.
pub fn person(address: &str, organizations: &[OrganizationId]) -> Person {
    let name = address.split('@').next().unwrap_or_default();
    Person {
        id: PersonId::new(),
        name: PersonName::parse(name).expect("a good name"),
        email: email(address),
        password_hash: hash("person"),
        renewal: None,
        one_time: None,
        memberships: organizations.iter().copied().map(membership).collect(),
        created_at: moment(0),
        last_sign_in_at: None,
        session_version: 0,
    }
}

async fn load(ports: &Ports, id: PersonId) -> Person {
    ports.people.find(id).await.expect("a look-up answers").expect("it is there")
}

/// What of a person a store keeps, in a form that can be compared.
fn kept(person: &Person) -> String {
    format!("{person:?} {}", person.password_hash.expose())
}

/// `insert`, `find`, `find_by_email`.
pub async fn an_inserted_person_is_found_whole_by_id_and_by_address_in_any_case(ports: &Ports) {
    let (acme, globex) = (OrganizationId::new(), OrganizationId::new());
    let viewer = Membership { role: MemberRole::Viewer, is_active: false, ..membership(globex) };
    let new = Person {
        one_time: Some(OneTime { until: moment(7) }),
        memberships: vec![membership(acme), viewer],
        ..person("Dana@example.com", &[])
    };
    assert_eq!(ports.people.insert(&new).await, Ok(()));
    assert_eq!(kept(&load(ports, new.id).await), kept(&new));
    for typed in ["Dana@example.com", "dana@EXAMPLE.com", "DANA@example.com"] {
        let found = ports.people.find_by_email(&email(typed)).await.expect("a look-up answers");
        assert_eq!(found.map(|found| kept(&found)), Some(kept(&new)), "{typed}");
    }
    assert!(ports.people.find(PersonId::new()).await.expect("a look-up answers").is_none());
    assert!(ports.people.find_by_email(&email("no@example.com")).await.expect("a look-up answers").is_none());
}

/// Uniqueness of id and address.
pub async fn a_person_is_refused_when_id_or_address_is_taken(ports: &Ports) {
    let acme = OrganizationId::new();
    let first = person("Dana@example.com", &[acme]);
    ports.people.insert(&first).await.expect("inserted");
    let same_id = Person { id: first.id, ..person("other@example.com", &[acme]) };
    assert_eq!(ports.people.insert(&same_id).await, Err(StoreError::Duplicate { field: UniqueField::Id }));
    let taken = Err(StoreError::Duplicate { field: UniqueField::Email });
    let same_address = person("DANA@example.com", &[acme]);
    assert_eq!(ports.people.insert(&same_address).await, taken);
    assert!(ports.people.find(same_address.id).await.expect("a look-up answers").is_none());
    ports.accounts.insert_operator(&operator("Olga@example.com")).await.expect("inserted");
    let operators = person("olga@EXAMPLE.com", &[acme]);
    assert_eq!(ports.people.insert(&operators).await, taken, "an operator's address");
    assert!(ports.people.find(operators.id).await.expect("a look-up answers").is_none());
    let refused = ports.accounts.insert_operator(&operator("dana@example.com")).await;
    assert_eq!(refused, taken, "a person's address");
}

/// A service's own admin can belong to other organizations as well.
pub async fn an_admins_address_is_free_for_a_person(ports: &Ports) {
    let acme = super::insert(ports, "acme").await;
    let admin = person(acme.admin_email.as_str(), &[OrganizationId::new()]);
    assert_eq!(ports.people.insert(&admin).await, Ok(()));
}

/// `join`, `change_membership`.
pub async fn a_membership_is_added_once_and_changed_alone(ports: &Ports) {
    let (acme, globex) = (OrganizationId::new(), OrganizationId::new());
    let dana = person("dana@example.com", &[acme]);
    ports.people.insert(&dana).await.expect("inserted");
    let joined = ports.people.join(&dana, &membership(globex), None).await.expect("joined");
    assert_eq!((joined.memberships.len(), joined.session_version), (2, 0), "ends no session");
    let again = ports.people.join(&dana, &membership(globex), None).await;
    assert_eq!(again.map(drop), Err(StoreError::Duplicate { field: UniqueField::Id }));
    let nobody = ports.people.join(&person("no@example.com", &[]), &membership(acme), None).await;
    assert_eq!(nobody.map(drop), Err(MISSING));
    let change = MembershipChange { role: Some(MemberRole::Viewer), role_was: None, is_active: Some(false) };
    let changed = ports.people.change_membership(dana.id, Some(globex), change).await.expect("changed");
    let seen = |person: &Person| {
        person
            .memberships
            .iter()
            .map(|one| (one.organization_id, one.role, one.is_active))
            .collect::<Vec<_>>()
    };
    let expected = vec![(acme, MemberRole::OrganizationAdmin, true), (globex, MemberRole::Viewer, false)];
    assert_eq!((seen(&changed), changed.session_version), (expected, 1), "ends the sessions");
    assert_eq!(kept(&load(ports, dana.id).await), kept(&changed));
    let all = MembershipChange { is_active: Some(false), ..MembershipChange::default() };
    let changed = ports.people.change_membership(dana.id, None, all).await.expect("changed");
    assert!(changed.memberships.iter().all(|membership| !membership.is_active), "all of them");
    assert_eq!(changed.memberships[0].role, MemberRole::OrganizationAdmin, "a role that is not named stays");
    let missing = ports.people.change_membership(dana.id, Some(OrganizationId::new()), all).await;
    assert_eq!(missing.map(drop), Err(MISSING));
    let nobody = ports.people.change_membership(PersonId::new(), None, all).await;
    assert_eq!(nobody.map(drop), Err(MISSING));
}

/// `change_membership`, with the role that it was.
pub async fn a_role_that_became_another_one_is_not_written_over(ports: &Ports) {
    let (acme, globex) = (OrganizationId::new(), OrganizationId::new());
    let dana = person("dana@example.com", &[acme, globex]);
    ports.people.insert(&dana).await.expect("inserted");
    let to = |role, was| MembershipChange { role: Some(role), role_was: Some(was), is_active: None };
    let (admin, viewer) = (MemberRole::OrganizationAdmin, MemberRole::Viewer);
    let changed = ports.people.change_membership(dana.id, Some(globex), to(viewer, admin)).await;
    let roles = |person: &Person| person.memberships.iter().map(|one| one.role).collect::<Vec<_>>();
    assert_eq!(changed.as_ref().map(roles), Ok(vec![admin, viewer]), "the other membership keeps its role");
    let elsewhere = Err(StoreError::Changed { what: "the person" });
    for organization in [Some(globex), None] {
        let refused = ports.people.change_membership(dana.id, organization, to(admin, admin)).await;
        assert_eq!(refused.map(drop), elsewhere, "{organization:?}: it became a viewer's");
    }
    let after = load(ports, dana.id).await;
    assert_eq!((roles(&after), after.session_version), (vec![admin, viewer], 1), "nothing is written");
    let missing =
        ports.people.change_membership(dana.id, Some(OrganizationId::new()), to(viewer, admin)).await;
    assert_eq!(missing.map(drop), Err(MISSING));
    let nobody = ports.people.change_membership(PersonId::new(), None, to(viewer, admin)).await;
    assert_eq!(nobody.map(drop), Err(MISSING));
    let one = ports.people.change_membership(dana.id, Some(globex), to(admin, viewer)).await;
    assert_eq!(one.as_ref().map(roles), Ok(vec![admin, admin]));
    let all = ports.people.change_membership(dana.id, None, to(viewer, admin)).await;
    assert_eq!(all.as_ref().map(roles), Ok(vec![viewer, viewer]), "all of them have the role");
}

/// `leave`.
pub async fn a_person_goes_with_the_last_membership(ports: &Ports) {
    let (acme, globex) = (OrganizationId::new(), OrganizationId::new());
    let dana = person("dana@example.com", &[acme, globex]);
    let lee = person("lee@example.com", &[acme, globex]);
    for person in [&dana, &lee] {
        ports.people.insert(person).await.expect("inserted");
    }
    for _ in 0..2 {
        assert_eq!(ports.people.leave(dana.id, Some(acme)).await, Ok(()));
        let left = load(ports, dana.id).await;
        assert_eq!(left.memberships, [membership(globex)], "twice is as once");
        assert!(left.session_version > 0, "the sessions end");
    }
    for _ in 0..2 {
        assert_eq!(ports.people.leave(dana.id, Some(globex)).await, Ok(()));
        assert!(ports.people.find(dana.id).await.expect("a look-up answers").is_none());
    }
    assert_eq!(load(ports, lee.id).await.memberships.len(), 2, "the other one stays");
    assert_eq!(ports.people.leave(lee.id, None).await, Ok(()));
    assert!(ports.people.find(lee.id).await.expect("a look-up answers").is_none());
    ports.people.insert(&person("dana@example.com", &[acme])).await.expect("the address is free again");
}

/// `leave_all`.
pub async fn all_people_leave_an_organization_and_keep_the_others(ports: &Ports) {
    let (acme, globex) = (OrganizationId::new(), OrganizationId::new());
    let only = person("only@example.com", &[acme]);
    let both = person("both@example.com", &[globex, acme]);
    let other = person("other@example.com", &[globex]);
    for person in [&only, &both, &other] {
        ports.people.insert(person).await.expect("inserted");
    }
    for _ in 0..2 {
        assert_eq!(ports.people.leave_all(acme).await, Ok(()));
        assert!(ports.people.find(only.id).await.expect("a look-up answers").is_none());
        let left = load(ports, both.id).await;
        assert_eq!((left.memberships, left.session_version), (vec![membership(globex)], 1));
        assert_eq!(kept(&load(ports, other.id).await), kept(&other));
    }
}

/// Of several removals at once, none leaves a person without an organization, or takes one away that has another.
pub async fn of_many_who_leave_at_once_nobody_is_left_over(ports: &Ports) {
    let organizations: Vec<_> = (0..6).map(|_| OrganizationId::new()).collect();
    let dana = person("dana@example.com", &organizations);
    ports.people.insert(&dana).await.expect("inserted");
    let leave = organizations.iter().map(|organization| {
        let people = ports.people.clone();
        async move { people.leave(dana.id, Some(*organization)).await }
    });
    for answer in futures_util::future::join_all(leave).await {
        assert_eq!(answer, Ok(()));
    }
    assert!(ports.people.find(dana.id).await.expect("a look-up answers").is_none());
}

/// `set_one_time_password`, `set_own_password`.
pub async fn a_password_is_set_only_for_the_person_that_was_seen(ports: &Ports) {
    let dana = person("dana@example.com", &[OrganizationId::new()]);
    ports.people.insert(&dana).await.expect("inserted");
    let one_time = OneTime { until: moment(5) };
    let set = ports.people.set_one_time_password(&dana, &hash("once"), one_time).await.expect("set");
    assert_eq!((set.one_time, set.session_version), (Some(one_time), 1));
    assert_eq!(set.password_hash.expose(), hash("once").expose());
    let changed = || Err(StoreError::Changed { what: "the person" });
    let late = ports.people.set_own_password(&dana, &hash("late")).await;
    assert_eq!(late.map(drop), changed(), "somebody set another password meanwhile");
    let own = ports.people.set_own_password(&set, &hash("own")).await.expect("set");
    assert_eq!((own.one_time, own.session_version), (None, 2), "the one-time password is used up");
    assert_eq!(kept(&load(ports, dana.id).await), kept(&own));
    let twice = ports.people.set_own_password(&set, &hash("twice")).await;
    assert_eq!(twice.map(drop), changed(), "a one-time password is used once");
    let elsewhere = membership(OrganizationId::new());
    let late = ports.people.join(&dana, &elsewhere, Some((&hash("joining"), one_time))).await;
    assert_eq!(late.map(drop), changed(), "the password was changed since");
    ports.people.join(&own, &membership(OrganizationId::new()), None).await.expect("joined");
    let refused = ports.people.set_one_time_password(&own, &hash("late"), one_time).await;
    assert_eq!(refused.map(drop), changed(), "the person has joined another organization");
    let joined =
        ports.people.join(&own, &elsewhere, Some((&hash("joining"), one_time))).await.expect("joined");
    assert_eq!((joined.one_time, joined.session_version), (Some(one_time), own.session_version + 1));
    assert_eq!((joined.password_hash.expose(), joined.memberships.len()), (hash("joining").expose(), 3));
    let again = ports.people.join(&joined, &elsewhere, Some((&hash("again"), one_time))).await;
    assert_eq!(again.map(drop), Err(StoreError::Duplicate { field: UniqueField::Id }));
    assert_eq!(kept(&load(ports, dana.id).await), kept(&joined), "nothing was written");
    let nobody = ports.people.set_own_password(&person("no@example.com", &[]), &hash("a")).await;
    assert_eq!(nobody.map(drop), Err(MISSING));
}

/// `rename`, `renew_hash`, `note_sign_in`.
pub async fn a_name_a_cheap_hash_and_a_sign_in_end_no_session(ports: &Ports) {
    let dana = person("dana@example.com", &[OrganizationId::new()]);
    ports.people.insert(&dana).await.expect("inserted");
    let name = PersonName::parse("Dana Özgür").expect("a good name");
    let renamed = ports.people.rename(dana.id, &name).await.expect("renamed");
    assert_eq!((renamed.name, renamed.session_version), (name.clone(), 0));
    assert_eq!(ports.people.rename(PersonId::new(), &name).await.map(drop), Err(MISSING));
    for to in ["renewed", "late"] {
        let note = renewal("person", to);
        assert_eq!(ports.people.renew_hash(dana.id, &hash("person"), &hash(to), &note).await, Ok(()));
    }
    assert_eq!(ports.people.note_sign_in(dana.id, moment(9)).await, Ok(()));
    let found = load(ports, dana.id).await;
    assert_eq!(
        found.password_hash.expose(),
        hash("renewed").expose(),
        "only while it is the one that was read"
    );
    assert_eq!(found.renewal, Some(renewal("person", "renewed")));
    assert_eq!((found.last_sign_in_at, found.session_version), (Some(moment(9)), 0));
    assert_eq!(found.name, name);
}

fn query(filter: PeopleFilter, sort: PeopleSort) -> PeopleQuery {
    PeopleQuery {
        filter,
        sort,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 100,
    }
}

async fn rows(ports: &Ports, query: &PeopleQuery) -> Vec<PersonRow> {
    ports.people.page(query, moment(10)).await.expect("a page").people
}

fn names(rows: &[PersonRow]) -> Vec<String> {
    rows.iter().map(|row| row.name.as_str().to_owned()).collect()
}

/// Seven people of two organizations, of every status at `moment(10)`.
async fn seven(ports: &Ports) -> [OrganizationId; 2] {
    let (acme, globex) = (OrganizationId::new(), OrganizationId::new());
    let off = |membership: Membership| Membership { is_active: false, ..membership };
    let viewer = |membership: Membership| Membership { role: MemberRole::Viewer, ..membership };
    let until = |minute| Some(OneTime { until: moment(minute) });
    let base = |address: &str| person(address, &[]);
    let people = [
        (Person { memberships: vec![membership(acme)], ..base("active@acme.org") }, Some(1)),
        (
            Person {
                memberships: vec![viewer(membership(acme))],
                one_time: until(60),
                ..base("Back@acme.org")
            },
            Some(2),
        ),
        (Person { memberships: vec![membership(acme)], one_time: until(60), ..base("new@acme.org") }, None),
        (
            Person {
                memberships: vec![viewer(membership(globex))],
                one_time: until(10),
                ..base("late@globex.org")
            },
            None,
        ),
        (Person { memberships: vec![off(membership(acme))], ..base("off@acme.org") }, Some(3)),
        (
            Person {
                memberships: vec![off(membership(acme)), viewer(membership(globex))],
                ..base("half@globex.org")
            },
            Some(4),
        ),
        (Person { memberships: vec![membership(globex)], ..base("never%_.*@globex.org") }, None),
    ];
    for (person, signed_in) in people {
        ports.people.insert(&person).await.expect("inserted");
        if let Some(minute) = signed_in {
            ports.people.note_sign_in(person.id, moment(minute)).await.expect("noted");
        }
    }
    [acme, globex]
}

/// Filters of a list, and its counts.
pub async fn a_list_of_people_holds_what_its_filter_says(ports: &Ports) {
    let [acme, globex] = seven(ports).await;
    let all = PeopleFilter::default();
    let of = |status| PeopleFilter { status: Some(status), ..PeopleFilter::default() };
    let in_acme = PeopleFilter { organization: Some(acme), ..PeopleFilter::default() };
    let searched = |text: &str| PeopleFilter { search: text.to_owned(), ..PeopleFilter::default() };
    let viewers = PeopleFilter { role: Some(MemberRole::Viewer), ..PeopleFilter::default() };
    for (filter, expected) in [
        (all.clone(), vec!["active", "Back", "half", "late", "never%_.*", "new", "off"]),
        (of(PeopleStatus::Active), vec!["active", "Back", "half", "never%_.*"]),
        (of(PeopleStatus::Invited), vec!["new"]),
        (of(PeopleStatus::Expired), vec!["late"]),
        (of(PeopleStatus::Deactivated), vec!["off"]),
        (in_acme.clone(), vec!["active", "Back", "half", "new", "off"]),
        (PeopleFilter { status: Some(PeopleStatus::Deactivated), ..in_acme.clone() }, vec!["half", "off"]),
        (viewers.clone(), vec!["Back", "half", "late"]),
        (PeopleFilter { organization: Some(acme), ..viewers.clone() }, vec!["Back"]),
        (PeopleFilter { organization: Some(globex), ..viewers }, vec!["half", "late"]),
        (searched("GLOBEX"), vec!["half", "late", "never%_.*"]),
        (searched("bac"), vec!["Back"]),
        (searched("%_.*"), vec!["never%_.*"]),
        (searched("a.ive"), vec![]),
        (
            PeopleFilter { search: "a".to_owned(), ..in_acme.clone() },
            vec!["active", "Back", "half", "new", "off"],
        ),
    ] {
        let found = rows(ports, &query(filter.clone(), PeopleSort::Name)).await;
        assert_eq!(names(&found), expected, "{filter:?}");
        if filter.status.is_none() {
            let counts = ports.people.count(&filter, moment(10)).await.expect("counts");
            let mut counted = PeopleCounts::default();
            found.iter().for_each(|row| counted.add(row.status));
            assert_eq!(counts, counted, "{filter:?}");
        }
    }
    let half =
        rows(ports, &query(PeopleFilter { search: "half".to_owned(), ..in_acme }, PeopleSort::Name)).await;
    assert_eq!((half[0].memberships.len(), half[0].memberships_in_all), (1, 2), "the one of the filter");
    assert_eq!(half[0].memberships[0].organization_id, acme);
    let half = rows(ports, &query(searched("half"), PeopleSort::Name)).await;
    assert_eq!((half[0].memberships.len(), half[0].status), (2, PeopleStatus::Active));
}

/// Keyset pages.
pub async fn every_sort_of_people_goes_through_all_rows_once_in_order(ports: &Ports) {
    seven(ports).await;
    for (sort, expected) in [
        (PeopleSort::Name, vec!["active", "Back", "half", "late", "never%_.*", "new", "off"]),
        (PeopleSort::Email, vec!["active", "Back", "half", "late", "never%_.*", "new", "off"]),
        (PeopleSort::LastSignIn, vec!["", "", "", "active", "Back", "off", "half"]),
    ] {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            for backwards in [false, true] {
                let whole = query(PeopleFilter::default(), sort);
                let whole = PeopleQuery { direction, backwards, ..whole };
                let all = rows(ports, &whole).await;
                let mut shown = names(&all);
                if sort == PeopleSort::LastSignIn {
                    for (name, row) in shown.iter_mut().zip(&all) {
                        if row.last_sign_in_at.is_none() {
                            name.clear();
                        }
                    }
                }
                if whole.walk() == SortDirection::Descending {
                    shown.reverse();
                }
                assert_eq!(shown, expected, "{sort:?} {direction:?} {backwards}");
                let mut paged = Vec::new();
                let mut start = PageStart::Beginning;
                loop {
                    let page = PeopleQuery { limit: 2, start: start.clone(), ..whole.clone() };
                    let page = ports.people.page(&page, moment(10)).await.expect("a page");
                    assert_eq!(page.previous.is_none(), matches!(start, PageStart::Beginning));
                    paged.extend(page.people.iter().map(|row| row.id));
                    match page.next {
                        Some(next) => start = PageStart::After(next),
                        None => break,
                    }
                }
                assert_eq!(paged, all.iter().map(|row| row.id).collect::<Vec<_>>(), "{sort:?} {direction:?}");
                assert_eq!(paged.iter().collect::<BTreeSet<_>>().len(), 7, "each once");
            }
        }
    }
}

/// Pages from a row number on.
pub async fn a_jump_in_people_shows_the_rows_from_a_number_on(ports: &Ports) {
    seven(ports).await;
    let all = query(PeopleFilter::default(), PeopleSort::Name);
    let from = async |number, backwards| {
        let start = PageStart::Row { number, of: 7 };
        let jump = PeopleQuery { start, backwards, limit: 2, ..all.clone() };
        names(&ports.people.page(&jump, moment(10)).await.expect("a page").people)
    };
    assert_eq!(from(0, false).await, ["active", "Back"]);
    assert_eq!(from(5, false).await, ["new", "off"]);
    assert_eq!(from(70, false).await, ["new", "off"], "beyond the end are the last rows");
    assert_eq!(from(3, true).await, ["late", "half"]);
}
