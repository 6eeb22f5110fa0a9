//! People of organizations: who may do what about them, and how they sign in.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tenantry_core::error::{AppError, ConflictOn, StoreError};
use tenantry_core::limits::ONE_TIME_LIFE;
use tenantry_core::people::{AddPerson, AddedPerson};
use tenantry_core::ports::{Call, Policy};
use tenantry_core::records::{
    ActivityKind, MemberRole, Membership, Organization, PageStart, PeopleFilter, PeopleQuery, PeopleSort,
    PeopleStatus, Person, RecordQuery, SortDirection,
};
use tenantry_core::rights::{Account, Actor, Role};
use tenantry_core::sessions::{Session, SignedIn};
use tenantry_core::values::{OneTimePassword, OrganizationId, PersonId};
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run, update_request};
use tenantry_tests::suite::people::person;
use tenantry_tests::suite::{email, insert, moment};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const DANA: &str = "dana@people.example.com";
const NO_PERSON: AppError = AppError::NotFound { what: "person" };

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn adding(organization: &Organization, address: &str, role: MemberRole) -> AddPerson {
    AddPerson {
        organization_id: organization.id,
        name: "Dana Özgür".to_owned(),
        email: address.to_owned(),
        role,
    }
}

/// Adds a person who gets a one-time password.
async fn added(console: &Console, actor: &Actor, request: AddPerson) -> (PersonId, OneTimePassword) {
    let AddedPerson { person, one_time } = console.people.add(actor, request).await.expect("added");
    (person.id, one_time.expect("a new address gets a one-time password"))
}

/// Signs in for the first time.
async fn enter(console: &Console, address: &str, one_time: &OneTimePassword) -> Session {
    let password = secret(PASSWORD);
    let entered =
        console.sessions.sign_in_with_new_password(address, one_time.secret(), &password, None).await;
    match entered.expect("signed in") {
        SignedIn::Session(session) => session,
        more => panic!("more is asked for: {more:?}"),
    }
}

async fn ended(console: &Console, session: &Session) -> bool {
    matches!(console.authorize(session).await, Err(AppError::Session(_)))
}

async fn signed_in(console: &Console, address: &str, password: &SecretString) -> Result<(), AppError> {
    console.try_sign_in(address, password).await.map(drop)
}

fn is_refused<T>(answer: &Result<T, AppError>) -> bool {
    matches!(answer, Err(AppError::CredentialsRefused { .. }))
}

fn list(organization: Option<OrganizationId>) -> PeopleQuery {
    PeopleQuery {
        filter: PeopleFilter { organization, ..PeopleFilter::default() },
        sort: PeopleSort::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 50,
    }
}

#[tokio::test]
async fn a_one_time_password_only_lets_a_person_choose_their_own_and_once() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let operator = console.operator().await;
    let (id, one_time) = added(&console, &operator, adding(&acme, DANA, MemberRole::Viewer)).await;
    let invited = console.people.get(&operator, id).await.expect("it is there").person;
    assert_eq!(invited.status, PeopleStatus::Invited);
    let asked = console.sessions.sign_in(DANA, one_time.secret(), None).await.expect("the password is right");
    assert!(matches!(asked, SignedIn::MustChange { .. }), "no session: {asked:?}");
    let same =
        console.sessions.sign_in_with_new_password(DANA, one_time.secret(), one_time.secret(), None).await;
    assert!(matches!(same, Err(AppError::InvalidInput(_))), "{same:?}");
    let session = enter(&console, DANA, &one_time).await;
    assert_eq!((session.actor.role(), session.actor.email()), (Role::Viewer, DANA));
    assert_eq!(session.actor.account(), Account::Person(id, acme.id));
    assert!(console.authorize(&session).await.is_ok());
    assert_eq!(session.actor.organization_name(), Some("acme"));
    for password in [one_time.secret(), &secret("Wr0ng-one")] {
        let again =
            console.sessions.sign_in_with_new_password(DANA, password, &secret("An0ther-one"), None).await;
        assert!(is_refused(&again), "it is used up: {again:?}");
        assert!(is_refused(&signed_in(&console, DANA, password).await));
    }
    assert_eq!(signed_in(&console, DANA, &secret(PASSWORD)).await, Ok(()));
    let own = console
        .sessions
        .sign_in_with_new_password(DANA, &secret(PASSWORD), &secret("An0ther-one"), None)
        .await;
    assert_eq!(own.map(drop), Err(AppError::Forbidden), "one's own password is no one-time password");
    let seen = console.people.get(&operator, id).await.expect("it is there").person;
    assert_eq!((seen.status, seen.one_time), (PeopleStatus::Active, None));
    assert!(seen.last_sign_in_at.is_some());
}

