//! Live sessions on two computers that have one workspace open: the list, what ends them, the lock, and the pauses of a
//! computer.

use std::sync::Arc;
use std::time::Duration;

use bson::{DateTime, Document, doc};
use parking_lot::Mutex;
use secrecy::SecretString;
use tenantry_console::presence::{SessionListener, SessionNews};
use tenantry_core::clock::Clock;
use tenantry_core::error::{AppError, SessionProblem};
use tenantry_core::limits::{SIGN_IN_FREE_FAILURES, SIGN_IN_FREE_FAILURES_OF_DEVICE};
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::records::{
    ActivityKind, LiveSession, MemberRole, OperatorRole, Outcome, RecordQuery, Recorded, SessionDigest,
    SessionsOf, WorkspaceSettings,
};
use tenantry_core::rights::{Account, Actor, Role};
use tenantry_core::sessions::{FailingSubject, Freshness, PasswordHasher, Session, account_key};
use tenantry_core::values::{Password, PersonId, RecoveryCode};
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run, update_request};
use tenantry_tests::tokens::claims_in;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];
const ADMIN: &str = "admin@acme.example.com";
const REVOKED: Result<(), AppError> = Err(AppError::Session(SessionProblem::Revoked));
const ANOTHER: &str = "An0ther-password";

