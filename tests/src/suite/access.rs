//! What a store owes behind a gate ([`Ports::behind`]).
//!
//! Every method of every port is in one of the three lists below; `tests/contract.rs` compares them with the ports'
//! sources, so that a new method is not forgotten.

use std::sync::Arc;

use futures_util::TryStreamExt;
use tenantry_core::access::WriteGate;
use tenantry_core::clock::ManualClock;
use tenantry_core::error::StoreError;
use tenantry_core::ports::Ports;
use tenantry_core::records::{
    Accepted, Access, ActivityEntry, ActivityKind, CollectionDescription, Correction, Head, MembershipChange,
    NewOperator, OneTime, Operation, OperationPlan, OperatorChange, OperatorRole, OrganizationChange,
    OrganizationFilter, OrganizationQuery, Owner, PageStart, PeopleFilter, PeopleQuery, PeopleSort,
    RecordQuery, SessionDigest, SessionsOf, Shelf, SortDirection, SortField, StatusFilter, Trashed,
    TrashedCollection, WorkspaceSettings,
};
use tenantry_core::values::{OperatorId, OrganizationId, PersonId, PersonName};

use super::people::{membership, person};
use super::permits::decided;
use super::sessions::{all_sessions, session_facts};
use super::settings::template;
use super::{
    ANY, collection, device, email, hash, insert, moment, name, newest, organization, renewal, seen,
};

/// Writes that a closed gate refuses.
pub const REFUSED: [&str; 45] = [
    "organizations.insert",
    "organizations.insert_many",
    "organizations.remove",
    "organizations.set_name",
    "organizations.change",
    "organizations.renew_hash",
    "organizations.copy_to_trash",
    "organizations.remove_copied",
    "organizations.copy_from_trash",
    "organizations.remove_trashed",
    "organizations.correct",
    "organizations.insert_document",
    "collections.create",
    "collections.create_new",
    "collections.rename",
    "collections.delete",
    "collections.delete_empty",
    "collections.insert_documents",
    "collections.create_as",
    "collections.replace_documents",
    "collections.remove_documents",
    "collections.create_index",
    "collections.drop_index",
    "collections.set_validator",
    "accounts.insert_operator",
    "accounts.change_operator",
    "accounts.remove_operator",
    "accounts.renew_operator_hash",
    "people.insert",
    "people.join",
    "people.change_membership",
    "people.leave",
    "people.leave_all",
    "people.rename",
    "people.set_one_time_password",
    "people.renew_hash",
    "journal.begin",
    "journal.take_over",
    "journal.end",
    "activity.cut",
    "permits.decide",
    "settings.change",
    "settings.change_template",
    "settings.accept",
    "health.prepare",
];

/// Writes that pass a closed gate: throttling must hold, a sign-out counts, what was done is recorded.
pub const PERMITTED: [&str; 12] = [
    "accounts.set_operators_own_password",
    "accounts.note_operator_sign_in",
    "accounts.add_failed_sign_in",
    "accounts.add_passed_over",
    "accounts.clear_failed_sign_ins",
    "people.set_own_password",
    "people.note_sign_in",
    "activity.append",
    "sessions.insert",
    "sessions.touch",
    "sessions.extend",
    "sessions.end",
];

/// Reads.
pub const READS: [&str; 61] = [
    "organizations.find",
    "organizations.find_several",
    "organizations.find_by_name",
    "organizations.owners",
    "organizations.find_claims",
    "organizations.find_credentials",
    "organizations.find_credentials_of",
    "organizations.page",
    "organizations.rows",
    "organizations.count",
    "organizations.find_trashed",
    "organizations.scan",
    "organizations.stored",
    "organizations.document",
    "organizations.trashed_document",
    "collections.exists",
    "collections.existing",
    "collections.identity",
    "collections.is_empty",
    "collections.count",
    "collections.statistics",
    "collections.pending",
    "collections.list",
    "collections.describe",
    "collections.documents",
    "collections.documents_after",
    "collections.documents_of",
    "collections.newest",
    "accounts.has_operators",
    "accounts.find_operator",
    "accounts.find_operator_by_email",
    "accounts.operators",
    "accounts.most_accounts_of_an_address",
    "accounts.sign_in_attempts",
    "accounts.failed_sign_ins",
    "people.find",
    "people.find_by_email",
    "people.page",
    "people.count",
    "journal.find",
    "journal.unfinished",
    "journal.whole_acts",
    "activity.head",
    "activity.page",
    "activity.find",
    "activity.walk",
    "activity.walk_earlier",
    "permits.find",
    "sessions.find",
    "sessions.page",
    "settings.find",
    "settings.template",
    "settings.accepted",
    "settings.accepted_of",
    "health.unprepared",
    "health.line",
    "health.server",
    "health.restrictions",
    "health.role_command",
    "health.capacity",
    "health.health",
];

