//! Writes a bundle: reading, making text and packing go on at the same time, each a batch behind the other, so that
//! memory does not grow with the documents.

use std::io::{self, Write};

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::mpsc;
use tokio::task::{JoinError, spawn_blocking};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::manifest::{COLLECTION, DOCUMENTS, FORMAT, MANIFEST, Manifest, ORGANIZATION, Part};
use super::progress::Told;
use super::tenant::TenantSource;
use super::{collection, extended_json};
use crate::error::{AppError, BundleProblem, FileProblem};
use crate::jobs::{Cancellation, ProgressSink};
use crate::limits::{BUNDLE_UNPACKED_MAX, DOCUMENT_BYTES_MAX};

/// The quickest level of deflate: a bundle waits for it more than for the server.
const LEVEL: i64 = 1;

/// Where and by which program a bundle is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The name of the workspace, as people know it.
    pub workspace: String,
    /// The version of the program.
    pub program: String,
}

/// Who has a bundle written, and when.
pub(crate) struct Occasion<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) by: &'a str,
    pub(crate) at: OffsetDateTime,
}

/// Writes a tenant with all its documents.
///
/// # Errors
/// Those of the source; `Cancelled`, `FileNotWritten`, `Bundle` for a document that no server takes. The output is
/// worthless then.
pub(super) async fn write_bundle(
    source: &dyn TenantSource,
    occasion: Occasion<'_>,
    output: Box<dyn Write + Send>,
    progress: &dyn ProgressSink,
    cancellation: &Cancellation,
) -> Result<Manifest, AppError> {
    cancellation.checkpoint()?;
    let tenant = source.tenant();
    let mut small = Vec::with_capacity(2);
    if tenant.ownerless.is_none() {
        let mut organization = Vec::new();
        extended_json::write(&tenant.document, &mut organization)
            .map_err(|_| AppError::Bundle(BundleProblem::NotADocument))?;
        organization.push(b'\n');
        small.push((ORGANIZATION, organization));
    }
    small.push((COLLECTION, collection::written(&tenant.description)?));
    let mut parts: Vec<Part> = small.iter().map(|(name, text)| part(name, text)).collect();

    // At most two batches wait before each of the two, so they do not pile up before a slow disk.
    let (to_text, batches) = mpsc::channel(2);
    let (to_file, packed) = mpsc::channel(2);
    let told = Told::new(progress, tenant.documents);
    let packer = {
        let output = Output { inner: Some(output), cancellation: cancellation.clone() };
        let at = occasion.at;
        spawn_blocking(move || pack(output, at, &small, packed))
    };
    let texts = {
        let to_file = to_file.clone();
        spawn_blocking(move || make_text(batches, &to_file))
    };
    let read = tokio::select! {
        () = cancellation.cancelled() => Err(AppError::Cancelled),
        read = read(source, to_text, told) => read,
    };
    // After a failure too: each of the two ends when nobody sends it anything any more.
    let texts = texts.await.map_err(stopped).and_then(|texts| texts);
    let manifest = async {
        let done = read?;
        let text = texts?.ok_or(AppError::FileNotWritten(FileProblem::Other))?;
        let changed_meanwhile = source.changed().await?;
        parts.push(text);
        let id = tenant.id().map(|id| id.to_hex()).unwrap_or_default();
        Ok(Manifest {
            format: FORMAT.to_owned(),
            version: Manifest::version_of(tenant.ownerless.is_none()),
            program: occasion.origin.program.clone(),
            workspace: occasion.origin.workspace.clone(),
            written_at: occasion.at.format(&Rfc3339).unwrap_or_default(),
            written_by: occasion.by.to_owned(),
            collection: tenant.ownerless.as_ref().map(ToString::to_string),
            organization_id: id,
            organization_name: if tenant.ownerless.is_none() { tenant.name() } else { String::new() },
            display_name: tenant.display_name(),
            documents: done.documents,
            bytes: done.bytes,
            indexes: u32::try_from(tenant.description.indexes.len()).unwrap_or(u32::MAX),
            changed_meanwhile,
            parts,
        })
    }
    .await;
    if let Ok(manifest) = &manifest {
        // It ends early only with an error of its own, which is looked at below.
        let _ = to_file.send(Packed::End(Box::new(manifest.clone()))).await;
    }
    drop(to_file);
    let written = packer.await;
    cancellation.checkpoint()?;
    match written.map_err(stopped)? {
        Ok(()) => manifest,
        // A failed disk ends all three. If the packer failed, the others only found it gone.
        Err(error) => Err(AppError::FileNotWritten(FileProblem::from(&error))),
    }
}

fn stopped(error: JoinError) -> AppError {
    tracing::error!(%error, "the writer of a bundle stopped");
    AppError::FileNotWritten(FileProblem::Other)
}

