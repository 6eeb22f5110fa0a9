use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tenantry_core::error::{AppError, SessionProblem};
use tenantry_core::limits::{SESSION_MINUTES, SIGN_IN_FREE_FAILURES};
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::rights::Role;
use tenantry_core::sessions::{Freshness, PasswordHasher, Session, SigningKey};
use tenantry_core::values::{Field, OperatorId, Password, PasswordHash};
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run, update_request};
use tenantry_tests::suite::{email, organization};
use tenantry_tests::tokens::{self, Algorithm};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

async fn workspace() -> TestWorkspace {
    TestWorkspace::open(StoreKind::SqliteInMemory).await
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

async fn try_sign_in(console: &Console, email: &str, password: &str) -> Result<(), AppError> {
    console.try_sign_in(email, &secret(password)).await.map(|_| ())
}

async fn problem_of(console: &Console, session: &Session) -> Option<AppError> {
    console.authorize(session).await.err()
}

const SESSION_LIFE: Duration = Duration::from_secs(SESSION_MINUTES as u64 * 60);
const REVOKED: AppError = AppError::Session(SessionProblem::Revoked);
const ADMIN: &str = "admin@acme.example.com";

#[tokio::test]
async fn whoever_claims_a_workspace_is_its_operator_and_a_second_claim_is_refused() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    assert_eq!(console.sessions.is_claimed().await, Ok(false));
    let claimed = console.sessions.claim("Olga", OPERATOR, &secret(PASSWORD)).await.expect("claimed");
    let session = claimed.session;
    assert_eq!(session.actor.role(), Role::Owner);
    assert_eq!(session.actor.organization_scope(), None);
    assert_eq!(console.sessions.is_claimed().await, Ok(true));
    assert_eq!(console.authorize(&session).await, Ok(session.actor.clone()));
    let founder = workspace.ports.accounts.find_operator(OperatorId::FOUNDER).await.expect("an answer");
    assert!(founder.expect("it is there").last_sign_in_at.is_some(), "a claim is a sign-in");
    let second = console.sessions.claim("Otto", "otto@example.com", &secret(PASSWORD)).await;
    assert_eq!(second.map(|_| ()), Err(AppError::AlreadyClaimed));
    assert!(
        try_sign_in(&console, "otto@example.com", PASSWORD).await.is_err(),
        "nobody else was made operator"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_claims_at_once_one_wins() {
    for kind in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let password = secret(PASSWORD);
        let emails: Vec<_> = (0..6).map(|number| format!("founder{number}@example.com")).collect();
        let claims = emails.iter().map(|email| console.sessions.claim("Founder", email, &password));
        let answers = futures_util::future::join_all(claims).await;
        let won: Vec<_> = answers.iter().zip(&emails).filter(|(answer, _)| answer.is_ok()).collect();
        assert_eq!(won.len(), 1, "{kind:?}");
        for (answer, _) in answers.iter().zip(&emails).filter(|(answer, _)| answer.is_err()) {
            assert_eq!(answer.as_ref().err(), Some(&AppError::AlreadyClaimed), "{kind:?}");
        }
        assert_eq!(try_sign_in(&console, won[0].1, PASSWORD).await, Ok(()));
        workspace.remove().await;
    }
}

#[tokio::test]
async fn a_claim_tells_every_broken_rule_at_its_field_at_once() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    match console.sessions.claim("  ", "nobody", &secret("password")).await {
        Err(AppError::InvalidInput(issues)) => {
            let fields: Vec<_> = issues.iter().map(|issue| issue.field).collect();
            assert_eq!(fields, [Field::PersonName, Field::Email, Field::Password, Field::Password]);
        }
        other => panic!("must be refused: {:?}", other.map(|_| ())),
    }
    assert_eq!(console.sessions.is_claimed().await, Ok(false));
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_get_the_same_answer() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    for failure in 1..=SIGN_IN_FREE_FAILURES {
        let known = try_sign_in(&console, ADMIN, "Wrong-passw0rd").await;
        let unknown = try_sign_in(&console, "nobody@example.com", "Wrong-passw0rd").await;
        let operator = try_sign_in(&console, OPERATOR, "Wrong-passw0rd").await;
        let expected = Err(AppError::CredentialsRefused { tries_left: SIGN_IN_FREE_FAILURES - failure });
        assert_eq!((&known, &unknown, &operator), (&expected, &expected, &expected));
    }
    let waiting = Err(AppError::Throttled { seconds: 1 });
    for address in [ADMIN, "nobody@example.com", OPERATOR] {
        assert_eq!(try_sign_in(&console, address, PASSWORD).await, waiting, "{address} waits like any other");
    }
}

#[tokio::test]
async fn a_deactivated_organization_is_told_only_after_the_right_password() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    console.organizations.deactivate(&operator, acme.id).await.expect("deactivated");
    let wrong = try_sign_in(&console, ADMIN, "Wrong-passw0rd").await;
    assert_eq!(wrong, Err(AppError::CredentialsRefused { tries_left: SIGN_IN_FREE_FAILURES - 1 }));
    assert_eq!(try_sign_in(&console, ADMIN, PASSWORD).await, Err(AppError::OrganizationInactive));
    console.organizations.reactivate(&operator, acme.id).await.expect("reactivated");
    assert_eq!(try_sign_in(&console, ADMIN, PASSWORD).await, Ok(()));
}