#[tokio::test]
async fn a_one_time_password_runs_out_after_seven_days_and_can_be_renewed() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let operator = console.operator().await;
    let (id, one_time) = added(&console, &operator, adding(&acme, DANA, MemberRole::Viewer)).await;
    console.clock.advance(ONE_TIME_LIFE - Duration::from_secs(60));
    let asked = console.sessions.sign_in(DANA, one_time.secret(), None).await;
    assert!(matches!(asked, Ok(SignedIn::MustChange { .. })), "{asked:?}");
    console.clock.advance(Duration::from_secs(60));
    assert_eq!(signed_in(&console, DANA, one_time.secret()).await, Err(AppError::OneTimePasswordExpired));
    let late =
        console.sessions.sign_in_with_new_password(DANA, one_time.secret(), &secret(PASSWORD), None).await;
    assert_eq!(late.map(drop), Err(AppError::OneTimePasswordExpired));
    assert!(
        is_refused(&signed_in(&console, DANA, &secret("Wr0ng-one")).await),
        "told to whoever knows it only"
    );
    let counts = console.people.count(&operator, PeopleFilter::default()).await.expect("counts");
    assert_eq!((counts.all, counts.expired), (1, 1));
    let operator = console.sign_in(OPERATOR).await.actor;
    let renewed = console.people.set_one_time_password(&operator, id).await.expect("renewed");
    assert!(is_refused(&signed_in(&console, DANA, one_time.secret()).await), "the one before is gone");
    enter(&console, DANA, &renewed).await;
}

#[tokio::test]
async fn whatever_ends_a_persons_rights_ends_their_sessions() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let operator = console.operator().await;
    let request = adding(&acme, DANA, MemberRole::OrganizationAdmin);
    let (id, mut one_time) = added(&console, &operator, request).await;
    let people = &console.people;
    for act in 0..5 {
        let session = match act {
            0 => enter(&console, DANA, &one_time).await,
            _ => console.sign_in(DANA).await,
        };
        assert!(!ended(&console, &session).await, "act {act}");
        match act {
            0 => drop(people.change_role(&operator, id, acme.id, MemberRole::Viewer).await.expect("changed")),
            1 => {
                people.deactivate(&operator, id, Some(acme.id)).await.expect("deactivated");
                assert_eq!(
                    signed_in(&console, DANA, &secret(PASSWORD)).await,
                    Err(AppError::AccountInactive)
                );
                assert!(ended(&console, &session).await);
                people.reactivate(&operator, id, Some(acme.id)).await.expect("reactivated");
            }
            2 => drop(
                people
                    .deactivate(&operator, id, None)
                    .await
                    .and(people.reactivate(&operator, id, None).await),
            ),
            3 => {
                one_time = people.set_one_time_password(&operator, id).await.expect("set");
                assert!(ended(&console, &session).await);
                enter(&console, DANA, &one_time).await;
            }
            _ => people.remove(&operator, id, Some(acme.id)).await.expect("removed"),
        }
        assert!(ended(&console, &session).await, "act {act}");
    }
    assert_eq!(people.get(&operator, id).await.map(drop), Err(NO_PERSON), "it was the last organization");
    assert!(is_refused(&signed_in(&console, DANA, &secret(PASSWORD)).await));
}

