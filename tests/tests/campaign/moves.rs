//! A process is killed before and after every write of a copy and of a move between two workspaces, and at any moment.
//! At every one of these moments the organization is whole in at least one of them; after the next start it is whole in
//! exactly one after a move, and nothing is half-done in the other.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use tempfile::TempDir;
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::records::{MemberRole, RecoveryOutcome};
use tenantry_tests::acts::Act;
use tenantry_tests::chance::Chance;
use tenantry_tests::checker::{Contents, SeenCollection, SeenOrganization, Whereabouts};
use tenantry_tests::console::{Console, Run};
use tenantry_tests::pair::Pair;
use tenantry_tests::victim::{Beside, Opening, Said, Side, Stop, Victim};
use tenantry_tests::workspace::StoreKind;

use crate::Part;
use crate::cases::{tenant, word};
use crate::counts::Counts;
use crate::kills::{Killed, STILL_SENT, Set, tidy};

/// More writes than a move has.
const MANY: u32 = 60;
/// From where to where: each store is a source and a target.
const WAYS: [(StoreKind, StoreKind); 3] = [
    (StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet),
    (StoreKind::MongoReplicaSet, StoreKind::MongoStandalone),
    (StoreKind::MongoStandalone, StoreKind::SqliteOnFile),
];

pub fn parts(counts: &Arc<Counts>) -> Vec<Part> {
    let mut parts = Vec::new();
    for (from, to) in WAYS {
        for leaves in [false, true] {
            let counts = counts.clone();
            let act = if leaves { "Move" } else { "Copy" };
            let name = format!("moves/{}-to-{}/{act}", word(from), word(to));
            parts.push(Part::new(name.clone(), async move {
                let mut stage = Stage::open((from, to), leaves, &counts, &name).await;
                stage.at_every_write().await;
                stage.at_any_moment().await;
                stage.here.workspace.remove().await;
                stage.there.workspace.remove().await;
            }));
        }
    }
    parts
}

/// Two workspaces, between which organizations are copied or moved again and again.
struct Stage {
    kind: StoreKind,
    here: Set,
    there: Set,
    notes: TempDir,
    leaves: bool,
    counts: Arc<Counts>,
    chance: Chance,
    number: u32,
}

/// One organization that is copied or moved.
struct Scene {
    act: Act,
    from: String,
    to: String,
    before: [Contents; 2],
}

impl Scene {
    /// The organization at the source, and what it had before.
    fn original(&self) -> (&SeenOrganization, &SeenCollection) {
        live(&self.before[0], &self.from).expect("it was there")
    }

    /// Whether it is live there with all that it had.
    fn is_whole(&self, contents: &Contents, name: &str) -> bool {
        let (_, original) = self.original();
        live(contents, name).is_some_and(|(_, found)| found.documents == original.documents)
    }

    /// At the source, and at the target.
    fn where_whole(&self, now: &[Contents; 2]) -> (bool, bool) {
        (self.is_whole(&now[0], &self.from), self.is_whole(&now[1], &self.to))
    }
}

/// The live organization of a name, with its collection.
fn live<'a>(contents: &'a Contents, name: &str) -> Option<(&'a SeenOrganization, &'a SeenCollection)> {
    let found = contents.live.values().find(|found| found.name == name)?;
    Some((found, contents.collections.get(&found.collection_name)?))
}

impl Stage {
    async fn open(
        (from, to): (StoreKind, StoreKind),
        leaves: bool,
        counts: &Arc<Counts>,
        name: &str,
    ) -> Self {
        let (here, there) = (Set::open(from).await, Set::open(to).await);
        let notes = TempDir::with_prefix("tenantry-moves-").expect("a folder");
        let (counts, chance) = (counts.clone(), counts.chance(name));
        Self { kind: from, here, there, notes, leaves, counts, chance, number: 0 }
    }

    fn notes(&self) -> PathBuf {
        self.notes.path().to_owned()
    }

    async fn look(&self) -> [Contents; 2] {
        let look = async |set: &Set| {
            let contents = Whereabouts::of(&set.workspace).look().await;
            self.counts.looked(&contents);
            contents
        };
        [look(&self.here).await, look(&self.there).await]
    }

    async fn scene(&mut self) -> Scene {
        self.number += 1;
        let (from, to) = (format!("from-{}", self.number), format!("to-{}", self.number));
        let Set { workspace, console, operator } = &self.here;
        let created = tenant(workspace, console, &operator.actor, &from).await;
        console.person(&created, &format!("somebody-{}@example.com", self.number), MemberRole::Viewer).await;
        let act = Act::Move { id: created.id.to_hex(), to: to.clone(), leaves: self.leaves };
        Scene { act, from, to, before: self.look().await }
    }

