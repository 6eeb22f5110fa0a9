use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use tenantry_console::console::{ExportedList, ImportChange, SeenPlan};
use tenantry_console::{ConsoleError, OpenWorkspace};
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::export::{
    CsvLayout, CsvSeparator, ExportColumn, ExportFormat, ExportRequest, ExportScope,
};
use tenantry_core::import::{
    FailedRows, ImportChoices, ImportDraft, ImportFacet, ImportField, Imported, RowPlan, RowResult,
    SkipReason, read,
};
use tenantry_core::jobs::{Cancellation, Progress, ProgressSink, Quiet};
use tenantry_core::ports::{Call, Policy};
use tenantry_core::records::{
    Access, ActivityEntry, ActivityKind, Organization, OrganizationFilter, Outcome, RecordQuery,
    SortDirection, SortField, StatusFilter,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::{CollectionName, FieldRule, OrganizationName};
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run, create_request};
use tenantry_tests::faults::{Aftermath, Fault, FaultyStore, Moment};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];

const FORMATS: [(&str, ExportFormat); 6] = [
    ("a.csv", ExportFormat::Csv(CsvLayout::Excel)),
    ("b.csv", ExportFormat::Csv(CsvLayout::Plain { separator: CsvSeparator::Comma, byte_order_mark: true })),
    (
        "c.csv",
        ExportFormat::Csv(CsvLayout::Plain { separator: CsvSeparator::Semicolon, byte_order_mark: false }),
    ),
    ("d.json", ExportFormat::Json),
    ("e.ndjson", ExportFormat::Ndjson),
    ("f.xlsx", ExportFormat::Xlsx),
];

/// A file in memory.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Counts the calls to a store.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicU32>);

impl Policy for Counted {
    async fn call<T: Send>(
        &self,
        _call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        store.await
    }
}

/// Cancels once so many rows are done.
struct CancelsAfter(u64, Cancellation);

impl ProgressSink for CancelsAfter {
    fn report(&self, progress: Progress) {
        if progress.done >= self.0 {
            self.1.cancel();
        }
    }
}

/// A file as it was read, with what the workspace knows of its rows.
async fn draft(console: &Console, actor: &Actor, name: &str, content: impl Into<Vec<u8>>) -> ImportDraft {
    let mut draft = read(name, content.into()).expect("a list");
    look(console, actor, &mut draft).await;
    draft
}

async fn look(console: &Console, actor: &Actor, draft: &mut ImportDraft) {
    let found = console.imports.look(actor, draft.wanted(true)).await.expect("an answer");
    draft.learn(found);
}

async fn carry_out(
    console: &Console,
    actor: &Actor,
    draft: &mut ImportDraft,
    (progress, cancellation): (&dyn ProgressSink, &Cancellation),
) -> Result<Imported, AppError> {
    let results = Mutex::new(Vec::new());
    let done = |row: usize, result: RowResult| results.lock().unwrap().push((row, result));
    let work = (draft.file(), draft.work());
    let imported =
        console.imports.run(&console.organizations, actor, work, &done, (progress, cancellation)).await;
    for (row, result) in results.into_inner().unwrap() {
        draft.note(row, result);
    }
    imported
}

async fn import(console: &Console, actor: &Actor, draft: &mut ImportDraft) -> Imported {
    carry_out(console, actor, draft, (&Quiet, &Cancellation::default())).await.expect("carried out")
}

/// What a list shows of every live organization, in the order of names.
async fn all(console: &Console) -> Vec<(String, Option<String>, String, bool)> {
    let query = tenantry_core::records::OrganizationQuery {
        filter: OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: tenantry_core::records::PageStart::Beginning,
        limit: 500,
    };
    let page = console.ports.organizations.page(&query).await.expect("a page");
    let shown = |one: Organization| {
        let display_name = one.display_name.map(|name| name.as_str().to_owned());
        (one.name.to_string(), display_name, one.admin_email.to_string(), one.is_active)
    };
    page.organizations.into_iter().map(shown).collect()
}

async fn recorded(console: &Console, kind: ActivityKind) -> Vec<ActivityEntry> {
    let query = RecordQuery { kinds: vec![kind], limit: 100, ..RecordQuery::default() };
    let page = console.ports.activity.page(&query).await.expect("a page");
    page.entries.into_iter().map(|recorded| recorded.entry).collect()
}

