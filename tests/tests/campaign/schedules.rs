//! Two or three consoles act on a few organizations and names at once, and chance decides who goes on by one call of
//! the store, whose response is lost, who dies, and who sleeps while the others go on. Nothing else decides, so a seed
//! repeats a schedule. At the end everybody awake finishes, the next start settles, and the checker looks.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bson::{doc, oid::ObjectId};
use parking_lot::Mutex;
use tenantry_core::clock::Clock;
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::limits::{OPERATION_LEASE, STEP_PENDING};
use tenantry_core::records::RecoveryOutcome;
use tenantry_core::rights::Actor;
use tenantry_tests::acts::Act;
use tenantry_tests::chance::Chance;
use tenantry_tests::checker::{Contents, Whereabouts};
use tenantry_tests::console::{Console, Run};
use tenantry_tests::suite::collection;
use tenantry_tests::turns::{RESPONSE, Turns, Verdict};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use tokio::sync::OnceCell;

use crate::Part;
use crate::cases::{is_active, tenant, word};
use crate::counts::Counts;

/// The computers of the consoles.
const COMPUTERS: [&str; 3] = ["this-computer", "another-computer", "third-computer"];
/// The organizations that are there at first.
const FIRST: [&str; 3] = ["alpha", "beta", "gamma"];
/// The names that acts give: few, so that they meet.
const NAMES: [&str; 5] = ["alpha", "beta", "gamma", "delta", "omega"];
/// Acts that a schedule begins.
const ACTS: usize = 10;
/// Steps after which something hangs.
const TOO_MANY: usize = 20_000;

pub fn parts(counts: &Arc<Counts>) -> Vec<Part> {
    let share = [
        (StoreKind::SqliteOnFile, counts.of(460, 9_000)),
        (StoreKind::MongoReplicaSet, counts.of(20, 500)),
        (StoreKind::MongoStandalone, counts.of(20, 500)),
    ];
    let part = |(kind, schedules): (StoreKind, u32)| {
        let counts = counts.clone();
        let name = format!("schedules/{}", word(kind));
        Part::new(name.clone(), async move {
            for number in 0..schedules {
                run(kind, counts.seed.wrapping_add(u64::from(number)), &counts, &name).await;
            }
        })
    };
    share.into_iter().map(part).collect()
}

/// One schedule; if it fails, with what was done.
async fn run(kind: StoreKind, seed: u64, counts: &Arc<Counts>, name: &str) {
    let log: Log = Arc::default();
    let (counts, kept) = (counts.clone(), log.clone());
    let schedule = tokio::spawn(async move {
        let mut schedule = Schedule::open(kind, seed, log).await;
        schedule.go(&counts).await;
        schedule.end(&counts).await;
        counts.schedules.up();
    });
    if schedule.await.is_err() {
        let steps = kept.lock().join("\n");
        panic!(
            "{steps}\nthese steps failed; again: TENANTRY_SEED={seed:#x} cargo test --test campaign -- {name}"
        );
    }
}

type Log = Arc<Mutex<Vec<String>>>;

/// A workspace with the first organizations, and an operator in it.
struct Ground {
    workspace: TestWorkspace,
    operator: Actor,
}

impl Ground {
    async fn prepare(kind: StoreKind) -> Self {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        for name in FIRST {
            tenant(&workspace, &console, &operator, name).await;
        }
        Self { workspace, operator }
    }

    /// Prepared once in a file, and copied for each schedule.
    async fn open(kind: StoreKind) -> Self {
        static FILE: OnceCell<(Vec<u8>, Actor)> = OnceCell::const_new();
        if kind != StoreKind::SqliteOnFile {
            return Self::prepare(kind).await;
        }
        let copied = async {
            let Self { workspace, operator } = Self::prepare(kind).await;
            let file = workspace.file().expect("a file");
            let copy = file.with_extension("copy");
            let connection = rusqlite::Connection::open(file).expect("it opens");
            connection.execute("VACUUM INTO ?1", [copy.to_str()]).expect("copied");
            (std::fs::read(copy).expect("the copy"), operator)
        };
        let (content, operator) = FILE.get_or_init(|| copied).await;
        Self { workspace: TestWorkspace::of_file(content).await, operator: operator.clone() }
    }
}

/// What is known of an organization, from answers that came while nothing else was under way on it.
#[derive(Debug, Clone, Default)]
struct Known {
    /// Whether it was there at some time for certain.
    was_there: bool,
    may_be_deleted: bool,
    is_gone: bool,
    shelf: Option<&'static str>,
    name: Option<String>,
    is_active: Option<bool>,
    documents: BTreeSet<String>,
    under_way: u32,
    /// An act without an answer may be finished or undone at any time.
    is_left: bool,
}