/// A BSON document without fields.
const EMPTY: [u8; 5] = [5, 0, 0, 0, 0];

const SHUT: [(Access, bool); 2] = [(Access::Locked, true), (Access::ReadOnly, false)];

fn behind(ports: &Ports, access: Access) -> Ports {
    let gate = WriteGate::new(access, Arc::new(ManualClock::at(moment(0))));
    ports.clone().behind(&Arc::new(gate))
}

fn everything() -> OrganizationQuery {
    OrganizationQuery {
        filter: OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 10,
    }
}

fn operator(address: &str) -> NewOperator {
    NewOperator {
        id: OperatorId::new(),
        name: PersonName::parse("Dana Özgür").expect("a good name"),
        email: email(address),
        role: OperatorRole::Owner,
        one_time: None,
        recovery: None,
        password_hash: hash("operator"),
        created_at: moment(0),
    }
}

fn all_people() -> PeopleQuery {
    PeopleQuery {
        filter: PeopleFilter::default(),
        sort: PeopleSort::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 10,
    }
}

fn rename(id: OrganizationId) -> Operation {
    let plan = OperationPlan::Rename { from: name("acme"), to: name("zenith"), collection: None };
    let owner = Owner { installation: "installation".to_owned(), instance: "run".to_owned() };
    Operation::new(id, plan, owner, "operator@example.com".to_owned())
}