fn problems(draft: &ImportDraft, row: usize) -> Vec<(ImportField, FieldRule)> {
    match draft.plan_of(row) {
        Some(RowPlan::Mend(problems)) => {
            problems.iter().map(|problem| (problem.field, problem.rule)).collect()
        }
        _ => Vec::new(),
    }
}

fn people(count: usize) -> String {
    let row = |number: usize| format!("tenant-{number:05},Tenant {number},admin@t{number}.example.com\n");
    String::from("name,display name,email\n") + &(0..count).map(row).collect::<String>()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_exported_comes_back_from_every_format_and_a_second_time_changes_nothing() {
    for store in BOTH {
        let from = TestWorkspace::open(store).await;
        let console = Console::on(&from);
        let operator = console.operator().await;
        for (name, display_name, email) in [
            ("plain", "", "admin@plain.example"),
            ("odd-name", "=1+1; \"組\" 'x'", "+odd@name.example"),
            ("guarded", "'=guarded", "Dana.W@guarded.example"),
        ] {
            let request = tenantry_core::organizations::CreateRequest {
                display_name: display_name.to_owned(),
                email: email.to_owned(),
                ..create_request(name)
            };
            console.organizations.create(&operator, request).await.expect("created");
        }
        let asleep = console.create("asleep").await;
        console.organizations.deactivate(&operator, asleep.id).await.expect("deactivated");
        let expected = all(&console).await;
        for (name, format) in FORMATS {
            let file = Buffer::default();
            let request = ExportRequest {
                scope: ExportScope::All,
                columns: vec![
                    ExportColumn::Id,
                    ExportColumn::Status,
                    ExportColumn::Name,
                    ExportColumn::AdminEmail,
                    ExportColumn::DisplayName,
                    ExportColumn::CreatedAt,
                ],
                format,
                sort: SortField::Name,
                direction: SortDirection::Descending,
            };
            let output = Box::new(file.clone());
            console
                .exports
                .run(&operator, request, output, &Quiet, &Cancellation::default())
                .await
                .expect("exported");
            let again = draft(&console, &operator, name, file.bytes()).await;
            for row in 0..4 {
                assert_eq!(again.plan_of(row), Some(&RowPlan::Skip(SkipReason::Same)), "{name} {row}");
            }
            let to = TestWorkspace::open(StoreKind::SqliteInMemory).await;
            let other = Console::on(&to);
            let operator = other.operator().await;
            let mut draft = draft(&other, &operator, name, file.bytes()).await;
            assert_eq!((draft.counts().create, draft.counts().generated), (4, 4), "{name}");
            let imported = import(&other, &operator, &mut draft).await;
            assert_eq!((imported.created, imported.failed), (4, 0), "{name}: {imported:?}");
            assert_eq!(all(&other).await, expected, "{store:?} {name}");
            look(&other, &operator, &mut draft).await;
            assert_eq!((draft.counts().skip, draft.work().len()), (4, 0), "nothing is left to do");
        }
        from.remove().await;
    }
}

#[tokio::test]
async fn rows_are_checked_as_the_dialog_checks_its_fields() {
    for store in BOTH {
        let workspace = TestWorkspace::open(store).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        console.create("there").await;
        let ownerless = OrganizationName::parse("ownerless").expect("a name");
        console
            .ports
            .collections
            .create(&CollectionName::for_organization(&ownerless))
            .await
            .expect("created");
        let file = format!(
            "Name;E-Mail;Password;Status\n\
             ab;x@a.example;{PASSWORD};\n\
             good;dana@good.example;short;active\n\
             ownerless;o@ownerless.example;{PASSWORD};\n\
             mine;{operator};{PASSWORD};\n\
             theirs;ADMIN@there.example.com;{PASSWORD};\n\
             odd;;{PASSWORD};perhaps\n\
             gone;g@gone.example;;trashed\n\
             twin;one@twin.example;{PASSWORD};\n\
             TWIN;two@twin.example;{PASSWORD};\n\
             other;Two@Twin.example;{PASSWORD};\n\
             fine;f@fine.example;{PASSWORD};yes\n",
            operator = OPERATOR.to_uppercase(),
        );
        let draft = draft(&console, &operator, "list.csv", file).await;
        use ImportField::{Email, Name, Password, Status};
        assert_eq!(problems(&draft, 0), [(Name, FieldRule::TooShort)]);
        let password = [FieldRule::TooShort, FieldRule::NoUpper, FieldRule::NoDigit];
        assert_eq!(problems(&draft, 1), password.map(|rule| (Password, rule)));
        assert_eq!(problems(&draft, 2), [(Name, FieldRule::CollectionTaken)]);
        assert_eq!(problems(&draft, 3), [(Email, FieldRule::Taken)], "an operator has it");
        assert_eq!(problems(&draft, 4), [(Email, FieldRule::Taken)], "an admin has it");
        assert_eq!(problems(&draft, 5), [(Email, FieldRule::Required), (Status, FieldRule::UnknownWord)]);
        assert_eq!(draft.plan_of(6), Some(&RowPlan::Skip(SkipReason::Trashed)));
        assert_eq!(problems(&draft, 7), [(Name, FieldRule::Twin)]);
        assert_eq!(problems(&draft, 8), [(Name, FieldRule::Twin), (Email, FieldRule::Twin)]);
        assert_eq!(problems(&draft, 9), [(Email, FieldRule::Twin)]);
        assert_eq!(draft.plan_of(10), Some(&RowPlan::Create));
        let counts = draft.counts();
        assert_eq!((counts.all, counts.create, counts.skip, counts.mend), (11, 1, 1, 9), "{store:?}");
        workspace.remove().await;
    }
}

#[tokio::test]
async fn what_is_there_is_changed_only_when_asked_for() {
    for store in BOTH {
        let workspace = TestWorkspace::open(store).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        for name in ["one", "two", "three"] {
            console.create(name).await;
        }
        let file = "organization_name,display_name,admin_email,status\n\
                    one,One Ltd,new@one.example.com,deactivated\n\
                    two,,,\n\
                    three,,admin@two.example.com,\n";
        let mut draft = draft(&console, &operator, "list.csv", file).await;
        let plan = |draft: &ImportDraft, row| draft.plan_of(row).cloned().expect("a row");
        assert_eq!(plan(&draft, 0), RowPlan::Skip(SkipReason::Exists));
        assert_eq!(plan(&draft, 1), RowPlan::Skip(SkipReason::Same), "an empty cell keeps what is there");
        assert_eq!(plan(&draft, 2), RowPlan::Skip(SkipReason::Exists));
        draft.set_choices(ImportChoices { change_existing: true, generate_passwords: true });
        let fields = vec![ImportField::DisplayName, ImportField::Email, ImportField::Status];
        assert_eq!(plan(&draft, 0), RowPlan::Change(fields));
        assert_eq!(problems(&draft, 2), [(ImportField::Email, FieldRule::Taken)]);
        let imported = import(&console, &operator, &mut draft).await;
        assert_eq!((imported.changed, imported.created, imported.failed), (1, 0, 0));
        let one = &all(&console).await[0];
        assert_eq!(
            *one,
            ("one".to_owned(), Some("One Ltd".to_owned()), "new@one.example.com".to_owned(), false)
        );
        look(&console, &operator, &mut draft).await;
        assert_eq!(plan(&draft, 0), RowPlan::Skip(SkipReason::Same));
        workspace.remove().await;
    }
}

#[tokio::test]
async fn an_import_is_recorded_as_a_whole_and_each_organization_by_itself() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    let mut draft = draft(&console, &operator, "tenants.csv", people(3)).await;
    // Taken after it was looked at: the row fails, the others do not.
    console.create("tenant-00001").await;
    let imported = import(&console, &operator, &mut draft).await;
    assert_eq!((imported.created, imported.failed), (2, 1));
    let whole = recorded(&console, ActivityKind::OrganizationsImported).await;
    let told: Vec<_> = whole.iter().map(|entry| (entry.outcome, entry.detail.as_deref())).collect();
    assert_eq!(
        told,
        [
            (Outcome::Failed, Some("2 created, 0 changed, 1 failed, 0 not tried")),
            (Outcome::Done, Some("3 to create, 0 to change")),
        ]
    );
    assert!(whole.iter().all(|entry| entry.subject.as_deref() == Some("tenants.csv")));
    assert_eq!(whole[0].operation, whole[1].operation);
    let each = recorded(&console, ActivityKind::OrganizationCreated).await;
    let reasons = each.iter().filter(|entry| entry.reason.as_deref() == Some("import of tenants.csv"));
    assert!(reasons.count() >= 2, "each of them says where it comes from: {each:?}");
    assert_eq!(draft.rows_of(ImportFacet::Failed, "").len(), 1);
}

