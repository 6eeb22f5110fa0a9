//! Bundles that stand in for what they were made of, which is given up afterwards: each is written, read back from the
//! disk, and only then put in its place.

use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;

use futures_util::TryStreamExt;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

use super::fingerprint::Fingerprint;
use super::manifest::Manifest;
use super::progress::Told;
use super::reading::{BundleInput, BundleReader};
use super::tenant::TenantSource;
use super::writing::{Occasion, write_bundle};
use crate::error::{AppError, BundleProblem, FileProblem};
use crate::jobs::{Cancellation, JobStep, ProgressSink};
use crate::records::{ActivityEntry, ActivityKind};
use crate::rights::Actor;

/// The file of a bundle that is not in its place yet. Dropped before that, it is removed. Every call waits for a disk.
pub trait PendingBundle: Send + Sync {
    /// The place that it will have, for people.
    fn place(&self) -> String;

    /// Writes into it, from its beginning.
    ///
    /// # Errors
    /// Those of the operating system.
    fn writer(&self) -> Result<Box<dyn Write + Send>, FileProblem>;

    /// Reads it, after what was written is on the disk.
    ///
    /// # Errors
    /// Those of the operating system.
    fn reader(&self) -> Result<Box<dyn BundleInput>, FileProblem>;

    /// Puts it in its place, never over another file, so that a power cut does not take it away again. Returns its
    /// size.
    ///
    /// # Errors
    /// `Exists`; those of the operating system.
    fn finish(self: Box<Self>) -> Result<u64, FileProblem>;
}

/// A bundle in its place, whose file was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptBundle {
    /// Its place, for people.
    pub path: String,
    /// The size of the file.
    pub bytes: u64,
    /// The SHA-256 of the file, in hex.
    pub sha256: String,
    /// Documents in it.
    pub documents: u64,
}

/// A bundle that was written and read back, and is not in its place yet.
pub(crate) struct ProvenBundle {
    file: Box<dyn PendingBundle>,
    manifest: Manifest,
    /// The documents that were read back.
    pub(crate) contents: Fingerprint,
    sha256: String,
}

impl ProvenBundle {
    /// Writes a bundle, brings it to the disk and reads all of it back: two steps of the job.
    ///
    /// # Errors
    /// Those of the source; `Cancelled`, `FileNotWritten`, `Bundle`. Nothing is left of the file then.
    pub(crate) async fn write(
        source: &dyn TenantSource,
        occasion: Occasion<'_>,
        file: Box<dyn PendingBundle>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Self, AppError> {
        progress.begin(JobStep::Writing);
        let (file, output) = on_disk(file, |file| file.writer()).await?;
        let digest = Arc::new(Mutex::new(Sha256::new()));
        let output = Box::new(Digesting { output, digest: Arc::clone(&digest) });
        let manifest = write_bundle(source, occasion, output, progress, cancellation).await?;
        progress.begin(JobStep::ReadingBack);
        let sha256 = hex::encode(digest.lock().clone().finalize());
        let (file, mut input) = on_disk(file, |file| file.reader()).await?;
        let read = move || {
            // First byte by byte: what the record says of the file is true of every byte of it.
            let mut digest = Sha256::new();
            let read = io::copy(&mut input, &mut digest).and_then(|_| input.seek(SeekFrom::Start(0)));
            read.map_err(|error| {
                AppError::Bundle(BundleProblem::NotRead { problem: FileProblem::from(&error) })
            })?;
            Ok::<_, AppError>((hex::encode(digest.finalize()), BundleReader::open(input)?))
        };
        let (found, bundle) = spawn_blocking(read).await.map_err(stopped)??;
        if found != sha256 || *bundle.manifest() != manifest {
            return Err(AppError::Bundle(BundleProblem::ReadBackOtherwise));
        }
        let contents = contents(&bundle, progress, cancellation).await?;
        Ok(Self { file, manifest, contents, sha256 })
    }

    /// The entry of the record about it, with what tells its file from others.
    pub(crate) fn entry(&self, actor: &Actor, operation: &str) -> ActivityEntry {
        ActivityEntry::of(actor, ActivityKind::BundleWritten)
            .changed("file", None, Some(self.file.place()))
            .changed("sha256", None, Some(self.sha256.clone()))
            .with_detail(format!("{} documents", self.manifest.documents))
            .of_operation(operation)
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// `FileNotWritten`.
    pub(crate) async fn keep(self) -> Result<KeptBundle, AppError> {
        let Self { file, manifest, sha256, .. } = self;
        let path = file.place();
        let bytes = spawn_blocking(move || file.finish()).await.map_err(stopped)?;
        let bytes = bytes.map_err(AppError::FileNotWritten)?;
        Ok(KeptBundle { path, bytes, sha256, documents: manifest.documents })
    }
}

/// Reads all documents of a source.
///
/// # Errors
/// Those of the source; `Cancelled`.
pub(crate) async fn contents(
    source: &dyn TenantSource,
    progress: &dyn ProgressSink,
    cancellation: &Cancellation,
) -> Result<Fingerprint, AppError> {
    let mut found = Fingerprint::default();
    let mut told = Told::new(progress, source.tenant().documents);
    let mut documents = source.documents();
    loop {
        let batch = tokio::select! {
            () = cancellation.cancelled() => return Err(AppError::Cancelled),
            batch = documents.try_next() => batch?,
        };
        let Some(batch) = batch else { break };
        for document in &batch {
            found.add(document)?;
        }
        told.add(&batch);
    }
    told.end();
    Ok(found)
}

async fn on_disk<T: Send + 'static>(
    file: Box<dyn PendingBundle>,
    work: impl FnOnce(&dyn PendingBundle) -> Result<T, FileProblem> + Send + 'static,
) -> Result<(Box<dyn PendingBundle>, T), AppError> {
    let done = spawn_blocking(move || {
        let done = work(&*file);
        (file, done)
    });
    let (file, done) = done.await.map_err(stopped)?;
    Ok((file, done.map_err(AppError::FileNotWritten)?))
}

fn stopped(error: tokio::task::JoinError) -> AppError {
    tracing::error!(%error, "the file of a bundle was given up");
    AppError::FileNotWritten(FileProblem::Other)
}

/// Sums what passes through: a bundle is written from its beginning to its end.
struct Digesting {
    output: Box<dyn Write + Send>,
    digest: Arc<Mutex<Sha256>>,
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.digest.lock().update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