#[tokio::test]
async fn an_organizations_state_decides_whether_its_people_sign_in_and_a_rename_changes_nothing() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let operator = console.operator().await;
    let (id, one_time) = added(&console, &operator, adding(&acme, DANA, MemberRole::Viewer)).await;
    let session = enter(&console, DANA, &one_time).await;
    console.organizations.rename(&operator, acme.id, "zenith").await.expect("renamed");
    let actor = console.authorize(&session).await.expect("a rename ends no session");
    assert_eq!(actor.organization_name(), Some("zenith"));
    let inactive = Err(AppError::OrganizationInactive);
    console.organizations.deactivate(&operator, acme.id).await.expect("deactivated");
    assert!(ended(&console, &session).await);
    assert_eq!(signed_in(&console, DANA, &secret(PASSWORD)).await, inactive);
    assert!(is_refused(&signed_in(&console, DANA, &secret("Wr0ng-one")).await), "not told before");
    console.organizations.reactivate(&operator, acme.id).await.expect("reactivated");
    assert!(ended(&console, &session).await, "it ended with the deactivation");
    let session = console.sign_in(DANA).await;
    console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
    assert!(ended(&console, &session).await);
    assert_eq!(signed_in(&console, DANA, &secret(PASSWORD)).await, inactive);
    let kept = console.people.get(&operator, id).await.expect("the trash keeps its people");
    assert_eq!((kept.memberships.len(), kept.organizations.len()), (1, 0), "its name is not told");
    console.organizations.restore(&operator, acme.id, None).await.expect("restored");
    assert!(ended(&console, &session).await, "it ended with the trash");
    console.sign_in(DANA).await;
    console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
    console.organizations.delete_forever(&operator, acme.id, "zenith").await.expect("deleted");
    assert_eq!(console.people.get(&operator, id).await.map(drop), Err(NO_PERSON));
    assert!(is_refused(&signed_in(&console, DANA, &secret(PASSWORD)).await));
}

#[tokio::test]
async fn a_person_of_several_organizations_chooses_one_at_sign_in() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let (acme, globex) = (console.create("acme").await, console.create("globex").await);
    let operator = console.operator().await;
    let (id, before) = added(&console, &operator, adding(&acme, DANA, MemberRole::OrganizationAdmin)).await;
    let (same, one_time) = added(&console, &operator, adding(&globex, DANA, MemberRole::Viewer)).await;
    assert_eq!(same, id, "one person");
    assert!(
        is_refused(&signed_in(&console, DANA, before.secret()).await),
        "its admin may have known that one"
    );
    let first =
        console.sessions.sign_in_with_new_password(DANA, one_time.secret(), &secret(PASSWORD), None).await;
    let Ok(SignedIn::Choose(choices)) = first else { panic!("there are two: {first:?}") };
    let told: Vec<_> = choices
        .iter()
        .map(|choice| (choice.account, choice.role, choice.organization.as_ref().expect("one").name.as_str()))
        .collect();
    let (in_acme, in_globex) = (Account::Person(id, acme.id), Account::Person(id, globex.id));
    assert_eq!(told, [(in_acme, Role::OrganizationAdmin, "acme"), (in_globex, Role::Viewer, "globex")]);
    for (account, role) in [(in_acme, Role::OrganizationAdmin), (in_globex, Role::Viewer)] {
        let chosen = console.sessions.sign_in(DANA, &secret(PASSWORD), Some(account)).await;
        let Ok(SignedIn::Session(session)) = chosen else { panic!("it is one of them: {chosen:?}") };
        assert_eq!((session.actor.account(), session.actor.role()), (account, role));
        assert_eq!(session.actor.organization_scope(), account.organization());
    }
    let none = Some(Account::Organization(acme.id));
    let none = console.sessions.sign_in(DANA, &secret(PASSWORD), none).await;
    assert_eq!(none.map(drop), Err(AppError::NotFound { what: "account" }), "the admin has another password");
    console.organizations.deactivate(&operator, acme.id).await.expect("deactivated");
    let only = console.try_sign_in(DANA, &secret(PASSWORD)).await.expect("one is left, so nothing is asked");
    assert_eq!(only.actor.account(), in_globex);
}