/// Every write except the permitted ones returns `ReadOnly` and does nothing.
pub async fn every_write_is_refused_behind_a_shut_gate_and_nothing_changes(ports: &Ports) {
    let acme = insert(ports, "acme").await;
    let gone = insert(ports, "gone").await;
    let trashed = Trashed {
        at: moment(2).into(),
        by: "operator@example.com".to_owned(),
        collection: TrashedCollection::Missing,
        copy: None,
    };
    ports.organizations.copy_to_trash(gone.id, &trashed).await.expect("copied");
    ports.organizations.remove(&seen(ports, gone.id).await).await.expect("removed");
    ports.collections.create(&collection("acme")).await.expect("created");
    let dana = operator("dana@example.com");
    ports.accounts.insert_operator(&dana).await.expect("inserted");
    let seen_dana = ports.accounts.find_operator(dana.id).await.expect("a look-up").expect("it is there");
    let mira = person("mira@example.com", &[acme.id]);
    ports.people.insert(&mira).await.expect("inserted");
    let begun = rename(acme.id);
    ports.journal.begin(&begun).await.expect("begun");
    let stored = ports.organizations.stored(acme.id).await.expect("a look-up").expect("it is there");
    let correction = Correction { is_active: Some(false), ..Correction::default() };
    let whole = ports.organizations.document(acme.id).await.expect("a look-up").expect("it is there");
    let described = CollectionDescription::of_the_service();
    let index = described.indexes[1].clone();
    let before = snapshot(ports, &acme.id, &gone.id).await;
    let live = seen(ports, acme.id).await;

    for (access, unlockable) in SHUT {
        let shut = behind(ports, access);
        let (organizations, collections) = (&shut.organizations, &shut.collections);
        let change = OrganizationChange { is_active: Some(false), ..OrganizationChange::default() };
        let other = Owner { installation: "other".to_owned(), instance: "run".to_owned() };
        let differences = std::iter::once("validator: 1".to_owned()).collect();
        let accepted = Accepted { organization: acme.id, differences };
        let answers = [
            ("organizations.insert", organizations.insert(&organization("new")).await),
            ("organizations.insert_many", organizations.insert_many(&[organization("many")]).await),
            ("organizations.remove", organizations.remove(&live).await),
            ("organizations.set_name", organizations.set_name(&live, &name("zenith"), moment(3)).await),
            ("organizations.change", organizations.change(acme.id, &change, moment(3)).await.map(drop)),
            (
                "organizations.renew_hash",
                organizations.renew_hash(acme.id, &hash("a"), &hash("b"), &renewal("a", "b")).await,
            ),
            ("organizations.copy_to_trash", organizations.copy_to_trash(acme.id, &trashed).await),
            ("organizations.remove_copied", organizations.remove_copied(gone.id, None).await),
            (
                "organizations.copy_from_trash",
                organizations.copy_from_trash(gone.id, None, &gone.name, moment(3)).await,
            ),
            ("organizations.remove_trashed", organizations.remove_trashed(gone.id, None).await),
            ("organizations.correct", organizations.correct(&stored, &correction, moment(3)).await),
            ("organizations.insert_document", organizations.insert_document(&whole).await),
            ("collections.create", collections.create(&collection("new")).await),
            ("collections.create_new", collections.create_new(&collection("new")).await),
            (
                "collections.rename",
                collections.rename(&collection("acme"), &collection("zenith"), &ANY).await,
            ),
            ("collections.delete", collections.delete(&collection("acme"), &ANY).await),
            (
                "collections.delete_empty",
                collections.delete_empty(&collection("acme"), "an operation").await.map(drop),
            ),
            ("collections.insert_documents", collections.insert_documents(&collection("acme"), &[]).await),
            ("collections.create_as", collections.create_as(&collection("new"), &described).await),
            (
                "collections.replace_documents",
                collections.replace_documents(&collection("acme"), &[]).await.map(drop),
            ),
            (
                "collections.remove_documents",
                collections.remove_documents(&collection("acme"), &[]).await.map(drop),
            ),
            ("collections.create_index", collections.create_index(&collection("acme"), &index).await),
            ("collections.drop_index", collections.drop_index(&collection("acme"), "created_at_1").await),
            ("collections.set_validator", collections.set_validator(&collection("acme"), &EMPTY).await),
            ("accounts.insert_operator", shut.accounts.insert_operator(&operator("lee@example.com")).await),
            (
                "accounts.change_operator",
                shut.accounts.change_operator(&seen_dana, &OperatorChange::default()).await.map(drop),
            ),
            ("accounts.remove_operator", shut.accounts.remove_operator(&seen_dana).await),
            (
                "accounts.renew_operator_hash",
                shut.accounts
                    .renew_operator_hash(dana.id, &hash("operator"), &hash("b"), &renewal("operator", "b"))
                    .await,
            ),
            ("people.insert", shut.people.insert(&person("new@example.com", &[acme.id])).await),
            ("people.join", shut.people.join(&mira, &membership(gone.id), None).await.map(drop)),
            (
                "people.change_membership",
                shut.people.change_membership(mira.id, None, MembershipChange::default()).await.map(drop),
            ),
            ("people.leave", shut.people.leave(mira.id, None).await),
            ("people.leave_all", shut.people.leave_all(acme.id).await),
            ("people.rename", shut.people.rename(mira.id, &dana.name).await.map(drop)),
            (
                "people.set_one_time_password",
                shut.people
                    .set_one_time_password(&mira, &hash("b"), OneTime { until: moment(3) })
                    .await
                    .map(drop),
            ),
            (
                "people.renew_hash",
                shut.people.renew_hash(mira.id, &hash("person"), &hash("b"), &renewal("person", "b")).await,
            ),
            ("journal.begin", shut.journal.begin(&rename(gone.id)).await),
            (
                "journal.take_over",
                shut.journal.take_over(&begun, None, &begun.taken_over_by(&other)).await.map(drop),
            ),
            ("journal.end", shut.journal.end(&begun).await.map(drop)),
            ("activity.cut", shut.activity.cut(&Head::before_the_first(), &[]).await.map(drop)),
            ("permits.decide", shut.permits.decide(None, &decided(Access::ReadWrite)).await.map(drop)),
            ("settings.change", shut.settings.change(None, &WorkspaceSettings::default()).await.map(drop)),
            (
                "settings.change_template",
                shut.settings.change_template(None, &template(&["status"])).await.map(drop),
            ),
            ("settings.accept", shut.settings.accept(&accepted).await),
            ("health.prepare", shut.health.prepare().await.map(drop)),
        ];
        assert_eq!(answers.each_ref().map(|(write, _)| *write), REFUSED, "every write is tried");
        for (write, answer) in answers {
            assert_eq!(answer, Err(StoreError::ReadOnly { unlockable }), "{write} in a {access:?} workspace");
        }
        assert_eq!(snapshot(ports, &acme.id, &gone.id).await, before, "a refused write did something");
    }
}

