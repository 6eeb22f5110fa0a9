//! Secrets in a file that is sealed with a passphrase.
//!
//! The file holds two sealed texts, one behind the other: a random key, sealed with the passphrase, and the secrets,
//! sealed for that key. So the passphrase's cost is paid once per run, when the file is unlocked, and not for each
//! secret that is saved. A second file with the same content is there in case the first one is damaged.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tenantry_connection::SecretKind;
use tenantry_core::error::FileProblem;

use super::keeper::{Carried, Collected, Keeper, Standing};
use super::problems::{KeeperProblem, MoveNote, NotMoved, SealedFileProblem};
use crate::files::{PendingFile, Target};
use crate::sealing::{SealingKey, UnsealProblem, WorkFactor};

/// The version of the content that this program writes.
const VERSION: u32 = 1;
/// The name of the file.
pub const FILE: &str = "secrets.age";
const COPY: &str = "secrets.copy.age";
/// Where the first of the two sealed texts ends.
const END: &str = "-----END AGE ENCRYPTED FILE-----\n";

/// By workspace, then by kind. A kind is a text here: one that a newer program wrote is kept as it is.
pub(super) type Secrets = BTreeMap<String, BTreeMap<String, SecretString>>;

/// What the file of secrets is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum SealedFileState {
    /// There is none.
    #[serde(rename = "none")]
    Missing,
    /// It needs its passphrase.
    Locked,
    /// It is open for this run.
    Unlocked,
}

/// What is inside, while the file is open.
#[derive(Clone)]
struct Open {
    key: SealingKey,
    /// The key as it stands in the file, so that saving needs no passphrase.
    sealed_key: String,
    secrets: Secrets,
    /// The whole file as it was read or written last.
    text: String,
}

/// A file of secrets. Methods that read or write it block, those with a passphrase for seconds; what is known already
/// is told at once.
pub(super) struct SealedFile {
    folder: PathBuf,
    /// Held to look at it or to change it for another, never while anything is worked out.
    open: Mutex<Option<Open>>,
    /// The file is read to be opened, written and removed by one at a time.
    turn: Mutex<()>,
    pub(super) work: WorkFactor,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    secrets: BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    #[serde(default)]
    secrets: BTreeMap<String, BTreeMap<String, String>>,
}

impl SealedFile {
    pub(super) fn in_folder(folder: &Path) -> Self {
        let (open, turn, work) = (Mutex::default(), Mutex::default(), WorkFactor::default());
        Self { folder: folder.to_owned(), open, turn, work }
    }

    pub(super) fn state(&self) -> SealedFileState {
        match (self.place().is_some(), self.file().exists() || self.copy().exists()) {
            (true, _) => SealedFileState::Unlocked,
            (false, true) => SealedFileState::Locked,
            (false, false) => SealedFileState::Missing,
        }
    }

    /// Starts a file without secrets. A file that is there is not replaced.
    pub(super) fn create(&self, passphrase: &SecretString) -> Result<(), SealedFileProblem> {
        let _turn = self.turn();
        if self.file().exists() || self.copy().exists() {
            return Err(SealedFileProblem::File(FileProblem::Exists));
        }
        let key = SealingKey::random();
        let sealed_key = key.seal_with(passphrase, self.work)?;
        let mut open = Open { key, sealed_key, secrets: Secrets::new(), text: String::new() };
        self.write(&mut open)?;
        *self.place() = Some(open);
        Ok(())
    }

    /// Opens the file for this run. A damaged one is kept aside and its copy takes its place.
    pub(super) fn unlock(&self, passphrase: &SecretString) -> Result<(), SealedFileProblem> {
        let _turn = self.turn();
        let first = read_text(&self.file()).and_then(|text| open(text, passphrase));
        let opened = match first {
            Err(SealedFileProblem::Missing | SealedFileProblem::Damaged) => {
                // When the copy is no better, what is wrong with the file itself is what a person should hear.
                let problem = first.as_ref().err().copied().unwrap_or(SealedFileProblem::Missing);
                let mut copied =
                    read_text(&self.copy()).and_then(|text| open(text, passphrase)).map_err(|of_copy| {
                        if of_copy == SealedFileProblem::Refused { of_copy } else { problem }
                    })?;
                self.keep_aside("damaged")?;
                self.write(&mut copied)?;
                tracing::warn!("the file of secrets was damaged; its copy took its place");
                copied
            }
            Ok(_) | Err(_) => first?,
        };
        *self.place() = Some(opened);
        Ok(())
    }

    /// Lets go of what is inside. The passphrase is needed again.
    pub(super) fn lock(&self) {
        *self.place() = None;
    }

