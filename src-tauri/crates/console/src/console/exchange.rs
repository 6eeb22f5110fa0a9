//! Importing and exporting connections.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tenantry_connection::{SecretKind, Secrets};
use tenantry_core::error::FileProblem;
use tenantry_core::values::{Field, FieldRule};

use super::secret_keeping::require_strong;
use super::{Console, blocking};
use crate::error::ConsoleError;
use crate::files::{confirmed, free_path};
use crate::sealing;
use crate::transfer::{
    self, Exported, ImportEntry, ImportKind, ImportNote, ImportOutcome, ImportProblem, Planned,
};

/// The file name extension of exported connections.
const EXTENSION: &str = "tenantry";

/// A file chosen for an import.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ChosenImport {
    /// The file. Only one that was chosen in this run can be imported.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Whether importing it needs a passphrase.
    pub sealed: bool,
    /// What kind of file it is.
    pub kind: ImportKind,
}

/// The source of an import.
#[derive(serde::Deserialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ImportSource {
    /// A chosen file.
    File {
        /// Its path.
        path: String,
    },
    /// Typed or pasted text.
    Text {
        /// The text.
        text: String,
    },
}

/// The outcome of an import.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// The number of imported connections, with or without their secrets.
    pub imported: u32,
    /// Every entry, in order.
    pub entries: Vec<ImportEntry>,
}

/// The outcome of an export.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ProfilesExported {
    /// The path of the file.
    pub path: String,
    /// Connections in it.
    pub profiles: u32,
    /// Secrets in it.
    pub secrets: u32,
}