/// The content of the store, as far as the writes above could change it.
async fn snapshot(ports: &Ports, live: &OrganizationId, trashed: &OrganizationId) -> Vec<String> {
    let page = ports.organizations.page(&everything()).await.expect("a page");
    let in_trash = OrganizationFilter { status: StatusFilter::Trashed, ..everything().filter };
    let trash = ports.organizations.page(&OrganizationQuery { filter: in_trash, ..everything() }).await;
    let mut collections = Vec::new();
    for text in ["acme", "zenith", "new"] {
        collections.push(ports.collections.exists(&collection(text)).await);
    }
    let hash_of =
        |found: tenantry_core::records::OrganizationCredentials| found.password_hash.expose().to_owned();
    let admin =
        ports.organizations.find_credentials(&email("admin@acme.example.com")).await.expect("a look-up");
    let dana = ports.accounts.find_operator_by_email(&email("dana@example.com")).await.expect("a look-up");
    let lee = ports.accounts.find_operator_by_email(&email("lee@example.com")).await.expect("a look-up");
    vec![
        format!("{:?}", page.organizations),
        format!("{:?}", trash.expect("a page").organizations),
        format!(
            "{:?}",
            (ports.organizations.find(*live).await, ports.organizations.find_trashed(*trashed).await)
        ),
        format!("{collections:?}"),
        // Without its age, which grows.
        format!("{:?}", ports.journal.find(*live).await.map(|entry| entry.map(|entry| entry.operation))),
        format!(
            "{:?}",
            (
                admin.into_iter().map(hash_of).collect::<Vec<_>>(),
                dana.map(|dana| dana.password_hash.expose().to_owned())
            )
        ),
        format!("{:?}", ports.accounts.operators().await),
        format!("{:?}", ports.people.find_by_email(&email("mira@example.com")).await),
        format!("{:?}", ports.people.count(&PeopleFilter::default(), moment(0)).await),
        format!("{:?}", (lee.is_some(), ports.permits.find().await, ports.settings.find().await)),
    ]
}

