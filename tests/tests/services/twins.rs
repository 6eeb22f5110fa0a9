//! Both sides of a comparison beside each other, and decisions about the documents that were shown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bson::oid::ObjectId;
use bson::{Document, doc};
use parking_lot::Mutex;
use tenantry_core::doctor::{
    ComparePlace, ComparedPair, Comparison, DecidedTwin, DryRun, Finding, FindingKind, FindingState,
    MendChoices, MendKind, MendRequest, Mended, OrganizationNamed, TwinDecision,
};
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::jobs::Cancellation;
use tenantry_core::limits::{COMPARED_DOCUMENTS, COMPARED_SHOWN, COMPARED_TEXT, TWINS_NAMED};
use tenantry_core::ports::{Call, Policy, Ports};
use tenantry_core::records::{
    CollectionDescription, CollectionIdentity, CollectionKind, MemberRole, OperatorRole, Organization,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::CollectionName;
use tenantry_tests::checker::{Contents, Whereabouts};
use tenantry_tests::console::{Console, Run};
use tenantry_tests::faults::{Aftermath, Fault, FaultyStore, Moment};
use tenantry_tests::suite::{collection, moment};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const STORES: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];
const DECISIONS: [TwinDecision; 3] = [TwinDecision::Keep, TwinDecision::Take, TwinDecision::Both];
/// More writes than a decision has.
const MANY: u32 = 40;