    pub(super) fn find(
        &self,
        workspace: &str,
        kind: SecretKind,
    ) -> Result<Option<SecretString>, SealedFileProblem> {
        let place = self.place();
        let open = place.as_ref().ok_or_else(|| self.closed())?;
        Ok(open.secrets.get(workspace).and_then(|kinds| kinds.get(kind.as_str())).cloned())
    }

    /// Everything that is inside.
    pub(super) fn all(&self) -> Result<Secrets, SealedFileProblem> {
        let place = self.place();
        Ok(place.as_ref().ok_or_else(|| self.closed())?.secrets.clone())
    }

    /// What is inside according to the disk, not to memory.
    pub(super) fn read_back(&self) -> Result<Secrets, SealedFileProblem> {
        Ok(reread(&self.opened()?.key, read_text(&self.file())?)?.secrets)
    }

    /// Changes what is inside; whatever `change` does is written whole or not at all.
    pub(super) fn change(&self, change: impl FnOnce(&mut Secrets)) -> Result<(), SealedFileProblem> {
        let _turn = self.turn();
        let mut open = self.opened()?;
        // A second program on the same folder may have written meanwhile: its secrets must not be lost.
        match read_text(&self.file()) {
            Ok(text) if text != open.text => match reread(&open.key, text) {
                Ok(newer) => open = newer,
                Err(problem @ (SealedFileProblem::Refused | SealedFileProblem::Newer)) => {
                    // Sealed with another passphrase since.
                    self.lock();
                    return Err(if problem == SealedFileProblem::Refused {
                        SealedFileProblem::Locked
                    } else {
                        problem
                    });
                }
                // Damaged since: written anew from what is in memory.
                Err(_) => {}
            },
            // Removed by hand, or as it was: written anew from what is in memory.
            Ok(_) | Err(_) => {}
        }
        change(&mut open.secrets);
        open.secrets.retain(|_, kinds| !kinds.is_empty());
        self.write(&mut open)?;
        self.replace(open);
        Ok(())
    }

    /// Seals the same secrets with another passphrase, and for another key: whoever has an old file and its passphrase
    /// can't open what is written from now on.
    pub(super) fn change_passphrase(
        &self,
        current: &SecretString,
        next: &SecretString,
    ) -> Result<(), SealedFileProblem> {
        self.unlock(current)?;
        let _turn = self.turn();
        let secrets = self.opened()?.secrets;
        let key = SealingKey::random();
        let sealed_key = key.seal_with(next, self.work)?;
        let mut changed = Open { key, sealed_key, secrets, text: String::new() };
        self.write(&mut changed)?;
        self.replace(changed);
        Ok(())
    }

    /// Removes the file and its copy, for good. Needs no passphrase.
    pub(super) fn remove(&self) -> Result<(), SealedFileProblem> {
        let _turn = self.turn();
        self.remove_files()
    }

    fn remove_files(&self) -> Result<(), SealedFileProblem> {
        self.lock();
        for path in [self.copy(), self.file()] {
            match std::fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(problem(&error)),
            }
        }
        Ok(())
    }

    /// Puts the file where nobody takes it for the one in use, for a person who can't open it now; answers where.
    pub(super) fn set_aside(&self) -> Result<Option<PathBuf>, SealedFileProblem> {
        let _turn = self.turn();
        let aside = self.keep_aside("locked")?;
        self.remove_files()?;
        Ok(aside)
    }

    /// Copies the file, else its copy, to a free name.
    fn keep_aside(&self, why: &str) -> Result<Option<PathBuf>, SealedFileProblem> {
        let Some(from) = [self.file(), self.copy()].into_iter().find(|path| path.exists()) else {
            return Ok(None);
        };
        for number in 1_u32.. {
            let aside = self.folder.join(format!("secrets.{why}-{number}.age"));
            if aside.exists() {
                continue;
            }
            let bytes = std::fs::read(&from).map_err(|error| problem(&error))?;
            write_file(&aside, &bytes, false)?;
            return Ok(Some(aside));
        }
        Err(SealedFileProblem::File(FileProblem::Exists))
    }

    fn write(&self, open: &mut Open) -> Result<(), SealedFileProblem> {
        let sealed = open.key.seal(&content(&open.secrets))?;
        let text = format!("{}{sealed}", open.sealed_key);
        write_file(&self.file(), text.as_bytes(), true)?;
        // The same content, not the one before: a secret that was forgotten, or a passphrase that was changed, must not
        // live on in the copy. Each of the two is whole at any moment.
        if let Err(error) = write_file(&self.copy(), text.as_bytes(), true) {
            tracing::warn!(%error, "the copy of the file of secrets was not written");
        }
        open.text = text;
        Ok(())
    }

    fn closed(&self) -> SealedFileProblem {
        let there = self.file().exists() || self.copy().exists();
        if there { SealedFileProblem::Locked } else { SealedFileProblem::Missing }
    }

    fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    fn copy(&self) -> PathBuf {
        self.folder.join(COPY)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock()
    }

    fn opened(&self) -> Result<Open, SealedFileProblem> {
        self.place().clone().ok_or_else(|| self.closed())
    }

    /// Takes what was written for what is inside, unless it was locked meanwhile.
    fn replace(&self, written: Open) {
        if let Some(open) = self.place().as_mut() {
            *open = written;
        }
    }

    fn place(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock()
    }
}

