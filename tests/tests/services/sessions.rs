//! The ends of sessions that other software, or another console, is involved in.

use secrecy::SecretString;
use tenantry_core::error::{AppError, SessionProblem};
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::records::Organization;
use tenantry_core::sessions::{Freshness, PasswordHasher, Session, SigningKey};
use tenantry_core::values::Password;
use tenantry_tests::console::{Console, PASSWORD, Run, update_request};
use tenantry_tests::tokens;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];
const ADMIN: &str = "admin@acme.example.com";
const REVOKED: Result<(), AppError> = Err(AppError::Session(SessionProblem::Revoked));

async fn standing(console: &Console, session: &Session) -> Result<(), AppError> {
    console.authorize(session).await.map(drop)
}

async fn hashed(cost: u32, password: &str) -> String {
    let password = Password::parse(&SecretString::from(password)).expect("a good password");
    PasswordHasher::with_cost(cost).hash(&password).await.expect("hashed").expose().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_the_service_changes_ends_every_session_of_that_admin_and_no_other() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let acme = console.create("acme").await;
        console.create("globex").await;
        let sessions = [console.sign_in(ADMIN).await, console.sign_in(ADMIN).await];
        let bystander = console.sign_in("admin@globex.example.com").await;
        let of_service = tokens::for_organization(&acme, None);
        for session in &sessions {
            assert_eq!(standing(&console, session).await, Ok(()), "{kind:?}");
        }
        workspace.write_behind(acme.id, "admin_password", &hashed(4, "An0ther-password").await).await;
        for session in &sessions {
            assert_eq!(standing(&console, session).await, REVOKED, "{kind:?}");
        }
        assert_eq!(standing(&console, &bystander).await, Ok(()), "{kind:?}");
        let service = console.sessions.authorize(&of_service, Freshness::Now).await;
        assert!(service.is_ok(), "{kind:?}: the service's own tokens know nothing of passwords: {service:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hash_that_is_computed_anew_ends_no_session_and_a_later_change_ends_all() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console_of = |cost: u32, key: SigningKey| {
            let run = Run { cost, key, ..Run::default() };
            Console::run(workspace.ports.clone(), &workspace.clock, run)
        };
        let own_key = Run::default().key;
        let cheap = console_of(4, own_key.clone());
        let acme = cheap.create("acme").await;
        let before = cheap.sign_in(ADMIN).await;
        // A console on another computer, with its own key.
        let elsewhere = console_of(4, SigningKey::random());
        let before_elsewhere = elsewhere.sign_in(ADMIN).await;
        let hash = async || {
            let found = workspace.ports.organizations.find_credentials_of(acme.id).await.expect("a look-up");
            found.expect("it is there").password_hash.expose().to_owned()
        };
        let mut sessions = Vec::new();
        for cost in [5, 6] {
            let dearer = console_of(cost, own_key.clone());
            sessions.push(dearer.sign_in(ADMIN).await);
            assert!(hash().await.starts_with(&format!("$2b$0{cost}$")), "{kind:?}: it was computed anew");
        }
        for session in sessions.iter().chain([&before]) {
            assert_eq!(standing(&cheap, session).await, Ok(()), "{kind:?}");
        }
        assert_eq!(standing(&elsewhere, &before_elsewhere).await, Ok(()), "{kind:?}");
        workspace.write_behind(acme.id, "admin_password", &hashed(6, PASSWORD).await).await;
        for session in sessions.iter().chain([&before]) {
            assert_eq!(standing(&cheap, session).await, REVOKED, "{kind:?}: the same password, set again");
        }
        assert_eq!(standing(&elsewhere, &before_elsewhere).await, REVOKED, "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operators_hash_that_is_computed_anew_ends_no_session() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let cheap = Console::on(&workspace);
        cheap.operator().await;
        let before = cheap.sign_in(tenantry_tests::console::OPERATOR).await;
        let run = Run { cost: 5, ..Run::default() };
        let dearer = Console::run(workspace.ports.clone(), &workspace.clock, run);
        let after = dearer.sign_in(tenantry_tests::console::OPERATOR).await;
        assert_eq!(standing(&dearer, &before).await, Ok(()), "{kind:?}");
        assert_eq!(standing(&cheap, &after).await, Ok(()), "{kind:?}");
        workspace.remove().await;
    }
}

async fn set_password(console: &Console, session: &Session, acme: &Organization) -> Organization {
    let password = Some(SecretString::from("An0ther-password"));
    let request = UpdateRequest { password, ..update_request(acme.id) };
    console.organizations.update(&session.actor, request).await.expect("changed")
}

#[tokio::test]
async fn a_sign_out_before_or_after_a_session_is_carried_on_ends_it() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    for signed_out_before in [true, false] {
        let name = if signed_out_before { "acme" } else { "globex" };
        let organization = console.create(name).await;
        let session = console.sign_in(&format!("admin@{name}.example.com")).await;
        let changed = set_password(&console, &session, &organization).await;
        if signed_out_before {
            console.sessions.sign_out(&session.token).await.expect("signed out");
        }
        let carried_on = console.sessions.carry_on(&session, &changed, true).await.expect("an answer");
        let carried_on = carried_on.expect("nothing but its own change happened to the organization");
        if !signed_out_before {
            assert_eq!(standing(&console, &carried_on).await, Ok(()));
            console.sessions.sign_out(&session.token).await.expect("signed out");
        }
        let answer = standing(&console, &carried_on).await;
        assert_eq!(answer, REVOKED, "signed out before: {signed_out_before}");
    }
}

#[tokio::test]
async fn a_session_that_something_else_ended_meanwhile_is_not_carried_on() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    for (own_password, told) in [(true, "with its own password"), (false, "with a name only")] {
        let session = console.sign_in(ADMIN).await;
        // An operator resets the password while the admin's change is on its way.
        let reset = UpdateRequest { password: Some(SecretString::from(PASSWORD)), ..update_request(acme.id) };
        console.organizations.update(&operator, reset).await.expect("reset");
        let request = UpdateRequest {
            display_name: Some(format!("Acme {told}")),
            password: own_password.then(|| SecretString::from(PASSWORD)),
            ..update_request(acme.id)
        };
        let changed = console.organizations.update(&session.actor, request).await.expect("changed");
        let carried_on =
            console.sessions.carry_on(&session, &changed, own_password).await.expect("an answer");
        assert!(carried_on.is_none(), "{told}");
        assert_eq!(standing(&console, &session).await, REVOKED, "{told}");
    }
}
