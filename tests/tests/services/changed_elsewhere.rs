//! What the service or another console changed while a person edited is not overwritten unseen.

use std::sync::Arc;

use parking_lot::Mutex;
use secrecy::SecretString;
use tenantry_core::error::{AppError, StoreError, UndoRefusal};
use tenantry_core::organizations::{Seen, UpdateRequest};
use tenantry_core::people::RoleChange;
use tenantry_core::ports::{Call, Policy};
use tenantry_core::records::{ActivityKind, MemberRole, OperatorRole, Organization, Outcome};
use tenantry_core::rights::Account;
use tenantry_core::values::{Difference, Field, HashRenewal, OrganizationId};
use tenantry_tests::console::{Console, PASSWORD, Run, update_request};
use tenantry_tests::suite::{hash, name, newest};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What a dialog shows of an organization.
async fn seen(console: &Console, organization: &Organization) -> Seen {
    let operator = console.operator().await;
    let stored = console.organizations.stored_password(&operator, organization.id).await.expect("an answer");
    Seen {
        name: Some(organization.name.to_string()),
        display_name: Some(organization.display_name.as_ref().map_or("", |name| name.as_str()).to_owned()),
        email: Some(organization.admin_email.to_string()),
        password_mark: stored.map(|stored| stored.mark),
    }
}

fn differences<T>(answer: Result<T, AppError>) -> Vec<(Field, Option<String>, Option<String>)> {
    match answer {
        Err(AppError::ChangedElsewhere(differences)) => {
            differences.into_iter().map(|Difference { field, seen, stored }| (field, seen, stored)).collect()
        }
        Err(other) => panic!("something else is refused: {other}"),
        Ok(_) => panic!("what was changed elsewhere was overwritten"),
    }
}

fn password(text: &str) -> Option<SecretString> {
    Some(SecretString::from(text))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_what_was_changed_elsewhere_is_refused_with_both_versions() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let (console, service) = (Console::on(&workspace), Console::on(&workspace));
        let operator = console.operator().await;
        let acme = console.create("acme").await;
        let seen = seen(&console, &acme).await;
        let edit = |request: UpdateRequest| console.organizations.update(&operator, request);
        let mine = || UpdateRequest { seen: seen.clone(), ..update_request(acme.id) };
        let elsewhere = UpdateRequest {
            display_name: text("Theirs"),
            email: text("theirs@example.com"),
            ..update_request(acme.id)
        };
        let stored = service.organizations.update(&operator, elsewhere).await.expect("changed");

        let both =
            edit(UpdateRequest { display_name: text("Mine"), email: text("mine@example.com"), ..mine() });
        let old = text(acme.admin_email.as_str());
        assert_eq!(
            differences(both.await),
            [
                (Field::DisplayName, None, text("Theirs")),
                (Field::Email, old.clone(), text("theirs@example.com")),
            ],
            "{kind:?}"
        );
        let password = edit(UpdateRequest { password: password("An0ther-password"), ..mine() });
        assert_eq!(
            differences(password.await),
            [(Field::Email, old, text("theirs@example.com"))],
            "{kind:?}: it would be somebody else's password"
        );
        let found = workspace.ports.organizations.find(acme.id).await.expect("a look-up");
        assert_eq!(found, Some(stored), "{kind:?}: something was written");
        let same = edit(UpdateRequest { display_name: text("Theirs"), ..mine() }).await;
        assert!(same.is_ok(), "{kind:?}: what is stored that way already is nobody's loss: {same:?}");
        let renamed = edit(UpdateRequest { name: text("zenith"), ..mine() }).await;
        assert_eq!(renamed.expect("nobody renamed it").name, name("zenith"), "{kind:?}");
        let again = edit(UpdateRequest { name: text("apex"), ..mine() }).await;
        assert_eq!(differences(again), [(Field::Name, text("acme"), text("zenith"))], "{kind:?}");
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_the_service_set_meanwhile_is_not_overwritten_and_a_renewed_hash_is_no_change() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let acme = console.create("acme").await;
        let before = seen(&console, &acme).await;
        let organizations = &workspace.ports.organizations;
        let stored =
            organizations.find_credentials_of(acme.id).await.expect("a look-up").expect("it is there");
        let (from, to) = (stored.password_hash, hash("stronger"));
        let renewal = HashRenewal::new(&from, None, &to);
        organizations.renew_hash(acme.id, &from, &to, &renewal).await.expect("renewed by a sign-in");
        let mine = UpdateRequest { password: password("An0ther-password"), ..update_request(acme.id) };
        let kept = UpdateRequest {
            seen: before.clone(),
            password: mine.password.clone(),
            ..update_request(acme.id)
        };
        console.organizations.update(&operator, kept).await.expect("the password was still the one seen");

        workspace.write_behind(acme.id, "admin_password", "$2b$12$written.by.the.service").await;
        let refused = console.organizations.update(&operator, UpdateRequest { seen: before, ..mine }).await;
        assert_eq!(differences(refused), [(Field::Password, None, None)], "{kind:?}: without any value");
        workspace.remove().await;
    }
}

