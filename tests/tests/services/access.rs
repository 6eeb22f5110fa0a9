use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use secrecy::SecretString;
use tenantry_core::access::{LockCause, Operations, WriteGate};
use tenantry_core::clock::{Clock, ManualClock};
use tenantry_core::error::{AppError, ConflictOn, SessionProblem, StoreError};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::journal::{Openings, OperationRunner};
use tenantry_core::limits::{STEP_PENDING, UNLOCK_IDLE, UNLOCK_TIME};
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::ports::{ActivityStore, Call, Policy, Ports};
use tenantry_core::records::{
    Access, ActivityEntry, ActivityKind, Environment, Head, Operation, OperationPlan, Owner, Permits,
    RecordPage, RecordQuery, Recorded, RecoveryOutcome, Stored,
};
use tenantry_core::rights::Actor;
use tenantry_core::sessions::{Freshness, PasswordHasher};
use tenantry_core::values::{Field, FieldRule, OrganizationId};
use tenantry_tests::console::{Console, OPERATOR, PASSWORD, Run, create_request, update_request};
use tenantry_tests::faults::{Aftermath, Fault, FaultyStore, Moment};
use tenantry_tests::suite::{collection, newest, organization};
use tenantry_tests::tokens;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use time::format_description::well_known::Rfc3339;

const REASON: &str = "Rename after the merger";
const SECOND: Duration = Duration::from_secs(1);
const LOCKED: StoreError = StoreError::ReadOnly { unlockable: true };

/// The activity record, including entries without an organization.
#[derive(Clone)]
struct Noted {
    inner: Arc<dyn ActivityStore>,
    entries: Arc<Mutex<Vec<ActivityEntry>>>,
    refuses: Arc<Mutex<bool>>,
    /// Held to simulate a slow connection.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[async_trait]
impl ActivityStore for Noted {
    async fn append(&self, entry: &ActivityEntry) -> Result<Recorded, StoreError> {
        if *self.refuses.lock().unwrap() {
            return Err(StoreError::TookTooLong);
        }
        let _turn = self.turn.lock().await;
        let recorded = self.inner.append(entry).await?;
        self.entries.lock().unwrap().push(entry.clone());
        Ok(recorded)
    }

    async fn head(&self) -> Result<Option<Head>, StoreError> {
        self.inner.head().await
    }

    async fn page(&self, query: &RecordQuery) -> Result<RecordPage, StoreError> {
        self.inner.page(query).await
    }

    async fn find(&self, number: u64) -> Result<Option<Recorded>, StoreError> {
        self.inner.find(number).await
    }

    fn walk(&self, from: u64) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
        self.inner.walk(from)
    }

    fn walk_earlier(&self) -> BoxStream<'_, Result<Vec<Stored>, StoreError>> {
        self.inner.walk_earlier()
    }

    async fn cut(&self, last: &Head, earlier: &[String]) -> Result<u64, StoreError> {
        self.inner.cut(last, earlier).await
    }
}

impl Noted {
    fn over(ports: &mut Ports) -> Self {
        let inner = ports.activity.clone();
        let noted = Self { inner, entries: Arc::default(), refuses: Arc::default(), turn: Arc::default() };
        ports.activity = Arc::new(noted.clone());
        noted
    }

    /// The recorded locking and unlocking.
    fn of_locking(&self) -> Vec<(ActivityKind, String)> {
        let kinds = [ActivityKind::WorkspaceUnlocked, ActivityKind::WorkspaceLocked];
        let entries = self.entries.lock().unwrap();
        let of_locking = entries.iter().filter(|entry| kinds.contains(&entry.kind));
        let told = |entry: &ActivityEntry| {
            [&entry.detail, &entry.reason].into_iter().flatten().cloned().collect::<Vec<_>>().join(" | ")
        };
        of_locking.map(|entry| (entry.kind, told(entry))).collect()
    }
}

struct Locked {
    console: Console,
    operator: Actor,
    noted: Noted,
    workspace: TestWorkspace,
}

/// A locked workspace with an operator and the organization `acme`.
async fn locked() -> Locked {
    locked_at(TestWorkspace::open(StoreKind::SqliteInMemory).await, Access::Locked).await
}