#[tokio::test]
async fn an_admin_who_is_a_person_elsewhere_chooses_between_both_if_the_password_is_the_same() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let (acme, globex) = (console.create("acme").await, console.create("globex").await);
    let operator = console.operator().await;
    let address = acme.admin_email.as_str();
    let own = console.people.add(&operator, adding(&acme, address, MemberRole::Viewer)).await;
    assert_eq!(own.map(drop), Err(AppError::Conflict(ConflictOn::Email)), "it is its admin already");
    let (id, one_time) = added(&console, &operator, adding(&globex, address, MemberRole::Viewer)).await;
    let other = secret("An0ther-one");
    let entered = console.sessions.sign_in_with_new_password(address, one_time.secret(), &other, None).await;
    assert!(matches!(entered, Ok(SignedIn::Session(_))), "{entered:?}");
    let as_admin = console.sign_in(address).await.actor.account();
    assert_eq!(as_admin, Account::Organization(acme.id), "the password tells which one it is");
    let as_person = console.try_sign_in(address, &other).await.expect("signed in").actor.account();
    assert_eq!(as_person, Account::Person(id, globex.id));
    let session = console.try_sign_in(address, &other).await.expect("signed in");
    console.sessions.change_own_password(&session, &other, &secret(PASSWORD)).await.expect("changed");
    let both = console.sessions.sign_in(address, &secret(PASSWORD), None).await;
    let Ok(SignedIn::Choose(choices)) = both else { panic!("both have it: {both:?}") };
    assert_eq!(choices.len(), 2);
}

/// Somebody with an account of their own could try another account's password by setting it as theirs.
#[tokio::test]
async fn a_password_that_opens_another_account_of_the_address_is_one_guess_at_the_others() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let (acme, globex) = (console.create("acme").await, console.create("globex").await);
    let operator = console.operator().await;
    let (id, one_time) = added(&console, &operator, adding(&globex, DANA, MemberRole::Viewer)).await;
    enter(&console, DANA, &one_time).await;
    let guess = async |number: usize| {
        let password = secret(&format!("Guess-number-{number}"));
        let request = tenantry_core::organizations::UpdateRequest {
            email: Some(DANA.to_owned()),
            password: Some(password.clone()),
            ..update_request(acme.id)
        };
        console.organizations.update(&operator, request).await.expect("changed");
        console.try_sign_in(DANA, &password).await.expect("its own account").actor.account()
    };
    for number in 0..20 {
        assert_eq!(guess(number).await, Account::Organization(acme.id));
    }
    let key = Account::key_of_person(id);
    let failures =
        console.ports.accounts.sign_in_attempts(std::slice::from_ref(&key)).await.expect("a look-up");
    let failures = failures.first().map_or(0, |attempts| attempts.failures);
    // While the account waits, nothing is tried, so nothing is learned either.
    assert!(failures >= 5, "{failures}");
    let waits = console.try_sign_in(DANA, &secret(PASSWORD)).await;
    assert!(waits.is_err(), "{waits:?}");
    console.ports.accounts.clear_failed_sign_ins(&key).await.expect("cleared");
    for _ in 0..20 {
        let password = secret("Guess-number-19");
        console.try_sign_in(DANA, &password).await.expect("its own account");
    }
    console
        .try_sign_in(DANA, &secret(PASSWORD))
        .await
        .expect("one password is one guess, however often it is used");
}