/// Reads return the same as without a gate.
pub async fn reads_pass_a_shut_gate(ports: &Ports) {
    let acme = insert(ports, "acme").await;
    ports.collections.create(&collection("acme")).await.expect("created");
    let dana = operator("dana@example.com");
    ports.accounts.insert_operator(&dana).await.expect("inserted");
    ports.journal.begin(&rename(acme.id)).await.expect("begun");
    for (access, _) in SHUT {
        let shut = behind(ports, access);
        let (organizations, accounts) = (&shut.organizations, &shut.accounts);
        let query = everything();
        let answers = [
            ("organizations.find", organizations.find(acme.id).await.map(|found| found.is_some())),
            (
                "organizations.find_several",
                organizations.find_several(&[acme.id]).await.map(|found| found.len() == 1),
            ),
            (
                "organizations.find_by_name",
                organizations.find_by_name(&name("acme")).await.map(|one| one.is_some()),
            ),
            ("organizations.owners", organizations.owners(&name("acme")).await.map(|ids| ids == [acme.id])),
            (
                "organizations.find_claims",
                organizations.find_claims(&[name("acme")], &[]).await.map(|found| found.names.len() == 1),
            ),
            (
                "organizations.find_credentials",
                organizations.find_credentials(&acme.admin_email).await.map(|found| found.len() == 1),
            ),
            (
                "organizations.find_credentials_of",
                organizations.find_credentials_of(acme.id).await.map(|found| found.is_some()),
            ),
            (
                "organizations.page",
                organizations.page(&query).await.map(|page| page.organizations.len() == 1),
            ),
            ("organizations.rows", organizations.rows(&query).try_concat().await.map(|rows| rows.len() == 1)),
            ("organizations.count", organizations.count(&query.filter).await.map(|counts| counts.live == 1)),
            (
                "organizations.find_trashed",
                organizations.find_trashed(acme.id).await.map(|found| found.is_none()),
            ),
            (
                "organizations.scan",
                organizations.scan(Shelf::Live).try_concat().await.map(|all| all.len() == 1),
            ),
            ("organizations.stored", organizations.stored(acme.id).await.map(|found| found.is_some())),
            ("organizations.document", organizations.document(acme.id).await.map(|found| found.is_some())),
            (
                "organizations.trashed_document",
                organizations.trashed_document(acme.id).await.map(|found| found.is_none()),
            ),
            ("collections.exists", shut.collections.exists(&collection("acme")).await),
            (
                "collections.existing",
                shut.collections.existing(&[collection("acme")]).await.map(|found| found.len() == 1),
            ),
            (
                "collections.identity",
                shut.collections.identity(&collection("acme")).await.map(|found| found.is_some()),
            ),
            ("collections.is_empty", shut.collections.is_empty(&collection("acme")).await),
            ("collections.count", shut.collections.count(&collection("acme")).await.map(|count| count == 0)),
            ("collections.statistics", shut.collections.statistics(&collection("acme")).await.map(|_| true)),
            ("collections.pending", Ok(shut.collections.pending() == ports.collections.pending())),
            ("collections.list", shut.collections.list().await.map(|all| all.len() == 1)),
            (
                "collections.describe",
                shut.collections.describe(&collection("acme")).await.map(|found| found.is_some()),
            ),
            (
                "collections.documents",
                shut.collections.documents(&collection("acme")).try_concat().await.map(|all| all.is_empty()),
            ),
            (
                "collections.documents_after",
                shut.collections
                    .documents_after(&collection("acme"), None, 5)
                    .await
                    .map(|some| some.len() < 2),
            ),
            (
                "collections.documents_of",
                shut.collections.documents_of(&collection("acme"), &[]).await.map(|none| none.is_empty()),
            ),
            (
                "collections.newest",
                shut.collections.newest(&collection("acme")).await.map(|none| none.is_none()),
            ),
            ("accounts.has_operators", accounts.has_operators().await),
            ("accounts.find_operator", accounts.find_operator(dana.id).await.map(|found| found.is_some())),
            (
                "accounts.find_operator_by_email",
                accounts.find_operator_by_email(&dana.email).await.map(|found| found.is_some()),
            ),
            ("accounts.operators", accounts.operators().await.map(|all| all.len() == 1)),
            (
                "accounts.most_accounts_of_an_address",
                accounts.most_accounts_of_an_address().await.map(|most| most == 1),
            ),
            (
                "accounts.sign_in_attempts",
                accounts.sign_in_attempts(&["nobody".to_owned()]).await.map(|found| found.is_empty()),
            ),
            ("accounts.failed_sign_ins", accounts.failed_sign_ins(10).await.map(|found| found.is_empty())),
            ("people.find", shut.people.find(PersonId::new()).await.map(|found| found.is_none())),
            (
                "people.find_by_email",
                shut.people.find_by_email(&dana.email).await.map(|found| found.is_none()),
            ),
            (
                "people.page",
                shut.people.page(&all_people(), moment(0)).await.map(|page| page.people.is_empty()),
            ),
            (
                "people.count",
                shut.people.count(&PeopleFilter::default(), moment(0)).await.map(|counts| counts.all == 0),
            ),
            ("journal.find", shut.journal.find(acme.id).await.map(|found| found.is_some())),
            ("journal.unfinished", shut.journal.unfinished().await.map(|all| all.len() == 1)),
            // An act in one write would go past the gate.
            ("journal.whole_acts", Ok(shut.journal.whole_acts().is_none())),
            ("activity.head", shut.activity.head().await.map(|head| head.is_none())),
            ("activity.page", shut.activity.page(&RecordQuery::default()).await.map(|_| true)),
            ("activity.find", shut.activity.find(1).await.map(|found| found.is_none())),
            ("activity.walk", shut.activity.walk(1).try_next().await.map(|batch| batch.is_none())),
            (
                "activity.walk_earlier",
                shut.activity.walk_earlier().try_next().await.map(|none| none.is_none()),
            ),
            ("permits.find", shut.permits.find().await.map(|found| found.is_none())),
            (
                "sessions.find",
                shut.sessions.find(&SessionDigest::of("none")).await.map(|found| found.is_none()),
            ),
            ("sessions.page", shut.sessions.page(&all_sessions()).await.map(|page| page.is_empty())),
            ("settings.find", shut.settings.find().await.map(|found| found.is_none())),
            ("settings.template", shut.settings.template().await.map(|found| found.is_none())),
            ("settings.accepted", shut.settings.accepted().await.map(|all| all.is_empty())),
            ("settings.accepted_of", shut.settings.accepted_of(acme.id).await.map(|one| one.is_none())),
            ("health.unprepared", shut.health.unprepared().await.map(|missing| missing.is_empty())),
            ("health.line", Ok(shut.health.line().await.reachable)),
            ("health.server", shut.health.server().await.map(|_| true)),
            ("health.restrictions", shut.health.restrictions().await.map(|_| true)),
            ("health.role_command", shut.health.role_command().await.map(|_| true)),
            ("health.capacity", shut.health.capacity().await.map(|_| true)),
            ("health.health", shut.health.health().await.map(|_| true)),
        ];
        assert_eq!(answers.each_ref().map(|(read, _)| *read), READS, "every read is tried");
        for (read, answer) in answers {
            assert_eq!(answer, Ok(true), "{read} in a {access:?} workspace");
        }
    }
}