/// Two computers with one workspace.
async fn two(workspace: &TestWorkspace) -> (Console, Console) {
    let run = Run { installation: "other", computer: "mars", instance: "2".to_owned(), ..Run::default() };
    let second = Console::run(workspace.reopened().await, &workspace.clock, run);
    (Console::on(workspace), second)
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

/// Holds the pauses of a server, whose clock goes on, as long as it takes to meet them: nothing of a pause is over if
/// its last failure is in the future.
async fn hold_pauses(workspace: &TestWorkspace) {
    if workspace.address().is_some() {
        let attempts = workspace.database().await.collection::<Document>("console_sign_in_attempts");
        let ahead = DateTime::from_millis(DateTime::now().timestamp_millis() + 3_600_000);
        let failed_then = doc! { "$set": { "last_failed_at": ahead } };
        attempts.update_many(doc! {}, failed_then).await.expect("written");
    }
}

fn digest(session: &Session) -> SessionDigest {
    SessionDigest::of(claims_in(&session.token)["jti"].as_str().expect("an id"))
}

async fn standing(console: &Console, session: &Session) -> Result<(), AppError> {
    console.authorize(session).await.map(drop)
}

async fn listed(console: &Console, actor: &Actor) -> Vec<LiveSession> {
    console.sessions.list(actor, SessionsOf::Everybody, None).await.expect("a list").sessions
}

async fn is_listed(console: &Console, actor: &Actor, session: &Session) -> bool {
    listed(console, actor).await.iter().any(|live| live.facts.id == digest(session))
}

fn person_of(session: &Session) -> PersonId {
    match session.actor.account() {
        Account::Person(id, _) => id,
        other => panic!("a person: {other:?}"),
    }
}

async fn entries(console: &Console, kind: ActivityKind) -> Vec<Recorded> {
    let query = RecordQuery { kinds: vec![kind], limit: 100, ..RecordQuery::default() };
    console.ports.activity.page(&query).await.expect("a page").entries
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_tells_who_is_signed_in_where_and_ends_them_on_whatever_computer() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let (here, there) = two(&workspace).await;
        let acme = here.create("acme").await;
        here.create("globex").await;
        let owner = here.sign_in(OPERATOR).await;
        // What setting up began.
        here.sessions.end(&owner.actor, SessionsOf::Everybody).await.expect("ended");
        let vera = there.person(&acme, "vera@example.com", MemberRole::Viewer).await;
        there
            .sessions
            .end(&owner.actor, SessionsOf::Account(account_key(owner.actor.account())))
            .await
            .expect("ended");
        let (admin, again) = (there.sign_in(ADMIN).await, here.sign_in(ADMIN).await);
        let other = there.sign_in("admin@globex.example.com").await;
        let list = listed(&here, &owner.actor).await;
        assert_eq!(list.len(), 5, "{kind:?}: {list:#?}");
        let of = |session: &Session| {
            let found = list.iter().find(|live| live.facts.id == digest(session));
            found.unwrap_or_else(|| panic!("{kind:?}: it is listed"))
        };
        let seen = of(&vera);
        let facts = &seen.facts;
        assert_eq!(
            (facts.email.as_str(), facts.role, facts.organization_name.as_deref(), facts.device.as_str()),
            ("vera@example.com", Some(Role::Viewer), Some("acme"), "test on mars, Linux"),
            "{kind:?}"
        );
        assert_eq!((facts.organization_id, facts.name.as_str()), (Some(acme.id), "Dana Özgür"), "{kind:?}");
        assert_eq!(facts.expires_at, vera.expires_at, "{kind:?}");
        let age = workspace.clock.now() - seen.since;
        assert!(age.unsigned_abs() < Duration::from_secs(300), "{kind:?}: it began now: {age}");
        assert_eq!(of(&owner).facts.device, "test on this computer, Linux", "{kind:?}");
        assert_eq!(of(&owner).facts.role, Some(Role::Owner), "{kind:?}");
        assert!(list.is_sorted_by(|one, next| one.since >= next.since), "{kind:?}: the newest first");

        // One of them, from the other computer.
        assert_eq!(here.sessions.end(&owner.actor, SessionsOf::One(digest(&vera))).await, Ok(1), "{kind:?}");
        assert_eq!(standing(&there, &vera).await, REVOKED, "{kind:?}");
        assert_eq!(here.sessions.end(&owner.actor, SessionsOf::One(digest(&vera))).await, Ok(0), "{kind:?}");
        let told = entries(&here, ActivityKind::SessionEnded).await;
        let entry = &told[0].entry;
        assert_eq!(
            (entry.actor.as_str(), entry.subject.as_deref(), entry.detail.as_deref(), entry.outcome),
            (OPERATOR, Some("vera@example.com"), Some("test on mars, Linux"), Outcome::Done),
            "{kind:?}"
        );
        // All of an account, on both computers, and nobody else's.
        let account = SessionsOf::Account(account_key(admin.actor.account()));
        assert_eq!(here.sessions.end(&owner.actor, account).await, Ok(2), "{kind:?}");
        assert_eq!(
            (standing(&there, &admin).await, standing(&here, &again).await),
            (REVOKED, REVOKED),
            "{kind:?}"
        );
        assert_eq!(standing(&there, &other).await, Ok(()), "{kind:?}");
        // All of an organization.
        let (admin, vera) = (there.sign_in(ADMIN).await, there.sign_in("vera@example.com").await);
        let of_acme = SessionsOf::Organization(acme.id);
        assert_eq!(here.sessions.end(&owner.actor, of_acme).await, Ok(2), "{kind:?}");
        assert_eq!(
            (standing(&there, &admin).await, standing(&there, &vera).await),
            (REVOKED, REVOKED),
            "{kind:?}"
        );
        assert_eq!(standing(&there, &other).await, Ok(()), "{kind:?}");
        // All: one's own goes on.
        assert_eq!(here.sessions.end(&owner.actor, SessionsOf::Everybody).await, Ok(1), "{kind:?}");
        assert_eq!(standing(&there, &other).await, REVOKED, "{kind:?}");
        assert_eq!(standing(&here, &owner).await, Ok(()), "{kind:?}");
        let left = listed(&here, &owner.actor).await;
        assert_eq!(left.iter().map(|live| &live.facts.id).collect::<Vec<_>>(), [&digest(&owner)], "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_takes_an_accounts_rights_ends_its_sessions_elsewhere_and_takes_them_off_the_list() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let (here, there) = two(&workspace).await;
        let operator = here.operator().await;
        let acme = here.create("acme").await;
        let ended = async |way: &str, session: &Session| {
            assert_eq!(standing(&there, session).await, REVOKED, "{kind:?} {way}");
            assert!(!is_listed(&here, &operator, session).await, "{kind:?} {way}: it left the list");
        };
        let begun = async |email: &str| {
            let session = there.sign_in(email).await;
            assert!(is_listed(&here, &operator, &session).await, "{kind:?} {email}");
            session
        };
        let session = begun(ADMIN).await;
        here.sessions.sign_out(&session.token).await.expect("signed out");
        ended("a sign-out", &session).await;

        let people = &here.people;
        let vera = there.person(&acme, "vera@example.com", MemberRole::Viewer).await;
        let id = person_of(&vera);
        people.change_role(&operator, id, acme.id, MemberRole::OrganizationAdmin).await.expect("changed");
        ended("another role", &vera).await;
        let (vera, second) = (begun("vera@example.com").await, begun("vera@example.com").await);
        let kept = there.sessions.change_own_password(&vera, &secret(PASSWORD), &secret(ANOTHER)).await;
        let kept = kept.expect("changed");
        ended("a password of one's own", &second).await;
        assert_eq!(standing(&there, &kept).await, Ok(()), "{kind:?}: the one that changed it goes on");
        assert!(is_listed(&here, &operator, &kept).await, "{kind:?}");
        people.set_one_time_password(&operator, id).await.expect("set");
        ended("a one-time password", &kept).await;
        let paul = there.person(&acme, "paul@example.com", MemberRole::Viewer).await;
        people.deactivate(&operator, person_of(&paul), Some(acme.id)).await.expect("deactivated");
        ended("a deactivated person", &paul).await;
        let rosa = there.person(&acme, "rosa@example.com", MemberRole::Viewer).await;
        people.remove(&operator, person_of(&rosa), Some(acme.id)).await.expect("removed");
        ended("a removed person", &rosa).await;

        let operators = &here.operators;
        let id_of = |session: &Session| match session.actor.account() {
            Account::Operator(id) => id,
            other => panic!("an operator: {other:?}"),
        };
        let otto = there.another_operator("otto@example.com", OperatorRole::Operator).await;
        operators
            .change_role(&operator, id_of(&otto), OperatorRole::ReadOnlyOperator)
            .await
            .expect("changed");
        ended("an operator's other role", &otto).await;
        let otto = begun("otto@example.com").await;
        operators.deactivate(&operator, id_of(&otto)).await.expect("deactivated");
        ended("a deactivated operator", &otto).await;
        let rita = there.another_operator("rita@example.com", OperatorRole::Operator).await;
        operators.remove(&operator, id_of(&rita)).await.expect("removed");
        ended("a removed operator", &rita).await;

        let session = begun(ADMIN).await;
        let request = UpdateRequest { password: Some(secret(PASSWORD)), ..update_request(acme.id) };
        here.organizations.update(&operator, request).await.expect("changed");
        assert_eq!(standing(&there, &session).await, REVOKED, "{kind:?}: a password that an operator set");
        let session = begun(ADMIN).await;
        let password = Password::parse(&secret(ANOTHER)).expect("a good password");
        let hash = PasswordHasher::with_cost(4).hash(&password).await.expect("hashed");
        workspace.write_behind(acme.id, "admin_password", hash.expose()).await;
        assert_eq!(standing(&there, &session).await, REVOKED, "{kind:?}: a password that the service set");

        let session = there.try_sign_in(ADMIN, &secret(ANOTHER)).await.expect("signed in");
        let walter = there.person(&acme, "walter@example.com", MemberRole::Viewer).await;
        here.organizations.deactivate(&operator, acme.id).await.expect("deactivated");
        ended("a deactivated organization", &session).await;
        ended("a deactivated organization's person", &walter).await;
        let globex = here.create("globex").await;
        let session = begun("admin@globex.example.com").await;
        here.organizations.trash(&operator, globex.id, None).await.expect("trashed");
        ended("the trash", &session).await;
        workspace.remove().await;
    }
}

/// A window that writes down what it is told.
#[derive(Default)]
struct Heard(Mutex<Vec<SessionNews>>);

impl SessionListener for Heard {
    fn tell(&self, news: SessionNews) {
        self.0.lock().push(news);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_look_notices_that_a_session_was_ended_on_another_computer() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let (here, there) = two(&workspace).await;
        let operator = here.operator().await;
        here.create("acme").await;
        let session = there.sign_in(ADMIN).await;
        let (open, heard) = (there.opened().await, Arc::new(Heard::default()));
        open.keep_session(session.clone()).await;
        open.presence.listen(heard.clone());
        open.look_after_session(workspace.clock.now(), false).await;
        assert_eq!((heard.0.lock().len(), open.session().is_some()), (0, true), "{kind:?}: it is good");
        assert_eq!(here.sessions.end(&operator, SessionsOf::One(digest(&session))).await, Ok(1), "{kind:?}");
        // Without a call of the window; the console looks every four seconds.
        open.look_after_session(workspace.clock.now(), false).await;
        assert_eq!(*heard.0.lock(), [SessionNews::Ended(SessionProblem::Revoked)], "{kind:?}");
        assert!(open.session().is_none(), "{kind:?}");
        let answer = open.authorize(Freshness::Recent).await.map(drop);
        assert_eq!(answer, Err(AppError::Session(SessionProblem::Missing)), "{kind:?}");
        open.look_after_session(workspace.clock.now(), false).await;
        assert_eq!(heard.0.lock().len(), 1, "{kind:?}: it is told once");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prolonged_session_goes_on_and_an_ended_one_is_never_revived() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let (here, there) = two(&workspace).await;
        let operator = here.operator().await;
        here.create("acme").await;
        let session = there.sign_in(ADMIN).await;
        workspace.clock.advance(Duration::from_secs(20 * 60));
        let longer = there.sessions.prolong(&session).await.expect("it goes on");
        assert_eq!(longer.expires_at - session.expires_at, Duration::from_secs(20 * 60), "{kind:?}");
        assert_eq!(digest(&longer), digest(&session), "{kind:?}: under the same id");
        workspace.clock.advance(Duration::from_secs(15 * 60));
        let expired = Err(AppError::Session(SessionProblem::Expired));
        assert_eq!(standing(&there, &session).await, expired, "{kind:?}: the token before has its own end");
        assert_eq!(standing(&there, &longer).await, Ok(()), "{kind:?}");
        assert_eq!(there.sessions.prolong(&session).await.map(drop), expired, "{kind:?}");

        assert_eq!(here.sessions.end(&operator, SessionsOf::One(digest(&longer))).await, Ok(1), "{kind:?}");
        assert_eq!(there.sessions.prolong(&longer).await.map(drop), REVOKED, "{kind:?}");
        assert_eq!(standing(&there, &longer).await, REVOKED, "{kind:?}");
        assert!(!is_listed(&here, &operator, &longer).await, "{kind:?}: nor is it listed again");

        let owner = here.sign_in(OPERATOR).await;
        let seen = here.settings.current();
        let never = WorkspaceSettings { renew_while_working: false, ..seen.clone() };
        here.settings.change(&owner.actor, &seen, never).await.expect("changed");
        let answer = here.sessions.prolong(&owner).await.map(drop);
        assert_eq!(answer, Err(AppError::Forbidden), "{kind:?}: not in this workspace");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_window_is_refused_everything_until_its_person_gives_the_password() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        console.operator().await;
        let session = console.sign_in(OPERATOR).await;
        let (open, heard) = (console.opened().await, Arc::new(Heard::default()));
        open.keep_session(session.clone()).await;
        open.presence.listen(heard.clone());
        // The computer slept, in a workspace that locks when nobody is there.
        let seen = open.settings().current();
        let locking = WorkspaceSettings { idle_lock_minutes: Some(5), ..seen.clone() };
        open.settings().change(&session.actor, &seen, locking).await.expect("changed");
        open.look_after_session(workspace.clock.now(), false).await;
        assert!(!open.presence.is_locked(), "{kind:?}: somebody is there");
        open.look_after_session(workspace.clock.now(), true).await;
        assert_eq!(
            (open.presence.is_locked(), heard.0.lock().clone()),
            (true, vec![SessionNews::Locked]),
            "{kind:?}"
        );
        let locked = || Err(AppError::Session(SessionProblem::Locked));
        for freshness in [Freshness::Recent, Freshness::Now] {
            assert_eq!(open.authorize(freshness).await.map(drop), locked(), "{kind:?}");
        }
        for try_ in 1..=SIGN_IN_FREE_FAILURES {
            let tries_left = SIGN_IN_FREE_FAILURES - try_;
            let answer = open.unlock_window(&secret("Wr0ng-password")).await.map(drop);
            assert_eq!(answer, Err(AppError::CredentialsRefused { tries_left }), "{kind:?} {try_}");
        }
        hold_pauses(&workspace).await;
        let answer = open.unlock_window(&secret(PASSWORD)).await.map(drop);
        assert!(matches!(answer, Err(AppError::Throttled { .. })), "{kind:?}: {answer:?}");
        assert_eq!(open.authorize(Freshness::Now).await.map(drop), locked(), "{kind:?}");
        let key = account_key(session.actor.account());
        open.ports().accounts.clear_failed_sign_ins(&key).await.expect("cleared");
        open.unlock_window(&secret(PASSWORD)).await.expect("unlocked");
        assert!(open.authorize(Freshness::Now).await.is_ok(), "{kind:?}");
        // Nobody touched a key for five minutes.
        open.look_after_session(workspace.clock.now(), false).await;
        workspace.clock.advance(Duration::from_secs(5 * 60));
        open.look_after_session(workspace.clock.now(), false).await;
        assert_eq!(open.authorize(Freshness::Now).await.map(drop), locked(), "{kind:?}");
        // An ended session is not unlocked.
        open.sessions().sign_out(&session.token).await.expect("signed out");
        assert_eq!(open.unlock_window(&secret(PASSWORD)).await.map(drop), REVOKED, "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_computer_that_fails_on_many_addresses_waits_with_all_of_them() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let (here, there) = two(&workspace).await;
        let operator = here.operator().await;
        here.create("acme").await;
        for number in 0..SIGN_IN_FREE_FAILURES_OF_DEVICE {
            let email = format!("nobody{number}@example.com");
            let answer = there.try_sign_in(&email, &secret(PASSWORD)).await.map(drop);
            assert!(
                matches!(answer, Err(AppError::CredentialsRefused { .. })),
                "{kind:?} {number}: {answer:?}"
            );
        }
        hold_pauses(&workspace).await;
        let paused = |answer: Result<Session, AppError>| matches!(answer, Err(AppError::Throttled { .. }));
        assert!(paused(there.try_sign_in(ADMIN, &secret(PASSWORD)).await), "{kind:?}: with every address");
        let code = RecoveryCode::new();
        let recovered = there.sessions.recover(OPERATOR, code.secret(), &secret("Another1pass")).await;
        assert!(paused(recovered.map(|(session, _)| session)), "{kind:?}: with recovery codes");
        // The program was started again on that computer.
        let run = Run { installation: "other", computer: "mars", instance: "3".to_owned(), ..Run::default() };
        let again = Console::run(workspace.reopened().await, &workspace.clock, run);
        assert!(paused(again.try_sign_in(ADMIN, &secret(PASSWORD)).await), "{kind:?}: after a new start");
        here.sign_in(ADMIN).await;

        let failing = here.sessions.failing(&operator).await.expect("a list");
        let device = failing.iter().find(|one| one.of == FailingSubject::Device).expect("it is listed");
        let named = device.device.as_ref().map(|device| device.as_str().to_owned());
        assert_eq!(
            (device.failures, named.as_deref()),
            (SIGN_IN_FREE_FAILURES_OF_DEVICE, Some("test on mars, Linux")),
            "{kind:?}"
        );
        let strangers = failing.iter().filter(|one| one.of == FailingSubject::UnknownAddress).count();
        assert_eq!(strangers, 20, "{kind:?}");
        let admin = here.sign_in(ADMIN).await.actor;
        let refused = here.sessions.clear_failing(&admin, &device.key).await;
        assert_eq!(refused, Err(AppError::Forbidden), "{kind:?}");
        here.sessions.clear_failing(&operator, &device.key).await.expect("cleared");
        assert!(again.try_sign_in(ADMIN, &secret(PASSWORD)).await.is_ok(), "{kind:?}");
        let told = entries(&here, ActivityKind::ThrottleCleared).await;
        let told: Vec<_> =
            told.iter().map(|one| (one.entry.actor.as_str(), one.entry.subject.as_deref())).collect();
        assert_eq!(told, [(OPERATOR, Some("test on mars, Linux"))], "{kind:?}");
        workspace.remove().await;
    }
}
