//! Signing in when one address has several accounts, and when a stored hash cannot be verified here.

use std::time::{Duration, Instant};

use bson::oid::ObjectId;
use bson::{DateTime, Document, doc};
use secrecy::SecretString;
use tenantry_core::error::{AppError, ConflictOn};
use tenantry_core::limits::{ACCOUNTS_OF_AN_ADDRESS_MAX, SIGN_IN_FREE_FAILURES};
use tenantry_core::organizations::{CreateRequest, UpdateRequest};
use tenantry_core::records::{ActivityKind, Outcome};
use tenantry_core::rights::{Account, Role};
use tenantry_core::sessions::PasswordHasher;
use tenantry_core::values::{OrganizationId, Password, UnverifiableHash};
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run, create_request, update_request};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];
/// The password of an admin with the operator's address.
const ADMINS: &str = "Passw0rd-of-the-admin";

async fn try_sign_in(console: &Console, email: &str, password: &str) -> Result<Role, AppError> {
    let session = console.try_sign_in(email, &SecretString::from(password)).await?;
    Ok(session.actor.role())
}

async fn hashed(cost: u32, password: &str) -> String {
    let password = Password::parse(&SecretString::from(password)).expect("a good password");
    PasswordHasher::with_cost(cost).hash(&password).await.expect("hashed").expose().to_owned()
}

/// A workspace where an organization's admin has the operator's address in another case, as only other software, or an
/// earlier version, can have written it.
async fn with_a_shared_address(kind: StoreKind) -> (TestWorkspace, Console) {
    let workspace = TestWorkspace::open(kind).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    workspace.write_behind(acme.id, "admin_email", "Operator@example.com").await;
    workspace.write_behind(acme.id, "admin_password", &hashed(4, ADMINS).await).await;
    (workspace, console)
}

