//! The connection test: seven steps, each with its time limit, up to the first that fails.
//!
//! Up to the handshake it opens connections of its own. The driver does not reveal which certificate a server showed,
//! what responded in a server's place, and which of several hosts failed how; here these are the point.

mod certificate;
mod encryption;
mod failed;
mod finding;
mod handshake;
mod look_up;
mod permissions;
mod proxy;
mod reach;
mod read;
mod redaction;
mod report;
mod sign_in;
mod stages;
mod tls;
mod wire;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use failed::Failed;
use handshake::Asking;
use redaction::Redactor;
use report::report;
use tenantry_core::AppError;
use tenantry_core::clock::Clock;
use tenantry_core::jobs::Cancellation;
use tokio::time::{Instant, timeout};

use crate::Secrets;
use crate::dns::NameOptions;

pub use finding::{Finding, FindingCode, FindingFacts};
pub use report::Diagnosis;
pub use stages::{Certificate, Stage, StageFacts, StageName, StageSink, StageState};

/// The time limit of a step.
pub const STAGE_LIMIT: Duration = Duration::from_secs(8);

/// The connection to test.
#[derive(Clone)]
pub struct TestRequest {
    /// The connection string, with masks for its secrets.
    pub connection_string: String,
    pub secrets: Secrets,
    /// The database that the workspace is in.
    pub database: String,
    /// How long a stage may take: [`STAGE_LIMIT`].
    pub limit: Duration,
    /// The DNS servers.
    pub names: NameOptions,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for TestRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the string: a malformed one may have a secret anywhere.
        f.debug_struct("TestRequest")
            .field("database", &self.database)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Tests a connection. A failed step is a finding, not an error; nothing is written to the database.
///
/// # Errors
/// `Cancelled`, at once, also in the middle of a step.
pub async fn diagnose(
    request: &TestRequest,
    sink: &dyn StageSink,
    cancellation: &Cancellation,
) -> Result<Diagnosis, AppError> {
    let at = request.clock.now();
    let started = Instant::now();
    let mut course = Course {
        sink,
        limit: request.limit,
        // Also secrets that were typed into the string and not taken out yet.
        redactor: Redactor::new([&request.secrets, &crate::read(&request.connection_string).secrets]),
        stages: StageName::ALL.iter().copied().map(Stage::waiting).collect(),
        finding: None,
        atlas: false,
    };
    tokio::select! {
        biased;
        () = cancellation.cancelled() => return Err(AppError::Cancelled),
        _ = course.run(request) => {}
    }
    let milliseconds = milliseconds(started.elapsed());
    let Course { stages, finding, redactor, .. } = course;
    let report = redactor.own(&report(at, &stages, finding.as_ref(), milliseconds));
    Ok(Diagnosis { stages, finding, milliseconds, report })
}

/// The result of a step for the next one, with its facts.
struct Passed<T> {
    value: T,
    facts: StageFacts,
}

struct Course<'a> {
    sink: &'a dyn StageSink,
    limit: Duration,
    redactor: Redactor,
    stages: Vec<Stage>,
    finding: Option<Finding>,
    atlas: bool,
}

impl Course<'_> {
    /// `None` if a step failed.
    async fn run(&mut self, request: &TestRequest) -> Option<()> {
        let target = self.stage(StageName::Read, |_| read::read(request)).await?;
        self.atlas = target.atlas;
        let looking_up = |deadline| look_up::look_up(target, request.names, deadline);
        let (mut target, hosts) = self.stage(StageName::LookUp, looking_up).await?;
        if request.names.name_server.is_some() {
            sign_in::put_addresses(&mut target.string, &hosts);
        }
        let reached = self.stage(StageName::Reach, |deadline| reach::reach(hosts, deadline)).await?;
        let (encryption, lines) = match target.tls.clone() {
            Some(options) => {
                let encrypting = |deadline| tls::encrypt(options, reached, deadline);
                self.stage(StageName::Tls, encrypting).await?
            }
            None => {
                self.skip(StageName::Tls);
                (None, reached)
            }
        };
        let redactor = self.redactor.clone();
        let introducing = |deadline| {
            let (encryption, names, now) = (encryption.as_ref(), request.names, request.clock.now());
            handshake::handshake(&target, lines, Asking { encryption, names, redactor, now, deadline })
        };
        let server = self.stage(StageName::Handshake, introducing).await?;
        let signed_in = if target.credential().is_some() {
            let redactor = self.redactor.clone();
            let signing_in =
                |deadline| sign_in::sign_in(&target, server, &request.database, redactor, deadline);
            Some(self.stage(StageName::SignIn, signing_in).await?)
        } else {
            self.skip(StageName::SignIn);
            None
        };
        let redactor = self.redactor.clone();
        let looking =
            |deadline| permissions::permissions(signed_in, &target, &request.database, redactor, deadline);
        self.stage(StageName::Permissions, looking).await
    }

    async fn stage<T, F>(&mut self, name: StageName, work: impl FnOnce(Instant) -> F) -> Option<T>
    where
        F: Future<Output = Result<Passed<T>, Failed>>,
    {
        self.note(name, StageState::Running, None, None);
        let started = Instant::now();
        // Waits inside end a little before the limit: they know better what they waited for.
        let deadline = started + self.limit.mul_f64(0.95);
        let outcome = timeout(self.limit, work(deadline)).await;
        let took = milliseconds(started.elapsed());
        match outcome {
            Ok(Ok(Passed { value, facts })) => {
                self.note(name, StageState::Passed, Some(took), Some(facts));
                Some(value)
            }
            Ok(Err(failed)) => {
                self.fail(name, Some(took), failed);
                None
            }
            Err(_) => {
                let technical = format!("stopped after {took} ms");
                self.fail(name, Some(took), Failed::new(FindingCode::TookTooLong, technical));
                None
            }
        }
    }

    fn skip(&mut self, name: StageName) {
        self.note(name, StageState::Skipped, None, None);
    }

    fn fail(&mut self, name: StageName, took: Option<u32>, failed: Failed) {
        let Failed { code, mut facts, technical, stage_facts, tab } = failed;
        facts.atlas = self.atlas;
        self.finding = Some(Finding {
            code,
            stage: name,
            tab: tab.unwrap_or_else(|| code.tab()),
            facts: *facts,
            technical: self.redactor.own(&technical),
        });
        self.note(name, StageState::Failed, took, stage_facts.map(|facts| *facts));
        for later in StageName::ALL {
            if self.stages.iter().any(|stage| stage.name == *later && stage.state == StageState::Waiting) {
                self.note(*later, StageState::NotRun, None, None);
            }
        }
    }

    fn note(
        &mut self,
        name: StageName,
        state: StageState,
        milliseconds: Option<u32>,
        facts: Option<StageFacts>,
    ) {
        if let Some(stage) = self.stages.iter_mut().find(|stage| stage.name == name) {
            *stage = Stage { name, state, milliseconds, facts };
            self.sink.stage(stage);
        }
    }
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
