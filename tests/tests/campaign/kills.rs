//! A process is killed before and after every write of every act, and of what the next start does about it; and at any
//! moment, in the middle of a write. The next start settles, and nothing is half-done.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::{Document, doc};
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::records::RecoveryOutcome;
use tenantry_core::sessions::Session;
use tenantry_tests::acts::Act;
use tenantry_tests::chance::Chance;
use tenantry_tests::checker::{Accounts, Contents, Whereabouts};
use tenantry_tests::console::{Console, OPERATOR, Run};
use tenantry_tests::twins::Twins;
use tenantry_tests::victim::{Opening, Said, Side, Stop, Victim};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

use crate::Part;
use crate::cases::{Case, Ended, Scene, tenant, word};
use crate::counts::Counts;

/// More writes than any act but the samples has.
const MANY: u32 = 40;
/// Writes of the samples that are tried in short.
const OF_SAMPLES: usize = 2;
/// Writes of loading all samples, at least.
const WRITES_OF_SAMPLES: usize = 180;
/// How long a server may take over what a killed process had sent.
pub const STILL_SENT: Duration = Duration::from_millis(300);

/// How an act was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Killed {
    /// It was not: it is done.
    Not,
    /// While nothing was on its way to the store.
    Still,
    /// With a request on its way, perhaps: a server can carry it out whenever it comes to it.
    Sending,
}

/// The stores that a process can be killed on.
pub const STORES: [StoreKind; 3] =
    [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet, StoreKind::MongoStandalone];

/// Every act on every store.
pub fn parts(counts: &Arc<Counts>) -> Vec<Part> {
    let mut parts = Vec::new();
    for kind in STORES {
        for case in Case::ALL {
            let counts = counts.clone();
            let name = format!("kills/{}/{case:?}", word(kind));
            parts.push(Part::new(name.clone(), async move {
                let mut stage = Stage::open(kind, case, &counts, &name).await;
                stage.at_every_write().await;
                stage.at_any_moment().await;
                stage.end().await;
            }));
        }
    }
    parts
}

/// Where one act is done and undone, again and again.
pub struct Stage {
    kind: StoreKind,
    case: Case,
    counts: Arc<Counts>,
    chance: Chance,
    number: u32,
    pub set: Set,
}

/// A workspace with its first console.
pub struct Set {
    pub workspace: TestWorkspace,
    pub console: Console,
    pub operator: Session,
}

/// What the checker sees.
pub struct View {
    contents: Contents,
    accounts: Accounts,
}

impl Set {
    /// With an organization that no act is about.
    pub async fn open(kind: StoreKind) -> Self {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        console.operator().await;
        let operator = console.sign_in(OPERATOR).await;
        tenant(&workspace, &console, &operator.actor, "bystander").await;
        Self { workspace, console, operator }
    }

    async fn look(&self, counts: &Counts) -> View {
        let at = Whereabouts::of(&self.workspace);
        let (contents, accounts) = (at.look().await, at.accounts().await);
        counts.looked(&contents);
        View { contents, accounts }
    }
}

impl Stage {
    pub async fn open(kind: StoreKind, case: Case, counts: &Arc<Counts>, name: &str) -> Self {
        let set = Set::open(kind).await;
        Self { kind, case, counts: counts.clone(), chance: counts.chance(name), number: 0, set }
    }

    /// The next scene, and what there is before its act.
    pub async fn scene(&mut self) -> (Scene, View) {
        self.number += 1;
        let scene = if self.case == Case::RenameShared {
            let twins = Twins::open(self.kind).await;
            let operator = twins.console.sign_in(OPERATOR).await;
            let scene = Scene::of_twins(&twins, self.number);
            self.replace(Set { workspace: twins.workspace, console: twins.console, operator }).await;
            scene
        } else {
            if self.case.is_alone() {
                self.replace(Set::open(self.kind).await).await;
            }
            let Set { workspace, console, operator } = &self.set;
            Scene::prepare(self.case, self.number, workspace, console, &operator.actor).await
        };
        let before = self.set.look(&self.counts).await;
        (scene, before)
    }

    async fn replace(&mut self, set: Set) {
        std::mem::replace(&mut self.set, set).workspace.remove().await;
    }

    pub async fn end(self) {
        self.set.workspace.remove().await;
    }

    pub fn opening(&self, stop: Option<Stop>, more: &str) -> Opening {
        let run = format!("victim-{}{more}", self.number);
        Opening { stop, ..Opening::of(&self.set.workspace, &self.set.operator, run) }
    }