impl Console {
    /// Lets a person choose a file with connections; `None` if they changed their mind.
    ///
    /// # Errors
    /// `import_refused` for a file that cannot be read, or of an unknown kind.
    pub async fn choose_import(&self) -> Result<Option<ChosenImport>, ConsoleError> {
        let (desktop, folder) = (Arc::clone(&self.desktop), self.folders.exports.clone());
        let choose = move || desktop.choose_existing("Import connections", &folder);
        let Some(path) = blocking(choose).await? else { return Ok(None) };
        let content = read_file(path.clone()).await?;
        let kind = blocking(move || transfer::kind_of(&content)).await?;
        let (kind, sealed) = kind.ok_or_else(|| ConsoleError::ImportRefused {
            problem: "It is neither a list of connection strings nor a Compass or Tenantry export."
                .to_owned(),
        })?;
        self.connection_files.choose_import(&path);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Some(ChosenImport { path: path.display().to_string(), name, sealed, kind }))
    }

    /// Imports connections. Refused ones leave nothing behind; the others are saved in one write.
    ///
    /// # Errors
    /// `import_refused`, `passphrase_refused`, `invalid_input` if a passphrase is needed, `not_found` for a file that
    /// was not chosen in this run, `file_not_written`, `secrets_locked` if there are secrets that could not be stored.
    pub async fn import(
        &self,
        source: ImportSource,
        passphrase: Option<SecretString>,
    ) -> Result<ImportReport, ConsoleError> {
        let content = match source {
            ImportSource::File { path } => {
                let path = PathBuf::from(path);
                if !self.connection_files.may_import(&path) {
                    return Err(ConsoleError::not_found("chosen file"));
                }
                read_file(path).await?
            }
            ImportSource::Text { text } => text.into_bytes(),
        };
        let passphrase = passphrase.filter(|typed| !typed.expose_secret().is_empty());
        let entries = blocking(move || transfer::read(&content, passphrase.as_ref())).await?;
        let mut plan = transfer::plan(entries.map_err(import_problem)?, &self.profiles.all());
        let vault = self.vault().await;
        let has_secrets = plan.planned.iter().any(|planned| !planned.secrets.is_empty());
        if has_secrets && vault.is_sealed_file_in_use() && !vault.can_store() {
            return Err(ConsoleError::SecretsLocked);
        }
        self.profiles.add_all(plan.planned.iter().map(|planned| planned.profile.clone()).collect())?;
        let unstored = self.keep_secrets(plan.planned).await?;
        for entry in &mut plan.entries {
            if entry.workspace_id.as_ref().is_some_and(|id| unstored.contains(id))
                && entry.outcome != ImportOutcome::AlreadyThere
            {
                entry.notes.push(ImportNote::SecretsNotStored);
            }
        }
        let came_in = |entry: &&ImportEntry| match entry.outcome {
            ImportOutcome::Imported | ImportOutcome::ImportedWithoutSecret => true,
            ImportOutcome::AlreadyThere | ImportOutcome::Refused => false,
        };
        let imported = number(plan.entries.iter().filter(came_in).count());
        tracing::info!(imported, of = plan.entries.len(), "imported connections");
        Ok(ImportReport { imported, entries: plan.entries })
    }

    /// Lets a person choose the target of an export; `None` if they changed their mind.
    ///
    /// # Errors
    /// None of its own.
    pub async fn choose_profiles_file(&self) -> Result<Option<String>, ConsoleError> {
        let (desktop, folder) = (Arc::clone(&self.desktop), self.folders.exports.clone());
        let name = format!("tenantry-connections-{}", self.clock.now().date());
        let ask = move || {
            let suggested = free_path(&folder, &name, EXTENSION);
            let name = suggested.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let chosen = desktop.choose_file(
                "Export connections",
                &folder,
                &name,
                "Tenantry connections",
                EXTENSION,
            )?;
            Some(confirmed(chosen, EXTENSION))
        };
        let chosen = blocking(ask).await?;
        Ok(chosen.map(|target| {
            let path = target.path.display().to_string();
            self.connection_files.choose_export(target);
            path
        }))
    }

    /// Writes connections to the chosen file: without their secrets, or with them and sealed with a passphrase. Secrets
    /// leave only after a proof: `proof` is the passphrase of the secrets file, the keychain asks for its own password,
    /// and if neither can ask, an operator must be signed in to the workspace of each connection whose secrets leave.
    ///
    /// # Errors
    /// `not_found` for a place that was not chosen or a missing connection, `invalid_input` for a short passphrase,
    /// `proof_needed`, `passphrase_refused` for the proof, `unavailable` if the keychain's prompt was not answered,
    /// `file_not_written`, `secrets_locked`.
    pub async fn export_profiles(
        &self,
        path: String,
        ids: &[String],
        passphrase: Option<SecretString>,
        proof: Option<SecretString>,
    ) -> Result<ProfilesExported, ConsoleError> {
        if passphrase.is_some() {
            require_strong(passphrase.as_ref())?;
            let proof = proof.filter(|typed| !typed.expose_secret().is_empty());
            self.require_proof(ids, proof).await?;
        }
        let target = self.connection_files.target(Path::new(&path));
        let target = target.ok_or_else(|| ConsoleError::not_found("chosen file"))?;
        let mut connections = Vec::new();
        for id in ids {
            let profile = self.load_profile(id)?;
            let secrets = match passphrase {
                Some(_) => self.secrets_to_carry(&profile).await?,
                None => Secrets::new(),
            };
            connections.push(Exported { profile, secrets });
        }
        let secrets = connections.iter().map(|connection| connection.secrets.len()).sum();
        let (unfinished, work) = (Arc::clone(&self.unfinished), self.vault().await.work());
        let written = blocking(move || {
            let content = transfer::write(&connections).map_err(|_| FileProblem::Other)?;
            let pending = unfinished.start(target)?;
            let mut writer = pending.writer()?;
            match passphrase {
                Some(passphrase) => {
                    let sealed =
                        sealing::seal(&content, &passphrase, work).map_err(|_| FileProblem::Other)?;
                    writer.write_all(sealed.as_bytes())
                }
                None => writer.write_all(&content),
            }
            .map_err(|error| FileProblem::from(&error))?;
            drop(writer);
            pending.finish()
        });
        written.await?.map_err(|reason| ConsoleError::not_written(Path::new(&path), reason))?;
        self.connection_files.note_written(Path::new(&path));
        self.exports.note_shown(Path::new(&path));
        tracing::info!(profiles = ids.len(), secrets, "exported connections");
        Ok(ProfilesExported { path, profiles: number(ids.len()), secrets: number(secrets) })
    }

    /// Lets a person choose a certificate file; returns its path, `None` if they changed their mind. The dialog starts
    /// at the editor's current file. Reads nothing: the connection names the file, and the driver opens it.
    ///
    /// # Errors
    /// None of its own.
    pub async fn choose_certificate_file(
        &self,
        title: &'static str,
        current: Option<String>,
    ) -> Result<Option<String>, ConsoleError> {
        let (desktop, otherwise) = (Arc::clone(&self.desktop), self.folders.exports.clone());
        let choose = move || {
            let named = current.as_deref().and_then(|path| Path::new(path).parent());
            let folder = named.filter(|folder| folder.is_absolute() && folder.is_dir()).unwrap_or(&otherwise);
            desktop.choose_existing(title, folder)
        };
        Ok(blocking(choose).await?.map(|path| path.display().to_string()))
    }

    /// Stores the imported secrets; returns the connections whose secrets last only for this run.
    async fn keep_secrets(&self, planned: Vec<Planned>) -> Result<Vec<String>, ConsoleError> {
        let vault = self.vault().await;
        let mut stored: BTreeMap<String, Vec<SecretKind>> = BTreeMap::new();
        let mut unstored = Vec::new();
        for Planned { profile, secrets } in planned {
            for (kind, secret) in secrets {
                if vault.keep(&profile.id, kind, secret, true).await.for_next_time() {
                    stored.entry(profile.id.clone()).or_default().push(kind);
                } else {
                    unstored.push(profile.id.clone());
                }
            }
        }
        if !stored.is_empty() {
            self.profiles.change_each(|profile| {
                profile.stored.extend(stored.remove(&profile.id).unwrap_or_default());
            })?;
        }
        Ok(unstored)
    }
}

async fn read_file(path: PathBuf) -> Result<Vec<u8>, ConsoleError> {
    let read = move || {
        let file = std::fs::File::open(path)?;
        let mut content = Vec::new();
        // One byte above the limit tells the reader that it is too long.
        file.take(transfer::IMPORT_MAX as u64 + 1).read_to_end(&mut content)?;
        Ok::<_, std::io::Error>(content)
    };
    blocking(read).await?.map_err(|error| {
        tracing::warn!(kind = ?error.kind(), "a file to import could not be read");
        ConsoleError::ImportRefused { problem: "The file can't be read.".to_owned() }
    })
}

fn import_problem(problem: ImportProblem) -> ConsoleError {
    match problem {
        ImportProblem::PassphraseNeeded => ConsoleError::field(
            Field::Passphrase,
            FieldRule::Required,
            "This file is sealed. Enter its passphrase.",
        ),
        ImportProblem::PassphraseRefused => ConsoleError::PassphraseRefused,
        ImportProblem::Unusable(problem) => ConsoleError::ImportRefused { problem },
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
