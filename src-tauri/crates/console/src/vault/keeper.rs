//! What every place of secrets does.

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tenantry_connection::SecretKind;

use super::problems::{KeeperProblem, MoveNote, NotMoved};

/// A workspace's secret.
pub(super) type Carried = (String, SecretKind, SecretString);

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

/// What was found in a place that is to be left.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) secrets: Vec<Carried>,
    /// What may be there and could not be read.
    pub(super) unread: Vec<(String, SecretKind)>,
    /// What a person should know.
    pub(super) notes: Vec<MoveNote>,
}

impl Collected {
    /// Whether everything that is in the place is among the secrets, so that it may be emptied.
    pub(super) fn is_complete(&self) -> bool {
        self.unread.is_empty() && !self.notes.contains(&MoveNote::NewerInFile)
    }
}

/// A place of secrets. What it does never blocks the runtime.
///
/// Moving has defaults for a place that needs nothing for it.
#[async_trait]
pub(super) trait Keeper: Send + Sync {
    /// How memory has what is kept here, until the program ends; `None` where it must not.
    fn standing(&self) -> Option<Standing>;

    /// Whether the next run finds what is kept here.
    fn outlives_the_program(&self) -> bool {
        self.standing() != Some(Standing::Wanted)
    }

    /// Why nothing can be kept or forgotten now without asking a person.
    fn obstacle(&self) -> Option<KeeperProblem>;

    /// A secret that is kept here. A locked keychain that has it asks the person to open it.
    async fn find(&self, workspace: &str, kind: SecretKind) -> Result<Option<SecretString>, KeeperProblem>;

    /// Keeps secrets, in place of those with the same names. Asks a person nothing.
    async fn keep(&self, secrets: &[Carried]) -> Result<(), KeeperProblem>;

    /// Whether the place itself, not this run's memory of it, has these secrets as they are.
    async fn has(&self, secrets: &[Carried]) -> Result<bool, KeeperProblem> {
        for (workspace, kind, secret) in secrets {
            let found = self.find(workspace, *kind).await?;
            if found.is_none_or(|found| found.expose_secret() != secret.expose_secret()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Forgets secrets of a workspace; those that are not there are fine. A locked keychain asks the person to open it.
    async fn forget(&self, workspace: &str, kinds: &[SecretKind]) -> Result<(), KeeperProblem>;

    /// Sees to it that secrets can be kept here. A file that was not in use is put aside, and a new one begun. Answers
    /// what a person should know.
    async fn make_ready(
        &self,
        _passphrase: Option<SecretString>,
        _is_in_use: bool,
    ) -> Result<Option<MoveNote>, NotMoved> {
        Ok(None)
    }

    /// Everything that is kept here. A place that can't be opened is put aside, with what is in it, where that is
    /// permitted.
    async fn collect(
        &self,
        _workspaces: Vec<String>,
        _passphrase: Option<SecretString>,
        _may_put_aside: bool,
    ) -> Result<Collected, KeeperProblem> {
        Ok(Collected::default())
    }

    /// Forgets everything of these workspaces, and removes the place if it is Tenantry's own. Asks a person nothing.
    async fn empty(&self, _workspaces: Vec<String>) -> Result<(), KeeperProblem> {
        Ok(())
    }
}
