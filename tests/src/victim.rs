//! A process of its own that opens a workspace as the program does and carries out acts, so that it can really be
//! killed: at a write that was chosen, or whenever its parent likes.
//!
//! Parent and victim talk in lines of JSON: acts go in at standard input, and what became of them comes out.

use std::env;
use std::future::pending;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tenantry_core::clock::ManualClock;
use tenantry_core::error::{AppError, StoreError};
use tenantry_core::ports::{Call, Policy};
use tenantry_core::rights::Actor;
use tenantry_core::sessions::{Freshness, Session};
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use crate::acts::Act;
use crate::checker::Whereabouts;
use crate::console::{Console, Run};
use crate::pair::Pair;
use crate::workspace::{TestWorkspace, open_at};

/// The variable that makes a test program a victim; its value is the [`Opening`].
const OPENING: &str = "TENANTRY_VICTIM";
/// How long a parent waits for a line. What hangs fails instead.
const PATIENCE: Duration = Duration::from_secs(60);

/// The side of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// It was not sent.
    Before,
    /// The store has carried it out.
    After,
}

/// A write at which the victim stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Its number, counted from 1 over all ports, once acts were asked for.
    pub write: u32,
    /// The side of it.
    pub side: Side,
}

/// What a victim opens, and who works there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Opening {
    /// The workspace.
    pub at: Whereabouts,
    /// The installation that it is a run of.
    pub installation: String,
    /// The run.
    pub instance: String,
    /// The token of an operator's session.
    pub token: String,
    /// Where it stands still.
    pub stop: Option<Stop>,
    /// Whether the store may carry out whole acts, as it does where nobody counts its writes.
    pub whole: bool,
    /// The workspace that it has open beside this one.
    pub beside: Option<Beside>,
}

/// The other workspace of a victim that copies and moves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Beside {
    /// The workspace.
    pub at: Whereabouts,
    /// The token of an operator's session.
    pub token: String,
    /// The folder of the notes about moves.
    pub notes: PathBuf,
}

/// What a victim works on.
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
enum Worker {
    One(Box<Console>, Actor),
    Two(Box<Pair>),
}

impl Worker {
    async fn carry_out(&self, act: &Act) -> Result<(), AppError> {
        match self {
            Self::One(console, operator) => act.carry_out(console, operator).await,
            Self::Two(pair) => pair.carry_out(act).await,
        }
    }
}

impl Opening {
    /// A run of this computer's installation on a workspace.
    ///
    /// # Panics
    /// When the workspace is in memory.
    pub fn of(workspace: &TestWorkspace, operator: &Session, instance: impl Into<String>) -> Self {
        Self {
            at: Whereabouts::of(workspace),
            installation: Run::default().installation.to_owned(),
            instance: instance.into(),
            token: operator.token.expose_secret().to_owned(),
            stop: None,
            whole: false,
            beside: None,
        }
    }

    /// Opens a workspace, and finds out who works there.
    async fn open(&self, at: &Whereabouts, token: &str, point: &FailPoint) -> (Console, Actor) {
        let clock = Arc::new(ManualClock::at(OffsetDateTime::now_utc()));
        let ports = open_at(at, &clock).await.expect("the workspace opens");
        let ports = if self.whole { ports } else { ports.under(point.clone()) };
        // It lives as long as its process.
        let installation = self.installation.clone().leak();
        let run = Run { installation, instance: self.instance.clone(), ..Run::default() };
        let console = Console::run(ports, &clock, run);
        console.access.follow().await.expect("what operators permit is read");
        let token = SecretString::from(token);
        let operator = console.sessions.authorize(&token, Freshness::Now).await.expect("a good session");
        (console, operator)
    }
}

/// What a victim says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// The workspace is open.
    Ready,
    /// It stands still at this write, and nothing of it is under way.
    Stands {
        /// The port and the method.
        at: String,
    },
    /// What became of the acts, in their order: an error as text.
    Answers(Vec<Result<(), String>>),
}

/// Whether this process is a victim. Then it has done its work when this returns.
///
/// # Panics
/// When the parent's order makes no sense, or the workspace can't be opened: the parent sees it end.
pub fn was_one() -> bool {
    let Ok(opening) = env::var(OPENING) else { return false };
    let opening: Opening = serde_json::from_str(&opening).expect("an opening");
    let (sender, orders) = mpsc::unbounded_channel();
    // A thread, because standard input can't be read without blocking. Its end is the parent's.
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            sender.send(line).expect("the victim lives");
        }
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(work(opening, orders));
    true
}

