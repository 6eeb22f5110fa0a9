//! Running jobs, their progress and their cancellation.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, MutexGuard};
use tenantry_core::jobs::Cancellation;

/// The jobs that are running.
#[derive(Debug, Clone, Default)]
pub struct JobRegistry {
    running: Arc<Mutex<HashMap<String, Running>>>,
    begun: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Running {
    /// Distinguishes a job from an earlier one of the same name.
    number: u64,
    /// The workspaces that it works in.
    workspaces: Vec<String>,
    cancellation: Cancellation,
}

impl JobRegistry {
    /// Registers a job under the name that the window gave it, until the guard is dropped, however the job ends. A name
    /// in use belongs to the newer job from then on.
    pub fn begin(&self, job: &str) -> JobGuard {
        self.register(job, Vec::new())
    }

    /// The same for a job in an open workspace, which ends with it.
    pub fn begin_in(&self, workspace: &str, job: &str) -> JobGuard {
        self.register(job, vec![workspace.to_owned()])
    }

    /// The same for a job between two open workspaces, which ends with either.
    pub fn begin_between(&self, workspaces: [&str; 2], job: &str) -> JobGuard {
        self.register(job, workspaces.map(str::to_owned).to_vec())
    }

    fn register(&self, job: &str, workspaces: Vec<String>) -> JobGuard {
        let cancellation = Cancellation::default();
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        self.running()
            .insert(job.to_owned(), Running { number, workspaces, cancellation: cancellation.clone() });
        JobGuard { registry: self.clone(), job: job.to_owned(), number, cancellation }
    }

    /// Asks a job to stop at its next checkpoint. A finished job needs no cancelling.
    pub fn cancel(&self, job: &str) {
        if let Some(running) = self.running().get(job) {
            running.cancellation.cancel();
        }
    }

    /// Asks all jobs of a workspace to stop, because it closes or someone else signs in to it.
    pub fn cancel_all_of(&self, workspace: &str) {
        for running in self.running().values() {
            if running.workspaces.iter().any(|one| one == workspace) {
                running.cancellation.cancel();
            }
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock()
    }
}

/// A running job. Dropping it removes the job from the registry.
#[derive(Debug)]
pub struct JobGuard {
    registry: JobRegistry,
    job: String,
    number: u64,
    cancellation: Cancellation,
}

impl JobGuard {
    /// The flag that the job checks.
    pub fn cancellation(&self) -> &Cancellation {
        &self.cancellation
    }
}

impl Drop for JobGuard {
    fn drop(&mut self) {
        let mut running = self.registry.running();
        if running.get(&self.job).is_some_and(|running| running.number == self.number) {
            running.remove(&self.job);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_forgotten_when_its_guard_is_dropped() {
        let jobs = JobRegistry::default();
        let guard = jobs.begin("export-1");
        let cancellation = guard.cancellation().clone();
        drop(guard);
        jobs.cancel("export-1");
        assert!(cancellation.checkpoint().is_ok(), "a job that has ended must not be reachable by its name");
        assert!(jobs.running().is_empty(), "a registry that keeps ended jobs grows for ever");
    }

    #[test]
    fn a_job_that_ends_does_not_take_a_newer_one_of_its_name_along() {
        let jobs = JobRegistry::default();
        let (older, newer) = (jobs.begin("export"), jobs.begin("export"));
        drop(older);
        jobs.cancel("export");
        assert!(newer.cancellation().checkpoint().is_err(), "the newer job can't be cancelled any more");
    }

    #[test]
    fn cancelling_reaches_the_named_job_only() {
        let jobs = JobRegistry::default();
        let (one, other) = (jobs.begin("one"), jobs.begin("other"));
        jobs.cancel("one");
        assert!(one.cancellation().checkpoint().is_err(), "the named job goes on after Cancel");
        assert!(other.cancellation().checkpoint().is_ok(), "a job that nobody cancelled was stopped");
    }

    #[test]
    fn closing_cancels_the_jobs_of_its_own_workspace_only() {
        let jobs = JobRegistry::default();
        let (own, other) = (jobs.begin_in("meridian", "one"), jobs.begin_in("built-in", "other"));
        let (between, nobodys) = (jobs.begin_between(["built-in", "meridian"], "two"), jobs.begin("three"));
        jobs.cancel_all_of("meridian");
        assert!(own.cancellation().checkpoint().is_err(), "a job outlives its workspace");
        assert!(between.cancellation().checkpoint().is_err(), "a job outlives one of its workspaces");
        assert!(other.cancellation().checkpoint().is_ok(), "a job of another workspace was stopped");
        assert!(nobodys.cancellation().checkpoint().is_ok(), "a job of no workspace was stopped");
    }
}