async fn locked_at(workspace: TestWorkspace, access: Access) -> Locked {
    let before = Console::on(&workspace);
    before.create("acme").await;
    let mut ports = workspace.ports.clone();
    let noted = Noted::over(&mut ports);
    let console = Console::run(ports, &workspace.clock, Run { access, ..Run::default() });
    let operator = console.sign_in(OPERATOR).await.actor;
    console.access.signed_in(&operator).await;
    Locked { console, operator, noted, workspace }
}

impl Locked {
    async fn unlock(&self) {
        let (state, _) = self.console.access.unlock(&self.operator, REASON).await.expect("it is unlocked");
        assert!(state.is_writable);
    }

    async fn acme(&self) -> OrganizationId {
        let acme = self.console.organizations.get(&self.operator, "acme").await;
        acme.expect("reads pass").id
    }

    async fn write(&self) -> Result<(), AppError> {
        let id = self.acme().await;
        let is_active = self.console.organizations.get(&self.operator, "acme").await?.is_active;
        let act = if is_active {
            self.console.organizations.deactivate(&self.operator, id).await
        } else {
            self.console.organizations.reactivate(&self.operator, id).await
        };
        act.map(drop)
    }
}

#[tokio::test]
async fn every_act_is_refused_in_a_locked_and_in_a_read_only_workspace() {
    for (access, unlockable) in [(Access::Locked, true), (Access::ReadOnly, false)] {
        let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
        let before = Console::on(&workspace);
        let gone = before.create("gone").await;
        before.organizations.trash(&before.operator().await, gone.id, None).await.expect("in the trash");
        let Locked { console, operator, .. } = locked_at(workspace, access).await;
        let organizations = &console.organizations;
        let id = organizations.get(&operator, "acme").await.expect("reads pass").id;
        let refused = Err(AppError::Store(StoreError::ReadOnly { unlockable }));
        let hasher = PasswordHasher::with_cost(4);
        let samples = console.samples.load(&operator, &hasher, &Quiet, &Cancellation::default()).await;
        let name = Some("Acme".to_owned());
        for (act, answer) in [
            ("create", organizations.create(&operator, create_request("new")).await.map(drop)),
            ("rename", organizations.rename(&operator, id, "zenith").await.map(drop)),
            (
                "change",
                organizations
                    .update(
                        &operator,
                        tenantry_core::organizations::UpdateRequest {
                            display_name: name,
                            ..update_request(id)
                        },
                    )
                    .await
                    .map(drop),
            ),
            ("deactivate", organizations.deactivate(&operator, id).await.map(drop)),
            ("trash", organizations.trash(&operator, id, None).await.map(drop)),
            ("restore", organizations.restore(&operator, gone.id, None).await.map(drop)),
            ("delete for ever", organizations.delete_forever(&operator, gone.id, "gone").await),
            ("samples", samples.map(drop)),
        ] {
            assert_eq!(answer, refused, "{act} in a {access:?} workspace");
        }
        assert_eq!(console.ports.journal.unfinished().await, Ok(Vec::new()), "a refused act left its intent");
    }
}

#[tokio::test]
async fn the_first_operator_of_a_locked_workspace_is_let_in_and_nobody_after() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let run = Run { access: Access::Locked, ..Run::default() };
    let console = Console::run(workspace.ports.clone(), &workspace.clock, run);
    let claimed = console.sessions.claim("Dana", OPERATOR, &SecretString::from(PASSWORD)).await;
    let operator = claimed.expect("only an operator could unlock it").session.actor;
    let again = console.sessions.claim("Lee", "lee@example.com", &SecretString::from(PASSWORD)).await;
    assert_eq!(again.map(drop), Err(AppError::AlreadyClaimed));
    let created = console.organizations.create(&operator, create_request("acme")).await;
    assert_eq!(created.map(drop), Err(AppError::Store(LOCKED)), "it is locked all the same");
}

#[tokio::test]
async fn a_read_only_workspace_stays_without_an_operator() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let run = Run { access: Access::ReadOnly, ..Run::default() };
    let console = Console::run(workspace.ports.clone(), &workspace.clock, run);
    let claimed = console.sessions.claim("Dana", OPERATOR, &SecretString::from(PASSWORD)).await;
    assert_eq!(claimed.map(drop), Err(AppError::Store(StoreError::ReadOnly { unlockable: false })));
    assert_eq!(workspace.ports.accounts.has_operators().await, Ok(false));
}