/// An act under way.
struct Running {
    act: Act,
    work: Pin<Box<dyn Future<Output = Result<(), AppError>> + Send>>,
    /// Another act on the same organization was under way meanwhile.
    is_crossed: bool,
    /// By the consoles' clock.
    since: Duration,
}

/// A computer with a console.
struct Seat {
    computer: &'static str,
    console: Arc<Console>,
    turns: Turns,
    running: Option<Running>,
    /// Steps for which the computer sleeps.
    asleep: usize,
}

struct Schedule {
    ground: Ground,
    before: Contents,
    chance: Chance,
    seats: Vec<Seat>,
    known: BTreeMap<String, Known>,
    runs: u32,
    log: Log,
}

impl Schedule {
    async fn open(kind: StoreKind, seed: u64, log: Log) -> Self {
        let ground = Ground::open(kind).await;
        let before = Whereabouts::of(&ground.workspace).look().await;
        let mut known = BTreeMap::new();
        for (id, organization) in &before.live {
            let documents =
                before.collections[&organization.collection_name].documents.values().cloned().collect();
            let name = Some(organization.name.clone());
            let (shelf, is_active) = (Some("live"), Some(true));
            let one = Known { was_there: true, shelf, name, is_active, documents, ..Known::default() };
            known.insert(id.clone(), one);
        }
        let chance = Chance::of(seed, "schedule");
        let mut schedule = Self { ground, before, chance, seats: Vec::new(), known, runs: 0, log };
        let seats = 2 + schedule.chance.below(2);
        for computer in COMPUTERS.into_iter().take(seats) {
            let seat = schedule.seat(computer);
            schedule.seats.push(seat);
        }
        schedule
    }

    fn note(&self, step: String) {
        self.log.lock().push(step);
    }

    fn seat(&mut self, computer: &'static str) -> Seat {
        self.runs += 1;
        let turns = Turns::default();
        let ports = self.ground.workspace.ports.clone().under(turns.clone());
        let run = Run { installation: computer, instance: format!("run-{}", self.runs), ..Run::default() };
        let console = Arc::new(Console::run(ports, &self.ground.workspace.clock, run));
        Seat { computer, console, turns, running: None, asleep: 0 }
    }

    /// Begins acts and lets chance decide, until all acts have begun and nobody sleeps.
    async fn go(&mut self, counts: &Counts) {
        let mut to_begin = ACTS;
        for _ in 0..TOO_MANY {
            if to_begin == 0 && self.seats.iter().all(|seat| seat.running.is_none()) {
                return;
            }
            let at = self.chance.below(self.seats.len());
            if self.seats[at].asleep > 0 {
                self.seats[at].asleep -= 1;
                continue;
            }
            if self.seats[at].running.is_none() {
                if to_begin > 0 {
                    to_begin -= 1;
                    let act = self.next_act();
                    self.begin(at, act);
                    counts.acts.up();
                    self.settle_down().await;
                }
                continue;
            }
            match self.chance.below(100) {
                0..3 => {
                    counts.faults.up();
                    self.die(at).await;
                }
                3..7 => {
                    counts.faults.up();
                    self.sleep(at).await;
                }
                7..9 => self.ground.workspace.pass(Duration::from_secs(1)).await,
                9..12 => {
                    counts.faults.up();
                    let verdict =
                        if self.chance.once_in(2) { Verdict::LostBefore } else { Verdict::LostAfter };
                    self.step(at, verdict).await;
                }
                _ => self.step(at, Verdict::Passes).await,
            }
        }
        panic!("somebody hangs");
    }

    fn next_act(&mut self) -> Act {
        let chance = &mut self.chance;
        let ids: Vec<String> = self.known.keys().cloned().collect();
        let name = (*chance.one_of(&NAMES)).to_owned();
        let id = chance.one_of(&ids).clone();
        match chance.below(16) {
            0 | 1 => {
                let id = format!("{:024x}", u128::from(chance.next()) << 16 | 0xc0ffee);
                Act::CreateHashed { id, name }
            }
            2..5 => Act::Rename { id, to: name },
            5 => Act::Change { id, email: format!("admin@{name}.example.com") },
            6 => Act::Deactivate { id },
            7 => Act::Reactivate { id },
            8..11 => Act::Trash { id },
            11..13 => {
                let to = chance.once_in(2).then_some(name);
                Act::Restore { id, to }
            }
            13 => {
                // Typed as it was seen last; another name is refused.
                let typed = self.known[&id].name.clone().unwrap_or(name);
                Act::DeleteForever { id, name: typed }
            }
            14 => Act::Open,
            _ => Act::List,
        }
    }