#[tokio::test]
async fn who_may_not_import_or_write_imports_nothing() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::on(&workspace);
    let operator = console.operator().await;
    console.create("own").await;
    let admin = console.sign_in("admin@own.example.com").await.actor;
    let mut draft = draft(&console, &operator, "list.csv", people(2)).await;
    let refused = carry_out(&console, &admin, &mut draft, (&Quiet, &Cancellation::default())).await;
    assert_eq!(refused, Err(AppError::Forbidden));
    assert!(matches!(console.imports.look(&admin, draft.wanted(true)).await, Err(AppError::Forbidden)));
    let shut = Run { access: Access::ReadOnly, ..Run::default() };
    let shut = Console::run(workspace.ports.clone(), &workspace.clock, shut);
    let refused = carry_out(&shut, &operator, &mut draft, (&Quiet, &Cancellation::default())).await;
    assert_eq!(refused, Err(AppError::Store(StoreError::ReadOnly { unlockable: false })));
    assert_eq!(all(&console).await.len(), 1);
    assert!(recorded(&console, ActivityKind::OrganizationsImported).await.is_empty(), "nothing to tell");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_import_keeps_what_was_done_and_goes_on_when_it_is_imported_again() {
    for store in BOTH {
        let workspace = TestWorkspace::open(store).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let mut first = draft(&console, &operator, "list.csv", people(60)).await;
        let cancellation = Cancellation::default();
        let progress = CancelsAfter(5, cancellation.clone());
        let imported =
            carry_out(&console, &operator, &mut first, (&progress, &cancellation)).await.expect("an outcome");
        assert!(imported.cancelled, "{imported:?}");
        assert_eq!(imported.created + imported.not_tried, 60, "{imported:?}");
        assert!(imported.created >= 5 && imported.not_tried > 0, "{imported:?}");
        assert_eq!(all(&console).await.len(), imported.created as usize, "nothing is half-made");
        assert_eq!(console.ports.journal.unfinished().await.map(|left| left.len()), Ok(0));
        let mut again = draft(&console, &operator, "list.csv", people(60)).await;
        assert_eq!(again.counts().skip, imported.created);
        let rest = import(&console, &operator, &mut again).await;
        assert_eq!((rest.created, rest.failed), (imported.not_tried, 0));
        assert_eq!(all(&console).await.len(), 60);
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_in_the_middle_leaves_whole_organizations_and_the_rest_comes_with_the_next_import() {
    for store in BOTH {
        for write in [1, 2, 9, 20] {
            for moment in [Moment::Before, Moment::After] {
                let workspace = TestWorkspace::open(store).await;
                let console = Console::on(&workspace);
                let operator = console.operator().await;
                let fault = Fault { write, moment, aftermath: Aftermath::Dead };
                let dying = FaultyStore::over(&workspace.ports, fault);
                let run = Run { instance: "dies".to_owned(), ..Run::default() };
                let dying = Console::run(dying.ports(), &workspace.clock, run);
                let mut first = draft(&console, &operator, "list.csv", people(12)).await;
                let nothing = Cancellation::default();
                let outcome = carry_out(&dying, &operator, &mut first, (&Quiet, &nothing)).await;
                if let Ok(imported) = &outcome {
                    assert!(imported.stopped.is_some(), "{store:?} {write} {moment:?}: {imported:?}");
                }
                workspace.pass(std::time::Duration::from_secs(180)).await;
                let next = Run { instance: "next".to_owned(), ..Run::default() };
                let next = Console::run(workspace.reopened().await, &workspace.clock, next);
                next.operations.recover().await.expect("settled");
                let mut again = draft(&next, &operator, "list.csv", people(12)).await;
                assert_eq!(again.counts().mend, 0, "{store:?} {write} {moment:?}: no half of one is left");
                let imported = import(&next, &operator, &mut again).await;
                assert_eq!(imported.failed, 0, "{store:?} {write} {moment:?}: {imported:?}");
                let there = all(&next).await;
                assert_eq!(there.len(), 12, "{store:?} {write} {moment:?}");
                for (name, ..) in there {
                    let name = OrganizationName::parse(&name).expect("a name");
                    let collection = CollectionName::for_organization(&name);
                    assert_eq!(next.ports.collections.exists(&collection).await, Ok(true), "{name}");
                }
                workspace.remove().await;
            }
        }
    }
}

#[tokio::test]
async fn ten_thousand_rows_are_checked_with_a_few_questions() {
    for store in [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet] {
        let workspace = TestWorkspace::open(store).await;
        let operator = Console::on(&workspace).operator().await;
        let counted = Counted::default();
        let ports = workspace.ports.clone().under(counted.clone());
        let console = Console::run(ports, &workspace.clock, Run::default());
        let mut calls = Vec::new();
        for rows in [1, 1_000, 10_000] {
            let before = counted.0.load(Ordering::SeqCst);
            let mut draft = draft(&console, &operator, "list.csv", people(rows)).await;
            assert_eq!(draft.counts().create, rows as u32, "{store:?}");
            calls.push(counted.0.load(Ordering::SeqCst) - before);
            draft.set_cell(0, ImportField::Name, SecretString::from("another-name"));
            let wanted = draft.wanted(false);
            let before = counted.0.load(Ordering::SeqCst);
            let found = console.imports.look(&operator, wanted).await.expect("an answer");
            draft.learn(found);
            assert_eq!(counted.0.load(Ordering::SeqCst) - before, 3, "a cell is looked up alone");
        }
        assert_eq!(calls, [3, 3, 21], "two questions for a thousand rows, and one for all");
        workspace.remove().await;
    }
}

/// A console of the program with a folder, and the workspace as it has it.
struct Desk {
    files: tempfile::TempDir,
    program: tenantry_console::Console,
    open: OpenWorkspace,
    operator: Actor,
}

impl Desk {
    async fn on(workspace: &TestWorkspace) -> Self {
        let console = Console::on(workspace);
        let operator = console.operator().await;
        Self::of(console, operator).await
    }

    async fn of(console: Console, operator: Actor) -> Self {
        let files = tempfile::tempdir().expect("a folder");
        let program = tenantry_console::Console::in_folder(files.path());
        Self { files, program, open: console.opened().await, operator }
    }

    async fn place(&self, list: ExportedList) -> (String, std::path::PathBuf) {
        let format = ExportFormat::Csv(CsvLayout::Excel);
        let chosen = self.program.default_export_file(list, format).await.expect("a place");
        (chosen.target, chosen.display_path.into())
    }

    async fn run(
        &self,
        id: &str,
        passwords: Option<&str>,
    ) -> Result<(Imported, Option<std::path::PathBuf>), ConsoleError> {
        let import = self.open.import.load(self.operator.account(), id).expect("it is there");
        let counts = import.with(|state| state.draft.counts());
        let seen = SeenPlan { create: counts.create, change: counts.change };
        let watched = (&Quiet as &dyn ProgressSink, &Cancellation::default());
        self.program.run_import(&self.open, &self.operator, (id, seen), passwords, watched).await
    }

    async fn read(&self, content: &str) -> String {
        let content = content.as_bytes().to_vec();
        let name = "list.csv".to_owned();
        let read = self.program.read_organizations(&self.open, &self.operator, name, content).await;
        read.expect("a list").id.clone()
    }
}

fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o077 == 0
}

#[tokio::test]
async fn generated_passwords_sign_in_and_are_in_a_file_before_anything_is_created() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let desk = Desk::on(&workspace).await;
    let id = desk.read(&people(3)).await;
    assert!(matches!(desk.run(&id, None).await, Err(ConsoleError::NotFound { .. })), "without a place");
    let (target, path) = desk.place(ExportedList::GeneratedPasswords).await;
    let (imported, written) = desk.run(&id, Some(&target)).await.expect("carried out");
    assert_eq!((imported.created, written.as_deref()), (3, Some(path.as_path())));
    assert!(is_private(&path), "nobody else reads them");
    let text = std::fs::read_to_string(&path).expect("readable");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("\"organization_name\",\"admin_email\",\"password\""));
    for line in lines {
        let cells: Vec<_> = line.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect();
        let password = SecretString::from(cells[2].clone());
        let signed_in = desk.open.sessions().sign_in(&cells[1], &password, None).await;
        assert!(signed_in.is_ok(), "{}: {:?}", cells[1], signed_in.err());
    }
    assert_eq!(text.lines().count(), 4);
}

