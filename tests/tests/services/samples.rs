use secrecy::SecretString;
use tenantry_core::error::AppError;
use tenantry_core::jobs::{Cancellation, Progress, ProgressSink, Quiet};
use tenantry_core::records::{OrganizationFilter, StatusFilter};
use tenantry_core::samples::{self, SAMPLE_PASSWORD, SampleReport, SampleService};
use tenantry_core::sessions::PasswordHasher;
use tenantry_tests::console::Console;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

fn loader(console: &Console) -> SampleService {
    SampleService::new(console.ports.clone(), console.clock.clone())
}

fn hasher() -> PasswordHasher {
    PasswordHasher::with_cost(4)
}

/// Cancels after so many organizations.
struct CancelsAfter(u64, Cancellation);

impl ProgressSink for CancelsAfter {
    fn report(&self, progress: Progress) {
        if progress.done == self.0 {
            self.1.cancel();
        }
    }
}

#[tokio::test]
async fn loading_makes_organizations_with_documents_and_loading_again_adds_nothing() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let load = async || loader(&console).load(&operator, &hasher(), &Quiet, &Cancellation::default()).await;
    let samples = samples::organizations(tenantry_core::clock::Clock::now(console.clock.as_ref()));
    let count = u32::try_from(samples.len()).expect("few");
    assert_eq!(load().await, Ok(SampleReport { created: count, already_there: 0 }));
    for sample in &samples {
        let organization = console.organizations.get(&operator, sample.name.as_str()).await.expect("there");
        assert_eq!((organization.id, organization.is_active), (sample.id, sample.is_active));
        assert_eq!(organization.display_name, sample.display_name);
        let statistics = console.collections.statistics(&operator, sample.id).await.expect("statistics");
        assert_eq!(statistics.documents, sample.documents.len() as u64, "{}", sample.name);
    }
    assert_eq!(load().await, Ok(SampleReport { created: 0, already_there: count }));
}

#[tokio::test]
async fn sample_admins_sign_in_with_the_sample_password_unless_deactivated() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    loader(&console).load(&operator, &hasher(), &Quiet, &Cancellation::default()).await.expect("loaded");
    let samples = samples::organizations(tenantry_core::clock::Clock::now(console.clock.as_ref()));
    for active in [true, false] {
        let sample = samples.iter().find(|sample| sample.is_active == active).expect("one of each");
        let session =
            console.try_sign_in(sample.admin_email.as_str(), &SecretString::from(SAMPLE_PASSWORD)).await;
        match session {
            Ok(session) => assert!(active && session.actor.organization_scope() == Some(sample.id)),
            Err(error) => assert_eq!((active, error), (false, AppError::OrganizationInactive)),
        }
    }
}

#[tokio::test]
async fn what_a_person_made_is_left_alone() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let samples = samples::organizations(tenantry_core::clock::Clock::now(console.clock.as_ref()));
    let own = console.create(samples[0].name.as_str()).await;
    let load = async || loader(&console).load(&operator, &hasher(), &Quiet, &Cancellation::default()).await;
    assert_eq!(load().await.expect("loaded").already_there, 1, "its name is taken");
    let statistics = console.collections.statistics(&operator, own.id).await.expect("statistics");
    assert_eq!(statistics.documents, 0, "no sample document goes into another organization's collection");
    // Renamed and trashed ones are still the same ones.
    console.organizations.rename(&operator, samples[1].id, "renamed-sample").await.expect("renamed");
    console.organizations.trash(&operator, samples[2].id, None).await.expect("in the trash");
    assert_eq!(load().await.expect("loaded").created, 0);
}

#[tokio::test]
async fn a_cancelled_load_is_completed_by_loading_again() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let cancellation = Cancellation::default();
    let progress = CancelsAfter(10, cancellation.clone());
    let answer = loader(&console).load(&operator, &hasher(), &progress, &cancellation).await;
    assert_eq!(answer, Err(AppError::Cancelled));
    let everything = OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None };
    let counts = console.ports.organizations.count(&everything).await.expect("a count");
    assert_eq!(counts.live, 11, "what was made stays");
    let report = loader(&console).load(&operator, &hasher(), &Quiet, &Cancellation::default()).await;
    assert_eq!(report.expect("loaded").already_there, 11);
}

#[tokio::test]
async fn an_organizations_admin_may_not_load_samples() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    console.create("acme").await;
    let admin = console.sign_in("admin@acme.example.com").await.actor;
    let answer = loader(&console).load(&admin, &hasher(), &Quiet, &Cancellation::default()).await;
    assert_eq!(answer, Err(AppError::Forbidden));
}

#[tokio::test]
async fn no_sample_is_loaded_into_a_collection_that_somebody_calls_theirs() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let samples = samples::organizations(tenantry_core::clock::Clock::now(console.clock.as_ref()));
    let sample = &samples[0];
    let owner = console.create("owner").await;
    let collection = tenantry_core::values::CollectionName::for_organization(&sample.name);
    let file = workspace.file().expect("a file");
    let raw = rusqlite::Connection::open(file).expect("another writer");
    let sql = "UPDATE organizations SET collection_name = ?1 WHERE id = ?2";
    let changed = raw.execute(sql, rusqlite::params![collection.as_str(), owner.id.object_id().bytes()]);
    assert_eq!(changed.expect("written"), 1);
    let report = loader(&console).load(&operator, &hasher(), &Quiet, &Cancellation::default()).await;
    assert_eq!(report.expect("loaded").already_there, 1);
    assert_eq!(workspace.ports.collections.exists(&collection).await, Ok(false), "nothing was put there");
}