fn id(number: u32) -> ObjectId {
    let mut id = [0; 12];
    id[..4].copy_from_slice(&1_772_366_400_u32.to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(id)
}

fn document(number: u32, text: &str) -> Vec<u8> {
    doc! { "_id": id(number), "text": text }.to_vec().expect("bytes")
}

fn documents(numbers: impl IntoIterator<Item = u32>, text: &str) -> Vec<Vec<u8>> {
    numbers.into_iter().map(|number| document(number, text)).collect()
}

/// An organization with its collection and another beside it.
struct Scene {
    workspace: TestWorkspace,
    console: Console,
    operator: Actor,
    at: Whereabouts,
    acme: Organization,
    own: CollectionName,
    other: CollectionName,
    kind: FindingKind,
}

impl Scene {
    async fn open(store: StoreKind, kind: FindingKind) -> Self {
        let workspace = TestWorkspace::open(store).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let at = Whereabouts::of(&workspace);
        let mut scene = Self::of(workspace, console, operator, at, kind).await;
        scene.next("acme").await;
        scene
    }

    async fn of(
        workspace: TestWorkspace,
        console: Console,
        operator: Actor,
        at: Whereabouts,
        kind: FindingKind,
    ) -> Self {
        let acme = console.create("first").await;
        let own = acme.collection();
        Self { workspace, console, operator, at, acme, other: own.clone(), own, kind }
    }

    /// Another organization, with an empty collection on both sides.
    async fn next(&mut self, name: &str) {
        self.acme = self.console.create(name).await;
        self.own = self.acme.collection();
        self.other = match self.kind {
            FindingKind::KeptTwins => CollectionName::from_stored(format!("console_twins_{}", self.acme.id)),
            _ => collection(&format!("half-of-{name}")),
        };
        let plain = CollectionDescription {
            identity: CollectionIdentity(None),
            kind: CollectionKind::Plain,
            options: Document::new().to_vec().expect("bytes"),
            indexes: Vec::new(),
        };
        self.ports().collections.create_as(&self.other, &plain).await.expect("made");
    }

    fn ports(&self) -> &Ports {
        &self.console.ports
    }

    async fn put(&self, own: &[Vec<u8>], other: &[Vec<u8>]) {
        for (name, documents) in [(&self.own, own), (&self.other, other)] {
            for part in documents.chunks(2_000) {
                self.ports().collections.insert_documents(name, part).await.expect("inserted");
            }
        }
    }

    fn finding(&self) -> Finding {
        let acme = OrganizationNamed {
            id: self.acme.id.to_hex(),
            name: self.acme.name.to_string(),
            in_trash: false,
        };
        let collections = match self.kind {
            FindingKind::KeptTwins => vec![self.other.to_string()],
            _ => vec![self.own.to_string(), self.other.to_string()],
        };
        Finding {
            id: format!("{}:test", self.kind.as_str()),
            kind: self.kind,
            subject: "test".to_owned(),
            organizations: if self.kind == FindingKind::KeptTwins { Vec::new() } else { vec![acme] },
            collections,
            evidence: Vec::new(),
            since: moment(0),
            state: FindingState::Open,
        }
    }

    async fn step(&self, at: Option<ComparePlace>) -> Comparison {
        self.console.mends.compare(&self.operator, &self.finding(), at).await.expect("a step")
    }

    /// All pairs, and the last step.
    async fn pairs(&self) -> (Vec<ComparedPair>, Comparison) {
        let (mut pairs, mut at) = (Vec::new(), None);
        loop {
            let mut step = self.step(at).await;
            pairs.append(&mut step.pairs);
            at = step.next.clone();
            if at.is_none() {
                return (pairs, step);
            }
        }
    }

    fn request(&self, choices: MendChoices) -> MendRequest {
        MendRequest { finding: self.finding().id, mend: MendKind::DecideTwins, choices }
    }

    async fn dry_run(&self, choices: &MendChoices) -> Result<DryRun, AppError> {
        let request = self.request(choices.clone());
        self.console.mends.dry_run(&self.operator, &self.finding(), &request).await
    }

    async fn decide(&self, choices: &MendChoices) -> Result<Mended, AppError> {
        self.decide_on(&self.console, choices).await
    }

    async fn decide_on(&self, console: &Console, choices: &MendChoices) -> Result<Mended, AppError> {
        let (request, cancellation) = (self.request(choices.clone()), Cancellation::default());
        console.mends.mend(&self.operator, &self.finding(), &request, &cancellation).await
    }

    /// The number of each document with this text, in both collections.
    async fn with(&self, text: &str) -> (Vec<String>, Vec<String>) {
        let contents = self.at.look().await;
        let of = |name: &CollectionName| with_text(&contents, name, text);
        (of(&self.own), of(&self.other))
    }
}

fn with_text(contents: &Contents, name: &CollectionName, text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let Some(found) = contents.collections.get(name.as_str()) else { return Vec::new() };
    let with = found.documents.iter().filter(|(_, document)| document.contains(&hex));
    with.map(|(id, _)| id.clone()).collect()
}

fn all(decision: TwinDecision) -> MendChoices {
    MendChoices { decision: Some(decision), ..MendChoices::default() }
}

fn each<'a>(pairs: impl IntoIterator<Item = (&'a ComparedPair, TwinDecision)>) -> MendChoices {
    let decided = |(pair, decision): (&ComparedPair, _)| DecidedTwin { seen: pair.seen.clone(), decision };
    MendChoices { twins: Some(pairs.into_iter().map(decided).collect()), ..MendChoices::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_halves_are_compared_and_what_differs_is_shown() {
    for store in STORES {
        let scene = Scene::open(store, FindingKind::HalfRenamed).await;
        let mut half = documents(10..30, "same");
        half.extend(documents([3, 5], "another"));
        scene.put(&documents(0..20, "same"), &half).await;
        let step = scene.step(None).await;
        let sides = step.sides.expect("with the first step");
        assert_eq!((sides.left.name.as_str(), sides.right.name.as_str()), ("org_acme", "org_half-of-acme"));
        let figures = |side: &tenantry_core::doctor::ComparedCollection| {
            let documents = serde_json::to_value(side.documents).expect("a number").as_u64();
            (documents, side.exists, side.exact, side.newest.map(time::OffsetDateTime::unix_timestamp))
        };
        let at = Some(1_772_366_400);
        assert_eq!(figures(&sides.left), (Some(20), true, true, at), "{store:?}");
        assert_eq!(figures(&sides.right), (Some(22), true, true, at), "{store:?}");
        let names: BTreeSet<_> = sides.left.indexes.iter().map(|index| index.name.as_str()).collect();
        assert_eq!(names, BTreeSet::from(["_id_", "created_at_1", "updated_at_1"]), "{store:?}");
        let created = sides.left.indexes.iter().find(|index| index.name == "created_at_1").expect("there");
        assert!(created.definition.contains("{\"key\":{\"created_at\":1}"), "{}", created.definition);
        let counted = step.so_far;
        assert_eq!(
            (counted.looked, counted.same, counted.differing, counted.only_right),
            (22, 10, 2, 10),
            "{store:?}"
        );
        assert_eq!(step.only_left, Some(8_u32.into()), "{store:?}");
        assert_eq!(step.next, None, "{store:?}: it is all");
        let shown: Vec<_> = step.pairs.iter().map(|pair| pair.id.clone()).collect();
        assert_eq!(shown, [id(3).to_hex(), id(5).to_hex()], "{store:?}");
        for pair in &step.pairs {
            assert_eq!(pair.fields, ["text"], "{store:?}");
            let left = pair.left.as_ref().expect("both have it");
            assert!(left.text.contains("\"same\"") && pair.right.text.contains("\"another\""), "{store:?}");
            assert!(!left.cut && !pair.right.cut);
        }
        scene.workspace.remove().await;
    }
}

/// The largest question of a comparison and how many there were.
#[derive(Clone, Default)]
struct Questions {
    pages: Arc<AtomicU32>,
    others: Arc<Mutex<BTreeMap<&'static str, u32>>>,
}

impl Policy for Questions {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if call.name == "collections.documents_after" {
            self.pages.fetch_add(1, Ordering::SeqCst);
        }
        *self.others.lock().entry(call.name).or_default() += 1;
        store.await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_of_many_equal_documents_goes_on_in_bounded_steps() {
    for store in STORES {
        let mut scene = Scene::open(store, FindingKind::HalfRenamed).await;
        let many = documents(0..12_000, "same");
        scene.put(&many, &many).await;
        scene.put(&documents([12_000], "same"), &documents([12_000], "another")).await;
        let questions = Questions::default();
        let ports = scene.ports().clone().under(questions.clone());
        scene.console = Console::run(ports, &scene.workspace.clock, Run::default());
        let (mut at, mut looked, mut steps, mut shown) = (None, 0, 0, 0);
        loop {
            let asked = questions.pages.load(Ordering::SeqCst);
            let step = scene.step(at).await;
            let more = step.so_far.looked - looked;
            assert!(more as usize <= COMPARED_DOCUMENTS + 512, "{store:?}: {more} in one step");
            let asked = questions.pages.load(Ordering::SeqCst) - asked;
            assert!(asked <= 20, "{store:?}: {asked} questions in one step");
            assert_eq!(step.sides.is_some(), steps == 0, "{store:?}: only once");
            looked = step.so_far.looked;
            steps += 1;
            shown += step.pairs.len();
            at = step.next;
            if at.is_none() {
                assert_eq!(step.so_far.same, 12_000, "{store:?}");
                assert_eq!(step.only_left, Some(0_u32.into()), "{store:?}");
                break;
            }
        }
        assert_eq!((looked, shown), (12_001, 1), "{store:?}");
        assert!(steps >= 3, "{store:?}: {steps} steps");
        scene.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kept_twins_are_all_shown_also_those_whose_own_is_gone_and_the_very_long() {
    for store in STORES {
        let scene = Scene::open(store, FindingKind::KeptTwins).await;
        let long = "x".repeat(3 * COMPARED_TEXT);
        scene.put(&documents(0..30, "same"), &documents(0..30, "another")).await;
        scene.put(&[], &documents([40], &long)).await;
        let first = scene.step(None).await;
        assert_eq!(first.pairs.len(), COMPARED_SHOWN, "{store:?}: a page");
        let (pairs, last) = scene.pairs().await;
        assert_eq!(pairs.len(), 31, "{store:?}");
        let ids: BTreeSet<_> = pairs.iter().map(|pair| pair.seen.id.clone()).collect();
        assert_eq!(ids.len(), 31, "{store:?}: each once");
        assert_eq!((last.so_far.differing, last.so_far.only_right), (30, 1), "{store:?}");
        assert_eq!(last.only_left, None, "{store:?}: it says nothing about twins");
        let gone = pairs.iter().find(|pair| pair.left.is_none()).expect("one");
        assert!(gone.right.cut && gone.right.text.len() <= COMPARED_TEXT && gone.fields.is_empty());
        // What was cut to be shown is moved whole.
        scene.decide(&each([(gone, TwinDecision::Take)])).await.expect("taken");
        let (own, other) = scene.with(&long).await;
        assert_eq!((own.len(), other.len()), (1, 0), "{store:?}");
        scene.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_every_type_are_compared_and_decided() {
    for store in STORES {
        let scene = Scene::open(store, FindingKind::KeptTwins).await;
        let ids: [bson::Bson; 6] =
            ["text".into(), 7.into(), doc! {"a": 1}.into(), bson::Bson::Null, true.into(), id(1).into()];
        let of = |text: &str| -> Vec<_> {
            let one = |id: &bson::Bson| doc! { "_id": id.clone(), "text": text }.to_vec().expect("bytes");
            ids.iter().map(one).collect()
        };
        scene.put(&of("same"), &of("another")).await;
        // To a server this number is the same `_id`.
        let long = doc! { "_id": 8_i64, "text": "same" }.to_vec().expect("bytes");
        let short = doc! { "_id": 8_i32, "text": "another" }.to_vec().expect("bytes");
        scene.put(&[long], &[short]).await;
        let (pairs, last) = scene.pairs().await;
        assert_eq!((last.so_far.looked, last.so_far.differing), (7, 7), "{store:?}");
        for chosen in pairs.iter().filter(|pair| pair.id != "8") {
            scene
                .decide(&each([(chosen, TwinDecision::Take)]))
                .await
                .unwrap_or_else(|error| panic!("{error}"));
        }
        let (own, other) = scene.with("another").await;
        assert_eq!((own.len(), other.len()), (6, 1), "{store:?}");
        scene.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_shown_to_those_who_may_mend_and_only_of_findings_with_two_sides() {
    let scene = Scene::open(StoreKind::SqliteOnFile, FindingKind::HalfRenamed).await;
    let console = &scene.console;
    let finding = scene.finding();
    let reader = console.another_operator("reader@example.com", OperatorRole::ReadOnlyOperator).await;
    let admin = console.person(&scene.acme, "second@acme.example.com", MemberRole::OrganizationAdmin).await;
    for session in [reader, admin] {
        let refused = console.mends.compare(&session.actor, &finding, None).await;
        assert!(matches!(refused, Err(AppError::Forbidden)), "{refused:?}");
    }
    let other = Finding { kind: FindingKind::MissingCollection, ..finding.clone() };
    let refused = console.mends.compare(&scene.operator, &other, None).await;
    assert!(matches!(refused, Err(AppError::NotFound { .. })), "{refused:?}");
    for after in ["", "zz", "00", "0500000000"] {
        let at = ComparePlace { after: after.to_owned(), so_far: tenantry_core::doctor::Compared::default() };
        let refused = console.mends.compare(&scene.operator, &finding, Some(at)).await;
        assert!(matches!(refused, Err(AppError::NotFound { .. })), "{after:?}: {refused:?}");
    }
    let gone = console.ports.collections.delete_empty(&scene.other, "an operation").await;
    assert_eq!(gone, Ok(true));
    let refused = console.mends.compare(&scene.operator, &finding, None).await;
    assert_eq!(refused, Err(AppError::FactsChanged), "the other half is gone");
    scene.workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twins_are_decided_one_by_one_and_several_at_once() {
    for store in STORES {
        let scene = Scene::open(store, FindingKind::KeptTwins).await;
        scene.put(&documents(0..5, "same"), &documents(0..5, "another")).await;
        let (pairs, _) = scene.pairs().await;
        let one = scene.decide(&each([(&pairs[0], TwinDecision::Take)])).await.expect("decided");
        assert!(one.stays_open, "{store:?}: four wait");
        let (own, other) = scene.with("another").await;
        assert_eq!((own.len(), other.len()), (1, 4), "{store:?}: it alone");
        let several = each([
            (&pairs[1], TwinDecision::Keep),
            (&pairs[2], TwinDecision::Take),
            (&pairs[3], TwinDecision::Both),
        ]);
        let shown = scene.dry_run(&several).await.expect("a dry run");
        assert!(!shown.can_be_undone, "{store:?}");
        for pair in &pairs[1..4] {
            let named = shown.commands.iter().any(|command| command.contains(&pair.id));
            assert!(named, "{store:?}: {} is not in {:?}", pair.id, shown.commands);
        }
        assert_eq!(scene.with("another").await.1.len(), 4, "{store:?}: a dry run writes nothing");
        let mended = scene.decide(&several).await.expect("decided");
        assert!(mended.stays_open, "{store:?}: one waits");
        assert_eq!(scene.with("another").await.0.len(), 3, "{store:?}: two taken, one copied");
        assert_eq!(scene.with("same").await.0.len(), 3, "{store:?}: 1 and 3, and 4 waits");
        // The record says how many there were of each.
        let entry = scene.ports().activity.find(mended.entry).await.expect("a look").expect("an entry");
        let told: Vec<_> = entry
            .entry
            .changes
            .iter()
            .map(|change| {
                (
                    change.field.as_str(),
                    change.before.clone().unwrap_or_default(),
                    change.after.clone().unwrap_or_default(),
                )
            })
            .collect();
        let one_each = ["keep", "take", "both"].map(|word| ("twins", "1".to_owned(), word.to_owned()));
        assert_eq!(told, one_each, "{store:?}");
        // With the last one, the collection goes.
        let last = scene.decide(&each([(&pairs[4], TwinDecision::Keep)])).await.expect("decided");
        assert!(!last.stays_open, "{store:?}");
        let contents = scene.at.look().await;
        contents.require_good("all are decided");
        assert!(!contents.collections.contains_key(scene.other.as_str()), "{store:?}");
        let again = scene.decide(&each([(&pairs[4], TwinDecision::Keep)])).await.map(drop);
        assert_eq!(again, Err(AppError::FactsChanged), "{store:?}");
        scene.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_since_it_was_shown_is_not_decided_and_neither_are_the_others() {
    for store in STORES {
        let mut scene = Scene::open(store, FindingKind::KeptTwins).await;
        for (number, decision) in (0..).zip(DECISIONS) {
            for what in ["own", "twin", "own gone", "twin gone", "own anew", "forged", "twice", "none"] {
                scene.next(&format!("{}-{number}", what.replace(' ', "-"))).await;
                let own = if what == "own anew" { vec![] } else { documents(0..3, "same") };
                scene.put(&own, &documents(0..3, "another")).await;
                let (mut pairs, _) = scene.pairs().await;
                let collections = &scene.ports().collections;
                let (place, text) =
                    if what.starts_with("own") { (&scene.own, "same") } else { (&scene.other, "another") };
                match what {
                    "own" | "twin" => {
                        let change = [(document(2, text), document(2, "changed"))];
                        assert_eq!(collections.replace_documents(place, &change).await, Ok(1));
                    }
                    "own gone" | "twin gone" => {
                        assert_eq!(collections.remove_documents(place, &[document(2, text)]).await, Ok(1));
                    }
                    "own anew" => {
                        collections.insert_documents(place, &[document(2, "new")]).await.expect("inserted");
                    }
                    "forged" => pairs[2].seen.proof = pairs[1].seen.proof.clone(),
                    "twice" => pairs[2] = pairs[1].clone(),
                    _ => pairs.clear(),
                }
                let before = scene.at.look().await;
                let choices = each(pairs.iter().map(|pair| (pair, decision)));
                for answer in
                    [scene.dry_run(&choices).await.map(drop), scene.decide(&choices).await.map(drop)]
                {
                    let is_refused = match what {
                        "twice" | "none" => matches!(answer, Err(AppError::NotFound { .. })),
                        _ => answer == Err(AppError::FactsChanged),
                    };
                    assert!(is_refused, "{store:?} {decision:?} {what}: {answer:?}");
                }
                let now = scene.at.look().await;
                assert_eq!(now.collections, before.collections, "{store:?} {decision:?} {what}");
            }
        }
        // Both at once is neither.
        let both = MendChoices { twins: Some(Vec::new()), ..all(TwinDecision::Keep) };
        assert!(matches!(scene.decide(&both).await, Err(AppError::NotFound { .. })), "{store:?}");
        assert!(matches!(scene.decide(&MendChoices::default()).await, Err(AppError::NotFound { .. })));
        scene.workspace.remove().await;
    }
}

/// Changes a document at the moment of the first look after the entry in the record.
#[derive(Clone)]
struct Meanwhile {
    ports: Ports,
    at: CollectionName,
    is_done: Arc<Mutex<bool>>,
}

impl Policy for Meanwhile {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let is_now = matches!(call.name, "collections.replace_documents" | "collections.remove_documents");
        if is_now && !std::mem::replace(&mut *self.is_done.lock(), true) {
            for text in ["same", "another"] {
                let change = [(document(1, text), document(1, "changed"))];
                self.ports.collections.replace_documents(&self.at, &change).await.expect("changed");
            }
        }
        store.await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_while_it_is_decided_is_kept() {
    for store in STORES {
        let mut scene = Scene::open(store, FindingKind::KeptTwins).await;
        for (number, decision) in (0..).zip(DECISIONS) {
            for (of_own, is_all) in [(true, false), (false, false), (true, true), (false, true)] {
                scene.next(&format!("meanwhile-{number}-{of_own}-{is_all}")).await;
                scene.put(&documents(0..3, "same"), &documents(0..3, "another")).await;
                let (pairs, _) = scene.pairs().await;
                let at = if of_own { scene.own.clone() } else { scene.other.clone() };
                let meanwhile = Meanwhile { ports: scene.ports().clone(), at, is_done: Arc::default() };
                let ports = scene.ports().clone().under(meanwhile);
                let run = Run { instance: format!("run-{number}-{of_own}-{is_all}"), ..Run::default() };
                let console = Console::run(ports, &scene.workspace.clock, run);
                let choices =
                    if is_all { all(decision) } else { each(pairs.iter().map(|pair| (pair, decision))) };
                let answer = scene.decide_on(&console, &choices).await.map(drop);
                let what = format!("{store:?} {decision:?}, own {of_own}, all {is_all}: {answer:?}");
                let (own, other) = scene.with("changed").await;
                assert_eq!((own.len(), other.len()), (usize::from(of_own), usize::from(!of_own)), "{what}");
                // Keeping what the collection has, or having both, is right whatever it has.
                let is_right = of_own && decision != TwinDecision::Take;
                assert_eq!(answer.is_ok(), is_right, "{what}");
            }
        }
        scene.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_about_many_is_bounded_and_so_is_its_dry_run() {
    for store in STORES {
        let mut scene = Scene::open(store, FindingKind::KeptTwins).await;
        scene.put(&documents(0..300, "same"), &documents(0..300, "another")).await;
        let questions = Questions::default();
        let ports = scene.ports().clone().under(questions.clone());
        scene.console = Console::run(ports, &scene.workspace.clock, Run::default());
        let shown = scene.dry_run(&all(TwinDecision::Take)).await.expect("a dry run");
        let asked = questions.others.lock().clone();
        assert_eq!(asked.get("collections.documents_after"), Some(&1), "{store:?}: {asked:?}");
        assert_eq!(asked.get("collections.documents"), None, "{store:?}: {asked:?}");
        let named = (0..300)
            .filter(|number| shown.commands.iter().any(|command| command.contains(&id(*number).to_hex())));
        assert_eq!(named.count(), TWINS_NAMED, "{store:?}");
        assert!(shown.commands.iter().any(|command| command.contains("290 more")), "{:?}", shown.commands);
        assert!(shown.commands.len() < 2 * TWINS_NAMED + 6, "{store:?}: {}", shown.commands.len());
        questions.others.lock().clear();
        let mended = scene.decide(&all(TwinDecision::Take)).await.expect("taken");
        // A few at a time: never all of them in one write.
        let asked = questions.others.lock().clone();
        assert_eq!(asked.get("collections.replace_documents"), Some(&6), "{store:?}: {asked:?}");
        assert_eq!(asked.get("collections.remove_documents"), Some(&6), "{store:?}: {asked:?}");
        assert_eq!(asked.get("collections.documents"), None, "{store:?}: {asked:?}");
        assert_eq!(scene.with("another").await.0.len(), 300, "{store:?}");
        let entry = scene.ports().activity.find(mended.entry).await.expect("a look").expect("an entry");
        assert_eq!(entry.entry.changes[0].before.as_deref(), Some("300"), "{store:?}");
        scene.at.look().await.require_good("all taken");
        scene.workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_document_is_neither_thrown_away_unseen_nor_lost_to_a_rule() {
    for store in STORES {
        let mut scene = Scene::open(store, FindingKind::KeptTwins).await;
        // Keeping what the collection has, where it has nothing any more.
        scene.put(&documents(0..2, "same"), &documents(0..3, "another")).await;
        let mended = scene.decide(&all(TwinDecision::Keep)).await.expect("kept");
        assert!(mended.stays_open, "{store:?}: one waits");
        assert_eq!(scene.with("another").await, (vec![], vec![seen_id(2)]), "{store:?}");
        let (pairs, _) = scene.pairs().await;
        assert!(pairs[0].left.is_none());
        scene.decide(&each([(&pairs[0], TwinDecision::Keep)])).await.expect("seen, and thrown away");
        assert_eq!(scene.with("another").await, (vec![], vec![]), "{store:?}");

        // A twin that the collection's rules refuse takes nobody's place.
        scene.next("ruled").await;
        let odd = doc! { "_id": id(0), "text": "another", "created_at": "yesterday" };
        scene.put(&documents([0], "same"), &[odd.to_vec().expect("bytes")]).await;
        for decision in [TwinDecision::Take, TwinDecision::Both] {
            let refused = scene.decide(&all(decision)).await.map(drop);
            assert!(refused.is_err(), "{store:?} {decision:?}: {refused:?}");
            let (own, other) = (scene.with("same").await.0, scene.with("another").await.1);
            assert_eq!((own.len(), other.len()), (1, 1), "{store:?} {decision:?}: nothing is lost");
        }

        // A twin that an interrupted decision has put into the collection is not put there once more.
        scene.next("there").await;
        scene.put(&documents([0], "another"), &documents([0], "another")).await;
        scene.decide(&all(TwinDecision::Both)).await.expect("decided");
        assert_eq!(scene.with("another").await, (vec![seen_id(0)], vec![]), "{store:?}");

        // An empty collection, as a crash leaves it after the last decision.
        scene.next("empty").await;
        let mended = scene.decide(&all(TwinDecision::Keep)).await.expect("dropped");
        assert!(!mended.stays_open, "{store:?}");
        assert!(!scene.at.look().await.collections.contains_key(scene.other.as_str()), "{store:?}");
        scene.workspace.remove().await;
    }
}

/// The `_id` as the checker has it.
fn seen_id(number: u32) -> String {
    let alone = doc! { "_id": id(number) }.to_vec().expect("bytes");
    alone.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A store dies at each write of a decision, or loses one response; whoever decides again ends it.
async fn survives(store: StoreKind, decision: TwinDecision, is_all: bool) {
    let mut scene = Scene::open(store, FindingKind::KeptTwins).await;
    let (mut number, mut faults) = (0, 0);
    for side in [Moment::Before, Moment::After] {
        for aftermath in [Aftermath::Dead, Aftermath::Recovers] {
            for write in 1..MANY {
                number += 1;
                scene.next(&format!("acme-{number}")).await;
                // More than are decided at a time.
                scene.put(&documents(0..120, "same"), &documents(0..120, "another")).await;
                let (pairs, _) = scene.pairs().await;
                let choose = |pairs: &[ComparedPair]| match is_all {
                    true => all(decision),
                    false => each(pairs.iter().map(|pair| (pair, decision))),
                };
                let fault = Fault { write, moment: side, aftermath };
                let what = format!("{store:?} {decision:?} all {is_all} {fault:?}");
                let faulty = FaultyStore::over(&scene.workspace.ports, fault);
                let run = Run { instance: format!("run-{number}"), ..Run::default() };
                let console = Console::run(faulty.ports(), &scene.workspace.clock, run);
                let answer = scene.decide_on(&console, &choose(&pairs)).await.map(drop);
                drop(console);
                let met = faulty.was_met();
                if met {
                    faults += 1;
                    // Nobody is nowhere: one document of each `_id` in the collection, and no twin gone too early.
                    let contents = scene.at.look().await;
                    let own = &contents.collections[scene.own.as_str()].documents;
                    let there = (0..120).filter(|number| own.contains_key(&seen_id(*number))).count();
                    assert_eq!(there, 120, "{what}: a document is nowhere");
                    let taken = with_text(&contents, &scene.own, "another").len();
                    let waiting = with_text(&contents, &scene.other, "another").len();
                    match decision {
                        TwinDecision::Keep => assert_eq!(own.len(), 120, "{what}"),
                        TwinDecision::Take | TwinDecision::Both => assert!(taken + waiting >= 120, "{what}"),
                    }
                    // Again, as they are shown now.
                    if contents.collections.contains_key(scene.other.as_str()) {
                        let (left, _) = scene.pairs().await;
                        let again = if left.is_empty() { all(decision) } else { choose(&left) };
                        let done = scene.decide(&again).await;
                        assert!(done.is_ok_and(|done| !done.stays_open), "{what}: again");
                    }
                } else {
                    assert_eq!(answer, Ok(()), "{what}");
                }
                let good = scene.at.look().await;
                good.require_good(&what);
                assert!(!good.collections.contains_key(scene.other.as_str()), "{what}: all are decided");
                let of = |text: &str| with_text(&good, &scene.own, text).len();
                let wanted = match decision {
                    TwinDecision::Keep => (120, 0),
                    TwinDecision::Take => (0, 120),
                    TwinDecision::Both => (120, 120),
                };
                assert_eq!((of("same"), of("another")), wanted, "{what}");
                if !met {
                    break;
                }
                assert!(write < MANY - 1, "{what}: it must end");
            }
        }
    }
    println!("{decision:?}, all {is_all}, on {store:?}: {faults} crashes");
    assert!(faults >= 4 * 4, "{faults}");
    scene.workspace.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deciding_about_all_survives_a_crash_at_any_write() {
    for store in STORES {
        for decision in DECISIONS {
            survives(store, decision, true).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deciding_about_several_survives_a_crash_at_any_write() {
    for store in STORES {
        for decision in DECISIONS {
            survives(store, decision, false).await;
        }
    }
}
