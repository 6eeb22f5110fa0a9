//! Secrets that are held until the program ends. Memory is wiped when it is let go.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;

use super::SecretKind;

/// Why a secret is in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is in the keychain as well: here so that the keychain is asked once.
    AlsoInKeychain,
    /// It was to be kept for the next run, and there is no place for that now.
    Wanted,
    /// Nobody asked for more than this run.
    ThisRun,
}

/// Secrets in memory.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<(String, SecretKind), (SecretString, Standing)>>);

impl Memory {
    pub(super) fn hold(&self, workspace: &str, kind: SecretKind, secret: SecretString, standing: Standing) {
        self.all().insert((workspace.to_owned(), kind), (secret, standing));
    }

    pub(super) fn find(&self, workspace: &str, kind: SecretKind) -> Option<SecretString> {
        self.all().get(&(workspace.to_owned(), kind)).map(|(secret, _)| secret.clone())
    }

    /// One that a keychain has as well.
    pub(super) fn find_stored(&self, workspace: &str, kind: SecretKind) -> Option<SecretString> {
        let all = self.all();
        let (secret, standing) = all.get(&(workspace.to_owned(), kind))?;
        (*standing == Standing::AlsoInKeychain).then(|| secret.clone())
    }

    pub(super) fn let_go(&self, workspace: &str, kind: SecretKind) {
        self.all().remove(&(workspace.to_owned(), kind));
    }

    /// Those that wait for a place where they outlive the program.
    pub(super) fn wanted(&self) -> Vec<(String, SecretKind, SecretString)> {
        let wanted = |(_, standing): &(SecretString, Standing)| *standing == Standing::Wanted;
        let all = self.all();
        all.iter()
            .filter(|(_, held)| wanted(held))
            .map(|((workspace, kind), (secret, _))| (workspace.clone(), *kind, secret.clone()))
            .collect()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<(String, SecretKind), (SecretString, Standing)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