async fn read(
    source: &dyn TenantSource,
    to_text: mpsc::Sender<Vec<Vec<u8>>>,
    mut told: Told<'_>,
) -> Result<super::BundleProgress, AppError> {
    let mut documents = source.documents();
    while let Some(batch) = documents.try_next().await? {
        told.add(&batch);
        if to_text.send(batch).await.is_err() {
            break;
        }
    }
    Ok(told.end())
}

/// A step of the packer.
enum Packed {
    /// Lines of the documents.
    Lines(Vec<u8>),
    /// Everything was read.
    End(Box<Manifest>),
}

/// Makes lines of documents as they come; returns their part, or `None` if the packer has ended.
fn make_text(
    mut batches: mpsc::Receiver<Vec<Vec<u8>>>,
    to_file: &mpsc::Sender<Packed>,
) -> Result<Option<Part>, AppError> {
    let (mut digest, mut bytes) = (Sha256::new(), 0_u64);
    while let Some(batch) = batches.blocking_recv() {
        let size: usize = batch.iter().map(Vec::len).sum();
        let mut lines = Vec::with_capacity(size * 2);
        for document in &batch {
            if document.len() > DOCUMENT_BYTES_MAX {
                return Err(AppError::Bundle(BundleProblem::TooLarge));
            }
            extended_json::write(document, &mut lines)
                .map_err(|_| AppError::Bundle(BundleProblem::NotADocument))?;
            lines.push(b'\n');
        }
        digest.update(&lines);
        bytes += lines.len() as u64;
        if bytes > BUNDLE_UNPACKED_MAX {
            return Err(AppError::Bundle(BundleProblem::TooLarge));
        }
        if to_file.blocking_send(Packed::Lines(lines)).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(Part { name: DOCUMENTS.to_owned(), bytes, sha256: hex::encode(digest.finalize()) }))
}

/// Packs a bundle on a thread that may wait for a disk. Without an end nobody wants the file.
fn pack(
    output: Output,
    at: OffsetDateTime,
    small: &[(&str, Vec<u8>)],
    mut packed: mpsc::Receiver<Packed>,
) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(output);
    let done = pack_into(&mut zip, at, small, &mut packed);
    let done = done.and_then(|is_whole| {
        if !is_whole {
            return Ok(());
        }
        let mut output = zip.finish()?.into_inner();
        output.flush()
    });
    done.inspect_err(|error| tracing::warn!(kind = ?error.kind(), "a bundle could not be written"))
}

/// Returns whether it came to the end.
fn pack_into(
    zip: &mut ZipWriter<StreamWriter<Output>>,
    at: OffsetDateTime,
    small: &[(&str, Vec<u8>)],
    packed: &mut mpsc::Receiver<Packed>,
) -> io::Result<bool> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(moment(at))
        .unix_permissions(0o600);
    for (name, text) in small {
        zip.start_file(*name, options)?;
        zip.write_all(text)?;
    }
    // Beyond four gigabytes unpacked it needs the large format, and how much it is, nobody knows yet.
    zip.start_file(DOCUMENTS, options.large_file(true))?;
    while let Some(step) = packed.blocking_recv() {
        match step {
            Packed::Lines(lines) => zip.write_all(&lines)?,
            Packed::End(manifest) => {
                zip.start_file(MANIFEST, options)?;
                let mut text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::other)?;
                text.push(b'\n');
                zip.write_all(&text)?;
                return Ok(true);
            }
        }
    }
    // Dropped, the zip would be completed: into nothing.
    Ok(false)
}

fn moment(at: OffsetDateTime) -> zip::DateTime {
    let year = u16::try_from(at.year()).unwrap_or_default();
    zip::DateTime::from_date_and_time(
        year,
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
    )
    .unwrap_or_default()
}

fn part(name: &str, text: &[u8]) -> Part {
    let sha256 = hex::encode(Sha256::digest(text));
    Part { name: name.to_owned(), bytes: text.len() as u64, sha256 }
}

/// An output that swallows everything once the job is cancelled, and after its first failure: a zip that is dropped is
/// completed, and would tell standard error that it could not.
struct Output {
    inner: Option<Box<dyn Write + Send>>,
    cancellation: Cancellation,
}

impl Output {
    fn or_nothing<T>(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
        nothing: T,
    ) -> io::Result<T> {
        if self.cancellation.checkpoint().is_err() {
            self.inner = None;
        }
        let Some(inner) = &mut self.inner else { return Ok(nothing) };
        let written = write(inner);
        if written.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted) {
            self.inner = None;
        }
        written
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.or_nothing(|inner| inner.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.or_nothing(|inner| inner.flush(), ())
    }
}