    fn opening(&self, stop: Option<Stop>, more: &str) -> Opening {
        let run = format!("victim-{}{more}", self.number);
        let beside = Beside {
            at: Whereabouts::of(&self.there.workspace),
            token: self.there.operator.token.expose_secret().to_owned(),
            notes: self.notes(),
        };
        let opening = Opening::of(&self.here.workspace, &self.here.operator, run);
        Opening { stop, beside: Some(beside), ..opening }
    }

    async fn at_every_write(&mut self) {
        let mut last = 0;
        let is_second_server = self.kind == StoreKind::MongoStandalone && !self.counts.soak;
        // After one write is before the next.
        let sides = if is_second_server { vec![Side::After] } else { vec![Side::Before, Side::After] };
        for side in sides {
            // Once the number of writes is known, the end of what is left is killed as well: in short where the
            // organization is in both.
            let again = (last > 6).then(|| last - self.chance.below(4) as u32 - 2);
            for write in 1..MANY {
                let stop = Stop { write, side };
                if !self.dies_at(stop, None).await {
                    last = write - 1;
                    break;
                }
                if self.leaves && (self.counts.soak || again == Some(write)) {
                    self.dies_again(stop).await;
                }
                assert!(write < MANY - 1, "a move must end");
            }
        }
        assert!(last > 6, "a copy has more writes than {last}");
    }

    async fn dies_again(&mut self, first: Stop) {
        for side in [Side::Before, Side::After] {
            for write in 1..MANY {
                if !self.dies_at(first, Some(Stop { write, side })).await {
                    break;
                }
            }
        }
    }