#[tokio::test]
async fn an_organizations_admin_manages_its_own_people_and_cannot_reach_others() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let (acme, globex) = (console.create("acme").await, console.create("globex").await);
    let operator = console.operator().await;
    let admin = console.sign_in("admin@acme.example.com").await.actor;
    let (lee, one_time) =
        added(&console, &operator, adding(&globex, "lee@people.example.com", MemberRole::Viewer)).await;
    enter(&console, "lee@people.example.com", &one_time).await;
    let (dana, one_time) = added(&console, &admin, adding(&acme, DANA, MemberRole::OrganizationAdmin)).await;
    let (people, other) = (&console.people, Some(globex.id));
    assert_eq!(people.get(&admin, lee).await.map(drop), Err(NO_PERSON));
    assert_eq!(people.deactivate(&admin, lee, Some(acme.id)).await.map(drop), Err(NO_PERSON));
    assert_eq!(people.set_one_time_password(&admin, lee).await.map(drop), Err(NO_PERSON));
    let unseen = Err(AppError::NotFound { what: "organization" });
    assert_eq!(people.deactivate(&admin, dana, other).await.map(drop), unseen);
    assert_eq!(people.page(&admin, list(other)).await.map(drop), unseen);
    let foreign = people.add(&admin, adding(&globex, "new@people.example.com", MemberRole::Viewer)).await;
    assert_eq!(foreign.map(drop), unseen);
    let taken = people.add(&admin, adding(&acme, "Lee@people.example.com", MemberRole::Viewer)).await;
    assert_eq!(taken.map(drop), Err(AppError::Conflict(ConflictOn::Email)), "an operator adds those");
    let everywhere = people.remove(&admin, dana, None).await;
    assert_eq!(everywhere, Err(AppError::Forbidden));
    let page = people.page(&admin, list(None)).await.expect("a page");
    assert_eq!(page.people.iter().map(|row| row.id).collect::<Vec<_>>(), [dana]);
    let session = enter(&console, DANA, &one_time).await;
    assert_eq!(people.page(&session.actor, list(None)).await.map(|page| page.people.len()), Ok(1));
    let own = people.set_one_time_password(&session.actor, dana).await;
    assert_eq!(own.map(drop), Err(AppError::Forbidden), "one's own password is changed with the present one");
    assert!(people.set_one_time_password(&admin, dana).await.is_ok(), "of nobody else's people");
    people.add(&operator, adding(&globex, DANA, MemberRole::Viewer)).await.expect("added");
    let shared = people.set_one_time_password(&admin, dana).await;
    assert_eq!(shared.map(drop), Err(AppError::Forbidden), "the password would open globex as well");
    let row = people.get(&admin, dana).await.expect("it is there");
    assert_eq!((row.memberships.len(), row.person.memberships_in_all), (1, 2), "where else is not told");
    let viewer = people.change_role(&admin, dana, acme.id, MemberRole::Viewer).await;
    assert!(viewer.is_ok());
    for found in [people.get(&operator, dana).await, people.get(&operator, lee).await] {
        assert!(found.is_ok());
    }
}

#[tokio::test]
async fn viewers_look_at_their_own_organizations_people_and_change_nothing() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let operator = console.operator().await;
    let (id, one_time) = added(&console, &operator, adding(&acme, DANA, MemberRole::Viewer)).await;
    let viewer = enter(&console, DANA, &one_time).await.actor;
    let people = &console.people;
    assert_eq!(people.page(&viewer, list(None)).await.map(|page| page.people.len()), Ok(1));
    let forbidden = || Err(AppError::Forbidden);
    let new = adding(&acme, "new@people.example.com", MemberRole::OrganizationAdmin);
    assert_eq!(people.add(&viewer, new).await.map(drop), forbidden());
    let role = MemberRole::OrganizationAdmin;
    assert_eq!(people.change_role(&viewer, id, acme.id, role).await.map(drop), forbidden());
    assert_eq!(people.deactivate(&viewer, id, Some(acme.id)).await.map(drop), forbidden());
    assert_eq!(people.remove(&viewer, id, Some(acme.id)).await, forbidden());
    assert_eq!(people.set_one_time_password(&viewer, id).await.map(drop), forbidden());
}

