//! Reads a bundle, whoever wrote it: everything is measured before it is believed.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use zip::read::Config;
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;
use zip::{CompressionMethod, ZipArchive, ZipReadOptions};

use super::extended_json::{self, Problem};
use super::manifest::{COLLECTION, DOCUMENTS, MANIFEST, Manifest, ORGANIZATION, Part, damaged};
use super::progress::Told;
use super::tenant::{ChangedMeanwhile, Tenant, TenantSource};
use super::{BundleProgress, collection};
use crate::error::{AppError, BundleDamage, BundleProblem, FileProblem};
use crate::jobs::{Cancellation, ProgressSink};
use crate::limits::{BATCH_BYTES, BATCH_ROWS, BUNDLE_ENTRIES_MAX, BUNDLE_LINE_MAX, BUNDLE_MANIFEST_MAX};
use crate::values::CollectionName;

/// How every zip begins that has something in it.
const ZIP: &[u8; 4] = b"PK\x03\x04";
const BUFFER: usize = 256 * 1024;

/// A file that can be read from any place.
pub trait BundleInput: Read + Seek + Send {}

impl<T: Read + Seek + Send> BundleInput for T {}

/// A bundle that was opened. Its small parts were read and checked; its documents are read as often as they are asked
/// for.
pub struct BundleReader {
    archive: Arc<Mutex<Archive>>,
    manifest: Manifest,
    tenant: Tenant,
}

type Archive = ZipArchive<Watched>;

impl BundleReader {
    /// Opens a bundle and reads all of it but the documents. Waits for a disk.
    ///
    /// # Errors
    /// `Bundle`.
    pub fn open(input: Box<dyn BundleInput>) -> Result<Self, AppError> {
        let mut input = Watched(input);
        let mut beginning = [0; 4];
        let begun = input.read_exact(&mut beginning);
        begun.map_err(|error| told(&error).unwrap_or_else(not_a_bundle))?;
        if beginning != *ZIP {
            return Err(not_a_bundle());
        }
        // Before the whole directory is read: it can be as long as the file.
        let entries = ZipIterable::try_new(&mut input, Config::default()).map(|entries| entries.len());
        let entries = entries.map_err(|error| of_zip(error, not_a_bundle()))?;
        if entries > BUNDLE_ENTRIES_MAX {
            return Err(not_a_bundle());
        }
        input.seek(SeekFrom::Start(0)).map_err(|error| told(&error).unwrap_or_else(not_a_bundle))?;
        let mut archive = ZipArchive::new(input).map_err(|error| of_zip(error, not_a_bundle()))?;

        let text = small_part(&mut archive, MANIFEST, BUNDLE_MANIFEST_MAX, None);
        let manifest = Manifest::read(&text.map_err(|error| match error {
            AppError::Bundle(BundleProblem::Damaged { damage: BundleDamage::Missing, .. }) => not_a_bundle(),
            error => error,
        })?)?;
        // The names are only compared: nothing is ever unpacked to a path.
        for name in archive.file_names() {
            let name = name.map_err(|error| of_zip(error, not_a_bundle()))?;
            if name != MANIFEST && !manifest.names().contains(&&*name) {
                return Err(damaged(&shown(&name), BundleDamage::Foreign));
            }
        }
        if archive.has_duplicate_names() {
            return Err(damaged(MANIFEST, BundleDamage::Twice));
        }
        let line_max = BUNDLE_LINE_MAX as u64;
        let document = match manifest.collection {
            None => {
                let told = manifest.part(ORGANIZATION)?;
                let text = small_part(&mut archive, ORGANIZATION, line_max, Some(told))?;
                let mut document = Vec::new();
                extended_json::read(text.trim_ascii_end(), &mut document)
                    .map_err(|problem| damaged(ORGANIZATION, damage_of(problem)))?;
                Some(document)
            }
            Some(_) => None,
        };
        let of_collection = manifest.part(COLLECTION)?;
        let of_collection = small_part(&mut archive, COLLECTION, line_max, Some(of_collection))?;
        require_size(&mut archive, manifest.part(DOCUMENTS)?)?;

        let (documents, bytes) = (Some(manifest.documents), Some(manifest.bytes));
        let description = collection::read(&of_collection)?;
        let tenant = match (document, manifest.collection.clone()) {
            (None, Some(name)) => {
                let name = CollectionName::from_stored(name);
                Tenant::without_organization(name, description, documents, bytes)
            }
            // Whoever wrote it: a hash in a file is not taken in.
            (document, _) => Tenant::of(&document.unwrap_or_default(), description, documents, bytes)?,
        };
        Ok(Self { archive: Arc::new(Mutex::new(archive)), manifest, tenant })
    }