#[tokio::test]
async fn a_locked_workspace_still_counts_failed_sign_ins_and_ends_sessions() {
    let Locked { console, .. } = locked().await;
    let wrong = SecretString::from("Wrong-passw0rd");
    let mut left = Vec::new();
    for _ in 0..2 {
        match console.try_sign_in(OPERATOR, &wrong).await {
            Err(AppError::CredentialsRefused { tries_left }) => left.push(tries_left),
            other => panic!("a wrong password: {:?}", other.map(drop)),
        }
    }
    assert!(left[1] < left[0], "guessing is not slowed down: {left:?}");
    let session = console.sign_in(OPERATOR).await;
    console.sessions.sign_out(&session.token).await.expect("signed out");
    assert!(console.authorize(&session).await.is_err(), "the session goes on after the sign-out");
}

#[tokio::test]
async fn a_hash_that_is_too_cheap_keeps_nobody_out_of_a_locked_workspace() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    // Cost 4 is below the floor, so that a sign-in wants to renew it.
    let before = Console::on(&workspace);
    before.operator().await;
    let hash = workspace.ports.accounts.find_operator_by_email(&tenantry_tests::suite::email(OPERATOR)).await;
    let before = hash.expect("a look-up").expect("it is there").password_hash.expose().to_owned();
    let run = Run { access: Access::Locked, cost: 5, ..Run::default() };
    let console = Console::run(workspace.ports.clone(), &workspace.clock, run);
    console.sign_in(OPERATOR).await;
    let after =
        workspace.ports.accounts.find_operator_by_email(&tenantry_tests::suite::email(OPERATOR)).await;
    assert_eq!(after.expect("a look-up").expect("it is there").password_hash.expose(), before);
}

#[tokio::test]
async fn unlocking_permits_writing_for_ten_minutes_and_is_on_record() {
    let locked = locked().await;
    assert_eq!(locked.write().await, Err(AppError::Store(LOCKED)));
    locked.unlock().await;
    assert_eq!(locked.write().await, Ok(()));
    let state = locked.console.access.state().await;
    let unlocked = state.unlocked.expect("it is unlocked");
    assert_eq!((unlocked.reason.as_str(), unlocked.by.as_str()), (REASON, OPERATOR));
    assert_eq!(unlocked.until - locked.console.clock.now(), UNLOCK_TIME);
    assert_eq!(unlocked.idle_at - locked.console.clock.now(), UNLOCK_IDLE);
    assert_eq!(locked.noted.of_locking(), [(ActivityKind::WorkspaceUnlocked, REASON.to_owned())]);

    let state = locked.console.access.lock(LockCause::ByHand).await;
    assert!(!state.is_writable && state.unlocked.is_none());
    assert_eq!(locked.write().await, Err(AppError::Store(LOCKED)));
    let ended = (ActivityKind::WorkspaceLocked, format!("by hand | {REASON}"));
    assert_eq!(locked.noted.of_locking()[1], ended);
    locked.console.access.lock(LockCause::ByHand).await;
    assert_eq!(locked.noted.of_locking().len(), 2, "what is locked is not locked again");
}

#[tokio::test]
async fn it_locks_when_nobody_is_there_for_two_minutes() {
    let locked = locked().await;
    locked.unlock().await;
    locked.console.clock.advance(UNLOCK_IDLE - SECOND);
    assert!(locked.console.access.note_activity().await.is_writable);
    locked.console.clock.advance(UNLOCK_IDLE - SECOND);
    assert!(locked.write().await.is_ok(), "somebody was there");
    locked.console.clock.advance(UNLOCK_IDLE);
    assert_eq!(locked.write().await, Err(AppError::Store(LOCKED)), "the write came before any timer");
    assert!(!locked.console.access.note_activity().await.is_writable, "coming back does not unlock");
    let ended = (ActivityKind::WorkspaceLocked, format!("nobody was there | {REASON}"));
    assert_eq!(locked.noted.of_locking()[1..], [ended]);
}

