//! Ways from one organization into another, tried.

use secrecy::{ExposeSecret, SecretString};
use tenantry_core::error::AppError;
use tenantry_core::people::AddPerson;
use tenantry_core::records::{MemberRole, Person};
use tenantry_core::values::{OneTimePassword, OrganizationId, PersonId};
use tenantry_tests::console::{Console, OPERATOR};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

fn person(organization_id: OrganizationId, email: &str) -> AddPerson {
    AddPerson {
        organization_id,
        name: "Mira Holm".to_owned(),
        email: email.to_owned(),
        role: MemberRole::OrganizationAdmin,
    }
}

async fn stored(workspace: &TestWorkspace, id: PersonId) -> Person {
    workspace.ports.people.find(id).await.expect("a look-up").expect("there")
}

fn opens(person: &Person, secret: &OneTimePassword) -> bool {
    let hash = person.password_hash.expose();
    bcrypt::verify(secret.secret().expose_secret(), hash).expect("a hash of bcrypt")
}

/// The admin of one organization makes an account for an address of another one's, waits until an operator adds that
/// address there, and signs in with what they know.
#[tokio::test]
async fn a_password_that_one_organizations_admin_knows_opens_no_other_organization() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let (own, other, third) =
        (console.create("own").await, console.create("other").await, console.create("third").await);
    let admin = console.sign_in("admin@own.example.com").await.actor;
    let address = "mira@other.example.com";
    let made = console.people.add(&admin, person(own.id, address)).await.expect("added");
    let id = made.person.id;
    let known = made.one_time.expect("shown to whoever added the person");
    assert!(opens(&stored(&workspace, id).await, &known), "nothing is proved otherwise");

    let refused = console.people.add(&admin, person(other.id, address)).await.map(drop);
    assert_eq!(refused, Err(AppError::NotFound { what: "organization" }));
    let joined = console.people.add(&operator, person(other.id, address)).await.expect("joined");
    let now = stored(&workspace, id).await;
    assert!(!opens(&now, &known), "the admin of one organization enters the other");
    assert!(now.session_version > 0, "a session of before goes on");
    let fresh = joined.one_time.expect("the operator gets a new one for the person");
    assert!(opens(&now, &fresh) && now.one_time.is_some());
    let again = console.people.set_one_time_password(&admin, id).await.map(drop);
    assert_eq!(again, Err(AppError::Forbidden), "nor is a new one made");

    // In two organizations only operators could have set it since: it stays.
    let third = console.people.add(&operator, person(third.id, address)).await.expect("joined");
    assert!(third.one_time.is_none());
    assert!(opens(&stored(&workspace, id).await, &fresh));
}

/// Wrong recovery codes pause whoever has the address; what a sign-in answers then must not tell who that is.
#[tokio::test]
async fn wrong_recovery_codes_tell_nobody_whose_an_address_is() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let own = console.create("own").await;
    console.people.add(&operator, person(own.id, "mira@example.com")).await.expect("added");
    let (code, password) = (SecretString::from("A".repeat(26)), SecretString::from("Passw0rd-of-nobody"));
    let mut answers = Vec::new();
    for email in [OPERATOR, "admin@own.example.com", "mira@example.com", "nobody@example.com"] {
        let mut heard = Vec::new();
        for _ in 0..7 {
            heard.push(console.sessions.recover(email, &code, &password).await.map(drop));
        }
        heard.push(console.sessions.sign_in(email, &password, None).await.map(drop));
        answers.push((email, heard));
    }
    for (email, heard) in &answers {
        assert_eq!(*heard, answers[0].1, "{email} is answered in another way");
        assert!(matches!(heard.last(), Some(Err(AppError::Throttled { .. }))), "{heard:?}");
    }
}