#[tokio::test]
async fn waiting_doubles_is_counted_over_all_spellings_and_outlives_a_restart() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    let spellings = [ADMIN, "Admin@acme.example.com", "ADMIN@ACME.example.com"];
    for failure in 0..SIGN_IN_FREE_FAILURES as usize {
        let refused = try_sign_in(&console, spellings[failure % 3], "Wrong-passw0rd").await;
        assert!(matches!(refused, Err(AppError::CredentialsRefused { .. })), "{refused:?}");
    }
    for wait in [1, 2, 4, 8] {
        assert_eq!(try_sign_in(&console, ADMIN, PASSWORD).await, Err(AppError::Throttled { seconds: wait }));
        let restarted = Console::run(workspace.reopened().await, &workspace.clock, Run::default());
        let throttled = try_sign_in(&restarted, spellings[1], PASSWORD).await;
        assert_eq!(throttled, Err(AppError::Throttled { seconds: wait }), "a restart does not reset it");
        workspace.clock.advance(Duration::from_secs(wait));
        let refused = try_sign_in(&console, ADMIN, "Wrong-passw0rd").await;
        assert_eq!(
            refused,
            Err(AppError::CredentialsRefused { tries_left: 0 }),
            "the wait of {wait} s is over"
        );
    }
    workspace.clock.advance(Duration::from_secs(16));
    assert_eq!(try_sign_in(&console, ADMIN, PASSWORD).await, Ok(()));
    let refused = try_sign_in(&console, ADMIN, "Wrong-passw0rd").await;
    let tries_left = SIGN_IN_FREE_FAILURES - 1;
    assert_eq!(refused, Err(AppError::CredentialsRefused { tries_left }), "a success starts anew");
}

#[tokio::test]
async fn what_no_password_can_be_is_wrong_and_not_an_error() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    for typed in ["", "Passw0rd-of-tests\0", &format!("{PASSWORD}{}", "x".repeat(10_000)), "пароль"] {
        let answer = try_sign_in(&console, ADMIN, typed).await;
        assert!(matches!(answer, Err(AppError::CredentialsRefused { .. })), "{answer:?}");
        workspace.clock.advance(Duration::from_secs(3600));
    }
    // bcrypt would take the first 72 bytes for the whole.
    let long = format!("Aa1{}", "x".repeat(69));
    let operator = console.operator().await;
    let id = console.organizations.get(&operator, "acme").await.expect("there").id;
    let request = UpdateRequest { password: Some(secret(&long)), ..update_request(id) };
    console.organizations.update(&operator, request).await.expect("72 bytes are allowed");
    assert_eq!(try_sign_in(&console, ADMIN, &long).await, Ok(()));
    assert!(try_sign_in(&console, ADMIN, &format!("{long}y")).await.is_err());
}

#[tokio::test]
async fn a_cheap_hash_is_renewed_at_the_next_sign_in() {
    let workspace = workspace().await;
    let cheap = PasswordHasher::with_cost(4)
        .hash(&Password::parse(&secret(PASSWORD)).expect("a good password"))
        .await;
    let new = tenantry_core::records::NewOrganization {
        admin_password: cheap.expect("hashed"),
        ..organization("acme")
    };
    workspace.ports.organizations.insert(&new).await.expect("inserted");
    let console = Console::run(workspace.ports.clone(), &workspace.clock, Run { cost: 5, ..Run::default() });
    let stored = async || -> PasswordHash {
        let found =
            console.ports.organizations.find_credentials(&email(ADMIN)).await.expect("a look-up answers");
        found.first().expect("it is there").password_hash.clone()
    };
    assert!(try_sign_in(&console, ADMIN, "Wrong-passw0rd").await.is_err());
    assert!(stored().await.expose().starts_with("$2b$04$"), "a wrong password renews nothing");
    console.sign_in(ADMIN).await;
    assert!(stored().await.expose().starts_with("$2b$05$"));
    console.sign_in(ADMIN).await;
}

#[tokio::test]
async fn a_session_ends_after_its_time_and_by_signing_out() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    let (first, second) = (console.sign_in(ADMIN).await, console.sign_in(ADMIN).await);
    console.sessions.sign_out(&first.token).await.expect("signed out");
    assert_eq!(problem_of(&console, &first).await, Some(REVOKED));
    let recent = console.sessions.authorize(&first.token, Freshness::Recent).await;
    assert_eq!(recent, Err(REVOKED), "not even for two seconds");
    assert_eq!(problem_of(&console, &second).await, None, "another session of the same person goes on");
    workspace.clock.advance(SESSION_LIFE - Duration::from_secs(2));
    assert_eq!(problem_of(&console, &second).await, None);
    workspace.clock.advance(Duration::from_secs(2));
    assert_eq!(problem_of(&console, &second).await, Some(AppError::Session(SessionProblem::Expired)));
}