#[tokio::test]
async fn it_locks_after_ten_minutes_however_busy_somebody_is() {
    let locked = locked().await;
    locked.unlock().await;
    let opened = locked.console.clock.now();
    while locked.console.clock.now() - opened < UNLOCK_TIME - SECOND {
        assert!(locked.write().await.is_ok(), "after {}", locked.console.clock.now() - opened);
        locked.console.clock.advance(Duration::from_secs(60).min(UNLOCK_TIME / 10));
    }
    assert_eq!(locked.write().await, Err(AppError::Store(LOCKED)), "activity prolonged the ten minutes");
    locked.console.access.state().await;
    let (_, detail) = locked.noted.of_locking().remove(1);
    assert!(detail.starts_with("the time was over"), "{detail}");
    let entries = locked.noted.entries.lock().unwrap();
    let ended = entries.iter().find(|entry| entry.kind == ActivityKind::WorkspaceLocked).expect("recorded");
    let at = (opened + UNLOCK_TIME).format(&Rfc3339).ok();
    assert_eq!(ended.changes[0].after, at, "the record says when it locked, not when that was noticed");
}

#[tokio::test]
async fn a_clock_that_is_set_back_locks() {
    let locked = locked().await;
    locked.unlock().await;
    locked.console.clock.set_back(SECOND);
    assert_eq!(locked.write().await, Err(AppError::Store(LOCKED)), "how long it is open can't be known");
}

#[tokio::test]
async fn only_an_operator_unlocks_and_only_with_a_reason() {
    let locked = locked().await;
    let access = &locked.console.access;
    let admin = locked.console.sign_in("admin@acme.example.com").await.actor;
    assert_eq!(access.unlock(&admin, REASON).await.map(drop), Err(AppError::Forbidden));
    for (typed, rule) in [
        ("", FieldRule::Required),
        (" \n ", FieldRule::Required),
        (" ab ", FieldRule::TooShort),
        (&"a".repeat(201), FieldRule::TooLong),
    ] {
        match access.unlock(&locked.operator, typed).await {
            Err(AppError::InvalidInput(issues)) => {
                assert_eq!((issues[0].field, issues[0].rule), (Field::Reason, rule), "{typed:?}");
            }
            other => panic!("{typed:?} is no reason: {:?}", other.map(drop)),
        }
    }
    assert!(!access.state().await.is_writable);
    assert!(locked.noted.of_locking().is_empty(), "what was refused is on record as done");
    access.unlock(&locked.operator, &format!(" {}\nb ", "ä".repeat(198))).await.expect("200 characters");
}

#[tokio::test]
async fn a_read_only_workspace_is_never_unlocked_and_a_writable_one_needs_no_unlocking() {
    let read_only = locked_at(TestWorkspace::open(StoreKind::SqliteInMemory).await, Access::ReadOnly).await;
    let refused = read_only.console.access.unlock(&read_only.operator, REASON).await;
    assert_eq!(refused.map(drop), Err(AppError::Store(StoreError::ReadOnly { unlockable: false })));
    let writable = locked_at(TestWorkspace::open(StoreKind::SqliteInMemory).await, Access::ReadWrite).await;
    let (state, _) = writable.console.access.unlock(&writable.operator, REASON).await.expect("nothing to do");
    assert!(state.is_writable && state.unlocked.is_none());
    assert!(writable.noted.of_locking().is_empty());
}

#[tokio::test]
async fn an_unlocking_that_can_not_be_recorded_does_not_happen() {
    let locked = locked().await;
    *locked.noted.refuses.lock().unwrap() = true;
    let refused = locked.console.access.unlock(&locked.operator, REASON).await;
    assert_eq!(refused.map(drop), Err(AppError::Store(StoreError::TookTooLong)));
    assert_eq!(locked.write().await, Err(AppError::Store(LOCKED)));
}

#[tokio::test]
async fn what_one_person_unlocked_is_locked_when_another_signs_in() {
    let locked = locked().await;
    locked.unlock().await;
    locked.console.access.signed_in(&locked.operator).await;
    assert!(locked.console.access.state().await.is_writable, "the same person signed in again");
    let admin = locked.console.sign_in("admin@acme.example.com").await.actor;
    locked.console.access.signed_in(&admin).await;
    assert_eq!(locked.write().await, Err(AppError::Store(LOCKED)));
}

