//! Consoles whose calls of the store wait for their turn, so that a test decides the order of all calls of all of them,
//! and which response is lost. Nothing depends on the speed of anything: the same choices give the same run.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use parking_lot::Mutex;
use tenantry_core::error::StoreError;
use tenantry_core::limits::STEP_PENDING;
use tenantry_core::ports::{Call, Policy};

/// What waits while a computer sleeps, in place of a call.
pub const RESPONSE: &str = "the response";

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is carried out.
    Passes,
    /// It never reaches the store.
    LostBefore,
    /// The store carries it out, and the response is lost.
    LostAfter,
    /// The store carries it out, and its response waits for another turn: the computer sleeps.
    Sleeps,
}

/// The calls of one console.
#[derive(Clone, Default)]
pub struct Turns(Arc<Mutex<Calls>>);

#[derive(Default)]
struct Calls {
    is_free: bool,
    next: u64,
    waiting: BTreeMap<u64, &'static str>,
    granted: BTreeMap<u64, Verdict>,
    under_way: usize,
}

/// A call that is waiting, or under way. A service can give it up: what fails first makes it drop the others.
struct Place<'a> {
    calls: &'a Mutex<Calls>,
    number: u64,
    is_under_way: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut calls = self.calls.lock();
        calls.waiting.remove(&self.number);
        calls.granted.remove(&self.number);
        if self.is_under_way {
            calls.under_way -= 1;
        }
    }
}

impl Turns {
    /// Calls that wait for nobody.
    pub fn free() -> Self {
        let turns = Self::default();
        turns.0.lock().is_free = true;
        turns
    }

    /// The calls that wait, oldest first.
    pub fn waiting(&self) -> Vec<(u64, &'static str)> {
        self.0.lock().waiting.iter().map(|(number, name)| (*number, *name)).collect()
    }

    /// Whether every call waits, and there is one.
    pub fn stands(&self) -> bool {
        let calls = self.0.lock();
        calls.under_way == 0 && calls.granted.is_empty() && !calls.waiting.is_empty()
    }

    /// Decides about a waiting call. The act goes on when it is polled.
    pub fn decide(&self, number: u64, verdict: Verdict) {
        let mut calls = self.0.lock();
        if calls.waiting.remove(&number).is_some() {
            calls.granted.insert(number, verdict);
        }
    }

    fn place(&self, name: &'static str) -> Place<'_> {
        let mut calls = self.0.lock();
        calls.next += 1;
        let number = calls.next;
        if calls.is_free {
            calls.granted.insert(number, Verdict::Passes);
        } else {
            calls.waiting.insert(number, name);
        }
        Place { calls: &self.0, number, is_under_way: false }
    }
}

impl Place<'_> {
    /// Waits for its turn. Nobody wakes it: whoever decides polls the act again.
    async fn turn(&mut self) -> Verdict {
        let verdict = poll_fn(|_| match self.calls.lock().granted.remove(&self.number) {
            Some(verdict) => Poll::Ready(verdict),
            None => Poll::Pending,
        })
        .await;
        self.calls.lock().under_way += 1;
        self.is_under_way = true;
        verdict
    }
}

impl Policy for Turns {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let mut place = self.place(call.name);
        let answer = match place.turn().await {
            Verdict::Passes => return store.await,
            Verdict::LostBefore => None,
            Verdict::LostAfter => Some(store.await),
            Verdict::Sleeps => {
                let answer = store.await;
                drop(place);
                self.place(RESPONSE).turn().await;
                return answer;
            }
        };
        drop(answer);
        Err(StoreError::Unavailable { reason: "the line broke, as the test asked".to_owned() })
    }

    /// As on a server, whatever the store is.
    fn pending(&self, _of_store: Duration) -> Duration {
        STEP_PENDING
    }
}