#[tokio::test]
async fn an_operators_address_is_nobodys_of_an_organization_and_the_other_way_round() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let operator = console.operator().await;
    let taken = || Err(AppError::Conflict(ConflictOn::Email));
    let own = console.people.add(&operator, adding(&acme, OPERATOR, MemberRole::Viewer)).await;
    assert_eq!(own.map(drop), taken());
    added(&console, &operator, adding(&acme, DANA, MemberRole::Viewer)).await;
    let again = console.people.add(&operator, adding(&acme, &DANA.to_uppercase(), MemberRole::Viewer)).await;
    assert_eq!(again.map(drop), taken());
    let request = tenantry_core::people::AddOperator {
        name: "Dana".to_owned(),
        email: DANA.to_owned(),
        role: tenantry_core::records::OperatorRole::Operator,
    };
    assert_eq!(console.operators.add(&operator, request).await.map(drop), taken());
    let bad = AddPerson { name: " ".to_owned(), ..adding(&acme, "nobody", MemberRole::Viewer) };
    match console.people.add(&operator, bad).await {
        Err(AppError::InvalidInput(issues)) => assert_eq!(issues.len(), 2, "each field: {issues:?}"),
        other => panic!("both are bad: {other:?}"),
    }
}

#[tokio::test]
async fn a_password_of_ones_own_is_changed_with_the_present_one_and_ends_the_other_sessions() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let operator = console.operator().await;
    let (_, one_time) = added(&console, &operator, adding(&acme, DANA, MemberRole::Viewer)).await;
    enter(&console, DANA, &one_time).await;
    let next = secret("An0ther-one");
    for address in [OPERATOR, "admin@acme.example.com", DANA] {
        let (session, elsewhere) = (console.sign_in(address).await, console.sign_in(address).await);
        let wrong = console.sessions.change_own_password(&session, &secret("Wr0ng-one"), &next).await;
        assert!(is_refused(&wrong), "{address}: {wrong:?}");
        let same = console.sessions.change_own_password(&session, &secret(PASSWORD), &secret(PASSWORD)).await;
        assert!(matches!(same, Err(AppError::InvalidInput(_))), "{address}");
        let goes_on = console.sessions.change_own_password(&session, &secret(PASSWORD), &next).await;
        let goes_on = goes_on.expect("changed");
        assert!(console.authorize(&goes_on).await.is_ok(), "{address}");
        assert!(ended(&console, &elsewhere).await && ended(&console, &session).await, "{address}");
        assert!(is_refused(&signed_in(&console, address, &secret(PASSWORD)).await), "{address}");
        assert_eq!(signed_in(&console, address, &next).await, Ok(()), "{address}");
        let named = console.sessions.rename_oneself(&goes_on.actor, "Dana").await;
        match address {
            "admin@acme.example.com" => {
                assert_eq!(named, Err(AppError::Forbidden), "it has no name of its own")
            }
            _ => {
                assert_eq!(named, Ok(()), "{address}");
                assert_eq!(console.authorize(&goes_on).await.expect("it goes on").name(), "Dana");
            }
        }
    }
}

#[tokio::test]
async fn wrong_present_passwords_are_slowed_down_like_sign_ins() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let operator = console.operator().await;
    let (_, one_time) = added(&console, &operator, adding(&acme, DANA, MemberRole::Viewer)).await;
    let session = enter(&console, DANA, &one_time).await;
    for _ in 0..5 {
        let wrong = console
            .sessions
            .change_own_password(&session, &secret("Wr0ng-one"), &secret("An0ther-one"))
            .await;
        assert!(is_refused(&wrong));
    }
    let waits =
        console.sessions.change_own_password(&session, &secret(PASSWORD), &secret("An0ther-one")).await;
    assert!(matches!(waits, Err(AppError::Throttled { .. })), "{waits:?}");
    let at_sign_in = console.try_sign_in(DANA, &secret(PASSWORD)).await;
    assert!(matches!(at_sign_in, Err(AppError::Throttled { .. })), "{at_sign_in:?}");
}

