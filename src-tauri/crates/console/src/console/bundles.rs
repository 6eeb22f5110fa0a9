//! Bundles and moves: chooses files and folders, backs up, verifies, restores, copies and moves.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use tenantry_core::AppError;
use tenantry_core::bundle::masking::{MaskingChoices, MaskingPreview};
use tenantry_core::bundle::{BundleReader, Origin, ReceivePlan, ReceiveRequest, Received, WrittenBundle};
use tenantry_core::error::{BundleProblem, FileProblem};
use tenantry_core::jobs::{Cancellation, Progress, ProgressSink, Quiet};
use tenantry_core::rights::{Act, Actor};
use tenantry_core::values::OrganizationId;

use super::{Console, blocking};
use crate::error::ConsoleError;
use crate::files::{PendingFile, Target, file_name, free_path};
use crate::identifiers::random_id;
use crate::moving::{MoveEnd, MoveNote, MovePlan, MoveRequest, Moving, PeopleBrought, Side, Standing};
use crate::workspace::OpenWorkspace;

/// The ending of a bundle's name.
pub const BUNDLE_EXTENSION: &str = "tenant";

/// Bundles and folders that a person chose in this run, by a random token: the web view cannot name a path.
#[derive(Debug, Default)]
pub struct BundleFiles(Mutex<HashMap<String, PathBuf>>);

impl BundleFiles {
    fn choose(&self, path: PathBuf) -> String {
        let token = random_id();
        self.0.lock().insert(token.clone(), path);
        token
    }

    fn find(&self, token: &str) -> Option<PathBuf> {
        self.0.lock().get(token).cloned()
    }
}

/// A folder for bundles.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ChosenFolder {
    /// Its token.
    pub target: String,
    /// Its path, to show.
    pub display_path: String,
}

/// A bundle that a person chose.
#[derive(Debug, Clone)]
pub struct ChosenBundle {
    /// Its token.
    pub source: String,
    /// Its path, to show.
    pub display_path: String,
    /// Its size.
    pub bytes: u64,
}

/// What became of one organization that was to be backed up.
#[derive(Debug)]
pub enum BackedUp {
    /// It is in a file.
    Written {
        /// The file.
        path: PathBuf,
        /// The file's size.
        bytes: u64,
        /// What is in it.
        bundle: Box<WrittenBundle>,
    },
    /// It is not.
    Failed(ConsoleError),
    /// The job was cancelled before it.
    NotBegun,
}

/// An unfinished move, with where its organization is.
pub struct UnfinishedMove {
    /// The note about it.
    pub note: MoveNote,
    /// Where the organization is, or the name of the workspace that must be open to tell.
    pub standing: Result<Standing, String>,
}

/// A workspace of a move, with who is signed in to it.
struct Opened {
    workspace: Arc<OpenWorkspace>,
    actor: Actor,
    name: String,
}

impl Opened {
    fn side(&self) -> Side<'_> {
        Side { workspace: &self.workspace, actor: &self.actor, name: &self.name }
    }
}

/// Adds what was done before to the progress of one of several, whose total is not known.
struct After<'a> {
    sink: &'a dyn ProgressSink,
    alone: bool,
    documents: u64,
    bytes: u64,
}

impl ProgressSink for After<'_> {
    fn report(&self, progress: Progress) {
        let total = progress.total.filter(|_| self.alone);
        self.sink.report(Progress { done: self.documents + progress.done, total });
    }

    fn report_bytes(&self, bytes: u64) {
        self.sink.report_bytes(self.bytes + bytes);
    }
}

impl Console {
    /// The suggested folder for bundles.
    pub fn default_bundle_folder(&self) -> ChosenFolder {
        self.chosen_folder(self.folders.exports.clone())
    }

    /// Opens the platform's dialog for a folder; `None` if the person changed their mind.
    ///
    /// # Errors
    /// None of its own.
    pub async fn choose_bundle_folder(&self) -> Result<Option<ChosenFolder>, ConsoleError> {
        let (desktop, folder) = (Arc::clone(&self.desktop), self.folders.exports.clone());
        let chosen = blocking(move || desktop.choose_folder("Save bundles to", &folder)).await?;
        Ok(chosen.map(|folder| self.chosen_folder(folder)))
    }