#[tokio::test]
async fn two_accounts_with_one_address_are_not_taken_for_one_person() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let zenith = Console::on(&workspace).create("zenith").await;
    workspace.write_behind(zenith.id, "admin_email", OPERATOR).await;
    let locked = locked_at(workspace, Access::Locked).await;
    locked.unlock().await;
    let token = tokens::for_organization(&zenith, None);
    let admin = locked.console.sessions.authorize(&token, Freshness::Now).await.expect("a good session");
    assert_eq!(admin.email(), locked.operator.email());
    locked.console.access.signed_in(&admin).await;
    assert!(!locked.console.access.state().await.is_writable);
}

#[tokio::test]
async fn an_unlocking_that_is_under_way_opens_nothing_once_its_session_has_ended() {
    for another_comes in [false, true] {
        let locked = locked().await;
        let access = &locked.console.access;
        let admin = locked.console.sign_in("admin@acme.example.com").await.actor;
        let slow = locked.noted.turn.lock().await;
        let leaving = async {
            if another_comes {
                access.signed_in(&admin).await
            } else {
                access.signed_out().await
            }
            drop(slow);
        };
        let (unlocked, ()) = tokio::join!(access.unlock(&locked.operator, REASON), leaving);
        assert_eq!(unlocked.map(drop), Err(AppError::Session(SessionProblem::Missing)));
        assert!(!access.state().await.is_writable, "whoever comes next writes on another's reason");
        let ended = (ActivityKind::WorkspaceLocked, format!("signed out | {REASON}"));
        assert_eq!(locked.noted.of_locking()[1..], [ended], "the record leaves it open");
    }
}

#[tokio::test]
async fn a_profile_that_permits_less_counts_at_once_and_one_that_permits_more_at_the_next_opening() {
    let locked = locked().await;
    locked.unlock().await;
    locked.console.access.restrict(Access::ReadWrite);
    assert_eq!(locked.console.access.state().await.access, Access::Locked, "a way around the reason");
    locked.console.access.restrict(Access::ReadOnly);
    assert_eq!(locked.write().await, Err(AppError::Store(StoreError::ReadOnly { unlockable: false })));
}

/// Something happens while a collection is renamed.
enum During {
    /// The clock goes on by more than an unlocking lasts.
    TimePasses(Arc<ManualClock>),
    /// Someone else creates an organization.
    Creates(Ports, &'static str),
}

impl Policy for During {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if call.name == "collections.rename" {
            match self {
                Self::TimePasses(clock) => clock.advance(UNLOCK_TIME),
                Self::Creates(ports, new) => match ports.organizations.insert(&organization(new)).await {
                    Ok(()) | Err(StoreError::Duplicate { .. }) => {}
                    Err(error) => panic!("{error}"),
                },
            }
        }
        store.await
    }
}

#[tokio::test]
async fn an_act_that_began_while_unlocked_is_carried_out_whole() {
    let mut workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let during = During::TimePasses(workspace.clock.clone());
    workspace.ports = workspace.ports.clone().under(during);
    let locked = locked_at(workspace, Access::Locked).await;
    locked.unlock().await;
    let acme = locked.acme().await;
    let renamed = locked.console.organizations.rename(&locked.operator, acme, "zenith").await;
    assert_eq!(renamed.map(|organization| organization.name.to_string()), Ok("zenith".to_owned()));
    assert!(!locked.console.access.state().await.is_writable, "it locked in the middle");
    let ports = &locked.workspace.ports;
    assert_eq!(ports.collections.exists(&collection("zenith")).await, Ok(true));
    assert_eq!(ports.journal.unfinished().await, Ok(Vec::new()), "its intent stayed behind");
    let newest = newest(ports, acme, 1).await;
    assert_eq!(newest[0].kind, ActivityKind::OrganizationRenamed, "what was done is on record");
    let next = locked.console.organizations.rename(&locked.operator, acme, "acme").await;
    assert_eq!(next.map(drop), Err(AppError::Store(LOCKED)), "the next act begins after the end");
}