async fn work(opening: Opening, mut orders: mpsc::UnboundedReceiver<String>) {
    let point = FailPoint::at(opening.stop);
    let (console, operator) = opening.open(&opening.at, &opening.token, &point).await;
    let worker = match &opening.beside {
        None => Worker::One(Box::new(console), operator),
        Some(Beside { at, token, notes }) => {
            let there = opening.open(at, token, &point).await;
            Worker::Two(Box::new(Pair::of((console, operator), there, notes.clone()).await))
        }
    };
    let worker = Arc::new(worker);
    say(&Said::Ready);
    while let Some(order) = orders.recv().await {
        let acts: Vec<Act> = serde_json::from_str(&order).expect("acts");
        point.0.armed.store(true, Ordering::SeqCst);
        let under_way: Vec<_> = acts
            .into_iter()
            .map(|act| {
                let worker = worker.clone();
                tokio::spawn(async move { worker.carry_out(&act).await })
            })
            .collect();
        let mut answers = Vec::new();
        for one in under_way {
            let answer = one.await.expect("an act ends");
            answers.push(answer.map_err(|error| format!("{error:?}")));
        }
        say(&Said::Answers(answers));
    }
}

fn say(said: &Said) {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", serde_json::to_string(said).expect("JSON")).expect("the parent listens");
    output.flush().expect("the parent listens");
}

/// Stands still at a write, so that the process can be killed there.
#[derive(Clone)]
struct FailPoint(Arc<Point>);

struct Point {
    stop: Option<Stop>,
    armed: AtomicBool,
    writes: AtomicU32,
    under_way: AtomicU32,
    stands: AtomicBool,
}

impl FailPoint {
    fn at(stop: Option<Stop>) -> Self {
        Self(Arc::new(Point {
            stop,
            armed: AtomicBool::new(false),
            writes: AtomicU32::new(0),
            under_way: AtomicU32::new(0),
            stands: AtomicBool::new(false),
        }))
    }

    async fn passed<T>(&self, store: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.0.under_way.fetch_add(1, Ordering::SeqCst);
        let answer = store.await;
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
        answer
    }

    /// Says where it stands, and stands. What was sent at the same time is let finish first, so that the parent kills
    /// at this very write; `killed while writing` is another part of the campaign.
    async fn stand(&self, at: &str) -> ! {
        self.0.stands.store(true, Ordering::SeqCst);
        while self.0.under_way.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        say(&Said::Stands { at: at.to_owned() });
        pending().await
    }
}

impl Policy for FailPoint {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if self.0.stands.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
        if !call.writes || !self.0.armed.load(Ordering::SeqCst) {
            return self.passed(store).await;
        }
        let write = self.0.writes.fetch_add(1, Ordering::SeqCst) + 1;
        match self.0.stop.filter(|stop| stop.write == write) {
            None => self.passed(store).await,
            Some(stop) => {
                if stop.side == Side::After {
                    // Refused or not: it is over.
                    let _ = self.passed(store).await;
                }
                self.stand(call.name).await
            }
        }
    }
}

/// A victim, as its parent has it. It is killed with the parent, too.
pub struct Victim {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Victim {
    /// Starts this very program as a victim; returns once it has opened the workspace.
    ///
    /// # Panics
    /// When it does not.
    pub async fn start(opening: &Opening) -> Self {
        let program = env::current_exe().expect("this program has a path");
        let mut process = Command::new(program)
            .env(OPENING, serde_json::to_string(opening).expect("JSON"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let input = process.stdin.take().expect("a pipe");
        let output = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let mut victim = Self { process, input, output };
        assert_eq!(victim.hears().await, Said::Ready, "a victim opens the workspace first");
        victim
    }

    /// Asks for acts, all at once.
    ///
    /// # Panics
    /// When it no longer exists.
    pub async fn ask(&mut self, acts: &[Act]) {
        let order = format!("{}\n", serde_json::to_string(acts).expect("JSON"));
        self.input.write_all(order.as_bytes()).await.expect("the victim listens");
        self.input.flush().await.expect("the victim listens");
    }

    /// What it says next.
    ///
    /// # Panics
    /// When it ended, or says nothing for a minute.
    pub async fn hears(&mut self) -> Said {
        let line = tokio::time::timeout(PATIENCE, self.output.next_line()).await;
        let line =
            line.expect("a victim that hangs").expect("a pipe").expect("a victim that ended by itself");
        serde_json::from_str(&line).expect("a line of a victim")
    }

    /// Asks for acts and waits for what becomes of them.
    ///
    /// # Panics
    /// As [`hears`](Self::hears), and when it stands still.
    pub async fn answers(&mut self, acts: &[Act]) -> Vec<Result<(), String>> {
        self.ask(acts).await;
        match self.hears().await {
            Said::Answers(answers) => answers,
            other => panic!("{other:?} where answers were to come"),
        }
    }

    /// Ends it by SIGKILL, and waits until it is gone.
    ///
    /// # Panics
    /// When the system refuses.
    pub async fn kill(mut self) {
        self.process.kill().await.expect("it is killed");
    }
}