#[tokio::test]
async fn the_file_of_passwords_goes_if_nothing_was_created_and_stays_if_it_can_t_be_told() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let desk = Desk::on(&workspace).await;
    let id = desk.read(&people(2)).await;
    let (target, path) = desk.place(ExportedList::GeneratedPasswords).await;
    let watched = Cancellation::default();
    watched.cancel();
    let seen = SeenPlan { create: 2, change: 0 };
    let run =
        desk.program.run_import(&desk.open, &desk.operator, (&id, seen), Some(&target), (&Quiet, &watched));
    let (imported, written) = run.await.expect("an outcome");
    assert_eq!((imported.created, imported.not_tried, imported.cancelled), (0, 2, true));
    assert_eq!((written, path.exists()), (None, false), "passwords of nobody");
    assert_eq!(std::fs::read_dir(desk.files.path()).unwrap().filter(is_csv).count(), 0);

    // The first write after the record of the import has no response.
    let fault = Fault { write: 2, moment: Moment::After, aftermath: Aftermath::Dead };
    let dying = FaultyStore::over(&workspace.ports, fault);
    let dying = Console::run(dying.ports(), &workspace.clock, Run::default());
    let desk = Desk::of(dying, desk.operator).await;
    let id = desk.read(&people(1)).await;
    let (target, path) = desk.place(ExportedList::GeneratedPasswords).await;
    let (imported, written) = desk.run(&id, Some(&target)).await.expect("an outcome");
    assert_eq!((imported.created, imported.unclear), (0, 1), "{imported:?}");
    assert_eq!((written.as_deref(), path.exists()), (Some(path.as_path()), true), "it may be there");
}

