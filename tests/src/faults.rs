//! A process that dies, loses one response, or sleeps, at a chosen write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tenantry_core::error::StoreError;
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::ports::{Call, Policy, Ports};
use tenantry_core::records::Line;
use tokio::sync::Notify;

/// The side of the write that the fault is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The write never reached the store.
    Before,
    /// The write is in the store, but its response never came.
    After,
}

/// What follows the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aftermath {
    /// Nothing gets through any more: for the store, the process is dead.
    Dead,
    /// The next call gets through: one response was lost.
    Recovers,
}

/// A fault, and what follows it.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The write that it hits, counted from 1 over all ports.
    pub write: u32,
    /// Before or after that write.
    pub moment: Moment,
    /// What follows.
    pub aftermath: Aftermath,
}

/// A write that waits, as on a computer that sleeps before it is sent.
#[derive(Debug, Default)]
pub struct Sleep {
    is_asleep: AtomicBool,
    /// Calls that were sent and have no answer yet, the sleeping one aside.
    sent: AtomicU32,
    changed: Notify,
    woken: Notify,
}

impl Sleep {
    /// Waits until the write is reached, and what was sent beside it is answered: requests that are under way when a
    /// computer falls asleep arrive all the same.
    pub async fn begins(&self) {
        while !self.is_asleep.load(Ordering::SeqCst) || self.sent.load(Ordering::SeqCst) > 0 {
            self.changed.notified().await;
        }
    }

    /// Lets the write go on.
    pub fn wake(&self) {
        self.woken.notify_one();
    }
}

/// A call that was sent, until it is answered or nobody waits for it any more.
struct Sent<'a>(&'a Sleep);

impl<'a> Sent<'a> {
    fn on(sleep: &'a Sleep) -> Self {
        sleep.sent.fetch_add(1, Ordering::SeqCst);
        Self(sleep)
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        self.0.sent.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_one();
    }
}

/// A store that works until its fault.
pub struct FaultyStore {
    inner: Ports,
    faults: Faults,
}

#[derive(Clone)]
struct Faults {
    fault: Fault,
    sleep: Option<Arc<Sleep>>,
    writes: Arc<AtomicU32>,
    dead: Arc<AtomicBool>,
}

impl FaultyStore {
    /// The store behind `ports`, with a fault.
    pub fn over(ports: &Ports, fault: Fault) -> Self {
        let faults = Faults { fault, sleep: None, writes: Arc::default(), dead: Arc::default() };
        Self { inner: ports.clone(), faults }
    }

    /// The store behind `ports`, whose write of this number waits to be woken and is then carried out.
    pub fn asleep_at(ports: &Ports, write: u32) -> (Self, Arc<Sleep>) {
        let mut store =
            Self::over(ports, Fault { write, moment: Moment::Before, aftermath: Aftermath::Recovers });
        let sleep = Arc::new(Sleep::default());
        store.faults.sleep = Some(sleep.clone());
        (store, sleep)
    }

    /// Its ports.
    pub fn ports(&self) -> Ports {
        self.inner.clone().under(self.faults.clone())
    }

    /// Ports of another store in the same process: writes of both are counted together, and both die at once.
    pub fn beside(&self, ports: &Ports) -> Ports {
        ports.clone().under(self.faults.clone())
    }

    /// Whether the fault was met: an operation with fewer writes ends before it.
    pub fn was_met(&self) -> bool {
        self.faults.writes.load(Ordering::SeqCst) >= self.faults.fault.write
    }
}

impl Policy for Faults {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(lost());
        }
        if !call.writes || self.writes.fetch_add(1, Ordering::SeqCst) + 1 != self.fault.write {
            let _sent = self.sleep.as_deref().map(Sent::on);
            return store.await;
        }
        if let Some(sleep) = &self.sleep {
            sleep.is_asleep.store(true, Ordering::SeqCst);
            sleep.changed.notify_one();
            sleep.woken.notified().await;
            return store.await;
        }
        if self.fault.aftermath == Aftermath::Dead {
            self.dead.store(true, Ordering::SeqCst);
        }
        if self.fault.moment == Moment::After {
            // Nobody receives the store's response.
            let _ = store.await;
        }
        Err(lost())
    }

    /// As on a server, whatever the store is.
    fn pending(&self, _of_store: Duration) -> Duration {
        STEP_PENDING
    }

    async fn line(&self, store: impl Future<Output = Line> + Send) -> Line {
        if self.dead.load(Ordering::SeqCst) {
            let problem = Some("The line broke, as the test asked.".to_owned());
            return Line { reachable: false, problem, primary: None, members: None, round_trip: None };
        }
        store.await
    }
}

/// A store that refuses some of its methods, for good or for as long as it is told to.
#[derive(Clone)]
pub struct Refusing {
    methods: &'static [&'static str],
    error: StoreError,
    /// Whether it does.
    pub is_on: Arc<AtomicBool>,
}

impl Refusing {
    /// Refuses these methods with this error.
    pub fn with(methods: &'static [&'static str], error: StoreError) -> Self {
        Self { methods, error, is_on: Arc::new(AtomicBool::new(true)) }
    }

    /// The record can't be written to.
    pub fn the_record() -> Self {
        Self::with(&["activity.append"], StoreError::Full)
    }
}

impl Policy for Refusing {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let refused = self.is_on.load(Ordering::SeqCst) && self.methods.contains(&call.name);
        if refused { Err(self.error.clone()) } else { store.await }
    }
}

fn lost() -> StoreError {
    StoreError::Unavailable { reason: "the line broke, as the test asked".to_owned() }
}

/// Has others do something once, right before a call of this name.
pub fn before<Others>(ports: &Ports, call: &'static str, others: Others) -> Ports
where
    Others: Future<Output = ()> + Send + 'static,
{
    ports.clone().under(Before { call, others: Arc::new(Mutex::new(Some(Box::pin(others)))) })
}

#[derive(Clone)]
struct Before {
    call: &'static str,
    others: Arc<Mutex<Option<BoxFuture<'static, ()>>>>,
}

impl Policy for Before {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let others = if call.name == self.call { self.others.lock().take() } else { None };
        if let Some(others) = others {
            others.await;
        }
        store.await
    }
}