    async fn at_every_write(&mut self) {
        let writes = if self.case == Case::LoadSamples && !self.counts.soak {
            (0..OF_SAMPLES).map(|_| 1 + self.chance.below(WRITES_OF_SAMPLES) as u32).collect()
        } else {
            Vec::from_iter(1..if self.case == Case::LoadSamples { 400 } else { MANY })
        };
        let is_second_server = self.kind == StoreKind::MongoStandalone && !self.counts.soak;
        // After one write is before the next.
        let sides = if is_second_server { vec![Side::After] } else { vec![Side::Before, Side::After] };
        for side in sides {
            // The write after which the next start is killed as well; in short one of the first.
            let again = 2 + self.chance.below(3) as u32;
            for write in writes.clone() {
                let stop = Stop { write, side };
                if !self.dies_at(stop, None).await {
                    break;
                }
                if self.case.has_an_intent() && (self.counts.soak || write == again) {
                    self.dies_again(stop).await;
                }
                assert!(write < MANY - 1 || self.case == Case::LoadSamples, "an act must end");
            }
        }
    }

    /// The next start is killed, too: before and after each of its writes.
    async fn dies_again(&mut self, first: Stop) {
        for side in [Side::Before, Side::After] {
            for write in 1..MANY {
                if !self.dies_at(first, Some(Stop { write, side })).await {
                    break;
                }
            }
        }
    }

    /// Has the act killed at a write, and what the next start does at another; returns whether the last one was met.
    async fn dies_at(&mut self, stop: Stop, again: Option<Stop>) -> bool {
        let (scene, before) = self.scene().await;
        let mut is_met = self.dies(stop, &scene.act, "").await;
        if let (Some(again), true) = (again, is_met) {
            self.set.workspace.pass(STEP_PENDING).await;
            is_met = self.dies(again, &Act::Open, "-again").await;
        }
        let what = format!("{:?} {:?} killed at {stop:?}, then {again:?}", self.kind, scene.act);
        let killed = if is_met || again.is_some() { Killed::Still } else { Killed::Not };
        self.settles(&scene, &before, &what, killed).await;
        is_met
    }

    async fn dies(&mut self, stop: Stop, act: &Act, more: &str) -> bool {
        let mut victim = Victim::start(&self.opening(Some(stop), more)).await;
        victim.ask(std::slice::from_ref(act)).await;
        let said = victim.hears().await;
        victim.kill().await;
        match said {
            Said::Stands { .. } => {
                self.counts.kills.up();
                true
            }
            Said::Answers(answers) => {
                assert_eq!(answers, [Ok(())], "{act:?} without a kill");
                false
            }
            Said::Ready => panic!("a victim opens once"),
        }
    }

    /// Kills at any moment of the act, also in the middle of a write.
    async fn at_any_moment(&mut self) {
        let mut lasts = Duration::from_millis(20);
        let short = if self.case == Case::LoadSamples { 1 } else { 2 };
        for _ in 0..self.counts.of(short, 30) {
            let (scene, before) = self.scene().await;
            let mut victim = Victim::start(&self.opening(None, "")).await;
            let wait = lasts.mul_f64(self.chance.below(1_000) as f64 / 800.0);
            let begin = Instant::now();
            victim.ask(std::slice::from_ref(&scene.act)).await;
            let heard = tokio::time::timeout(wait, victim.hears()).await;
            victim.kill().await;
            self.counts.blind.up();
            if heard.is_ok() {
                // It was quicker.
                lasts = begin.elapsed();
            } else if self.kind != StoreKind::SqliteOnFile {
                tokio::time::sleep(STILL_SENT).await;
            }
            let what = format!("{:?} {:?} killed after {wait:?}", self.kind, scene.act);
            let killed = match (heard, self.kind) {
                (Ok(_), _) => Killed::Not,
                // Nobody carries out what a killed process had begun on a file.
                (Err(_), StoreKind::SqliteOnFile) => Killed::Still,
                (Err(_), _) => Killed::Sending,
            };
            self.settles(&scene, &before, &what, killed).await;
        }
    }

    /// The next start, which settles what was left.
    async fn opened(&self, more: &str, what: &str) -> Console {
        let Set { workspace, .. } = &self.set;
        workspace.pass(STEP_PENDING).await;
        let ports = workspace.reopened().await;
        let run = Run { instance: format!("next-{}{more}", self.number), ..Run::default() };
        let console = Console::run(ports, &workspace.clock, run);
        let prepared = console.access.prepare().await.expect("the workspace opens");
        for one in &prepared.recovered {
            let is_settled = matches!(one.outcome, RecoveryOutcome::Finished | RecoveryOutcome::Undone);
            assert!(is_settled, "{what}: {one:?}");
        }
        console
    }

