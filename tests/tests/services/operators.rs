//! Operators: who manages them, the last owner, and how an owner gets back in.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::limits::ONE_TIME_LIFE;
use tenantry_core::people::AddOperator;
use tenantry_core::records::{
    Access, ActivityKind, OperatorRole, OperatorsQuery, Outcome, PageStart, PeopleSort, PeopleStatus,
    RecordQuery, SortDirection,
};
use tenantry_core::rights::{Account, Actor, Role};
use tenantry_core::sessions::{Session, SignedIn};
use tenantry_core::values::{OneTimePassword, OperatorId, RecoveryCode};
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const BOTH: [StoreKind; 2] = [StoreKind::SqliteInMemory, StoreKind::MongoReplicaSet];
const OTTO: &str = "otto@example.com";
const LAST_OWNER: AppError = AppError::Store(StoreError::LastOwner);

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

async fn added(
    console: &Console,
    actor: &Actor,
    address: &str,
    role: OperatorRole,
) -> (OperatorId, OneTimePassword) {
    let request = AddOperator { name: "Otto".to_owned(), email: address.to_owned(), role };
    let added = console.operators.add(actor, request).await.expect("added");
    (added.operator.id, added.one_time)
}

/// Adds an operator, who signs in for the first time.
async fn entered(console: &Console, actor: &Actor, address: &str, role: OperatorRole) -> Session {
    let (_, one_time) = added(console, actor, address, role).await;
    let password = secret(PASSWORD);
    let entered =
        console.sessions.sign_in_with_new_password(address, one_time.secret(), &password, None).await;
    match entered.expect("signed in") {
        SignedIn::Session(session) => session,
        more => panic!("more is asked for: {more:?}"),
    }
}

fn id_of(actor: &Actor) -> OperatorId {
    match actor.account() {
        Account::Operator(id) => id,
        other => panic!("an operator: {other:?}"),
    }
}

async fn ended(console: &Console, session: &Session) -> bool {
    matches!(console.authorize(session).await, Err(AppError::Session(_)))
}

fn is_refused<T>(answer: &Result<T, AppError>) -> bool {
    matches!(answer, Err(AppError::CredentialsRefused { .. }))
}

fn list() -> OperatorsQuery {
    OperatorsQuery {
        search: String::new(),
        status: None,
        sort: PeopleSort::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 50,
    }
}

#[tokio::test]
async fn only_owners_manage_operators() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    let owner = console.operator().await;
    let operator = entered(&console, &owner, OTTO, OperatorRole::Operator).await.actor;
    let reader = entered(&console, &owner, "rita@example.com", OperatorRole::ReadOnlyOperator).await.actor;
    let admin = console.sign_in("admin@acme.example.com").await.actor;
    assert_eq!((operator.role(), reader.role()), (Role::Operator, Role::ReadOnlyOperator));
    let operators = &console.operators;
    let (id, forbidden) = (id_of(&operator), || Err(AppError::Forbidden));
    for actor in [&operator, &reader, &admin] {
        let request = AddOperator {
            name: "X".to_owned(),
            email: "x@example.com".to_owned(),
            role: OperatorRole::Owner,
        };
        assert_eq!(operators.add(actor, request).await.map(drop), forbidden());
        assert_eq!(operators.page(actor, &list()).await.map(drop), forbidden());
        assert_eq!(operators.count(actor, "").await.map(drop), forbidden());
        assert_eq!(operators.get(actor, id).await.map(drop), forbidden());
        assert_eq!(operators.change_role(actor, id, OperatorRole::Owner).await.map(drop), forbidden());
        assert_eq!(operators.deactivate(actor, id).await.map(drop), forbidden());
        assert_eq!(operators.reactivate(actor, id).await.map(drop), forbidden());
        assert_eq!(operators.remove(actor, id).await, forbidden());
        assert_eq!(operators.set_one_time_password(actor, id).await.map(drop), forbidden());
    }
    let page = operators.page(&owner, &list()).await.expect("a page");
    let told: Vec<_> =
        page.operators.iter().map(|row| (row.email.as_str(), row.role, row.is_last_owner)).collect();
    assert_eq!(
        told,
        [
            (OPERATOR, OperatorRole::Owner, true),
            (OTTO, OperatorRole::Operator, false),
            ("rita@example.com", OperatorRole::ReadOnlyOperator, false),
        ]
    );
    assert_eq!(
        operators.get(&owner, OperatorId::new()).await.map(drop),
        Err(AppError::NotFound { what: "operator" })
    );
}