    fn begin(&mut self, at: usize, act: Act) {
        self.note(format!("{}: begins {act:?}", self.seats[at].computer));
        let mut is_crossed = false;
        if let Some(id) = act.organization() {
            let known = self.known.entry(id.to_owned()).or_default();
            is_crossed = known.under_way > 0;
            known.under_way += 1;
            known.may_be_deleted |= matches!(act, Act::DeleteForever { .. });
            for running in self.seats.iter_mut().filter_map(|seat| seat.running.as_mut()) {
                running.is_crossed |= running.act.organization() == Some(id);
            }
        }
        let seat = &mut self.seats[at];
        let (console, operator, doing) = (seat.console.clone(), self.ground.operator.clone(), act.clone());
        let work = Box::pin(async move { doing.carry_out(&console, &operator).await });
        let since = self.ground.workspace.clock.running_for();
        seat.running = Some(Running { act, work, is_crossed, since });
    }

    /// Lets every act go on until each waits for its turn, or has ended.
    async fn settle_down(&mut self) {
        let mut ended = Vec::new();
        poll_fn(|context| {
            let mut all_stand = true;
            for (at, seat) in self.seats.iter_mut().enumerate() {
                let Some(running) = &mut seat.running else { continue };
                if let Poll::Ready(answer) = running.work.as_mut().poll(context) {
                    ended.push((at, seat.running.take().expect("it was there"), answer));
                } else if !seat.turns.stands() {
                    all_stand = false;
                }
            }
            if all_stand { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        for (at, Running { act, is_crossed, since, .. }, answer) in ended {
            let short = format!("{answer:?}").chars().take(120).collect::<String>();
            self.note(format!("{}: {act:?} answers {short}", self.seats[at].computer));
            let is_overtaken = self.ground.workspace.clock.running_for() - since > OPERATION_LEASE
                && matches!(answer, Err(AppError::Store(StoreError::Changed { .. })));
            if is_overtaken {
                // Another computer has taken the act over, and decides.
                self.forget(&act);
            } else {
                self.learn(&act, is_crossed, &answer).await;
            }
        }
    }

    async fn step(&mut self, at: usize, verdict: Verdict) {
        let waiting = self.seats[at].turns.waiting();
        let (number, name) = *self.chance.one_of(&waiting);
        self.note(format!("{}: {name} {verdict:?}", self.seats[at].computer));
        self.seats[at].turns.decide(number, verdict);
        self.settle_down().await;
    }

    /// The process is gone, and the next one opens the workspace.
    async fn die(&mut self, at: usize) {
        let computer = self.seats[at].computer;
        self.note(format!("{computer}: dies"));
        let seat = self.seat(computer);
        let dead = std::mem::replace(&mut self.seats[at], seat);
        let Running { act, .. } = dead.running.expect("it was at something");
        self.forget(&act);
        self.begin(at, Act::Open);
        self.settle_down().await;
    }

    /// The computer sleeps while the others go on, for seconds or for longer than a lease.
    async fn sleep(&mut self, at: usize) {
        let time = *self.chance.one_of(&[
            Duration::from_secs(2),
            STEP_PENDING + Duration::from_secs(1),
            OPERATION_LEASE + Duration::from_secs(1),
        ]);
        self.seats[at].asleep = 5 + self.chance.below(60);
        self.note(format!(
            "{}: sleeps for {} turns, {time:?} pass",
            self.seats[at].computer, self.seats[at].asleep
        ));
        // Whoever waits for a store has sent what it asks for: its response comes after that time.
        for seat in &self.seats {
            for (number, name) in seat.turns.waiting() {
                if name != RESPONSE {
                    seat.turns.decide(number, Verdict::Sleeps);
                }
            }
        }
        self.settle_down().await;
        self.ground.workspace.pass(time).await;
    }

    /// An act without an answer.
    fn forget(&mut self, act: &Act) {
        let Some(id) = act.organization() else { return };
        let known = self.known.get_mut(id).expect("it is known");
        known.under_way -= 1;
        known.is_left = true;
        (known.shelf, known.name, known.is_active) = (None, None, None);
    }

    async fn learn(&mut self, act: &Act, is_crossed: bool, answer: &Result<(), AppError>) {
        let Some(id) = act.organization() else { return };
        let is_unclear = match answer {
            Ok(()) => false,
            Err(AppError::Store(error)) => error.is_unclear(),
            Err(error) => matches!(error, AppError::PartlyDone { .. }),
        };
        let id_of = id.parse().expect("an id");
        let left = self.ground.workspace.ports.journal.find(id_of).await.expect("the journal is read");
        // What it has left is finished or undone later.
        if is_unclear || (answer.is_err() && left.is_some()) {
            self.forget(act);
            return;
        }
        let known = self.known.get_mut(id).expect("it is known");
        known.under_way -= 1;
        if answer.is_err() {
            if is_crossed {
                (known.shelf, known.name, known.is_active) = (None, None, None);
            }
            return;
        }
        known.was_there |= matches!(act, Act::CreateHashed { .. });
        known.is_gone |= matches!(act, Act::DeleteForever { .. });
        if is_crossed {
            (known.shelf, known.name, known.is_active) = (None, None, None);
            return;
        }
        match act {
            Act::CreateHashed { name, .. } => {
                (known.shelf, known.name, known.is_active) = (Some("live"), Some(name.clone()), Some(true));
            }
            Act::Rename { to, .. } => (known.shelf, known.name) = (Some("live"), Some(to.clone())),
            Act::Trash { .. } => known.shelf = Some("trash"),
            Act::Restore { to, .. } => {
                known.shelf = Some("live");
                known.name = to.clone().or(known.name.take());
            }
            Act::Deactivate { .. } | Act::Reactivate { .. } if !known.is_left => {
                known.is_active = Some(matches!(act, Act::Reactivate { .. }));
            }
            _ => {}
        }
        // They settle what was left before they plan.
        if matches!(act, Act::Rename { .. } | Act::Trash { .. } | Act::Restore { .. }) {
            known.is_left = false;
        }
        if let Act::CreateHashed { name, .. } = act {
            let name = name.clone();
            self.fill(id, &name).await;
        }
    }

    /// Gives a new organization documents.
    async fn fill(&mut self, id: &str, name: &str) {
        let documents: Vec<Vec<u8>> = (0..2)
            .map(|number| doc! { "_id": ObjectId::new(), "of": id, "number": number })
            .map(|document| document.to_vec().expect("bytes"))
            .collect();
        let collections = &self.ground.workspace.ports.collections;
        collections.insert_documents(&collection(name), &documents).await.expect("it has just been made");
        let hex = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        self.known.get_mut(id).expect("it is known").documents = documents.iter().map(hex).collect();
    }

    /// Everybody finishes, the next start settles, and the checker looks.
    async fn end(self, counts: &Counts) {
        let Self { ground, before, seats, known, .. } = self;
        drop(seats);
        ground.workspace.pass(OPERATION_LEASE + STEP_PENDING).await;
        let ports = ground.workspace.reopened().await;
        let run = Run { instance: "last-run".to_owned(), ..Run::default() };
        let last = Console::run(ports, &ground.workspace.clock, run);
        let prepared = last.access.prepare().await.expect("the workspace opens");
        for one in &prepared.recovered {
            // Somebody else renamed the organization meanwhile, so its collection has neither of the two names.
            let is_settled = matches!(
                one.outcome,
                RecoveryOutcome::Finished | RecoveryOutcome::Undone | RecoveryOutcome::CollectionGone { .. }
            );
            assert!(is_settled, "{one:?}");
        }
        let at = Whereabouts::of(&ground.workspace);
        let now = at.look().await;
        counts.looked(&now);
        assert_eq!(now.problems(), Vec::<String>::new());
        for (id, known) in &known {
            judge(id, known, &now);
        }
        let record = at.record().await;
        assert_eq!(record.problems(), Vec::<String>::new(), "the record");
        assert_eq!(record.untold(&before, &now), Vec::<String>::new(), "without an entry in the record");
        ground.workspace.remove().await;
    }
}

/// Whether an organization is as the answers about it said.
fn judge(id: &str, known: &Known, now: &Contents) {
    let (live, trashed) = (now.live.get(id), now.trash.get(id));
    let found = live.or_else(|| trashed.map(|trashed| &trashed.organization));
    let Some(found) = found else {
        assert!(known.may_be_deleted || !known.was_there, "{id} is lost: {known:?}");
        return;
    };
    assert!(!known.is_gone, "{id} was deleted for good: {known:?}");
    let shelf = if live.is_some() { "live" } else { "trash" };
    assert!(known.shelf.is_none_or(|known| known == shelf), "{id} is in {shelf}: {known:?}");
    assert!(known.name.as_ref().is_none_or(|name| *name == found.name), "{id} is {}: {known:?}", found.name);
    assert!(known.is_active.is_none_or(|is| is == is_active(found)), "{id} is active or not: {known:?}");
    let place = match (live, trashed) {
        (Some(live), _) => live.collection_name.clone(),
        (None, trashed) => {
            trashed.and_then(|trashed| trashed.collection.clone()).expect("it had a collection")
        }
    };
    let documents: BTreeSet<String> = now.collections[&place].documents.values().cloned().collect();
    assert_eq!(documents, known.documents, "{id}: the documents of {place}");
}
