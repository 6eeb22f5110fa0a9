//! Two consoles in two processes act on one thing at once. Whoever is quicker wins, nobody is half-done, and what was
//! answered is what there is.

use std::collections::BTreeSet;
use std::sync::Arc;

use tenantry_core::limits::STEP_PENDING;
use tenantry_core::records::RecoveryOutcome;
use tenantry_tests::acts::Act;
use tenantry_tests::checker::{Contents, Whereabouts};
use tenantry_tests::console::{Console, OPERATOR, Run};
use tenantry_tests::victim::{Opening, Said, Side, Stop, Victim};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

use crate::Part;
use crate::cases::{is_active, tenant, word};
use crate::counts::Counts;
use crate::kills::STORES;

/// Creates of one name at once.
const CREATES: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Race {
    CrossingRenames,
    FollowingRenames,
    Creates,
    TrashAndRename,
    RestoreAndCreate,
    DeleteAndRestore,
    DeactivateAndChange,
    RenameAndCreate,
    TrashAndCreate,
    Recoveries,
}

impl Race {
    const ALL: [Self; 10] = [
        Self::CrossingRenames,
        Self::FollowingRenames,
        Self::Creates,
        Self::TrashAndRename,
        Self::RestoreAndCreate,
        Self::DeleteAndRestore,
        Self::DeactivateAndChange,
        Self::RenameAndCreate,
        Self::TrashAndCreate,
        Self::Recoveries,
    ];
}

pub fn parts(counts: &Arc<Counts>) -> Vec<Part> {
    let part = |kind: StoreKind| {
        let counts = counts.clone();
        Part::new(format!("races/{}", word(kind)), async move {
            for race in Race::ALL {
                run(kind, race, &counts).await;
            }
        })
    };
    STORES.into_iter().map(part).collect()
}

type Answers = [Vec<Result<(), String>>; 2];

async fn run(kind: StoreKind, race: Race, counts: &Counts) {
    let workspace = TestWorkspace::open(kind).await;
    let console = Console::on(&workspace);
    console.operator().await;
    let operator = console.sign_in(OPERATOR).await;
    let opening = |installation: &str, instance: String, stop| Opening {
        installation: installation.to_owned(),
        stop,
        ..Opening::of(&workspace, &operator, instance)
    };
    // As a person would have them: a file is then changed in whole acts.
    let whole =
        |installation: &str| Opening { whole: true, ..opening(installation, format!("{race:?}"), None) };
    let one = Victim::start(&whole("this-computer")).await;
    let other = Victim::start(&whole("another-computer")).await;
    let mut consoles = [one, other];
    let rounds = if race == Race::Creates { counts.of(1, 20) } else { counts.of(8, 150) };
    for number in 0..rounds {
        let mut ids = [String::new(), String::new()];
        for (id, letter) in ids.iter_mut().zip(["a", "b"]) {
            let text = format!("{letter}-{number}x");
            *id = tenant(&workspace, &console, &operator.actor, &text).await.id.to_hex();
        }
        let is_trashed = matches!(race, Race::RestoreAndCreate | Race::DeleteAndRestore);
        if is_trashed {
            let trash = Act::Trash { id: ids[0].clone() };
            trash.carry_out(&console, &operator.actor).await.expect("trashed");
        }
        if race == Race::Recoveries {
            // Of a third computer, whose lease is over for both.
            let stop = Some(Stop { write: 3 + number % 4, side: Side::After });
            let mut dead = Victim::start(&opening("third-computer", format!("dead-{number}"), stop)).await;
            dead.ask(&[Act::Trash { id: ids[0].clone() }]).await;
            assert!(matches!(dead.hears().await, Said::Stands { .. }), "it is killed in the middle");
            dead.kill().await;
            workspace.pass(tenantry_core::limits::OPERATION_LEASE).await;
        }
        let at = Whereabouts::of(&workspace);
        let before = at.look().await;
        let asked = acts(race, number, &ids);
        for (console, acts) in consoles.iter_mut().zip(&asked) {
            console.ask(acts).await;
        }
        let mut answers: Answers = [Vec::new(), Vec::new()];
        for (console, answers) in consoles.iter_mut().zip(&mut answers) {
            match console.hears().await {
                Said::Answers(heard) => *answers = heard,
                other => panic!("{other:?} where answers were to come"),
            }
        }
        let what = format!("{kind:?} {race:?} {asked:?}: {answers:?}");
        settle(&workspace, &what, number).await;
        let now = at.look().await;
        counts.looked(&now);
        counts.races.up();
        assert_eq!(now.problems(), Vec::<String>::new(), "{what}");
        let is_deleted = race == Race::DeleteAndRestore && answers[0] == [Ok(())];
        if !is_deleted {
            assert_eq!(now.lost_since(&before), Vec::<String>::new(), "{what}");
        }
        own_documents(&ids, &before, &now, &what);
        judge(race, number, &ids, &answers, &now, &what);
        let record = at.record().await;
        assert_eq!(record.problems(), Vec::<String>::new(), "{what}");
        assert_eq!(record.untold(&before, &now), Vec::<String>::new(), "{what}");
    }
    for console in consoles {
        console.kill().await;
    }
    workspace.remove().await;
}