#[tokio::test]
async fn a_session_that_was_ended_elsewhere_is_not_good_for_longer_when_the_clock_is_set_back() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    let session = console.sign_in(ADMIN).await;
    let recent = async || console.sessions.authorize(&session.token, Freshness::Recent).await.map(drop);
    assert_eq!(recent().await, Ok(()));
    let elsewhere = Console::on(&workspace);
    elsewhere.sessions.sign_out(&session.token).await.expect("signed out");
    workspace.clock.set_back(Duration::from_secs(60));
    assert_eq!(recent().await, Err(REVOKED));
}

#[tokio::test]
async fn a_signed_out_session_stays_ended_after_a_restart() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    let session = console.sign_in(ADMIN).await;
    console.sessions.sign_out(&session.token).await.expect("signed out");
    let restarted = Console::run(workspace.reopened().await, &workspace.clock, Run::default());
    assert_eq!(problem_of(&restarted, &session).await, Some(REVOKED));
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session_of_that_admin() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    console.create("globex").await;
    let (own, elsewhere) = (console.sign_in(ADMIN).await, console.sign_in(ADMIN).await);
    let bystander = console.sign_in("admin@globex.example.com").await;
    let request = UpdateRequest { password: Some(secret("An0ther-password")), ..update_request(acme.id) };
    let changed = console.organizations.update(&own.actor, request).await.expect("changed");
    let carried_on = console.sessions.carry_on(&own, &changed, true).await.expect("an answer");
    let carried_on = carried_on.expect("the session that did it goes on");
    assert_eq!(problem_of(&console, &carried_on).await, None);
    assert_eq!(
        carried_on.expires_at.unix_timestamp(),
        own.expires_at.unix_timestamp(),
        "its end stays where it was"
    );
    assert_eq!(problem_of(&console, &elsewhere).await, Some(REVOKED));
    assert_eq!(problem_of(&console, &own).await, Some(REVOKED), "the old token too");
    assert_eq!(problem_of(&console, &bystander).await, None);
    assert!(try_sign_in(&console, ADMIN, PASSWORD).await.is_err(), "the old password is no good");
}

#[tokio::test]
async fn a_changed_address_or_name_keeps_sessions() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    let session = console.sign_in(ADMIN).await;
    let request = UpdateRequest {
        name: Some("zenith".to_owned()),
        email: Some("new@example.com".to_owned()),
        ..update_request(acme.id)
    };
    console.organizations.update(&operator, request).await.expect("changed");
    let actor = console.authorize(&session).await.expect("the session goes on");
    assert_eq!((actor.name(), actor.email()), ("zenith", "new@example.com"));
}

#[tokio::test]
async fn deactivation_and_trash_end_sessions_and_coming_back_does_not_revive_them() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let acme = console.create("acme").await;
    let session = console.sign_in(ADMIN).await;
    console.organizations.deactivate(&operator, acme.id).await.expect("deactivated");
    assert_eq!(problem_of(&console, &session).await, Some(REVOKED));
    console.organizations.reactivate(&operator, acme.id).await.expect("reactivated");
    assert_eq!(problem_of(&console, &session).await, Some(REVOKED), "a token from before stays ended");
    let session = console.sign_in(ADMIN).await;
    console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
    assert_eq!(problem_of(&console, &session).await, Some(REVOKED));
    console.organizations.restore(&operator, acme.id, None).await.expect("restored");
    assert_eq!(problem_of(&console, &session).await, Some(REVOKED), "a token from before stays ended");
    console.sign_in(ADMIN).await;
}

#[tokio::test]
async fn a_token_of_another_key_another_algorithm_or_another_text_is_no_session() {
    let workspace = workspace().await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let claims = tokens::claims_of_service(&acme);
    let good = tokens::sign(&claims, tokens::TEST_KEY, Algorithm::HS256);
    assert!(console.sessions.authorize(&good, Freshness::Now).await.is_ok());
    let (head, signature) = good.expose_secret().rsplit_once('.').expect("three parts");
    let body = head.split_once('.').expect("three parts").1;
    // {"alg":"none","typ":"JWT"}
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    for bad in [
        tokens::sign(&claims, "another key", Algorithm::HS256),
        tokens::sign(&claims, tokens::TEST_KEY, Algorithm::HS512),
        secret(&format!("{head}.")),
        secret(&format!("{unsigned}.{body}.")),
        secret(&format!("{unsigned}.{body}.{signature}")),
        secret(&format!("{head}.{}", signature.chars().rev().collect::<String>())),
        secret(""),
        secret(&"x".repeat(10_000)),
    ] {
        let answer = console.sessions.authorize(&bad, Freshness::Now).await;
        assert_eq!(answer, Err(REVOKED), "{}", bad.expose_secret());
    }
    let stranger = Console::run(
        workspace.ports.clone(),
        &workspace.clock,
        Run { key: SigningKey::random(), ..Run::default() },
    );
    assert_eq!(stranger.sessions.authorize(&good, Freshness::Now).await, Err(REVOKED));
}