/// Response and work of a wrong password, whatever the address has.
#[tokio::test]
async fn a_wrong_password_tells_nothing_of_what_an_address_has() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let (acme, globex) = (console.create("acme").await, console.create("globex").await);
    let operator = console.operator().await;
    let address = |who: &str| format!("{who}@people.example.com");
    for who in ["invited", "active", "off", "several"] {
        let (id, one_time) =
            added(&console, &operator, adding(&acme, &address(who), MemberRole::Viewer)).await;
        match who {
            "active" => drop(enter(&console, &address(who), &one_time).await),
            "off" => drop(console.people.deactivate(&operator, id, None).await.expect("deactivated")),
            "several" => {
                let request = adding(&globex, &address(who), MemberRole::Viewer);
                console.people.add(&operator, request).await.expect("added");
            }
            _ => {}
        }
    }
    let both = acme.admin_email.as_str();
    added(&console, &operator, adding(&globex, both, MemberRole::Viewer)).await;
    let addresses = ["invited", "active", "off", "several", "nobody"].map(address);
    let addresses = addresses.iter().map(String::as_str).chain([both, OPERATOR, "admin@globex.example.com"]);
    let mut told = Vec::new();
    for address in addresses {
        let before = console.hasher.rounds();
        let answer = signed_in(&console, address, &secret("Wr0ng-one")).await;
        told.push((answer, console.hasher.rounds() - before));
    }
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    assert!(is_refused(&told[0].0));
}