fn acts(race: Race, number: u32, [a, b]: &[String; 2]) -> [Vec<Act>; 2] {
    let name = |letter: &str| format!("{letter}-{number}x");
    let rename = |id: &String, to: &str| Act::Rename { id: id.clone(), to: name(to) };
    let create = |letter: &str| Act::Create { name: name(letter) };
    let restore = || Act::Restore { id: a.clone(), to: None };
    let trash = || Act::Trash { id: a.clone() };
    match race {
        Race::CrossingRenames => [vec![rename(a, "b")], vec![rename(b, "a")]],
        Race::FollowingRenames => [vec![rename(a, "b")], vec![rename(b, "c")]],
        Race::Creates => {
            let half = || (0..CREATES / 2).map(|_| create("new")).collect();
            [half(), half()]
        }
        Race::TrashAndRename => [vec![trash()], vec![rename(a, "c")]],
        Race::RestoreAndCreate => [vec![restore()], vec![create("a")]],
        Race::DeleteAndRestore => {
            [vec![Act::DeleteForever { id: a.clone(), name: name("a") }], vec![restore()]]
        }
        Race::DeactivateAndChange => {
            let email = format!("changed-{number}@example.com");
            [vec![Act::Deactivate { id: a.clone() }], vec![Act::Change { id: a.clone(), email }]]
        }
        Race::RenameAndCreate => [vec![rename(a, "c")], vec![create("c")]],
        Race::TrashAndCreate => [vec![trash()], vec![create("a")]],
        Race::Recoveries => [vec![Act::Open], vec![Act::Open]],
    }
}

/// What answers that came too late left is settled by the next start, as after a crash.
async fn settle(workspace: &TestWorkspace, what: &str, number: u32) {
    workspace.pass(STEP_PENDING).await;
    workspace.pass(tenantry_core::limits::OPERATION_LEASE).await;
    let run = Run { instance: format!("next-{number}"), ..Run::default() };
    let next = Console::run(workspace.reopened().await, &workspace.clock, run);
    for one in next.access.prepare().await.expect("the workspace opens").recovered {
        let is_settled = matches!(one.outcome, RecoveryOutcome::Finished | RecoveryOutcome::Undone);
        assert!(is_settled, "{what}: {one:?}");
    }
}

/// Each organization has its own documents, wherever it is, and no others.
fn own_documents(ids: &[String], before: &Contents, now: &Contents, what: &str) {
    for id in ids {
        let [was, is] = [before, now].map(|contents| {
            let live = contents.live.get(id).map(|live| live.collection_name.clone());
            let place =
                live.or_else(|| contents.trash.get(id).and_then(|trashed| trashed.collection.clone()));
            place.and_then(|place| contents.collections.get(&place)).map(|found| found.documents.clone())
        });
        // After a kill, its place can be empty at first; what is lost is looked for elsewhere.
        assert!(is.is_none() || was.is_none() || is == was, "{what}: the documents of {id}");
    }
    let known: BTreeSet<&String> = ids.iter().collect();
    for (id, organization) in
        now.live.iter().filter(|(id, _)| !known.contains(id) && !before.live.contains_key(*id))
    {
        let documents = &now.collections[&organization.collection_name].documents;
        assert!(documents.is_empty(), "{what}: the new {id} has somebody's documents");
    }
}

fn judge(race: Race, number: u32, [a, b]: &[String; 2], answers: &Answers, now: &Contents, what: &str) {
    let name = |letter: &str| format!("{letter}-{number}x");
    let named = |id: &String| now.live.get(id).map(|live| live.name.clone());
    let done = |of: usize| answers[of].iter().filter(|answer| answer.is_ok()).count();
    let [one, other] = [done(0), done(1)];
    match race {
        Race::CrossingRenames => {
            assert_eq!([named(a), named(b)], [Some(name("a")), Some(name("b"))], "{what}");
            assert_eq!([one, other], [0, 0], "{what}: each name was taken");
        }
        Race::FollowingRenames => {
            assert_eq!(named(a), Some(name(if one == 1 { "b" } else { "a" })), "{what}");
            assert_eq!(named(b), Some(name("c")), "{what}: nothing was in its way");
            assert_eq!(other, 1, "{what}");
        }
        Race::Creates => {
            assert_eq!(one + other, 1, "{what}: exactly one wins");
            let there = now.live.values().filter(|live| live.name == name("new")).count();
            assert_eq!(there, 1, "{what}");
        }
        Race::TrashAndRename => {
            assert!(one + other >= 1, "{what}: somebody gets on");
            assert_eq!(now.trash.contains_key(a), one == 1, "{what}");
            let expected = name(if other == 1 { "c" } else { "a" });
            let found =
                named(a).or_else(|| now.trash.get(a).map(|trashed| trashed.organization.name.clone()));
            assert_eq!(found, Some(expected), "{what}");
        }
        Race::RestoreAndCreate => {
            assert!(one + other <= 1, "{what}: the name is one's at most");
            assert_eq!(now.live.contains_key(a), one == 1, "{what}");
            assert_eq!(now.trash.contains_key(a), one == 0, "{what}");
        }
        Race::DeleteAndRestore => {
            assert_eq!(one + other, 1, "{what}");
            assert_eq!(now.live.contains_key(a), other == 1, "{what}");
            assert!(!now.trash.contains_key(a), "{what}");
        }
        Race::DeactivateAndChange => {
            assert_eq!([one, other], [1, 1], "{what}: they have nothing to do with each other");
            let live = &now.live[a];
            assert!(!is_active(live), "{what}");
            assert_eq!(live.admin_email, format!("changed-{number}@example.com"), "{what}");
        }
        Race::RenameAndCreate => {
            assert!(one + other <= 1, "{what}: the name is one's at most");
            assert_eq!(named(a), Some(name(if one == 1 { "c" } else { "a" })), "{what}");
        }
        Race::TrashAndCreate => {
            assert_eq!(one, 1, "{what}: nothing is in its way");
            assert!(now.trash.contains_key(a), "{what}");
            let there = now.live.values().filter(|live| live.name == name("a")).count();
            assert_eq!(there, other, "{what}");
        }
        Race::Recoveries => {
            assert_eq!([one, other], [1, 1], "{what}");
        }
    }
}