/// Works on a file where blocking holds nobody up.
pub(super) async fn off_thread<T: Send + 'static>(
    file: &Arc<SealedFile>,
    work: impl FnOnce(&SealedFile) -> Result<T, SealedFileProblem> + Send + 'static,
) -> Result<T, SealedFileProblem> {
    let file = Arc::clone(file);
    // A call that stopped half-way has left the file as it was.
    let worked = tokio::task::spawn_blocking(move || work(&file)).await;
    worked.unwrap_or(Err(SealedFileProblem::NotSealed))
}

#[async_trait]
impl Keeper for Arc<SealedFile> {
    /// Not in two places: locking the file lets go of what is in it.
    fn standing(&self) -> Option<Standing> {
        None
    }

    fn obstacle(&self) -> Option<KeeperProblem> {
        (self.state() != SealedFileState::Unlocked).then(|| self.closed().into())
    }

    async fn find(&self, workspace: &str, kind: SecretKind) -> Result<Option<SecretString>, KeeperProblem> {
        let workspace = workspace.to_owned();
        Ok(off_thread(self, move |file| file.find(&workspace, kind)).await?)
    }

    async fn keep(&self, secrets: &[Carried]) -> Result<(), KeeperProblem> {
        let secrets = secrets.to_vec();
        let keep = |all: &mut Secrets| {
            for (workspace, kind, secret) in secrets {
                all.entry(workspace).or_default().insert(kind.as_str().to_owned(), secret);
            }
        };
        Ok(off_thread(self, move |file| file.change(keep)).await?)
    }

    async fn has(&self, secrets: &[Carried]) -> Result<bool, KeeperProblem> {
        let found = off_thread(self, SealedFile::read_back).await?;
        Ok(secrets.iter().all(|(workspace, kind, secret)| {
            let found = found.get(workspace).and_then(|kinds| kinds.get(kind.as_str()));
            found.is_some_and(|found| found.expose_secret() == secret.expose_secret())
        }))
    }

    async fn forget(&self, workspace: &str, kinds: &[SecretKind]) -> Result<(), KeeperProblem> {
        let (workspace, kinds) = (workspace.to_owned(), kinds.to_vec());
        let forget = move |all: &mut Secrets| {
            if let Some(kept) = all.get_mut(&workspace) {
                kept.retain(|name, _| kinds.iter().all(|kind| kind.as_str() != name));
            }
        };
        Ok(off_thread(self, move |file| file.change(forget)).await?)
    }

    async fn make_ready(
        &self,
        passphrase: Option<SecretString>,
        is_in_use: bool,
    ) -> Result<Option<MoveNote>, NotMoved> {
        let state = self.state();
        if is_in_use && state == SealedFileState::Unlocked {
            return Ok(None);
        }
        let passphrase = passphrase.ok_or(NotMoved::PassphraseNeeded)?;
        let made_ready = off_thread(self, move |file| {
            if is_in_use && state == SealedFileState::Locked {
                return file.unlock(&passphrase).map(|()| None);
            }
            // One from a backup perhaps: whose secrets they are is not ours to decide.
            let aside = file.set_aside()?;
            file.create(&passphrase)?;
            Ok(aside)
        });
        Ok(made_ready.await.map_err(KeeperProblem::from)?.map(MoveNote::aside))
    }

    async fn collect(
        &self,
        _workspaces: Vec<String>,
        passphrase: Option<SecretString>,
        may_put_aside: bool,
    ) -> Result<Collected, KeeperProblem> {
        let mut collected = Collected::default();
        if self.state() == SealedFileState::Locked {
            match passphrase {
                Some(passphrase) => off_thread(self, move |file| file.unlock(&passphrase)).await?,
                None if may_put_aside => {
                    let aside = off_thread(self, SealedFile::set_aside).await?;
                    collected.notes.extend(aside.map(MoveNote::aside));
                    return Ok(collected);
                }
                None => return Err(SealedFileProblem::Locked.into()),
            }
        }
        let all = match off_thread(self, SealedFile::all).await {
            Err(SealedFileProblem::Missing) => Secrets::new(),
            all => all?,
        };
        for (workspace, kinds) in all {
            for (name, secret) in kinds {
                match SecretKind::ALL.into_iter().find(|kind| kind.as_str() == name) {
                    Some(kind) => collected.secrets.push((workspace.clone(), kind, secret)),
                    None => collected.notes = vec![MoveNote::NewerInFile],
                }
            }
        }
        Ok(collected)
    }