fn refused(tries_left: u32) -> Result<Role, AppError> {
    Err(AppError::CredentialsRefused { tries_left })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_waits_though_an_admin_with_the_same_address_signs_in_between_the_guesses() {
    for kind in BOTH {
        let (workspace, console) = with_a_shared_address(kind).await;
        let began = Instant::now();
        for guess in 0..50 {
            let answer = match guess % 5 {
                4 => try_sign_in(&console, OPERATOR, ADMINS).await,
                _ => try_sign_in(&console, OPERATOR, &format!("Guess-{guess}")).await,
            };
            assert_ne!(answer, Ok(Role::Owner), "{kind:?}");
        }
        let failures = operators_failures(&console).await;
        assert!(
            failures >= SIGN_IN_FREE_FAILURES,
            "{kind:?}: an admin's success clears the admin's failures only"
        );
        if stands_still(kind) {
            // Of fifty guesses, as many were tried as an operator alone would have had.
            assert_eq!(failures, SIGN_IN_FREE_FAILURES, "{kind:?}: a waiting account is not tried");
            console.forgive_device().await;
            let own = try_sign_in(&console, OPERATOR, PASSWORD).await;
            assert!(matches!(own, Err(AppError::CredentialsRefused { .. })), "{kind:?}: it waits: {own:?}");
        }
        // Each guess that was tried beyond the free ones came after a pause twice as long as the one before.
        let last_pause = 1_u64 << (failures - SIGN_IN_FREE_FAILURES);
        assert!(began.elapsed() >= Duration::from_secs(last_pause - 1), "{kind:?}: {failures}");
        console.forgive_device().await;
        workspace.wait(Duration::from_secs(last_pause)).await;
        assert_eq!(try_sign_in(&console, OPERATOR, PASSWORD).await, Ok(Role::Owner), "{kind:?}");
        workspace.remove().await;
    }
}

async fn operators_failures(console: &Console) -> u32 {
    let accounts = &console.ports.accounts;
    let operator = accounts.find_operator_by_email(&tenantry_tests::suite::email(OPERATOR)).await;
    let operator = operator.expect("a look-up answers").expect("it is there");
    let name = format!("operator:{}", operator.id.to_hex());
    let attempts = accounts.sign_in_attempts(&[name]).await.expect("a look-up answers");
    attempts.first().map_or(0, |attempts| attempts.failures)
}

/// Whether the store's clock is the test's. A server's clock goes on, and a short pause may be over before it is met.
fn stands_still(kind: StoreKind) -> bool {
    matches!(kind, StoreKind::SqliteInMemory | StoreKind::SqliteOnFile)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_who_sets_guesses_as_their_own_password_makes_the_operator_wait() {
    for kind in BOTH {
        let (workspace, console) = with_a_shared_address(kind).await;
        for _ in 0..SIGN_IN_FREE_FAILURES {
            // If it were also the operator's, this would reveal it.
            let answer = try_sign_in(&console, OPERATOR, ADMINS).await;
            assert_eq!(answer, Ok(Role::OrganizationAdmin), "{kind:?}");
        }
        assert_eq!(operators_failures(&console).await, SIGN_IN_FREE_FAILURES, "{kind:?}");
        workspace.wait(Duration::from_secs(1)).await;
        assert_eq!(try_sign_in(&console, OPERATOR, PASSWORD).await, Ok(Role::Owner), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_with_two_accounts_answers_like_one_with_one_and_like_one_with_none() {
    for kind in BOTH {
        let (workspace, console) = with_a_shared_address(kind).await;
        console.create("globex").await;
        for failure in 1..=SIGN_IN_FREE_FAILURES {
            for address in [OPERATOR, "admin@globex.example.com", "nobody@example.com"] {
                let answer = try_sign_in(&console, address, "Wrong-passw0rd").await;
                assert_eq!(answer, refused(SIGN_IN_FREE_FAILURES - failure), "{kind:?} {address}");
            }
        }
        for address in [OPERATOR, "admin@globex.example.com", "nobody@example.com"] {
            if stands_still(kind) {
                let answer = try_sign_in(&console, address, "Wrong-passw0rd").await;
                assert_eq!(answer, Err(AppError::Throttled { seconds: 1 }), "{kind:?} {address}");
            }
        }
        workspace.wait(Duration::from_secs(2)).await;
        assert_eq!(try_sign_in(&console, OPERATOR, ADMINS).await, Ok(Role::OrganizationAdmin), "{kind:?}");
        workspace.wait(Duration::from_secs(3)).await;
        assert_eq!(try_sign_in(&console, OPERATOR, PASSWORD).await, Ok(Role::Owner), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_takes_the_same_work_whatever_the_address_owns() {
    for kind in BOTH {
        let (workspace, _) = with_a_shared_address(kind).await;
        let run = Run { cost: 6, ..Run::default() };
        let console = Console::run(workspace.ports.clone(), &workspace.clock, run);
        for (name, hash) in [
            ("cost-4", hashed(4, ADMINS).await),
            ("cost-5", hashed(5, ADMINS).await),
            ("cost-6", hashed(6, ADMINS).await),
            ("argon", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned()),
            ("too-dear", hashed(4, ADMINS).await.replace("$04$", "$15$")),
            ("damaged", "$2b$06$damaged".to_owned()),
            ("none", String::new()),
        ] {
            let id = console.create(name).await.id;
            workspace.write_behind(id, "admin_password", &hash).await;
        }
        let addresses = ["nobody@example.com", OPERATOR].map(str::to_owned).into_iter().chain(
            ["cost-4", "cost-5", "cost-6", "argon", "too-dear", "damaged", "none"]
                .map(|name| format!("admin@{name}.example.com")),
        );
        let mut work = Vec::new();
        for address in addresses {
            console.forgive_device().await;
            for typed in ["Wrong-passw0rd", "", &"x".repeat(100)] {
                let before = console.hasher.rounds();
                let answer = try_sign_in(&console, &address, typed).await;
                assert!(matches!(answer, Err(AppError::CredentialsRefused { .. })), "{address}: {answer:?}");
                work.push((address.clone(), console.hasher.rounds() - before));
            }
        }
        let first = work[0].1;
        // Room for the address with the most accounts, which is the shared one.
        assert_eq!(first, 2 << 6, "{kind:?}");
        assert!(work.iter().all(|(_, rounds)| *rounds == first), "{kind:?}: {work:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_every_address_has_one_account_a_sign_in_is_one_hash() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let run = Run { cost: 5, ..Run::default() };
        let console = Console::run(workspace.ports.clone(), &workspace.clock, run);
        console.create("acme").await;
        for address in ["nobody@example.com", "admin@acme.example.com", OPERATOR] {
            let before = console.hasher.rounds();
            assert!(try_sign_in(&console, address, "Wrong-passw0rd").await.is_err());
            assert_eq!(console.hasher.rounds() - before, 1 << 5, "{kind:?} {address}");
        }
        workspace.remove().await;
    }
}

/// Organizations whose admins' addresses differ only in case, each with its own password: the service allows that.
async fn with_twins(workspace: &TestWorkspace, number: usize) -> Vec<(String, String)> {
    let raw = workspace.database().await.collection::<Document>("organizations");
    let mut twins = Vec::new();
    for index in 0..number {
        // Each bit turns one more letter of the address to upper case.
        let local: String = "abcdefgh"
            .chars()
            .enumerate()
            .map(|(place, letter)| if index >> place & 1 == 1 { letter.to_ascii_uppercase() } else { letter })
            .collect();
        let (address, password) = (format!("{local}@Example.com"), format!("Passw0rd-{index}"));
        let now = DateTime::from_millis(1_772_366_400_000);
        let document = doc! {
            "_id": ObjectId::new(), "organization_name": format!("twin-{index}"), "admin_email": &address,
            "admin_password": hashed(4, &password).await, "collection_name": format!("org_twin-{index}"),
            "created_at": now, "updated_at": now, "is_active": true,
        };
        raw.insert_one(document).await.expect("written by the service");
        twins.push((address, password));
    }
    twins
}

/// A database that the service wrote twins into, opened afterwards: no index keeps addresses unique in it.
async fn opened_with_twins(number: usize) -> (TestWorkspace, Vec<(String, String)>) {
    let workspace = TestWorkspace::unprepared(StoreKind::MongoReplicaSet).await;
    let twins = with_twins(&workspace, number).await;
    let warnings = workspace.ports.health.prepare().await.expect("prepared as far as possible");
    assert_eq!(warnings.len(), 1, "that addresses are not unique is told: {warnings:?}");
    (workspace, twins)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_the_admins_whose_addresses_differ_in_case_signs_in_with_their_own_password() {
    let (workspace, twins) = opened_with_twins(ACCOUNTS_OF_AN_ADDRESS_MAX).await;
    let console = Console::on(&workspace);
    for round in 0..2 {
        for (index, (address, password)) in twins.iter().enumerate() {
            let session = console.try_sign_in(address, &SecretString::from(password.as_str())).await;
            let actor = session.map(|session| session.actor);
            let name = actor.as_ref().map(|actor| actor.name().to_owned());
            assert_eq!(name, Ok(format!("twin-{index}")), "round {round}");
        }
    }
    let typed_in_another_case = "ABCDEFGH@example.com";
    let answer = try_sign_in(&console, typed_in_another_case, "Passw0rd-7").await;
    assert_eq!(answer, Ok(Role::OrganizationAdmin), "the password tells which one it is");
    let wrong = try_sign_in(&console, &twins[0].0, "Wrong-passw0rd").await;
    assert_eq!(wrong, refused(SIGN_IN_FREE_FAILURES - 1));
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twins_are_not_told_by_the_work_of_a_sign_in() {
    let (workspace, twins) = opened_with_twins(5).await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    let mut work = Vec::new();
    for address in ["nobody@example.com", "admin@acme.example.com", &twins[0].0, OPERATOR, "else@example.com"]
    {
        let before = console.hasher.rounds();
        assert!(try_sign_in(&console, address, "Wrong-passw0rd").await.is_err(), "{address}");
        work.push(console.hasher.rounds() - before);
    }
    assert_eq!(work, [5 << 4; 5]);
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_sets_another_admins_password_as_their_own_gets_their_own_account() {
    let (workspace, twins) = opened_with_twins(2).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let guesser = console.organizations.get(&operator, "twin-0").await.expect("it is there");
    let request = UpdateRequest {
        password: Some(SecretString::from(twins[1].1.as_str())),
        ..update_request(guesser.id)
    };
    console.organizations.update(&operator, request).await.expect("changed");
    for (address, _) in &twins {
        let session = console.try_sign_in(address, &SecretString::from(twins[1].1.as_str())).await;
        let account = session.expect("signed in").actor.account();
        assert_eq!(account, Account::Organization(guesser.id), "the guess tells nothing: {address}");
    }
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_computer_whose_clock_is_off_shortens_no_wait() {
    let workspace = TestWorkspace::open(StoreKind::MongoReplicaSet).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let name = format!("organization:{}", acme.id.to_hex());
    for _ in 0..13 {
        console
            .ports
            .accounts
            .add_failed_sign_in(&name, &tenantry_tests::suite::device())
            .await
            .expect("counted");
    }
    // The program's clock, not the server's.
    for _ in 0..2 {
        let answer = try_sign_in(&console, "admin@acme.example.com", PASSWORD).await;
        let Err(AppError::Throttled { seconds }) = answer else { panic!("it waits: {answer:?}") };
        assert!((200..=256).contains(&seconds), "{seconds}");
        workspace.clock.advance(Duration::from_secs(24 * 60 * 60));
    }
    workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_an_admin_nor_an_operator_takes_the_others_address() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let acme_first = CreateRequest { email: "Olga@example.com".to_owned(), ..create_request("acme") };
        let operator = console.operator().await;
        let acme = console.organizations.create(&operator, acme_first).await.expect("created");
        let taken = Err(AppError::Conflict(ConflictOn::Email));
        let posing = "OPERATOR@example.com";
        let request = CreateRequest { email: posing.to_owned(), ..create_request("posing") };
        let created = console.organizations.create(&operator, request).await;
        assert_eq!(created.map(drop), taken, "{kind:?}: create");
        let checked = console.organizations.require_usable_email(&operator, posing, Some(acme.id)).await;
        assert_eq!(checked, taken, "{kind:?}: the form says so at once");
        let request = UpdateRequest { email: Some(posing.to_owned()), ..update_request(acme.id) };
        let changed = console.organizations.update(&operator, request).await;
        assert_eq!(changed.map(drop), taken, "{kind:?}: change of address");
        let own = UpdateRequest { email: Some("olga@example.com".to_owned()), ..update_request(acme.id) };
        assert!(
            console.organizations.update(&operator, own).await.is_ok(),
            "{kind:?}: its own in another case"
        );
        workspace.remove().await;

        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let new = tenantry_tests::suite::insert(&workspace.ports, "acme").await;
        let address = new.admin_email.as_str().to_uppercase();
        let claimed = console.sessions.claim("Olga", &address, &SecretString::from(PASSWORD)).await;
        assert_eq!(claimed.map(drop), taken, "{kind:?}: claim");
        assert_eq!(console.sessions.is_claimed().await, Ok(false), "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_that_has_an_operators_address_already_can_be_changed_otherwise() {
    for kind in BOTH {
        let (workspace, console) = with_a_shared_address(kind).await;
        let operator = console.operator().await;
        let acme = console.organizations.get(&operator, "acme").await.expect("it is there");
        let request = UpdateRequest {
            display_name: Some("Acme Corporation".to_owned()),
            email: Some(acme.admin_email.to_string()),
            ..update_request(acme.id)
        };
        let changed = console.organizations.update(&operator, request).await;
        assert!(changed.is_ok(), "{kind:?}: {changed:?}");
        console.organizations.trash(&operator, acme.id, None).await.expect("trashed");
        let restored = console.organizations.restore(&operator, acme.id, None).await;
        assert_eq!(restored.map(drop), Err(AppError::Conflict(ConflictOn::Email)), "{kind:?}: not again");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hash_that_is_not_verified_here_is_told_to_operators_and_to_nobody_who_signs_in() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let acme = console.create("acme").await;
        assert_eq!(unverifiable(&console, acme.id).await, None, "{kind:?}");
        let argon = "$argon2id$v=19$m=65536,t=3,p=4$1xrj3BsjZAxBSMnZe6/1Xg$YY1wrqtPQxSxOz12fchlvY";
        workspace.write_behind(acme.id, "admin_password", argon).await;
        let told = unverifiable(&console, acme.id).await;
        assert_eq!(told, Some(UnverifiableHash::Other("argon2id")), "{kind:?}");

        for failure in 1..=SIGN_IN_FREE_FAILURES {
            // Each in another run, so that the memory of one run is not tested.
            let console = Console::on(&workspace);
            let answer = try_sign_in(&console, "admin@acme.example.com", PASSWORD).await;
            assert_eq!(
                answer,
                refused(SIGN_IN_FREE_FAILURES - failure),
                "{kind:?}: as for any wrong password"
            );
        }
        if stands_still(kind) {
            let answer = try_sign_in(&console, "admin@acme.example.com", PASSWORD).await;
            assert_eq!(answer, Err(AppError::Throttled { seconds: 1 }), "{kind:?}");
        }

        let record = tenantry_tests::suite::newest(&workspace.ports, acme.id, 50).await;
        let told = record.iter().filter(|entry| entry.kind == ActivityKind::SignedIn);
        let told = told.filter(|entry| entry.outcome == Outcome::Refused);
        let details: Vec<_> = told.map(|entry| entry.detail.as_deref()).collect();
        let expected = vec![Some("stored hash: argon2id"); SIGN_IN_FREE_FAILURES as usize];
        assert_eq!(details, expected, "{kind:?}: each attempt tells why nobody signs in");

        let request = UpdateRequest { password: Some(SecretString::from(ADMINS)), ..update_request(acme.id) };
        console.organizations.update(&operator, request).await.expect("a new password is set");
        assert_eq!(unverifiable(&console, acme.id).await, None, "{kind:?}");
        workspace.wait(Duration::from_secs(2)).await;
        let answer = try_sign_in(&console, "admin@acme.example.com", ADMINS).await;
        assert_eq!(answer, Ok(Role::OrganizationAdmin), "{kind:?}");
        workspace.remove().await;
    }
}

async fn unverifiable(console: &Console, id: OrganizationId) -> Option<UnverifiableHash> {
    let operator = console.operator().await;
    let stored = console.organizations.stored_password(&operator, id).await.expect("an answer");
    stored.expect("it is live").unverifiable
}