    /// Kills the act at a write, and what ends it at another; returns whether the last one was met.
    async fn dies_at(&mut self, stop: Stop, again: Option<Stop>) -> bool {
        let scene = self.scene().await;
        let what = format!("{:?} killed at {stop:?}, then {again:?}", scene.act);
        let mut is_met = self.dies(stop, &scene.act, "").await;
        self.is_somewhere(&scene, &what).await;
        let ends = Act::EndMoves { takes_back: self.number.is_multiple_of(2) };
        if let (Some(again), true) = (again, is_met) {
            self.pass().await;
            is_met = self.dies(again, &ends, "-again").await;
            self.is_somewhere(&scene, &what).await;
        }
        let killed = if is_met || again.is_some() { Killed::Still } else { Killed::Not };
        self.settles(&scene, &ends, &what, killed).await;
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

    async fn at_any_moment(&mut self) {
        let mut lasts = Duration::from_millis(60);
        for _ in 0..self.counts.of(2, 30) {
            let scene = self.scene().await;
            let mut victim = Victim::start(&self.opening(None, "")).await;
            let wait = lasts.mul_f64(self.chance.below(1_000) as f64 / 800.0);
            let begin = Instant::now();
            victim.ask(std::slice::from_ref(&scene.act)).await;
            let heard = tokio::time::timeout(wait, victim.hears()).await;
            victim.kill().await;
            self.counts.blind.up();
            if heard.is_ok() {
                lasts = begin.elapsed();
            } else {
                tokio::time::sleep(STILL_SENT).await;
            }
            let what = format!("{:?} killed after {wait:?}", scene.act);
            self.is_somewhere(&scene, &what).await;
            let ends = Act::EndMoves { takes_back: self.number.is_multiple_of(2) };
            let killed = if heard.is_err() { Killed::Sending } else { Killed::Not };
            self.settles(&scene, &ends, &what, killed).await;
        }
    }

    async fn pass(&self) {
        self.here.workspace.pass(STEP_PENDING).await;
        self.there.workspace.pass(STEP_PENDING).await;
    }

    /// Whatever a kill left: whoever looks now finds all of it in one place at least.
    async fn is_somewhere(&self, scene: &Scene, what: &str) {
        let now = self.look().await;
        let (here, there) = scene.where_whole(&now);
        assert!(here || there, "{what}: whole in neither");
        assert_eq!(now[0].lost_since(&scene.before[0]), Vec::<String>::new(), "{what}: at the source");
    }

    /// The next start, which settles what was left.
    async fn opened(&self, more: &str, what: &str) -> Pair {
        self.pass().await;
        let open = async |set: &Set| {
            let run = Run { instance: format!("next-{}{more}", self.number), ..Run::default() };
            let ports = set.workspace.reopened().await;
            (Console::run(ports, &set.workspace.clock, run), set.operator.actor.clone())
        };
        let (here, there) = (open(&self.here).await, open(&self.there).await);
        let pair = Pair::of(here, there, self.notes()).await;
        for one in pair.prepare().await.expect("both open") {
            let is_settled = matches!(one.outcome, RecoveryOutcome::Finished | RecoveryOutcome::Undone);
            assert!(is_settled, "{what}: {one:?}");
        }
        pair
    }

    /// One more start, when a server has carried out what a killed process had sent only after the last one looked.
    async fn opened_again(&self, more: &str, what: &str) -> Pair {
        tokio::time::sleep(STILL_SENT).await;
        self.opened(more, what).await
    }

    /// The next start settles, and ends the move that a note tells of.
    async fn settles(&mut self, scene: &Scene, ends: &Act, what: &str, killed: Killed) {
        let is_sending = killed == Killed::Sending;
        let mut pair = self.opened("", what).await;
        let mut ended = pair.carry_out(ends).await;
        if is_sending && ended.is_err() {
            pair = self.opened_again("-again", what).await;
            ended = pair.carry_out(ends).await;
        }
        assert_eq!(ended, Ok(()), "{what}: {ends:?}");
        if self.check(scene, what).await {
            self.counts.done.up();
        } else {
            assert_ne!(killed, Killed::Not, "{what}: said to be done and is not");
            self.counts.undone.up();
            let mut done = pair.carry_out(&scene.act).await;
            if is_sending && done.is_err() {
                pair = self.opened_again("-once-more", what).await;
                assert_eq!(pair.carry_out(ends).await, Ok(()), "{what}: {ends:?} once more");
                let is_there = self.check(scene, what).await;
                done = if is_there { Ok(()) } else { pair.carry_out(&scene.act).await };
            }
            assert_eq!(done, Ok(()), "{what}: nothing prevents doing it now");
            assert!(self.check(scene, what).await, "{what}: done now");
        }
        // A note that was being written has no name yet.
        let is_note = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
        let files = self.notes.path().read_dir().expect("the folder of notes").flatten();
        let left = files.map(|file| file.path()).filter(is_note).count();
        assert_eq!(left, 0, "{what}: a note remains");
        for set in [&self.here, &self.there] {
            tidy(&set.workspace).await;
        }
    }

    /// Whether the target has it. Anything but whole or nothing fails, on either side.
    async fn check(&self, scene: &Scene, what: &str) -> bool {
        let now = self.look().await;
        let (here, there) = scene.where_whole(&now);
        assert_eq!(here, live(&now[0], &scene.from).is_some(), "{what}: a part of it is at the source");
        assert_eq!(there, live(&now[1], &scene.to).is_some(), "{what}: a part of it is at the target");
        assert!(if self.leaves { here != there } else { here }, "{what}: {here} {there}");
        for ((set, before), now) in [&self.here, &self.there].into_iter().zip(&scene.before).zip(&now) {
            assert_eq!(now.problems(), Vec::<String>::new(), "{what}");
            assert_eq!(now.lost_since(before), Vec::<String>::new(), "{what}");
            for (id, organization) in before.live.iter().filter(|(_, one)| one.name != scene.from) {
                assert_eq!(now.live.get(id), Some(organization), "{what}: another organization");
                let name = &organization.collection_name;
                assert_eq!(now.collections.get(name), before.collections.get(name), "{what}: its documents");
            }
            let record = Whereabouts::of(&set.workspace).record().await;
            assert_eq!(record.problems(), Vec::<String>::new(), "{what}: the record");
            let untold = record.untold(before, now);
            assert_eq!(untold, Vec::<String>::new(), "{what}: without an entry in the record");
        }
        if let (true, Some((arrived, collection))) = (there, live(&now[1], &scene.to)) {
            let (original, all) = scene.original();
            let keeps_hash = arrived.hash == original.hash;
            assert_eq!(keeps_hash, self.leaves, "{what}: a move keeps the password, a copy never has it");
            let are_on_servers = [&self.here, &self.there].iter().all(|set| set.workspace.file().is_none());
            assert!(!are_on_servers || collection.has_what(all), "{what}: indexes and options");
            let id = now[1].live.iter().find(|(_, one)| one.name == scene.to).map(|(id, _)| id);
            let came = now[1].memberships.iter().filter(|one| Some(*one) == id).count();
            assert_eq!(came, usize::from(self.leaves), "{what}: people come along with a move");
        }
        there
    }
}