/// Lets somebody else act right before a call reaches the store.
struct Meanwhile {
    before: &'static str,
    act: Arc<Mutex<Option<futures_util::future::BoxFuture<'static, ()>>>>,
}

impl Policy for Meanwhile {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if call.name == self.before {
            let act = self.act.lock().take();
            if let Some(act) = act {
                act.await;
            }
        }
        store.await
    }
}

/// A console where `field` is written by somebody else right before the write of a change.
fn overtaken(
    workspace: &Arc<TestWorkspace>,
    id: OrganizationId,
    field: &'static str,
    value: &'static str,
) -> Console {
    let writer = Arc::clone(workspace);
    let act: futures_util::future::BoxFuture<'static, ()> =
        Box::pin(async move { writer.write_behind(id, field, value).await });
    let policy = Meanwhile { before: "organizations.change", act: Arc::new(Mutex::new(Some(act))) };
    Console::run(workspace.ports.clone().under(policy), &workspace.clock, Run::default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_write_itself_is_conditional_so_nobody_slips_in_between_look_and_write() {
    for kind in BOTH {
        let workspace = Arc::new(TestWorkspace::open(kind).await);
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let acme = console.create("acme").await;
        let slow = overtaken(&workspace, acme.id, "admin_email", "theirs@example.com");
        let seen_by_slow = seen(&slow, &acme).await;
        let mine =
            UpdateRequest { email: text("mine@example.com"), seen: seen_by_slow, ..update_request(acme.id) };
        let refused = slow.organizations.update(&operator, mine).await;
        let old = text(acme.admin_email.as_str());
        assert_eq!(differences(refused), [(Field::Email, old, text("theirs@example.com"))], "{kind:?}");
        let entries = newest(&workspace.ports, acme.id, 1).await;
        assert_eq!(entries[0].outcome, Outcome::Undone, "{kind:?}: the record tells that it was not done");

        let slow = overtaken(&workspace, acme.id, "admin_password", "$2b$12$written.by.the.service");
        let seen = seen(&slow, &acme).await;
        let mine = UpdateRequest {
            password: password("An0ther-password"),
            seen: Seen { email: text("theirs@example.com"), ..seen },
            ..update_request(acme.id)
        };
        let refused = slow.organizations.update(&operator, mine).await;
        assert_eq!(differences(refused), [(Field::Password, None, None)], "{kind:?}");
        Arc::into_inner(workspace).expect("nobody else has it").remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_that_somebody_overtakes_is_refused_and_writes_nothing() {
    for kind in BOTH {
        let workspace = Arc::new(TestWorkspace::open(kind).await);
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let acme = console.create("acme").await;
        let change = UpdateRequest { email: text("new@example.com"), ..update_request(acme.id) };
        console.organizations.update(&operator, change).await.expect("changed");
        let page = tenantry_core::records::RecordQuery { limit: 10, ..Default::default() };
        let entries = console.record.page(&operator, page).await.expect("the record").entries;
        let entry = entries.iter().find(|entry| entry.entry.kind == ActivityKind::OrganizationChanged);
        let number = entry.expect("the change").number;
        let slow = overtaken(&workspace, acme.id, "admin_email", "theirs@example.com");
        let refused = slow.record.undo((&slow.organizations, &slow.mends), &operator, number, None).await;
        assert_eq!(refused, Err(AppError::UndoRefused(UndoRefusal::Changed)), "{kind:?}");
        let found =
            workspace.ports.organizations.find(acme.id).await.expect("a look-up").expect("it is there");
        assert_eq!(found.admin_email.as_str(), "theirs@example.com", "{kind:?}");
        Arc::into_inner(workspace).expect("nobody else has it").remove().await;
    }
}

#[tokio::test]
async fn a_role_that_somebody_else_gave_meanwhile_is_not_overwritten() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let owner = console.operator().await;
    let acme = console.create("acme").await;
    let person = console.person(&acme, "pat@example.com", MemberRole::Viewer).await;
    let Account::Person(id, _) = person.actor.account() else { panic!("a person signed in") };
    let to = MemberRole::OrganizationAdmin;
    console.people.change_role(&owner, id, acme.id, to).await.expect("changed");
    let late = RoleChange { seen: Some(MemberRole::Viewer), to: MemberRole::Viewer };
    let refused = console.people.change_role(&owner, id, acme.id, late).await;
    let told = (Field::Role, text("viewer"), text("organization_admin"));
    assert_eq!(differences(refused), [told]);

    let second = console.another_operator("otto@example.com", OperatorRole::Operator).await;
    let Account::Operator(id) = second.actor.account() else { panic!("an operator signed in") };
    console.operators.change_role(&owner, id, OperatorRole::Owner).await.expect("promoted");
    let late = RoleChange { seen: Some(OperatorRole::Operator), to: OperatorRole::ReadOnlyOperator };
    let refused = console.operators.change_role(&owner, id, late).await;
    assert_eq!(differences(refused), [(Field::Role, text("operator"), text("owner"))]);
    assert!(console.try_sign_in("otto@example.com", &SecretString::from(PASSWORD)).await.is_ok());
}