    async fn empty(&self, _workspaces: Vec<String>) -> Result<(), KeeperProblem> {
        Ok(off_thread(self, SealedFile::remove).await?)
    }
}

fn problem(error: &io::Error) -> SealedFileProblem {
    match error.kind() {
        io::ErrorKind::NotFound => SealedFileProblem::Missing,
        // Bytes that are no text.
        io::ErrorKind::InvalidData => SealedFileProblem::Damaged,
        _ => SealedFileProblem::File(FileProblem::from(error)),
    }
}

fn read_text(path: &Path) -> Result<String, SealedFileProblem> {
    std::fs::read_to_string(path).map_err(|error| problem(&error))
}

fn write_file(path: &Path, content: &[u8], may_replace: bool) -> Result<(), SealedFileProblem> {
    let pending = PendingFile::start(Target { path: path.to_owned(), may_replace })?;
    pending.writer()?.write_all(content).map_err(|error| problem(&error))?;
    pending.finish()?;
    // The new name is on the disk only when the folder is.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| problem(&error))?;
    }
    Ok(())
}

fn open(text: String, passphrase: &SecretString) -> Result<Open, SealedFileProblem> {
    let (sealed_key, _) = parts(&text)?;
    let key = SealingKey::unseal_with(sealed_key.as_bytes(), passphrase).map_err(|error| match error {
        UnsealProblem::Refused => SealedFileProblem::Refused,
        UnsealProblem::NotSealed | UnsealProblem::Damaged | UnsealProblem::TooCostly => {
            SealedFileProblem::Damaged
        }
    })?;
    match reread(&key, text) {
        // The passphrase was right, so the key and what it should open do not belong together.
        Err(SealedFileProblem::Refused) => Err(SealedFileProblem::Damaged),
        opened => opened,
    }
}

fn reread(key: &SealingKey, text: String) -> Result<Open, SealedFileProblem> {
    let (sealed_key, sealed) = parts(&text)?;
    let content = key.unseal(sealed.as_bytes()).map_err(|error| match error {
        UnsealProblem::Refused => SealedFileProblem::Refused,
        UnsealProblem::NotSealed | UnsealProblem::Damaged | UnsealProblem::TooCostly => {
            SealedFileProblem::Damaged
        }
    })?;
    let read: Read = serde_json::from_slice(&content).map_err(|_| SealedFileProblem::Damaged)?;
    if read.version > VERSION {
        return Err(SealedFileProblem::Newer);
    }
    let secret = |(kind, secret): (String, String)| (kind, SecretString::from(secret));
    let secrets = read
        .secrets
        .into_iter()
        .map(|(workspace, kinds)| (workspace, kinds.into_iter().map(secret).collect()))
        .collect();
    let sealed_key = sealed_key.to_owned();
    Ok(Open { key: key.clone(), sealed_key, secrets, text })
}

/// The sealed key and the sealed secrets.
fn parts(text: &str) -> Result<(&str, &str), SealedFileProblem> {
    let end = text.find(END).ok_or(SealedFileProblem::Damaged)? + END.len();
    Ok(text.split_at(end))
}

fn content(secrets: &Secrets) -> Zeroizing<Vec<u8>> {
    let plain = Written {
        version: VERSION,
        secrets: secrets
            .iter()
            .map(|(workspace, kinds)| {
                let kinds = kinds.iter().map(|(kind, secret)| (kind.as_str(), secret.expose_secret()));
                (workspace.as_str(), kinds.collect())
            })
            .collect(),
    };
    // Room for everything at once, each byte of a secret escaped: a buffer that grows leaves copies behind.
    let longest =
        |(kind, secret): (&String, &SecretString)| kind.len() + 6 * secret.expose_secret().len() + 16;
    let room: usize = secrets
        .iter()
        .map(|(workspace, kinds)| workspace.len() + 16 + kinds.iter().map(longest).sum::<usize>())
        .sum();
    let mut content = Zeroizing::new(Vec::with_capacity(room + 64));
    // Texts and a number into memory: nothing in it can fail.
    let _ = serde_json::to_writer(&mut *content, &plain);
    content
}

#[cfg(test)]
mod tests;