/// Throttling, ended sessions and the record.
pub async fn what_must_hold_in_a_locked_workspace_too_passes_a_shut_gate(ports: &Ports) {
    for (access, _) in SHUT {
        let shut = behind(ports, access);
        let acme = OrganizationId::new();
        let entry = ActivityEntry::by("operator@example.com", ActivityKind::SignedIn).about(acme, "acme");
        let session = format!("session-{access:?}");
        let live = session_facts("admin@acme.example.com", Some(acme));
        let lee = operator(&format!("lee.{access:?}@example.com"));
        ports.accounts.insert_operator(&lee).await.expect("inserted");
        let lee = ports.accounts.find_operator(lee.id).await.expect("a look-up").expect("it is there");
        let mira = person(&format!("mira.{access:?}@example.com"), &[acme]);
        ports.people.insert(&mira).await.expect("inserted");
        let failed = shut.accounts.add_failed_sign_in(&session, &device()).await;
        let answers = [
            (
                "accounts.set_operators_own_password",
                shut.accounts.set_operators_own_password(&lee, &hash("own"), None).await.map(drop),
            ),
            ("accounts.note_operator_sign_in", shut.accounts.note_operator_sign_in(lee.id, moment(1)).await),
            ("accounts.add_failed_sign_in", failed.map(drop)),
            ("accounts.add_passed_over", shut.accounts.add_passed_over(&session, "guess").await),
            ("accounts.clear_failed_sign_ins", shut.accounts.clear_failed_sign_ins(&session).await),
            ("people.set_own_password", shut.people.set_own_password(&mira, &hash("own")).await.map(drop)),
            ("people.note_sign_in", shut.people.note_sign_in(mira.id, moment(1)).await),
            ("activity.append", shut.activity.append(&entry).await.map(drop)),
            ("sessions.insert", shut.sessions.insert(&live).await),
            ("sessions.touch", shut.sessions.touch(&live.id).await.map(drop)),
            ("sessions.extend", shut.sessions.extend(&live.id, moment(700_000)).await.map(drop)),
            ("sessions.end", shut.sessions.end(&SessionsOf::One(live.id.clone()), None).await.map(drop)),
        ];
        assert_eq!(answers.each_ref().map(|(write, _)| *write), PERMITTED, "every permitted write is tried");
        for (write, answer) in answers {
            assert_eq!(answer, Ok(()), "{write} in a {access:?} workspace");
        }
        assert_eq!(ports.sessions.find(&live.id).await, Ok(None));
        assert_eq!(newest(ports, acme, 1).await, [entry]);
    }
}

/// A writable workspace behaves as without a gate.
pub async fn an_open_gate_lets_writes_through(ports: &Ports) {
    let open = behind(ports, Access::ReadWrite);
    let acme = insert(&open, "acme").await;
    assert_eq!(open.health.prepare().await, Ok(Vec::new()));
    assert_eq!(open.organizations.remove(&seen(&open, acme.id).await).await, Ok(()));
    assert_eq!(ports.organizations.find(acme.id).await, Ok(None));
}