fn is_csv(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|ending| ending == "csv"))
}

#[tokio::test]
async fn a_plan_that_is_no_longer_what_was_seen_is_not_carried_out() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let desk = Desk::on(&workspace).await;
    let id = desk.read(&people(2)).await;
    let meanwhile = create_request("tenant-00000");
    desk.open.organizations().create(&desk.operator, meanwhile).await.expect("created");
    let (target, path) = desk.place(ExportedList::GeneratedPasswords).await;
    assert_eq!(desk.run(&id, Some(&target)).await.map(|_| ()), Err(ConsoleError::FactsChanged));
    assert!(!path.exists(), "nothing was done");
    let (imported, _) = desk.run(&id, Some(&target)).await.expect("as it is seen now");
    assert_eq!(imported.created, 1);
}

#[tokio::test]
async fn rows_that_failed_are_a_file_to_mend_and_import_again_without_passwords() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let desk = Desk::on(&workspace).await;
    let file = format!(
        "Notes,Name,Mail,Password\nfirst,no good,a@a.example,{PASSWORD}\n=sum,fine,f@fine.example,{PASSWORD}\n\
         ,other,,{PASSWORD}\n"
    );
    let id = desk.read(&file).await;
    let (imported, _) = desk.run(&id, None).await.expect("carried out");
    assert_eq!((imported.created, imported.failed), (1, 0));
    let (target, path) = desk.place(ExportedList::FailedRows).await;
    let written = desk.program.write_failed_rows(&desk.open, &desk.operator, &id, &target).await;
    assert_eq!(written.expect("written").exported, 2);
    assert!(is_private(&path));
    let content = std::fs::read(&path).expect("readable");
    let again = read("rows-to-mend.csv", content.clone()).expect("a list");
    assert_eq!(again.headers(), ["Notes", "Name", "Mail", "Password", "problem"]);
    assert_eq!(again.cell(0, ImportField::Name), "no good");
    assert_eq!(again.cell(0, ImportField::Password), "", "no second file has a password");
    let units: Vec<u16> = content.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let text = String::from_utf16(&units).expect("UTF-16");
    assert!(!text.contains(PASSWORD) && text.contains("letters a to z"), "{text}");
    let import = desk.open.import.load(desk.operator.account(), &id).expect("it is there");
    for (row, field, text) in [(0, ImportField::Name, "mended"), (2, ImportField::Email, "o@other.example")] {
        let change = ImportChange::Cell { row, field, text: SecretString::from(text) };
        desk.program.change_import(&desk.open, &desk.operator, &id, change).await.expect("changed");
    }
    let counts = import.with(|state| state.draft.counts());
    assert_eq!((counts.create, counts.skip, counts.mend), (2, 1, 0), "what was created is there now");
    assert!(import.with(|state| FailedRows::of(&state.draft).is_empty()));
    let (imported, _) = desk.run(&id, None).await.expect("carried out");
    assert_eq!(imported.created, 2);
}

#[tokio::test]
async fn a_file_belongs_to_the_person_who_chose_it_and_goes_when_they_sign_out() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let desk = Desk::on(&workspace).await;
    let id = desk.read(&people(1)).await;
    let account = desk.operator.account();
    assert!(desk.open.import.load(account, &id).is_ok());
    let stranger = tenantry_core::rights::Account::Operator(tenantry_core::values::OperatorId::new());
    assert!(desk.open.import.load(stranger, &id).is_err());
    desk.open.sign_out().await.expect("signed out");
    assert!(desk.open.import.load(account, &id).is_err());
}