    /// What the bundle says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads every line and compares all counts and checksums. Writes nothing.
    ///
    /// # Errors
    /// `Bundle` with the first damage; `Cancelled`.
    pub async fn verify(
        &self,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<BundleProgress, AppError> {
        let mut told = Told::new(progress, Some(self.manifest.documents));
        let mut documents = self.documents();
        loop {
            let batch = tokio::select! {
                () = cancellation.cancelled() => return Err(AppError::Cancelled),
                batch = documents.try_next() => batch?,
            };
            match batch {
                Some(batch) => told.add(&batch),
                None => return Ok(told.end()),
            }
        }
    }
}

#[async_trait]
impl TenantSource for BundleReader {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn documents(&self) -> BoxStream<'_, Result<Vec<Vec<u8>>, AppError>> {
        let (archive, manifest) = (Arc::clone(&self.archive), self.manifest.clone());
        stream::once(async move {
            // A batch waits while the one before is used, and another is being read.
            let (sender, receiver) = mpsc::channel(1);
            tokio::task::spawn_blocking(move || {
                if let Err(error) = read_documents(&mut archive.lock(), &manifest, &sender) {
                    // Nobody listens any more if the stream was dropped.
                    let _ = sender.blocking_send(Err(error));
                }
            });
            stream::unfold(receiver, |mut receiver| async move {
                let batch = receiver.recv().await?;
                Some((batch, receiver))
            })
        })
        .flatten()
        .boxed()
    }

    async fn changed(&self) -> Result<Option<ChangedMeanwhile>, AppError> {
        // A file does not change; what changed while it was written is in its manifest, for the person.
        Ok(None)
    }
}

type Batches = mpsc::Sender<Result<Vec<Vec<u8>>, AppError>>;

fn read_documents(archive: &mut Archive, manifest: &Manifest, to: &Batches) -> Result<(), AppError> {
    let part = manifest.part(DOCUMENTS)?;
    let at_line = |line: u32, damage| {
        AppError::Bundle(BundleProblem::Damaged { part: DOCUMENTS.to_owned(), line: Some(line), damage })
    };
    let unpacked = unpacking(archive, DOCUMENTS, Some(part))?;
    let mut input = BufReader::with_capacity(BUFFER, unpacked.take(part.bytes + 1));
    let (mut digest, mut size, mut documents, mut bytes) = (Sha256::new(), 0_u64, 0_u64, 0_u64);
    let (mut line, mut number) = (Vec::new(), 0_u32);
    let (mut batch, mut batch_bytes) = (Vec::new(), 0);
    loop {
        line.clear();
        number = number.saturating_add(1);
        let mut limited = input.by_ref().take(BUNDLE_LINE_MAX as u64 + 1);
        let read = limited.read_until(b'\n', &mut line);
        let read =
            read.map_err(|error| told(&error).unwrap_or_else(|| at_line(number, BundleDamage::Unpacking)))?;
        if read == 0 {
            break;
        }
        size += read as u64;
        if size > part.bytes {
            return Err(at_line(number, BundleDamage::Count));
        }
        digest.update(&line);
        if line.pop() != Some(b'\n') {
            let is_long = read > BUNDLE_LINE_MAX;
            return Err(at_line(number, if is_long { BundleDamage::TooLarge } else { BundleDamage::Count }));
        }
        let mut document = Vec::with_capacity(line.len());
        extended_json::read(&line, &mut document).map_err(|problem| at_line(number, damage_of(problem)))?;
        // Whatever is inserted needs one: without it, the server would make one up.
        let has_id =
            bson::RawDocument::from_bytes(&document).is_ok_and(|read| matches!(read.get("_id"), Ok(Some(_))));
        if !has_id {
            return Err(at_line(number, BundleDamage::NotADocument));
        }
        documents += 1;
        bytes += document.len() as u64;
        batch_bytes += document.len();
        // Text is longer than what it says.
        document.shrink_to_fit();
        batch.push(document);
        if batch_bytes >= BATCH_BYTES || batch.len() >= BATCH_ROWS {
            batch_bytes = 0;
            if to.blocking_send(Ok(std::mem::take(&mut batch))).is_err() {
                return Ok(());
            }
        }
    }
    if (size, documents, bytes) != (part.bytes, manifest.documents, manifest.bytes) {
        return Err(damaged(DOCUMENTS, BundleDamage::Count));
    }
    if hex::encode(digest.finalize()) != part.sha256 {
        return Err(damaged(DOCUMENTS, BundleDamage::Checksum));
    }
    if !batch.is_empty() {
        let _ = to.blocking_send(Ok(batch));
    }
    Ok(())
}

