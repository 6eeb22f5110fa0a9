//! A process is killed inside a transaction of the file: after a statement and before the commit, wherever an act
//! changes a row. The statement finds a trigger there that never ends.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};
use tenantry_core::clock::Clock;
use tenantry_tests::victim::{Opening, Victim};
use tenantry_tests::workspace::StoreKind;

use crate::Part;
use crate::cases::Case;
use crate::counts::Counts;
use crate::kills::{Killed, Stage};

/// For how long the file is to be locked without a break, before the victim is taken to hang.
const HANGS: Duration = Duration::from_millis(40);
/// How long anything takes on a busy computer.
const PATIENCE: Duration = Duration::from_secs(60);
/// What can happen to a row.
const VERBS: [&str; 3] = ["INSERT", "UPDATE", "DELETE"];
/// Rows that a query makes up, without an end.
const ENDLESS: &str =
    "SELECT max(n) FROM (WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up) SELECT n FROM up)";

/// A change of a row: the table, and what happens to it.
type Change = (String, &'static str);

pub fn parts(counts: &Arc<Counts>) -> Vec<Part> {
    let part = |case: Case| {
        let counts = counts.clone();
        let name = format!("transactions/{case:?}");
        Part::new(name.clone(), async move {
            let mut stage = Stage::open(StoreKind::SqliteOnFile, case, &counts, &name).await;
            for change in changes(&mut stage).await {
                dies_inside(&mut stage, &change, &counts).await;
            }
            stage.end().await;
        })
    };
    // Sixty samples take long, and change what other acts change.
    Case::ALL.into_iter().filter(|case| *case != Case::LoadSamples).map(part).collect()
}

fn file(stage: &Stage) -> PathBuf {
    stage.set.workspace.file().expect("it is in a file")
}

fn open(stage: &Stage) -> Connection {
    let connection = Connection::open(file(stage)).expect("another writer");
    connection.busy_timeout(PATIENCE).expect("it waits");
    connection
}

fn tables(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
               AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE '%search%'";
    let mut statement = connection.prepare(sql).expect("a statement");
    let names = statement.query_map([], |row| row.get(0)).expect("rows");
    names.collect::<Result<_, _>>().expect("names")
}

/// The changes that an act makes, as triggers note them.
async fn changes(stage: &mut Stage) -> BTreeSet<Change> {
    let (scene, before) = stage.scene().await;
    // Before the triggers: what opening changes is no part of the act.
    let mut victim = Victim::start(&Opening { whole: true, ..stage.opening(None, "-noted") }).await;
    let connection = open(stage);
    let tables = tables(&connection);
    connection.execute_batch("CREATE TABLE noted (tbl TEXT, verb TEXT)").expect("created");
    for table in &tables {
        for verb in VERBS {
            let sql = format!(
                "CREATE TRIGGER note_{verb}_{table} AFTER {verb} ON {table} BEGIN \
                 INSERT INTO noted VALUES ('{table}', '{verb}'); END"
            );
            connection.execute_batch(&sql).expect("created");
        }
    }
    let answers = victim.answers(std::slice::from_ref(&scene.act)).await;
    assert_eq!(answers, [Ok(())], "{:?}", scene.act);
    victim.kill().await;
    for table in &tables {
        for verb in VERBS {
            connection.execute_batch(&format!("DROP TRIGGER note_{verb}_{table}")).expect("dropped");
        }
    }
    let noted = {
        let mut statement = connection.prepare("SELECT DISTINCT tbl, verb FROM noted").expect("a statement");
        let noted = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).expect("rows");
        let verb = |found: String| VERBS.into_iter().find(|verb| *verb == found).expect("a verb");
        noted.map(|noted| noted.map(|(table, found)| (table, verb(found))).expect("a change")).collect()
    };
    connection.execute_batch("DROP TABLE noted").expect("dropped");
    drop(connection);
    stage.settles(&scene, &before, &format!("{:?} in transactions", scene.act), Killed::Not).await;
    noted
}

/// Kills the act once it has made a change that is not committed, and never will be.
async fn dies_inside(stage: &mut Stage, (table, verb): &Change, counts: &Counts) {
    let (scene, before) = stage.scene().await;
    let mut victim = Victim::start(&Opening { whole: true, ..stage.opening(None, "-inside") }).await;
    let connection = open(stage);
    let trigger = format!("CREATE TRIGGER hangs AFTER {verb} ON {table} BEGIN {ENDLESS}; END");
    connection.execute_batch(&trigger).expect("created");
    drop(connection);
    victim.ask(std::slice::from_ref(&scene.act)).await;
    await_hanging(&file(stage)).await;
    victim.kill().await;
    counts.inside.up();
    open(stage).execute_batch("DROP TRIGGER hangs").expect("the lock went with the process");
    let now = stage.set.workspace.clock.now();
    let what = format!("{:?} killed before it committed {verb} on {table}, {now}", scene.act);
    stage.settles(&scene, &before, &what, Killed::Still).await;
}

/// Waits until somebody keeps the file locked.
async fn await_hanging(file: &PathBuf) {
    let mut connection = Connection::open(file).expect("another writer");
    connection.busy_timeout(Duration::ZERO).expect("it does not wait");
    let end = Instant::now() + PATIENCE;
    let mut since = None;
    while Instant::now() < end {
        let is_locked = connection.transaction_with_behavior(TransactionBehavior::Immediate).is_err();
        match (is_locked, since) {
            (false, _) => since = None,
            (true, None) => since = Some(Instant::now()),
            (true, Some(begun)) if begun.elapsed() > HANGS => return,
            (true, Some(_)) => {}
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the victim never hangs");
}