#[tokio::test]
async fn an_update_that_began_while_unlocked_is_carried_out_in_all_its_parts() {
    let mut workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let during = During::TimePasses(workspace.clock.clone());
    workspace.ports = workspace.ports.clone().under(during);
    let locked = locked_at(workspace, Access::Locked).await;
    locked.unlock().await;
    let request = UpdateRequest {
        name: Some("zenith".to_owned()),
        email: Some("dana@zenith.example.com".to_owned()),
        password: Some(SecretString::from("An0ther-password")),
        ..update_request(locked.acme().await)
    };
    let updated = locked.console.organizations.update(&locked.operator, request).await;
    let updated = updated.expect("the gate let all of it in");
    assert!(!locked.console.access.state().await.is_writable, "it locked in the middle");
    assert_eq!((updated.name.as_str(), updated.admin_email.as_str()), ("zenith", "dana@zenith.example.com"));
    let console = Console::on(&locked.workspace);
    let signed_in =
        console.try_sign_in("dana@zenith.example.com", &SecretString::from("An0ther-password")).await;
    assert!(signed_in.is_ok(), "the password stayed as it was: {signed_in:?}");
}

#[tokio::test]
async fn an_update_whose_address_is_taken_in_between_changes_nothing() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let acme = Console::on(&workspace).create("acme").await;
    let during = During::Creates(workspace.ports.clone(), "globex");
    let console = Console::run(workspace.ports.clone().under(during), &workspace.clock, Run::default());
    let operator = console.operator().await;
    let request = UpdateRequest {
        name: Some("zenith".to_owned()),
        email: Some(organization("globex").admin_email.to_string()),
        ..update_request(acme.id)
    };
    let refused = console.organizations.update(&operator, request).await;
    assert_eq!(refused, Err(AppError::Conflict(ConflictOn::Email)));
    let now = console.organizations.get(&operator, "acme").await.expect("it has its name");
    assert_eq!((now.id, now.admin_email), (acme.id, acme.admin_email));
    assert_eq!(console.ports.collections.exists(&collection("acme")).await, Ok(true));
}

#[tokio::test]
async fn an_update_that_loses_its_last_answer_says_of_each_field_what_became_of_it() {
    // Intent and record, the collection, the name, the end; then the record of the rest, and the document.
    for (moment, changed) in [(Moment::Before, false), (Moment::After, true)] {
        let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
        let acme = Console::on(&workspace).create("acme").await;
        let fault = Fault { write: 7, moment, aftermath: Aftermath::Recovers };
        let store = FaultyStore::over(&workspace.ports, fault);
        let operator = Console::on(&workspace).operator().await;
        let console = Console::run(store.ports(), &workspace.clock, Run::default());
        let request = UpdateRequest {
            name: Some("zenith".to_owned()),
            email: Some("dana@zenith.example.com".to_owned()),
            password: Some(SecretString::from("An0ther-password")),
            ..update_request(acme.id)
        };
        let answer = console.organizations.update(&operator, request).await;
        let Err(AppError::PartlyDone { done, not_done, unclear, cause }) = answer else {
            panic!("{moment:?}: {answer:?}")
        };
        assert_eq!((done, not_done), (vec![Field::Name], Vec::new()), "{moment:?}");
        assert_eq!(unclear, [Field::Email, Field::Password], "{moment:?}");
        assert!(matches!(*cause, AppError::Store(StoreError::Unavailable { .. })), "{moment:?}: {cause:?}");
        let now = console.organizations.get(&operator, "zenith").await.expect("it has its new name");
        assert_eq!(now.admin_email.as_str() == "dana@zenith.example.com", changed, "{moment:?}");
    }
}

#[tokio::test]
async fn what_a_crash_left_waits_in_a_locked_workspace_until_it_is_unlocked() {
    let locked = locked().await;
    let acme = locked.acme().await;
    let plan = OperationPlan::Rename {
        from: tenantry_tests::suite::name("acme"),
        to: tenantry_tests::suite::name("zenith"),
        collection: None,
    };
    let owner = Owner { installation: "this-computer".to_owned(), instance: "an-earlier-run".to_owned() };
    let left = Operation::new(acme, plan, owner, OPERATOR.to_owned());
    locked.workspace.ports.journal.begin(&left).await.expect("begun");
    let found = locked.console.access.prepare().await.expect("it opens");
    assert!(found.recovered.is_empty());
    let warning = found.warnings.join(" ");
    assert!(warning.contains("acme (rename)") && warning.contains("unlocked"), "{warning}");
    let waiting = locked.workspace.ports.journal.find(acme).await.expect("a look").expect("an entry");
    assert_eq!(waiting.operation, left, "opening wrote");

    locked.console.clock.advance(STEP_PENDING);
    let (_, prepared) = locked.console.access.unlock(&locked.operator, REASON).await.expect("unlocked");
    assert_eq!(prepared.recovered[0].outcome, RecoveryOutcome::Undone);
    assert_eq!(locked.workspace.ports.journal.unfinished().await, Ok(Vec::new()));
}