#[tokio::test]
async fn a_list_of_operators_is_searched_filtered_and_paged_both_ways() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let owner = console.operator().await;
    for number in 0..5 {
        added(&console, &owner, &format!("new{number}@example.com"), OperatorRole::Operator).await;
    }
    let counts = console.operators.count(&owner, "NEW").await.expect("counts");
    assert_eq!((counts.all, counts.invited), (5, 5));
    let invited = OperatorsQuery { status: Some(PeopleStatus::Active), ..list() };
    assert_eq!(console.operators.page(&owner, &invited).await.expect("a page").operators.len(), 1);
    for sort in PeopleSort::ALL.iter().copied() {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            for backwards in [false, true] {
                let whole = OperatorsQuery { sort, direction, backwards, ..list() };
                let all = console.operators.page(&owner, &whole).await.expect("a page").operators;
                let mut paged = Vec::new();
                let mut start = PageStart::Beginning;
                loop {
                    let query = OperatorsQuery { start, limit: 4, ..whole.clone() };
                    let page = console.operators.page(&owner, &query).await.expect("a page");
                    paged.extend(page.operators);
                    match page.next {
                        Some(next) => start = PageStart::After(next),
                        None => break,
                    }
                }
                assert_eq!((&paged, paged.len()), (&all, 6), "{sort:?} {direction:?} {backwards}");
            }
        }
    }
}

