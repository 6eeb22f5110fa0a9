//! The ports behind the gate.

use std::future::Future;
use std::sync::Arc;

use super::WriteGate;
use crate::error::StoreError;
use crate::ports::{AccountStore, Call, Policy, Ports};

/// Writes that pass a closed gate; `access.rs` says why.
const PASS: [&str; 12] = [
    "accounts.set_operators_own_password",
    "accounts.note_operator_sign_in",
    "accounts.add_failed_sign_in",
    "accounts.add_passed_over",
    "accounts.clear_failed_sign_ins",
    "people.set_own_password",
    "people.note_sign_in",
    "activity.append",
    "sessions.insert",
    "sessions.touch",
    "sessions.extend",
    "sessions.end",
];

impl Ports {
    /// Wraps the ports in a gate: while it is closed, every write returns `ReadOnly` and does nothing.
    #[must_use]
    pub fn behind(self, gate: &Arc<WriteGate>) -> Self {
        let accounts = Arc::clone(&self.accounts);
        self.under(Guard { gate: Arc::clone(gate), accounts })
    }
}

struct Guard {
    gate: Arc<WriteGate>,
    accounts: Arc<dyn AccountStore>,
}

impl Guard {
    async fn require_open(&self, call: &'static str) -> Result<(), StoreError> {
        match self.gate.require_open() {
            // Only an operator can unlock, so the first one is let in.
            Err(StoreError::ReadOnly { unlockable: true })
                if call == "accounts.insert_operator" && !self.accounts.has_operators().await? =>
            {
                Ok(())
            }
            answer => answer,
        }
    }
}

impl Policy for Guard {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if call.writes && !PASS.contains(&call.name) {
            self.require_open(call.name).await?;
        }
        store.await
    }
}