#[tokio::test]
async fn what_another_open_workspace_carries_out_is_not_taken_for_what_a_crash_left() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    let acme = console.create("acme").await;
    let openings = Openings::default();
    let begin = |instance: &str| openings.begin("installation".to_owned(), instance.to_owned());
    let beside = begin("beside");
    let plan = OperationPlan::DeleteForever { name: acme.name.clone(), copy: None, collection: None };
    let running = Operation::new(acme.id, plan, beside.owner().clone(), OPERATOR.to_owned());
    workspace.ports.journal.begin(&running).await.expect("begun");
    let gate = Arc::new(WriteGate::new(Access::ReadWrite, workspace.clock.clone()));
    let runner = OperationRunner::new(workspace.ports.clone(), workspace.clock.clone(), begin("this"));
    let operations = Operations::new(gate, runner);
    workspace.clock.advance(STEP_PENDING);
    let found = operations.recover().await.expect("the journal is read");
    assert_eq!(found[0].outcome, RecoveryOutcome::InProgressElsewhere);
    drop(beside);
    let found = operations.recover().await.expect("the journal is read");
    assert_eq!(
        found[0].outcome,
        RecoveryOutcome::Undone,
        "what a closed one left is settled: nothing was deleted"
    );
}

const PRODUCTION: Permits = Permits { environment: Environment::Production, access: Access::Locked };

/// A process on another computer, whose connection permits this.
fn elsewhere(workspace: &TestWorkspace, access: Access, confirm_trash: bool) -> Console {
    let run = Run { installation: "another-computer", access, confirm_trash, ..Run::default() };
    Console::run(workspace.ports.clone(), &workspace.clock, run)
}

#[tokio::test]
async fn what_operators_decided_counts_whatever_a_profile_says() {
    let locked = locked().await;
    locked.console.access.decide(&locked.operator, PRODUCTION, REASON).await.expect("decided");
    let other = elsewhere(&locked.workspace, Access::ReadWrite, false);
    assert_eq!(other.access.follow().await, Ok(None));
    let acme = other.sign_in("admin@acme.example.com").await.actor;
    let id = locked.acme().await;
    let refused = other.organizations.rename(&acme, id, "zenith").await.map(drop);
    assert_eq!(refused, Err(AppError::Store(LOCKED)), "a profile of one's own lifted the lock");
    let preview = other.organizations.preview_removal(&acme, id).await.expect("a preview");
    assert!(preview.confirmation_needed, "production asks for the name, whatever the profile calls it");
    let state = other.access.state().await;
    assert_eq!((state.access, state.environment), (Access::Locked, Environment::Production));
    assert_eq!(state.decided.map(|decided| decided.by), Some(OPERATOR.to_owned()));
    let strict = elsewhere(&locked.workspace, Access::ReadOnly, false);
    strict.access.follow().await.expect("followed");
    assert_eq!(strict.access.state().await.access, Access::ReadOnly, "a profile may permit less");
}

