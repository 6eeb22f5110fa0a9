use secrecy::SecretString;
use tenantry_core::bundle::BundleReader;
use tenantry_core::error::AppError;
use tenantry_core::records::{
    MemberRole, OperatorRole, OrganizationFilter, OrganizationQuery, PageStart, SortDirection, SortField,
    StatusFilter,
};
use tenantry_core::rights::{Act, Actor, Reach, Role};
use tenantry_core::sessions::Freshness;
use tenantry_core::values::OrganizationId;
use tenantry_tests::bundles::{open, request, written};
use tenantry_tests::console::{Console, create_request, update_request};
use tenantry_tests::tokens;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const ROLES: [Role; 5] =
    [Role::Owner, Role::Operator, Role::ReadOnlyOperator, Role::OrganizationAdmin, Role::Viewer];

/// Who may do what, as the product's table has it. "Look" is a row of its own.
const ROWS: &str = "
    list                 all  all  all     own     own
    statistics           all  all  all     own     own
    create               all  all  nothing nothing nothing
    change               all  all  nothing own     nothing
    deactivate           all  all  nothing nothing nothing
    trash                all  all  nothing own     nothing
    restore              all  all  nothing nothing nothing
    delete_forever       all  all  nothing nothing nothing
    import               all  all  nothing nothing nothing
    back_up              all  all  nothing own     nothing
    restore_bundle       all  all  nothing nothing nothing
    findings             all  all  all     own     nothing
    mend                 all  all  nothing nothing nothing
    read_people          all  all  all     own     own
    manage_people        all  all  nothing own     nothing
    sessions             all  all  all     own     oneself
    end_sessions         all  all  oneself own     oneself
    activity             all  all  all     own     oneself
    operators            all  nothing nothing nothing nothing
    settings             all  nothing nothing nothing nothing
    unlock               all  all  nothing nothing nothing
    health               all  all  all     nothing nothing
";

/// The word of an act or a reach on the wire.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).expect("a word").as_str().expect("a word").to_owned()
}

#[test]
fn the_rights_are_those_of_the_table() {
    let rows: Vec<Vec<&str>> = ROWS.trim().lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), Act::ALL.len(), "each act has a row");
    for (act, row) in Act::ALL.iter().zip(&rows) {
        assert_eq!((word(act).as_str(), row.len()), (row[0], 6));
        for (role, reach) in ROLES.into_iter().zip(&row[1..]) {
            assert_eq!(word(role.reach(*act)), **reach, "{role:?} {act:?}");
        }
    }
}

#[test]
fn a_read_only_operator_writes_nothing_of_an_organization() {
    for act in [Act::Create, Act::Change, Act::Deactivate, Act::Trash, Act::Restore, Act::DeleteForever] {
        assert_eq!(Role::ReadOnlyOperator.reach(act), Reach::Nothing, "{act:?}");
    }
}

/// The result of each service method for this person on this organization: done (or refused for another reason than
/// rights), forbidden, or not found.
async fn answers(
    console: &Console,
    actor: &Actor,
    id: OrganizationId,
    bundle: &BundleReader,
) -> Vec<(Act, Result<(), AppError>)> {
    let organizations = &console.organizations;
    // Each is stopped by its input after the check of rights, so that nothing changes from act to act.
    let bad = "no good";
    vec![
        (Act::List, organizations.get(actor, &id.to_hex()).await.map(|_| ())),
        (Act::Create, organizations.create(actor, create_request(bad)).await.map(|_| ())),
        (Act::Change, organizations.rename(actor, id, bad).await.map(|_| ())),
        (Act::Change, organizations.update(actor, update_request(id)).await.map(|_| ())),
        (Act::Change, organizations.preview_rename(actor, id, bad).await.map(|_| ())),
        (Act::Deactivate, organizations.reactivate(actor, id).await.map(|_| ())),
        (Act::Trash, organizations.preview_removal(actor, id).await.map(|_| ())),
        (Act::Restore, organizations.restore(actor, id, Some(bad)).await.map(|_| ())),
        (Act::DeleteForever, organizations.delete_forever(actor, id, bad).await.map(|_| ())),
        (Act::Change, console.organizations.availability(actor, "probed", Some(id)).await.map(|_| ())),
        (
            Act::Change,
            console.organizations.require_usable_email(actor, "probed@example.com", Some(id)).await,
        ),
        (Act::BackUp, console.bundles.source(actor, id).await.map(|_| ())),
        (Act::RestoreBundle, console.bundles.plan(actor, bundle, &request("came-in")).await.map(|_| ())),
        (Act::Statistics, console.collections.statistics(actor, id).await.map(|_| ())),
        (Act::Statistics, console.collections.summaries(actor, &[id]).await.map(|_| ())),
    ]
}

