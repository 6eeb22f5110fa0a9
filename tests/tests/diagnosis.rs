//! The connection test: makes every finding happen, with real servers, real names, real certificates, and small
//! listeners for what no current server does.

#[path = "diagnosis/encryption.rs"]
mod encryption;
#[path = "diagnosis/good.rs"]
mod good;
#[path = "diagnosis/names.rs"]
mod names;
#[path = "diagnosis/ports.rs"]
mod ports;
#[path = "diagnosis/proxies.rs"]
mod proxies;
#[path = "diagnosis/rules.rs"]
mod rules;
#[path = "diagnosis/servers.rs"]
mod servers;
#[path = "diagnosis/users.rs"]
mod users;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenantry_connection::diagnosis::{
    Diagnosis, Finding, FindingCode, Stage, StageName, StageSink, StageState,
};
use tenantry_connection::diagnosis::{TestRequest, diagnose};
use tenantry_connection::dns::NameOptions;
use tenantry_connection::{SecretKind, Secrets};
use tenantry_core::AppError;
use tenantry_core::clock::SystemClock;
use tenantry_core::jobs::Cancellation;

/// Long enough for a slow computer if a response is expected.
const PATIENT: Duration = Duration::from_secs(8);
/// Short if silence is expected.
const HASTY: Duration = Duration::from_millis(1200);

/// A test request, and how a test changes it.
struct Attempt {
    request: TestRequest,
}

impl Attempt {
    fn of(connection_string: impl Into<String>) -> Self {
        Self {
            request: TestRequest {
                connection_string: connection_string.into(),
                secrets: Secrets::default(),
                database: "tenantry_diagnosis".to_owned(),
                limit: PATIENT,
                names: NameOptions::default(),
                clock: Arc::new(SystemClock),
            },
        }
    }

    fn at(address: SocketAddr) -> Self {
        Self::of(format!("mongodb://{address}/"))
    }

    fn password(mut self, password: &str) -> Self {
        self.request.secrets.insert(SecretKind::DatabasePassword, password.into());
        self
    }

    fn database(mut self, database: &str) -> Self {
        database.clone_into(&mut self.request.database);
        self
    }

    fn hasty(mut self) -> Self {
        self.request.limit = HASTY;
        self
    }

    fn asking(mut self, name_server: SocketAddr) -> Self {
        self.request.names = NameOptions { name_server: Some(name_server) };
        self
    }

    async fn run(&self) -> Diagnosis {
        self.watched().await.0
    }

    /// With everything that the window would have received on the way.
    async fn watched(&self) -> (Diagnosis, Vec<Stage>) {
        let sink = Noting::default();
        let diagnosis = diagnose(&self.request, &sink, &Cancellation::default()).await;
        let told = sink.told.lock().expect("no test panicked with it").clone();
        (diagnosis.expect("nobody cancelled it"), told)
    }

    /// The finding, which must be this one at this step.
    async fn found(&self, stage: StageName, code: FindingCode) -> (Finding, Diagnosis) {
        let diagnosis = self.run().await;
        let Some(finding) = diagnosis.finding.clone() else {
            panic!("{code:?} must be found, and everything passed:\n{}", diagnosis.report);
        };
        assert_eq!((finding.stage, finding.code), (stage, code), "{}", diagnosis.report);
        assert_is_told_whole(&diagnosis);
        (finding, diagnosis)
    }
}

#[derive(Default)]
struct Noting {
    told: Mutex<Vec<Stage>>,
}

impl StageSink for Noting {
    fn stage(&self, stage: &Stage) {
        self.told.lock().expect("no test panicked with it").push(stage.clone());
    }
}

/// The facts of every test that stopped.
fn assert_is_told_whole(diagnosis: &Diagnosis) {
    let finding = diagnosis.finding.as_ref().expect("it stopped");
    let names: Vec<_> = diagnosis.stages.iter().map(|stage| stage.name).collect();
    assert_eq!(names, StageName::ALL, "all seven stages are told");
    let mut failed = false;
    for stage in &diagnosis.stages {
        let expected = match (stage.name == finding.stage, failed) {
            (true, _) => vec![StageState::Failed],
            (false, true) => vec![StageState::NotRun, StageState::Skipped],
            (false, false) => vec![StageState::Passed, StageState::Skipped],
        };
        assert!(expected.contains(&stage.state), "{:?} is {:?}", stage.name, stage.state);
        failed |= stage.name == finding.stage;
    }
    assert!(!finding.technical.is_empty(), "the details are empty");
    assert!(diagnosis.report.contains(finding.code.as_str()), "{}", diagnosis.report);
    assert!(diagnosis.report.contains(&finding.technical.lines().next().unwrap_or_default().to_owned()));
}

fn stage(diagnosis: &Diagnosis, name: StageName) -> &Stage {
    diagnosis.stages.iter().find(|stage| stage.name == name).expect("all seven are there")
}

async fn cancelled_after(attempt: &Attempt, after: Duration) -> (Result<Diagnosis, AppError>, Duration) {
    let cancellation = Cancellation::default();
    let started = tokio::time::Instant::now();
    let sink = Noting::default();
    let (answer, ()) = tokio::join!(diagnose(&attempt.request, &sink, &cancellation), async {
        tokio::time::sleep(after).await;
        cancellation.cancel();
    });
    (answer, started.elapsed())
}
