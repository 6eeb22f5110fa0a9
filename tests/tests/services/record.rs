//! What services write to the record, and when.

use secrecy::SecretString;
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::limits::{REFUSAL_TOLD_EVERY, SIGN_IN_FREE_FAILURES};
use tenantry_core::ports::Ports;
use tenantry_core::records::{ActivityEntry, ActivityKind, Outcome, RecordQuery};
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run};
use tenantry_tests::faults::Refusing;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

/// The entries of these kinds, oldest first.
async fn entries(ports: &Ports, kinds: &[ActivityKind]) -> Vec<ActivityEntry> {
    let query = RecordQuery { kinds: kinds.to_vec(), limit: 500, ..RecordQuery::default() };
    let page = ports.activity.page(&query).await.expect("the record is read");
    page.entries.into_iter().rev().map(|recorded| recorded.entry).collect()
}

async fn try_sign_in(console: &Console, email: &str, password: &str) -> Result<(), AppError> {
    console.try_sign_in(email, &SecretString::from(password)).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attempt_to_sign_in_is_recorded() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        console.operator().await;
        let acme = console.create("acme").await;
        let admin = "admin@acme.example.com";
        try_sign_in(&console, admin, PASSWORD).await.expect("signed in");
        for _ in 0..SIGN_IN_FREE_FAILURES {
            assert!(try_sign_in(&console, admin, "wrong").await.is_err());
        }
        assert!(try_sign_in(&console, "nobody@example.com", "wrong").await.is_err());
        let mut told = entries(&workspace.ports, &[ActivityKind::SignedIn]).await;
        told.retain(|entry| entry.actor != OPERATOR);
        let outcomes: Vec<_> = told.iter().map(|entry| (entry.actor.as_str(), entry.outcome)).collect();
        let mut expected = vec![(admin, Outcome::Done)];
        expected.extend([(admin, Outcome::Refused)].repeat(SIGN_IN_FREE_FAILURES as usize));
        expected.push(("nobody@example.com", Outcome::Refused));
        assert_eq!(outcomes, expected, "{kind:?}");
        let account = Some(format!("organization:{}", acme.id));
        for entry in &told[..=SIGN_IN_FREE_FAILURES as usize] {
            assert_eq!((entry.organization_id, &entry.account), (Some(acme.id), &account), "{kind:?}");
            assert!(entry.device.is_some(), "{kind:?}: from which computer");
        }
        let stranger = told.last().expect("it was recorded");
        assert_eq!((stranger.organization_id, &stranger.account), (None, &None), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn attempts_that_have_to_wait_are_recorded_once_a_minute() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    console.operator().await;
    for _ in 0..SIGN_IN_FREE_FAILURES + 3 {
        while let Err(AppError::Throttled { seconds }) = try_sign_in(&console, OPERATOR, "wrong").await {
            console.clock.advance(std::time::Duration::from_secs(seconds));
        }
    }
    let throttled = async || {
        let told = entries(&workspace.ports, &[ActivityKind::SignedIn]).await;
        told.into_iter().filter(|entry| entry.outcome == Outcome::Throttled).collect::<Vec<_>>()
    };
    let before = throttled().await.len();
    assert!(before > 0, "the first was recorded");
    console.clock.advance(REFUSAL_TOLD_EVERY);
    assert!(try_sign_in(&console, OPERATOR, "wrong").await.is_err());
    for _ in 0..50 {
        assert!(matches!(try_sign_in(&console, OPERATOR, "wrong").await, Err(AppError::Throttled { .. })));
    }
    assert_eq!(throttled().await.len(), before + 1, "nobody fills the record by trying on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_signs_in_without_an_entry() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        Console::on(&workspace).operator().await;
        let ports = workspace.ports.clone().under(Refusing::the_record());
        let console = Console::run(ports, &workspace.clock, Run::default());
        for password in [PASSWORD, "wrong"] {
            let answer = try_sign_in(&console, OPERATOR, password).await;
            assert_eq!(answer, Err(AppError::Store(StoreError::Full)), "{kind:?}");
        }
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_is_not_claimed_without_an_entry() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let ports = workspace.ports.clone().under(Refusing::the_record());
    let console = Console::run(ports, &workspace.clock, Run::default());
    let claimed = console.sessions.claim("Olga", OPERATOR, &SecretString::from(PASSWORD)).await;
    assert_eq!(claimed.map(drop), Err(AppError::Store(StoreError::Full)));
    assert_eq!(workspace.ports.accounts.has_operators().await, Ok(false));
}