#[tokio::test]
async fn every_act_of_the_services_asks_for_the_right_of_the_table() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let own = console.create("own").await;
    let other = console.create("other").await;
    let admin = console.sign_in("admin@own.example.com").await.actor;
    let viewer = console.person(&own, "vera@example.com", MemberRole::Viewer).await.actor;
    let reader = console.another_operator("rita@example.com", OperatorRole::ReadOnlyOperator).await.actor;
    let missing = Err(AppError::NotFound { what: "organization" });
    let bundle = open(&written(&console, &operator, own.id).await).expect("a bundle");
    for actor in [&operator, &reader, &admin, &viewer] {
        for (act, answer) in answers(&console, actor, own.id, &bundle).await {
            let forbidden = answer == Err(AppError::Forbidden);
            let expected = actor.reach(act) < Reach::Own;
            assert_eq!(forbidden, expected, "{:?} {act:?} on its own: {answer:?}", actor.role());
        }
        for (act, answer) in answers(&console, actor, other.id, &bundle).await {
            let role = actor.role();
            match (actor.reach(act), actor.organization_scope(), act) {
                (Reach::All, ..) => {
                    assert_ne!(answer, Err(AppError::Forbidden), "{role:?} {act:?} on another")
                }
                (_, None, _) | (_, _, Act::Create | Act::RestoreBundle) => {
                    assert_eq!(answer, Err(AppError::Forbidden), "{role:?} {act:?}")
                }
                (..) => {
                    assert_eq!(
                        answer, missing,
                        "{role:?} {act:?}: another organization is not even known of"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn an_organization_admin_lists_counts_and_searches_its_own_organization_only() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let own = console.create("own").await;
    let other = console.create("other").await;
    let gone = console.create("gone").await;
    console.organizations.trash(&operator, gone.id, None).await.expect("trashed");
    let admin = console.sign_in("admin@own.example.com").await.actor;
    for status in [StatusFilter::All, StatusFilter::Active, StatusFilter::Trashed] {
        for only in [None, Some(vec![other.id]), Some(vec![gone.id])] {
            let query = OrganizationQuery {
                filter: OrganizationFilter { search: String::new(), status, only: only.clone() },
                sort: SortField::Name,
                direction: SortDirection::Ascending,
                backwards: false,
                start: PageStart::Beginning,
                limit: 100,
            };
            let page = console.organizations.page(&admin, query).await.expect("a page");
            let stranger = page.organizations.iter().find(|organization| organization.id != own.id);
            assert_eq!(stranger, None, "{status:?} {only:?}");
        }
    }
    let counts = console.organizations.count(&admin, String::new()).await.expect("counts");
    assert_eq!((counts.live, counts.deactivated, counts.trashed), (1, Some(0), 0));
    let searched = console.organizations.count(&admin, "other".to_owned()).await.expect("counts");
    assert_eq!(searched.live, 0);
    for known_as in ["other", &other.id.to_hex(), &gone.id.to_hex()] {
        let found = console.organizations.get(&admin, known_as).await;
        assert_eq!(found, Err(AppError::NotFound { what: "organization" }), "{known_as}");
    }
    let probing = console.organizations.availability(&admin, "other", None).await;
    assert_eq!(probing.map(|_| ()), Err(AppError::Forbidden), "who may not create may not probe for names");
    let probing = console.organizations.require_usable_email(&admin, "admin@other.example.com", None).await;
    assert_eq!(probing, Err(AppError::Forbidden), "nor for addresses");
}

#[tokio::test]
async fn an_organization_admin_may_trash_its_own_organization_and_not_bring_it_back() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let own = console.create("own").await;
    let session = console.sign_in("admin@own.example.com").await;
    let trashed = console.organizations.trash(&session.actor, own.id, None).await;
    assert!(trashed.is_ok(), "{trashed:?}");
    assert!(console.authorize(&session).await.is_err(), "its session ends with it");
    let restored = console.organizations.restore(&session.actor, own.id, None).await;
    assert_eq!(restored, Err(AppError::Forbidden));
}

#[tokio::test]
async fn a_token_of_an_unknown_role_is_no_session() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    console.operator().await;
    let own = console.create("own").await;
    for role in ["admin", "Operator", "root", ""] {
        let token = tokens::for_organization(&own, Some(role));
        let answer = console.sessions.authorize(&token, Freshness::Now).await;
        assert!(matches!(answer, Err(AppError::Session(_))), "{role:?}: {answer:?}");
    }
    // An organization's id is no operator's id.
    let posing = tokens::for_organization(&own, Some("operator"));
    let answer = console.sessions.authorize(&posing, Freshness::Now).await;
    assert!(matches!(answer, Err(AppError::Session(_))), "{answer:?}");
    let nonsense = SecretString::from("no.token.at-all");
    assert!(console.sessions.authorize(&nonsense, Freshness::Now).await.is_err());
}