/// A part that fits into memory, as the manifest says it is; the manifest itself without that.
fn small_part(
    archive: &mut Archive,
    name: &str,
    most: u64,
    says: Option<&Part>,
) -> Result<Vec<u8>, AppError> {
    if let Some(says) = says {
        require_size(archive, says)?;
    }
    let mut text = Vec::new();
    let read = unpacking(archive, name, says)?.take(most + 1).read_to_end(&mut text);
    read.map_err(|error| told(&error).unwrap_or_else(|| damaged(name, BundleDamage::Unpacking)))?;
    if text.len() as u64 > most {
        return Err(damaged(name, BundleDamage::TooLarge));
    }
    match says {
        Some(says) if text.len() as u64 != says.bytes => Err(damaged(name, BundleDamage::Count)),
        Some(says) if hex::encode(Sha256::digest(&text)) != says.sha256 => {
            Err(damaged(name, BundleDamage::Checksum))
        }
        Some(_) | None => Ok(text),
    }
}

/// The zip's directory and the manifest must agree, before anything of that size is unpacked.
fn require_size(archive: &mut Archive, says: &Part) -> Result<(), AppError> {
    let index =
        archive.index_for_name(&says.name).ok_or_else(|| damaged(&says.name, BundleDamage::Missing))?;
    let entry = archive.by_index_data(index);
    let size = entry.map_err(|error| of_zip(error, damaged(&says.name, BundleDamage::Unpacking)))?.size();
    if size == says.bytes { Ok(()) } else { Err(damaged(&says.name, BundleDamage::Count)) }
}

/// An entry that is being unpacked. The zip's own checksum is compared for the manifest alone: the others' checksums in
/// the manifest are the stronger ones.
fn unpacking<'a>(
    archive: &'a mut Archive,
    name: &str,
    says: Option<&Part>,
) -> Result<impl Read + use<'a>, AppError> {
    let index = archive.index_for_name(name).ok_or_else(|| damaged(name, BundleDamage::Missing))?;
    let options = ZipReadOptions::new().ignore_crc32(says.is_some());
    let entry = archive.by_index_with_options(index, options);
    let entry = entry.map_err(|error| of_zip(error, damaged(name, BundleDamage::Unpacking)))?;
    match entry.compression() {
        CompressionMethod::Deflated | CompressionMethod::Stored => Ok(entry),
        _ => Err(damaged(name, BundleDamage::Unpacking)),
    }
}

fn damage_of(problem: Problem) -> BundleDamage {
    match problem {
        Problem::NotADocument => BundleDamage::NotADocument,
        Problem::TooLarge => BundleDamage::TooLarge,
    }
}

fn not_a_bundle() -> AppError {
    AppError::Bundle(BundleProblem::NotABundle)
}

/// A stranger's name as it can be shown: short, and without anything that moves the text around it.
fn shown(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(60).collect()
}

fn of_zip(error: ZipError, otherwise: AppError) -> AppError {
    match error {
        ZipError::Io(error) => told(&error).unwrap_or(otherwise),
        _ => otherwise,
    }
}

/// The operating system's own error, told from what is wrong with the bytes that it gave.
fn told(error: &io::Error) -> Option<AppError> {
    let refused = error.get_ref()?.downcast_ref::<NotRead>()?;
    Some(AppError::Bundle(BundleProblem::NotRead { problem: refused.0 }))
}

/// The operating system did not read.
#[derive(Debug, thiserror::Error)]
#[error("not read: {0}")]
struct NotRead(FileProblem);

/// Marks the errors of the operating system.
struct Watched(Box<dyn BundleInput>);

fn marked<T>(answer: io::Result<T>) -> io::Result<T> {
    answer.map_err(|error| {
        if error.kind() == io::ErrorKind::Interrupted {
            return error;
        }
        io::Error::new(error.kind(), NotRead(FileProblem::from(&error)))
    })
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        marked(self.0.read(buffer))
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // A place before the beginning is the file's fault.
        match self.0.seek(to) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(error),
            answer => marked(answer),
        }
    }
}