    fn chosen_folder(&self, folder: PathBuf) -> ChosenFolder {
        ChosenFolder { display_path: folder.display().to_string(), target: self.bundle_files.choose(folder) }
    }

    /// Writes a file for each organization into the chosen folder. A file is there whole or not at all; those that are
    /// written stay when the job is cancelled or another one fails.
    ///
    /// # Errors
    /// `not_found` for a folder that was not chosen; `forbidden` without the right to any.
    pub async fn back_up(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        ids: &[OrganizationId],
        target: &str,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Vec<(OrganizationId, BackedUp)>, ConsoleError> {
        actor.require_some(Act::BackUp)?;
        if self.bundle_files.find(target).is_none() {
            return Err(ConsoleError::not_found("chosen folder"));
        }
        let origin = self.origin_of(workspace).await?;
        let mut results = Vec::with_capacity(ids.len());
        let mut so_far = After { sink: progress, alone: ids.len() == 1, documents: 0, bytes: 0 };
        for id in ids {
            if cancellation.checkpoint().is_err() {
                results.push((*id, BackedUp::NotBegun));
                continue;
            }
            let backed_up =
                self.back_up_one(workspace, actor, *id, &origin, target, &so_far, cancellation).await;
            match backed_up {
                Ok((path, bytes, bundle)) => {
                    so_far.documents += bundle.documents;
                    so_far.bytes += bundle.bytes;
                    results.push((*id, BackedUp::Written { path, bytes, bundle: Box::new(bundle) }));
                }
                Err(ConsoleError::Cancelled) => results.push((*id, BackedUp::NotBegun)),
                Err(problem) => results.push((*id, BackedUp::Failed(problem))),
            }
        }
        Ok(results)
    }

    pub(crate) async fn origin_of(&self, workspace: &OpenWorkspace) -> Result<Origin, ConsoleError> {
        let (summary, _) = self.summary_of(workspace).await?;
        Ok(Origin { workspace: summary.name, program: env!("CARGO_PKG_VERSION").to_owned() })
    }

    /// Where a bundle goes in a chosen folder: a name that no file there has, from that of what is in it.
    ///
    /// # Errors
    /// `not_found` for a folder that was not chosen.
    pub(crate) async fn place_of_bundle(&self, folder: &str, name: &str) -> Result<PathBuf, ConsoleError> {
        let folder =
            self.bundle_files.find(folder).ok_or_else(|| ConsoleError::not_found("chosen folder"))?;
        let name = format!("{}-{}", file_name(name), self.clock.now().date());
        blocking(move || free_path(&folder, &name, BUNDLE_EXTENSION)).await
    }

    /// Starts the file of a bundle beside its place.
    ///
    /// # Errors
    /// As [`place_of_bundle`](Self::place_of_bundle); `file_not_written`.
    pub(crate) async fn start_bundle(&self, folder: &str, name: &str) -> Result<PendingFile, ConsoleError> {
        let path = self.place_of_bundle(folder, name).await?;
        let (unfinished, target) = (Arc::clone(&self.unfinished), path.clone());
        let started = blocking(move || unfinished.start(Target { path: target, may_replace: false })).await?;
        started.map_err(|reason| ConsoleError::not_written(&path, reason))
    }

    #[expect(clippy::too_many_arguments, reason = "one step of `back_up`, with all that it knows")]
    async fn back_up_one(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        id: OrganizationId,
        origin: &Origin,
        folder: &str,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<(PathBuf, u64, WrittenBundle), ConsoleError> {
        let organization = workspace.organizations().get(actor, &id.to_string()).await?;
        let file = self.start_bundle(folder, organization.name.as_str()).await?;
        let path = file.path().to_owned();
        let (writer, file) = blocking(move || (file.writer(), file)).await?;
        let writer = writer.map_err(|reason| ConsoleError::not_written(&path, reason))?;
        let output = (&*path.display().to_string(), writer);
        let written = workspace.bundles().write(actor, id, origin, output, progress, cancellation).await;
        let bundle = written.map_err(|error| ConsoleError::of_file(&path, error))?;
        let bytes = blocking(move || file.finish())
            .await?
            .map_err(|reason| ConsoleError::not_written(&path, reason))?;
        self.exports.note_shown(&path);
        tracing::info!(bytes, "wrote a bundle");
        Ok((path, bytes, bundle))
    }

    /// Lets a person choose a bundle; `None` if they changed their mind.
    ///
    /// # Errors
    /// None of its own.
    pub async fn choose_bundle(&self) -> Result<Option<ChosenBundle>, ConsoleError> {
        let (desktop, folder) = (Arc::clone(&self.desktop), self.folders.exports.clone());
        let chosen = blocking(move || {
            let path = desktop.choose_existing("Choose a bundle", &folder)?;
            let bytes = path.metadata().map_or(0, |found| found.len());
            Some((path, bytes))
        });
        Ok(chosen.await?.map(|(path, bytes)| ChosenBundle {
            display_path: path.display().to_string(),
            source: self.bundle_files.choose(path),
            bytes,
        }))
    }

    /// Opens a chosen bundle and reads what it says of itself.
    ///
    /// # Errors
    /// `not_found` for a file that was not chosen; `bundle_refused`.
    pub async fn open_bundle(&self, source: &str) -> Result<BundleReader, ConsoleError> {
        let path = self.bundle_files.find(source).ok_or_else(|| ConsoleError::not_found("chosen file"))?;
        let read = move || {
            let file = File::open(path).map_err(|error| {
                AppError::Bundle(BundleProblem::NotRead { problem: FileProblem::from(&error) })
            })?;
            BundleReader::open(Box::new(file))
        };
        Ok(blocking(read).await??)
    }

    /// Reads a whole bundle: every line, all counts and checksums.
    ///
    /// # Errors
    /// Those of [`open_bundle`](Self::open_bundle), `cancelled`, `forbidden`.
    pub async fn verify_bundle(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        source: &str,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<BundleReader, ConsoleError> {
        let bundle = self.open_bundle(source).await?;
        workspace.bundles().verify(actor, &bundle, progress, cancellation).await?;
        Ok(bundle)
    }

    /// What would happen if a bundle were restored.
    ///
    /// # Errors
    /// Those of [`open_bundle`](Self::open_bundle), `forbidden`.
    pub async fn plan_restore(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        source: &str,
        request: &ReceiveRequest,
    ) -> Result<ReceivePlan, ConsoleError> {
        actor.require_some(Act::RestoreBundle)?;
        let bundle = self.open_bundle(source).await?;
        Ok(workspace.bundles().plan(actor, &bundle, request).await?)
    }

    /// Restores a bundle. What is cancelled or fails leaves nothing.
    ///
    /// # Errors
    /// Those of [`open_bundle`](Self::open_bundle) and of `BundleService::receive`.
    pub async fn restore_bundle(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        source: &str,
        request: ReceiveRequest,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Received, ConsoleError> {
        actor.require_some(Act::RestoreBundle)?;
        let bundle = self.open_bundle(source).await?;
        Ok(workspace.bundles().receive(actor, &bundle, request, progress, cancellation).await?)
    }

    /// What a copy or move to another open workspace would do.
    ///
    /// # Errors
    /// Those of [`Moving::plan`], and of a session in either workspace.
    pub async fn plan_move(
        &self,
        source: &str,
        target: &str,
        request: &MoveRequest,
    ) -> Result<MovePlan, ConsoleError> {
        let (source, target) = self.both(source, target).await?;
        let cancellation = Cancellation::default();
        Ok(self.moving(&source, &target, &Quiet, &cancellation).plan(request).await?)
    }

    /// Copies or moves an organization to another open workspace.
    ///
    /// # Errors
    /// Those of [`Moving::carry_out`], and of a session in either workspace.
    pub async fn move_organization(
        &self,
        source: &str,
        target: &str,
        request: MoveRequest,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<MoveEnd, ConsoleError> {
        let (source, target) = self.both(source, target).await?;
        Ok(self.moving(&source, &target, progress, cancellation).carry_out(request).await?)
    }

    /// What masking does to the first documents of an organization.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `data_missing`, those of the store.
    pub async fn preview_masking(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        id: OrganizationId,
        choices: &MaskingChoices,
    ) -> Result<MaskingPreview, ConsoleError> {
        Ok(workspace.bundles().preview_masking(actor, id, choices).await?)
    }

    /// The moves from or to a workspace that stopped half-way. Those of which nothing is left are forgotten.
    ///
    /// # Errors
    /// Those of a session.
    pub async fn unfinished_moves(&self, workspace: &str) -> Result<Vec<UnfinishedMove>, ConsoleError> {
        let (_, actor) = self.reader(workspace).await?;
        if !actor.may(Act::RestoreBundle) {
            return Ok(Vec::new());
        }
        let mut moves = Vec::new();
        for note in self.move_notes.unfinished(workspace).await {
            let standing = match self.sides_of(&note).await {
                Ok((source, target)) => {
                    let cancellation = Cancellation::default();
                    Ok(self.moving(&source, &target, &Quiet, &cancellation).standing(&note).await?)
                }
                Err((_, missing)) => Err(missing),
            };
            moves.push(UnfinishedMove { note, standing });
        }
        Ok(moves)
    }

    /// Finishes a move that stopped half-way.
    ///
    /// # Errors
    /// `facts_changed` if it is over; those of [`Moving::finish`], and of a session in either workspace.
    pub async fn finish_move(
        &self,
        workspace: &str,
        id: &str,
    ) -> Result<(Standing, PeopleBrought), ConsoleError> {
        let note = self.note_of(workspace, id).await?;
        let (source, target) = self.sides_of(&note).await.map_err(|(error, _)| error)?;
        let cancellation = Cancellation::default();
        Ok(self.moving(&source, &target, &Quiet, &cancellation).finish(&note).await?)
    }

    /// Takes a move back: one that stopped half-way, or one that this run completed.
    ///
    /// # Errors
    /// `facts_changed` if it is over; those of [`Moving::take_back`], and of a session in either workspace.
    pub async fn take_back_move(&self, workspace: &str, id: &str) -> Result<Standing, ConsoleError> {
        let note = self.note_of(workspace, id).await?;
        let (source, target) = self.sides_of(&note).await.map_err(|(error, _)| error)?;
        let cancellation = Cancellation::default();
        Ok(self.moving(&source, &target, &Quiet, &cancellation).take_back(&note).await?)
    }

    async fn note_of(&self, workspace: &str, id: &str) -> Result<MoveNote, ConsoleError> {
        let (_, actor) = self.writer(workspace).await?;
        actor.require_some(Act::RestoreBundle)?;
        let found = self.move_notes.find(id).await;
        let is_its =
            |note: &MoveNote| [&note.source, &note.target].iter().any(|side| side.workspace == workspace);
        found.filter(is_its).ok_or(ConsoleError::FactsChanged)
    }

    /// Both sides of a move; otherwise why not, and the name of the workspace that is missing.
    async fn sides_of(&self, note: &MoveNote) -> Result<(Opened, Opened), (ConsoleError, String)> {
        let missing = |name: &str| {
            let name = name.to_owned();
            move |error| (error, name)
        };
        let source = self.other(&note.source.workspace).await;
        let source = source.map_err(missing(&note.source.workspace_name))?;
        let target = self.other(&note.target.workspace).await;
        Ok((source, target.map_err(missing(&note.target.workspace_name))?))
    }

    async fn opened(&self, id: &str) -> Result<Opened, ConsoleError> {
        let (workspace, actor) = self.writer(id).await?;
        let (summary, _) = self.summary_of(&workspace).await?;
        Ok(Opened { workspace, actor, name: summary.name })
    }

    /// Both sides of a copy or move that is asked for at its source.
    async fn both(&self, source: &str, target: &str) -> Result<(Opened, Opened), ConsoleError> {
        let source = self.opened(source).await?;
        // First: who may not do this learns nothing of other workspaces.
        source.actor.require_some(Act::RestoreBundle)?;
        Ok((source, self.other(target).await?))
    }

    /// The other workspace of a call: that nobody is signed in there says nothing about the session of the call.
    async fn other(&self, id: &str) -> Result<Opened, ConsoleError> {
        self.opened(id).await.map_err(|error| match error {
            ConsoleError::NoWorkspace
            | ConsoleError::NotSignedIn
            | ConsoleError::SessionExpired
            | ConsoleError::SessionRevoked
            | ConsoleError::SessionLocked => ConsoleError::OtherWorkspaceClosed,
            error => error,
        })
    }

    fn moving<'a>(
        &'a self,
        source: &'a Opened,
        target: &'a Opened,
        progress: &'a dyn ProgressSink,
        cancellation: &'a Cancellation,
    ) -> Moving<'a> {
        let (source, target) = (source.side(), target.side());
        Moving { source, target, notes: &self.move_notes, progress, cancellation }
    }
}