#[tokio::test]
async fn only_an_operator_decides_what_a_workspace_permits_and_says_why() {
    let locked = locked().await;
    let access = &locked.console.access;
    let everything = Permits::EVERYTHING;
    let acme = locked.console.sign_in("admin@acme.example.com").await.actor;
    assert_eq!(access.decide(&acme, everything, REASON).await, Err(AppError::Forbidden));
    assert_eq!(access.loosen_profile(&acme, PRODUCTION, everything).await, Err(AppError::Forbidden));
    let without = access.decide(&locked.operator, everything, " ").await;
    assert!(matches!(without, Err(AppError::InvalidInput(issues)) if issues[0].field == Field::Reason));

    *locked.noted.refuses.lock().unwrap() = true;
    assert!(access.decide(&locked.operator, everything, REASON).await.is_err(), "nobody would learn of it");
    *locked.noted.refuses.lock().unwrap() = false;
    let before = locked.workspace.ports.permits.find().await.expect("found").map(|decided| decided.permits);
    assert_eq!(before, Some(Access::Locked.into()), "what could not be recorded was decided all the same");

    access.decide(&locked.operator, everything, REASON).await.expect("decided");
    let entries = locked.noted.entries.lock().unwrap().clone();
    let last = entries.last().expect("an entry");
    assert_eq!((last.kind, last.actor.as_str()), (ActivityKind::PermitsChanged, OPERATOR));
    let (before, after) = (&last.changes[0].before, &last.changes[0].after);
    assert_eq!((before.as_deref(), after.as_deref()), (Some("local, locked"), Some("local, read_write")));
    assert_eq!(last.reason.as_deref(), Some(REASON));
    let read_only = locked_at(TestWorkspace::open(StoreKind::SqliteInMemory).await, Access::ReadOnly).await;
    let refused = read_only.console.access.decide(&read_only.operator, everything, REASON).await;
    let unlockable = false;
    assert_eq!(refused, Err(AppError::Store(StoreError::ReadOnly { unlockable })), "it writes nothing");
}

#[tokio::test]
async fn what_permits_less_counts_at_once_and_what_permits_more_at_the_next_opening() {
    let locked = locked().await;
    locked.unlock().await;
    let read_only = Permits { access: Access::ReadOnly, ..PRODUCTION };
    let state = locked.console.access.decide(&locked.operator, read_only, REASON).await.expect("decided");
    assert!(!state.is_writable && state.access == Access::ReadOnly, "{state:?}");
    let state = locked.console.access.decide(&locked.operator, Permits::EVERYTHING, REASON).await;
    assert_eq!(state.expect("decided").access, Access::ReadOnly, "a way around the reason of unlocking");
    let reopened = elsewhere(&locked.workspace, Access::ReadWrite, false);
    reopened.access.follow().await.expect("followed");
    assert_eq!(reopened.access.state().await.access, Access::ReadWrite);
}

#[tokio::test]
async fn an_open_workspace_follows_what_is_decided_on_another_computer() {
    let locked = locked().await;
    locked.unlock().await;
    locked.console.access.follow_lately().await;
    let other = elsewhere(&locked.workspace, Access::Locked, false);
    let operator = other.operator().await;
    let read_only = Permits { access: Access::ReadOnly, ..PRODUCTION };
    other.access.decide(&operator, read_only, REASON).await.expect("decided");
    locked.workspace.clock.advance(Duration::from_secs(15));
    locked.console.access.follow_lately().await;
    let refused = locked.write().await;
    assert_eq!(refused, Err(AppError::Store(StoreError::ReadOnly { unlockable: false })));
}

#[tokio::test]
async fn where_nobody_decided_the_connection_of_the_first_operator_decides() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let decided =
        async || workspace.ports.permits.find().await.expect("found").map(|decided| decided.permits);
    let acme = Console::on(&workspace).create("acme").await;
    for (access, confirm_trash) in [(Access::ReadWrite, false), (Access::ReadOnly, true)] {
        let console = elsewhere(&workspace, access, confirm_trash);
        let operator = console.sign_in(OPERATOR).await.actor;
        console.access.signed_in(&operator).await;
        assert_eq!(decided().await, None, "{access:?} decides nothing");
    }
    let console = elsewhere(&workspace, Access::Locked, true);
    console.access.signed_in(&console.sign_in(acme.admin_email.as_str()).await.actor).await;
    assert_eq!(decided().await, None, "an organization's admin decides nothing");
    let operator = console.sign_in(OPERATOR).await.actor;
    console.access.signed_in(&operator).await;
    assert_eq!(decided().await, Some(PRODUCTION));
    let looser = elsewhere(&workspace, Access::ReadWrite, true);
    looser.access.signed_in(&operator).await;
    assert_eq!(decided().await, Some(PRODUCTION), "the first one stays until somebody decides otherwise");
    assert_eq!(looser.access.state().await.access, Access::Locked, "and counts at once");
}