#[tokio::test]
async fn the_last_owner_stays_one_whoever_asks() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let owner = console.operator().await;
    let id = id_of(&owner);
    let operators = &console.operators;
    assert_eq!(operators.change_role(&owner, id, OperatorRole::Operator).await.map(drop), Err(LAST_OWNER));
    assert_eq!(operators.deactivate(&owner, id).await.map(drop), Err(LAST_OWNER));
    assert_eq!(operators.remove(&owner, id).await, Err(LAST_OWNER));
    let second = entered(&console, &owner, OTTO, OperatorRole::Owner).await;
    operators.deactivate(&owner, id_of(&second.actor)).await.expect("there are two");
    assert_eq!(operators.remove(&owner, id).await, Err(LAST_OWNER), "a deactivated one does not count");
    operators.reactivate(&owner, id_of(&second.actor)).await.expect("reactivated");
    let demoted = operators.change_role(&owner, id, OperatorRole::Operator).await.expect("there are two");
    assert_eq!(demoted.role, OperatorRole::Operator);
    let query =
        RecordQuery { kinds: vec![ActivityKind::OperatorRemoved], limit: 10, ..RecordQuery::default() };
    let entries = console.ports.activity.page(&query).await.expect("a page").entries;
    let outcomes: Vec<_> = entries.iter().map(|recorded| recorded.entry.outcome).collect();
    assert!(outcomes.contains(&Outcome::Undone), "what was refused is told as not done: {outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_owners_who_demote_each_other_at_the_same_moment_leave_one() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let other_computer = Console::on(&workspace);
        let owner = console.operator().await;
        let second = entered(&console, &owner, OTTO, OperatorRole::Owner).await.actor;
        let (first, other) = (id_of(&owner), id_of(&second));
        let answers = tokio::join!(
            console.operators.change_role(&owner, other, OperatorRole::Operator),
            other_computer.operators.change_role(&second, first, OperatorRole::ReadOnlyOperator),
        );
        let operators = workspace.ports.accounts.operators().await.expect("a list");
        let owners = operators.iter().filter(|one| one.role == OperatorRole::Owner && one.is_active).count();
        assert_eq!(owners, 1, "{kind:?}: {answers:?}");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn whatever_ends_an_operators_rights_ends_their_sessions() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let owner = console.operator().await;
    let session = entered(&console, &owner, OTTO, OperatorRole::Operator).await;
    let id = id_of(&session.actor);
    let operators = &console.operators;
    operators.change_role(&owner, id, OperatorRole::ReadOnlyOperator).await.expect("changed");
    assert!(ended(&console, &session).await);
    let session = console.sign_in(OTTO).await;
    assert_eq!(session.actor.role(), Role::ReadOnlyOperator);
    operators.deactivate(&owner, id).await.expect("deactivated");
    assert!(ended(&console, &session).await);
    let told = console.try_sign_in(OTTO, &secret(PASSWORD)).await;
    assert_eq!(told.map(drop), Err(AppError::AccountInactive));
    assert!(is_refused(&console.try_sign_in(OTTO, &secret("Wr0ng-one")).await), "not told before");
    operators.reactivate(&owner, id).await.expect("reactivated");
    let session = console.sign_in(OTTO).await;
    let one_time = operators.set_one_time_password(&owner, id).await.expect("set");
    assert!(ended(&console, &session).await);
    console.clock.advance(ONE_TIME_LIFE + Duration::from_secs(1));
    let late = console.try_sign_in(OTTO, one_time.secret()).await;
    assert_eq!(late.map(drop), Err(AppError::OneTimePasswordExpired));
    let owner = console.sign_in(OPERATOR).await.actor;
    let row = operators.get(&owner, id).await.expect("it is there");
    assert_eq!(row.status, PeopleStatus::Expired);
    let own = operators.set_one_time_password(&owner, id_of(&owner)).await;
    assert_eq!(own.map(drop), Err(AppError::Forbidden), "one's own is changed with the present one");
    operators.remove(&owner, id).await.expect("removed");
    assert!(is_refused(&console.try_sign_in(OTTO, one_time.secret()).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_code_lets_its_owner_in_once_and_gives_the_next() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let claimed = console.sessions.claim("Olga", OPERATOR, &secret(PASSWORD)).await.expect("claimed");
        let (code, next) = (claimed.recovery.secret().clone(), secret("An0ther-one"));
        for wrong in [RecoveryCode::new().secret().clone(), secret("no code"), secret("")] {
            let answer = console.sessions.recover(OPERATOR, &wrong, &next).await;
            let unknown = console.sessions.recover("nobody@example.com", &wrong, &next).await;
            assert!(is_refused(&answer), "{answer:?}");
            assert_eq!(answer.map(drop), unknown.map(drop), "an unknown address gets the same");
        }
        let bad = console.sessions.recover(OPERATOR, &code, &secret("short")).await;
        assert!(matches!(bad, Err(AppError::InvalidInput(_))), "{bad:?}");
        let typed = secret(&code.expose_secret().to_lowercase().replace('-', " "));
        let (session, renewed) = console.sessions.recover(OPERATOR, &typed, &next).await.expect("let in");
        assert_eq!(session.actor.role(), Role::Owner);
        assert!(console.authorize(&session).await.is_ok());
        assert!(ended(&console, &claimed.session).await, "the sessions of before have ended");
        assert!(is_refused(&console.sessions.recover(OPERATOR, &code, &secret(PASSWORD)).await), "used once");
        assert!(console.try_sign_in(OPERATOR, &next).await.is_ok());
        let again = console.sessions.recover(OPERATOR, renewed.secret(), &secret(PASSWORD)).await;
        assert!(again.is_ok(), "{again:?}");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn a_recovery_code_is_renewed_by_its_owner_with_the_password_and_is_nobody_elses() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let claimed = console.sessions.claim("Olga", OPERATOR, &secret(PASSWORD)).await.expect("claimed");
    let owner = claimed.session.actor.clone();
    let wrong = console.sessions.renew_recovery_code(&owner, &secret("Wr0ng-one")).await;
    assert!(is_refused(&wrong), "{wrong:?}");
    let renewed = console.sessions.renew_recovery_code(&owner, &secret(PASSWORD)).await.expect("renewed");
    assert!(console.authorize(&claimed.session).await.is_ok(), "ends no session");
    let next = secret("An0ther-one");
    assert!(is_refused(&console.sessions.recover(OPERATOR, claimed.recovery.secret(), &next).await));
    let operator = entered(&console, &owner, OTTO, OperatorRole::Operator).await.actor;
    let none = console.sessions.renew_recovery_code(&operator, &secret(PASSWORD)).await;
    assert_eq!(none.map(drop), Err(AppError::Forbidden));
    let second = entered(&console, &owner, "second@example.com", OperatorRole::Owner).await.actor;
    let of_second = console.sessions.renew_recovery_code(&second, &secret(PASSWORD)).await.expect("made");
    console.operators.change_role(&owner, id_of(&second), OperatorRole::Operator).await.expect("demoted");
    let late = console.sessions.recover("second@example.com", of_second.secret(), &next).await;
    assert!(is_refused(&late), "a code is an owner's only: {late:?}");
    assert!(console.sessions.recover(OPERATOR, renewed.secret(), &next).await.is_ok());
    let told = console.ports.activity.page(&RecordQuery { limit: 100, ..RecordQuery::default() }).await;
    let told = format!("{told:?}");
    for code in [&claimed.recovery, &renewed, &of_second] {
        assert!(!told.contains(code.secret().expose_secret()) && !told.contains(code.digest().as_str()));
    }
}

#[tokio::test]
async fn wrong_recovery_codes_are_slowed_down_like_sign_ins() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let claimed = console.sessions.claim("Olga", OPERATOR, &secret(PASSWORD)).await.expect("claimed");
    let next = secret("An0ther-one");
    for _ in 0..5 {
        let wrong = console.sessions.recover(OPERATOR, RecoveryCode::new().secret(), &next).await;
        assert!(is_refused(&wrong), "{wrong:?}");
    }
    let waits = console.sessions.recover(OPERATOR, claimed.recovery.secret(), &next).await;
    assert!(matches!(waits, Err(AppError::Throttled { .. })), "{waits:?}");
    let waits = console.try_sign_in(OPERATOR, &secret(PASSWORD)).await;
    assert!(matches!(waits, Err(AppError::Throttled { .. })), "{waits:?}");
    console.clock.advance(Duration::from_secs(2));
    assert!(console.sessions.recover(OPERATOR, claimed.recovery.secret(), &next).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_holds_the_connection_resets_an_owner_and_leaves_an_entry() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let acme = console.create("acme").await;
        let owner = console.sign_in(OPERATOR).await;
        entered(&console, &owner.actor, OTTO, OperatorRole::Operator).await;
        for _ in 0..7 {
            assert!(console.try_sign_in(OPERATOR, &secret("Wr0ng-one")).await.is_err());
        }
        // A locked workspace has nobody who could unlock it.
        let locked = Run { access: Access::Locked, ..Run::default() };
        let locked = Console::run(workspace.ports.clone(), &workspace.clock, locked);
        let one_time = locked.owner_reset.reset(&OPERATOR.to_uppercase()).await.expect("reset");
        assert!(ended(&console, &owner).await, "{kind:?}");
        let asked = locked.sessions.sign_in(OPERATOR, one_time.secret(), None).await;
        assert!(matches!(asked, Ok(SignedIn::MustChange { .. })), "{kind:?}: it waits no longer: {asked:?}");
        let next = secret("An0ther-one");
        let entered =
            locked.sessions.sign_in_with_new_password(OPERATOR, one_time.secret(), &next, None).await;
        assert!(matches!(entered, Ok(SignedIn::Session(_))), "{kind:?}: also in a locked one: {entered:?}");
        for other in [OTTO, "nobody@example.com", acme.admin_email.as_str()] {
            let refused = console.owner_reset.reset(other).await;
            assert_eq!(refused.map(drop), Err(AppError::NotFound { what: "owner" }), "{kind:?}: {other}");
        }
        let read_only = Run { access: Access::ReadOnly, ..Run::default() };
        let read_only = Console::run(workspace.ports.clone(), &workspace.clock, read_only);
        let refused = read_only.owner_reset.reset(OPERATOR).await;
        assert_eq!(refused.map(drop), Err(AppError::Store(StoreError::ReadOnly { unlockable: false })));
        let query = RecordQuery { kinds: vec![ActivityKind::OwnerReset], limit: 9, ..RecordQuery::default() };
        let entries = console.ports.activity.page(&query).await.expect("a page").entries;
        assert_eq!(entries.len(), 1, "{kind:?}");
        assert_eq!(entries[0].entry.subject.as_deref().map(str::to_lowercase).as_deref(), Some(OPERATOR));
        assert!(!format!("{entries:?}").contains(one_time.secret().expose_secret()));
        workspace.remove().await;
    }
}

#[tokio::test]
async fn a_workspace_without_an_active_owner_gets_one_by_a_reset() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let one_time = console.owner_reset.reset("first@example.com").await.expect("an unclaimed workspace");
    let password = secret(PASSWORD);
    let entered = console
        .sessions
        .sign_in_with_new_password("first@example.com", one_time.secret(), &password, None)
        .await;
    let Ok(SignedIn::Session(session)) = entered else { panic!("it is an owner: {entered:?}") };
    assert_eq!((session.actor.role(), session.actor.name()), (Role::Owner, "first"));
    let again = console.sessions.claim("Olga", OPERATOR, &password).await;
    assert_eq!(again.map(drop), Err(AppError::AlreadyClaimed));
}