/// Counts the calls of the store.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Policy for Calls {
    async fn call<T: Send>(
        &self,
        _call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        store.await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_memberships_cost_as_many_calls_as_two() {
    for kind in [StoreKind::SqliteInMemory, StoreKind::MongoReplicaSet] {
        let mut costs = Vec::new();
        for size in [2, 2_000] {
            let workspace = TestWorkspace::open(kind).await;
            let mut organizations = Vec::new();
            let new: Vec<_> = (0..size)
                .map(|number| tenantry_tests::suite::organization(&format!("org-{number:04}")))
                .collect();
            workspace.ports.organizations.insert_many(&new).await.expect("inserted");
            organizations.extend(new.iter().map(|one| one.id));
            let calls = Calls::default();
            let console =
                Console::run(workspace.ports.clone().under(calls.clone()), &workspace.clock, Run::default());
            let operator = console.operator().await;
            let dana = Person {
                password_hash: console.hasher.hash(&password()).await.expect("hashed"),
                ..person(DANA, &organizations)
            };
            workspace.ports.people.insert(&dana).await.expect("inserted");
            let mut cost = Vec::new();
            let mut counted = |what: &'static str| cost.push((what, calls.0.swap(0, Ordering::SeqCst)));
            counted("before");
            let chosen = console.sessions.sign_in(DANA, &secret(PASSWORD), None).await.expect("right");
            assert!(matches!(chosen, SignedIn::Choose(all) if all.len() == size));
            counted("choose");
            let account = Account::Person(dana.id, organizations[1]);
            let session =
                console.sessions.sign_in(DANA, &secret(PASSWORD), Some(account)).await.expect("right");
            let SignedIn::Session(session) = session else { panic!("it is chosen") };
            counted("sign in");
            console.authorize(&session).await.expect("good");
            counted("check");
            let page = console.people.page(&operator, list(None)).await.expect("a page");
            assert_eq!(page.people[0].memberships_in_all as usize, size);
            counted("list");
            let of_one = console.people.page(&operator, list(Some(organizations[0]))).await.expect("a page");
            assert_eq!(of_one.people.len(), 1);
            counted("list of one");
            let all = console.people.get(&operator, dana.id).await.expect("it is there");
            assert_eq!(all.organizations.len(), size);
            counted("look");
            console.people.deactivate(&operator, dana.id, Some(organizations[0])).await.expect("deactivated");
            counted("deactivate in one");
            console.people.deactivate(&operator, dana.id, None).await.expect("deactivated");
            counted("deactivate in all");
            console.people.remove(&operator, dana.id, Some(organizations[0])).await.expect("removed");
            counted("remove from one");
            console.people.remove(&operator, dana.id, None).await.expect("removed");
            counted("remove from all");
            costs.push(cost.split_off(1));
            workspace.remove().await;
        }
        assert_eq!(costs[0], costs[1], "{kind:?}");
        println!("{kind:?}: {:?}", costs[0]);
    }
}

fn password() -> tenantry_core::values::Password {
    tenantry_core::values::Password::parse(&secret(PASSWORD)).expect("a good password")
}

#[tokio::test]
async fn every_act_about_people_is_recorded_without_a_secret() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let operator = console.operator().await;
    let (id, one_time) = added(&console, &operator, adding(&acme, DANA, MemberRole::Viewer)).await;
    let session = enter(&console, DANA, &one_time).await;
    console
        .sessions
        .change_own_password(&session, &secret(PASSWORD), &secret("An0ther-one"))
        .await
        .expect("changed");
    let people = &console.people;
    people.change_role(&operator, id, acme.id, MemberRole::OrganizationAdmin).await.expect("changed");
    people.deactivate(&operator, id, Some(acme.id)).await.expect("deactivated");
    people.reactivate(&operator, id, Some(acme.id)).await.expect("reactivated");
    let renewed = people.set_one_time_password(&operator, id).await.expect("set");
    people.remove(&operator, id, None).await.expect("removed");
    let query = RecordQuery { person: Some(DANA.to_owned()), limit: 100, ..RecordQuery::default() };
    let page = console.ports.activity.page(&query).await.expect("a page");
    let mut kinds: Vec<_> = page.entries.iter().map(|recorded| recorded.entry.kind).collect();
    kinds.reverse();
    assert_eq!(
        kinds,
        [
            ActivityKind::PersonAdded,
            ActivityKind::PasswordChanged,
            ActivityKind::SignedIn,
            ActivityKind::PasswordChanged,
            ActivityKind::PersonChanged,
            ActivityKind::PersonDeactivated,
            ActivityKind::PersonReactivated,
            ActivityKind::OneTimePasswordSet,
            ActivityKind::PersonRemoved,
        ]
    );
    let told = format!("{page:?}");
    for planted in [one_time.secret(), renewed.secret(), &secret(PASSWORD), &secret("An0ther-one")] {
        assert!(!told.contains(planted.expose_secret()), "{told}");
    }
    assert!(!told.contains("$2b$"), "{told}");
}

/// A membership of an organization that is deleted at the same moment does not stay.
#[tokio::test]
async fn somebody_who_joins_an_organization_that_is_gone_is_not_there() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let gone = insert(&workspace.ports, "gone").await;
    let there = insert(&workspace.ports, "there").await;
    let dana = person(DANA, &[there.id, gone.id]);
    workspace.ports.people.insert(&dana).await.expect("inserted");
    console.organizations.trash(&operator, gone.id, None).await.expect("trashed");
    console.organizations.delete_forever(&operator, gone.id, "gone").await.expect("deleted");
    let left =
        workspace.ports.people.find_by_email(&email(DANA)).await.expect("a look-up").expect("it is there");
    let kept: Vec<&Membership> = left.memberships.iter().collect();
    assert_eq!(kept.iter().map(|one| one.organization_id).collect::<Vec<_>>(), [there.id]);
    assert_eq!(kept[0].since, moment(0));
}
