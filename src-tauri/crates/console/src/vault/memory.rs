//! Secrets that are held until the program ends. Memory is wiped when it is let go.

use std::collections::HashMap;

use async_trait::async_trait;
use parking_lot::Mutex;
use secrecy::SecretString;
use tenantry_connection::SecretKind;

use super::keeper::{Carried, Keeper, Standing};
use super::problems::KeeperProblem;

/// Secrets in memory.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<(String, SecretKind), (SecretString, Standing)>>);

impl Memory {
    pub(super) fn hold(&self, workspace: &str, kind: SecretKind, secret: SecretString, standing: Standing) {
        self.0.lock().insert((workspace.to_owned(), kind), (secret, standing));
    }

    pub(super) fn find(&self, workspace: &str, kind: SecretKind) -> Option<SecretString> {
        self.0.lock().get(&(workspace.to_owned(), kind)).map(|(secret, _)| secret.clone())
    }

    pub(super) fn let_go(&self, workspace: &str, kind: SecretKind) {
        self.0.lock().remove(&(workspace.to_owned(), kind));
    }

    /// Those of a standing.
    pub(super) fn all(&self, of: Standing) -> Vec<Carried> {
        let all = self.0.lock();
        let held = all.iter().filter(|(_, (_, standing))| *standing == of);
        held.map(|((workspace, kind), (secret, _))| (workspace.clone(), *kind, secret.clone())).collect()
    }
}

/// Memory as the place of a person who wants to be asked every time. It is left as it is: what waits in it goes along
/// with every move, and this run goes on with the rest.
#[async_trait]
impl Keeper for Memory {
    fn standing(&self) -> Option<Standing> {
        Some(Standing::Wanted)
    }

    fn obstacle(&self) -> Option<KeeperProblem> {
        None
    }

    async fn find(&self, workspace: &str, kind: SecretKind) -> Result<Option<SecretString>, KeeperProblem> {
        Ok(Self::find(self, workspace, kind))
    }

    async fn keep(&self, secrets: &[Carried]) -> Result<(), KeeperProblem> {
        for (workspace, kind, secret) in secrets {
            self.hold(workspace, *kind, secret.clone(), Standing::Wanted);
        }
        Ok(())
    }

    async fn forget(&self, workspace: &str, kinds: &[SecretKind]) -> Result<(), KeeperProblem> {
        kinds.iter().for_each(|kind| self.let_go(workspace, *kind));
        Ok(())
    }
}