    /// The next start settles what a killed process left, and the checker looks: the act is done, or it never was.
    pub async fn settles(&mut self, scene: &Scene, before: &View, what: &str, killed: Killed) {
        let mut console = self.opened("", what).await;
        let ended = self.check(scene, before, what).await;
        self.check_sessions(&console, scene, ended, what).await;
        match ended {
            Ended::Done => self.counts.done.up(),
            Ended::Undone | Ended::Between => {
                assert_ne!(killed, Killed::Not, "{what}: said to be done and is not");
                self.counts.undone.up();
                let actor = &self.set.operator.actor;
                let mut done = scene.act.carry_out(&console, actor).await;
                if killed == Killed::Sending && done.is_err() {
                    // On a busy computer the dead one's request came only now, between look and write: as the last
                    // write of the act, or as its intent alone.
                    tokio::time::sleep(STILL_SENT).await;
                    console = self.opened("-again", what).await;
                    done = match self.check(scene, before, what).await {
                        Ended::Done => Ok(()),
                        Ended::Undone | Ended::Between => scene.act.carry_out(&console, actor).await,
                    };
                }
                assert_eq!(done, Ok(()), "{what}: nothing that a crash left prevents doing it now");
                let ended = self.check(scene, before, what).await;
                assert_eq!(ended, Ended::Done, "{what}: done now");
            }
        }
        self.restore_all(&console, what).await;
        if !scene.case.is_alone() {
            tidy(&self.set.workspace).await;
        }
    }

    async fn check(&self, scene: &Scene, before: &View, what: &str) -> Ended {
        let now = self.set.look(&self.counts).await;
        let ended = scene.ended((&before.contents, &before.accounts), (&now.contents, &now.accounts));
        let known: BTreeSet<String> = before.contents.problems().into_iter().collect();
        let mut problems = now.contents.problems();
        problems.retain(|problem| !known.contains(problem));
        if self.case == Case::LoadSamples && ended != Ended::Done {
            // The documents of a sample come before its organization: loading again goes on with them.
            problems.retain(|problem| !problem.ends_with("belongs to nobody"));
            assert!(problems.len() < 2, "{what}: one sample at a time");
        }
        assert_eq!(problems, Vec::<String>::new(), "{what}");
        for (id, organization) in &before.contents.live {
            if *id != scene.id {
                assert_eq!(now.contents.live.get(id), Some(organization), "{what}: another organization");
                let name = &organization.collection_name;
                let [was, is] = [before, &now].map(|view| view.contents.collections.get(name));
                assert_eq!(is, was, "{what}: the documents of another organization");
            }
        }
        let record = Whereabouts::of(&self.set.workspace).record().await;
        assert_eq!(record.problems(), Vec::<String>::new(), "{what}: the record");
        let untold = record.untold(&before.contents, &now.contents);
        assert_eq!(untold, Vec::<String>::new(), "{what}: without an entry in the record");
        ended
    }

    async fn check_sessions(&self, console: &Console, scene: &Scene, ended: Ended, what: &str) {
        for session in &scene.sessions {
            let is_good = console.authorize(session).await.is_ok();
            assert_eq!(
                is_good,
                scene.keeps_sessions(ended),
                "{what}: the session of {}",
                session.actor.email()
            );
        }
    }

    /// What is in the trash comes back with everything.
    async fn restore_all(&self, console: &Console, what: &str) {
        let at = Whereabouts::of(&self.set.workspace);
        let before = at.look().await;
        for (id, trashed) in &before.trash {
            let to = Some(format!("back-{}", trashed.organization.name));
            let back = Act::Restore { id: id.clone(), to: to.clone() };
            let back = back.carry_out(console, &self.set.operator.actor).await;
            assert_eq!(back, Ok(()), "{what}: what is in the trash can be restored");
            let now = at.look().await;
            self.counts.looked(&now);
            assert!(now.live.contains_key(id) && !now.trash.contains_key(id), "{what}: restored");
            assert_eq!(now.lost_since(&before), Vec::<String>::new(), "{what}: restored whole");
            assert_eq!(now.problems(), Vec::<String>::new(), "{what}: restored");
            let [was, is] = [trashed.collection.clone(), to.map(|to| format!("org_{to}"))].map(|name| {
                let contents = if name == trashed.collection { &before } else { &now };
                contents.collections.get(&name.expect("it had one")).cloned()
            });
            assert_eq!(is, was, "{what}: its collection is restored as it was");
            self.counts.restored.up();
        }
    }
}

/// Removes from a server what a scene left: each look reads everything.
pub async fn tidy(workspace: &TestWorkspace) {
    if workspace.file().is_some() {
        return;
    }
    let database = workspace.database().await;
    let collection = |name: &str| database.collection::<Document>(name);
    for name in Whereabouts::of(workspace).look().await.collections.keys() {
        if name != "org_bystander" {
            collection(name).drop().await.expect("dropped");
        }
    }
    let others = doc! { "organization_name": { "$ne": "bystander" } };
    collection("organizations").delete_many(others).await.expect("removed");
    for name in ["console_trash", "console_people"] {
        collection(name).delete_many(doc! {}).await.expect("removed");
    }
    let others = doc! { "email": { "$ne": OPERATOR } };
    collection("console_operators").delete_many(others).await.expect("removed");
}
