//! Reads the file of saved connections, whole or damaged, and never leaves one that is cut off.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tenantry_core::records::{Access, Environment};

use super::removed::Removed;
use super::{BUILT_IN, Content, OpenProblem, Profile, ProfileNotice, VERSION, VERSION_KEY, migration};
use crate::files::{part_builder, place_new};
use crate::identifiers::random_id;
use crate::{address, logging};

/// Bytes of the file: some ten thousand connections. Measured before reading and before writing.
pub(super) const FILE_MAX: usize = 16 * 1024 * 1024;
/// How many times the length of a damaged file is read in search of whole connections. A cut-off file takes about
/// three: the file, its lists, and the connections.
const READ_AGAIN: usize = 8;

/// The content of the file, and what was wrong with it.
#[derive(Default)]
pub(super) struct Found {
    pub(super) content: Content,
    /// What a person should know about it.
    pub(super) notices: Vec<ProfileNotice>,
}

impl Found {
    /// Reads the file; if it is missing or damaged, also the last good copy. A damaged file is put aside first.
    ///
    /// # Errors
    /// A newer version wrote it, or a damaged or older one could not be put aside: going on would lose it.
    pub(super) fn read(path: &Path) -> Result<Self, OpenProblem> {
        let Some(bytes) = read_if_there(path)? else {
            return Ok(match last_good_copy(path)? {
                Some(content) => Self { content, notices: vec![ProfileNotice::CopyUsed] },
                None => Self::default(),
            });
        };
        let good = last_good_copy(path)?.unwrap_or_default();
        let Understood { content, is_whole, version_1 } = understood(&bytes, good)?;
        if let Some(version_1) = version_1 {
            // Kept beside it before anything is written over it.
            keep_copy(path, "v1", &version_1)?;
        }
        let mut found = Self { content, notices: Vec::new() };
        if !is_whole {
            found.set_aside(path, &bytes)?;
        }
        found.take_out_secrets();
        Ok(found)
    }

    fn set_aside(&mut self, path: &Path, bytes: &[u8]) -> Result<(), OpenProblem> {
        let aside = keep_copy(path, "damaged", bytes)?;
        let saved = u32::try_from(self.content.profiles.len()).unwrap_or(u32::MAX);
        tracing::warn!(aside = %aside.display(), "the connection profiles were damaged");
        self.notices.push(ProfileNotice::Damaged { saved, aside: aside.display().to_string() });
        // Written again afterwards; the plugin must not read the damaged one instead.
        std::fs::remove_file(path)?;
        Ok(())
    }

    /// Removes secrets that someone wrote into the file by hand.
    pub(super) fn take_out_secrets(&mut self) {
        let removed = self.content.removed.iter_mut().map(|removed| &mut removed.profile);
        let mut found = false;
        for profile in self.content.profiles.iter_mut().chain(removed) {
            let public = public_form(&profile.connection_string);
            found |= public != profile.connection_string;
            profile.connection_string = public;
        }
        if found {
            self.notices.push(ProfileNotice::SecretTakenOut);
        }
    }
}

/// The content of a file, as far as it is readable.
pub(super) struct Understood {
    pub(super) content: Content,
    /// Whether nothing of it was damaged.
    pub(super) is_whole: bool,
    /// A file of version 1, to be kept.
    pub(super) version_1: Option<Vec<u8>>,
}

/// Parses what is readable; `good` is the last good copy, for the rest.
///
/// # Errors
/// A newer version wrote it.
pub(super) fn understood(bytes: &[u8], good: Content) -> Result<Understood, OpenProblem> {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader { good, whole: true };
    let mut version_1 = None;
    let content = match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(mut object)) => {
            match version(&object)? {
                Some(1) => {
                    version_1 = Some(without_secrets(bytes, &object));
                    migration::from_version_1(&mut object);
                }
                Some(VERSION) => {}
                Some(_) | None => reader.whole = false,
            }
            reader.in_object(&object)
        }
        Ok(_) | Err(_) => reader.in_ruins(&text),
    };
    Ok(Understood { content, is_whole: reader.whole, version_1 })
}

/// A connection string in the form that the file can hold.
fn public_form(connection_string: &str) -> String {
    address::take_apart(connection_string).map_or_else(
        // The mask replaces what is recognized; the pattern replaces what a malformed string hides.
        |_| logging::redact(&tenantry_connection::read(connection_string).text),
        |address| address.public,
    )
}

/// The bytes unchanged, unless they contain a secret.
fn without_secrets(bytes: &[u8], object: &Map<String, Value>) -> Vec<u8> {
    let mut stripped = object.clone();
    let mut found = false;
    if let Some(Value::Array(profiles)) = stripped.get_mut("profiles") {
        for value in profiles.iter_mut().filter_map(|profile| profile.get_mut("connectionString")) {
            let Some(text) = value.as_str() else { continue };
            let public = public_form(text);
            found |= public != text;
            *value = Value::from(public);
        }
    }
    match serde_json::to_vec_pretty(&stripped) {
        Ok(stripped) if found => stripped,
        Ok(_) | Err(_) => bytes.to_vec(),
    }
}

/// # Errors
/// A newer version wrote it.
fn version(object: &Map<String, Value>) -> Result<Option<u64>, OpenProblem> {
    let version = object.get(VERSION_KEY).and_then(Value::as_u64);
    match version {
        Some(found) if found > VERSION => {
            let installation = object.get("installation").and_then(Value::as_str).map(str::to_owned);
            Err(OpenProblem::Newer { found, installation })
        }
        Some(_) | None => Ok(version),
    }
}

/// The copy that was written whole before the file; `None` if it cannot be used.
pub(super) fn last_good_copy(path: &Path) -> Result<Option<Content>, OpenProblem> {
    let bytes = match read_if_there(&copy_of(path)) {
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => None,
        bytes => bytes?,
    };
    let Some(bytes) = bytes else { return Ok(None) };
    let Ok(Value::Object(object)) = serde_json::from_slice::<Value>(&bytes) else { return Ok(None) };
    if version(&object)? != Some(VERSION) {
        return Ok(None);
    }
    let mut reader = Reader { good: Content::default(), whole: true };
    let content = reader.in_object(&object);
    Ok(reader.whole.then_some(content))
}

/// Parses what is readable.
struct Reader {
    /// The last good copy, for the rest.
    good: Content,
    /// Whether everything was readable so far.
    whole: bool,
}

impl Reader {
    /// Parses a file that is JSON.
    fn in_object(&mut self, object: &Map<String, Value>) -> Content {
        let installation = self.part(object, "installation", self.good.installation.clone());
        let built_in = self.part(object, "builtIn", self.good.built_in.clone());
        let settings = self.part(object, "settings", self.good.settings.clone());
        let mut taken = HashSet::from([BUILT_IN.to_owned()]);
        let mut profiles = Vec::new();
        for mut profile in self.profiles(object) {
            if !taken.insert(profile.id.clone()) {
                // Copied by hand: the two would share their secrets.
                self.whole = false;
                profile.id = random_id();
                profile.stored.clear();
            }
            profiles.push(profile);
        }
        let removed: Vec<Value> = self.part(object, "removed", Vec::new());
        let removed =
            removed.into_iter().filter_map(|value| match serde_json::from_value::<Removed>(value) {
                Ok(removed) => Some(Removed { is_old: true, ..removed }),
                Err(_) => {
                    self.whole = false;
                    None
                }
            });
        Content { removed: removed.collect(), installation, profiles, built_in, settings }
    }

    fn profiles(&mut self, object: &Map<String, Value>) -> Vec<Profile> {
        let Some(Value::Array(values)) = object.get("profiles") else {
            self.whole = false;
            return self.good.profiles.clone();
        };
        let mut profiles = Vec::new();
        for value in values {
            let whole = serde_json::from_value::<Profile>(value.clone()).ok();
            self.whole &= whole.is_some();
            profiles.extend(whole.or_else(|| self.half_good(value)));
        }
        profiles
    }

    /// The readable part of a damaged entry, completed from the last good copy, otherwise with the most harmless
    /// values.
    fn half_good(&self, value: &Value) -> Option<Profile> {
        let object = value.as_object()?;
        let id = read::<String>(object, "id").filter(|id| !id.is_empty())?;
        let good = self.good.profiles.iter().find(|profile| profile.id == id);
        let text = |key: &str, good: Option<&String>| read::<String>(object, key).or_else(|| good.cloned());
        Some(Profile {
            connection_string: text("connectionString", good.map(|good| &good.connection_string))?,
            name: text("name", good.map(|good| &good.name))
                .unwrap_or_else(|| "Workspace without a name".to_owned()),
            database: text("database", good.map(|good| &good.database))
                .unwrap_or_else(|| tenantry_core::limits::DEFAULT_DATABASE.to_owned()),
            notes: text("notes", good.map(|good| &good.notes)).unwrap_or_default(),
            environment: read(object, "environment")
                .or_else(|| good.map(|good| good.environment))
                .unwrap_or(Environment::Production),
            access: read(object, "access").or_else(|| good.map(|good| good.access)).unwrap_or(Access::Locked),
            favorite: read(object, "favorite").or_else(|| good.map(|good| good.favorite)).unwrap_or(false),
            last_opened_at: good.and_then(|good| good.last_opened_at),
            stored: read(object, "stored")
                .or_else(|| good.map(|good| good.stored.clone()))
                .unwrap_or_default(),
            has_signing_secret: read(object, "hasSigningSecret")
                .or_else(|| good.map(|good| good.has_signing_secret))
                .unwrap_or(false),
            id,
        })
    }

    /// Parses a file that is cut off or not JSON: the last good copy, otherwise the whole connections in it.
    fn in_ruins(&mut self, text: &str) -> Content {
        self.whole = false;
        if !self.good.installation.is_empty() {
            return self.good.clone();
        }
        let mut content = Content::default();
        let mut from = 0;
        // An incomplete value is parsed again from each brace in it: nested braces would make that endless.
        let mut ration = text.len().saturating_mul(READ_AGAIN);
        while let Some(brace) = text.get(from..).and_then(|rest| rest.find('{')).map(|at| from + at) {
            let rest = Rationed { rest: &text.as_bytes()[brace..], ration: &mut ration };
            let mut stream = serde_json::Deserializer::from_reader(rest).into_iter::<Value>();
            // A list of connections is a value too, and so is the whole file: only a value that looks like one
            // connection counts.
            let profile = stream.next().and_then(Result::ok).filter(|value| value.get("profiles").is_none());
            match profile.as_ref().and_then(|value| self.in_old_form(value)) {
                Some(profile) => {
                    content.profiles.push(profile);
                    from = brace + stream.byte_offset();
                }
                None => from = brace + 1,
            }
        }
        // Its secrets in the keychain are found under this name.
        let installation = text.split_once("\"installation\"").and_then(|(_, rest)| {
            let id = rest.split('"').nth(1)?;
            (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
        });
        content.installation = installation.unwrap_or_default();
        content
    }

    /// A connection among ruins: of today's form, or of version 1.
    fn in_old_form(&self, value: &Value) -> Option<Profile> {
        value.as_object().filter(|object| object.contains_key("connectionString"))?;
        if let Ok(profile) = serde_json::from_value::<Profile>(value.clone()) {
            return Some(profile);
        }
        let mut file = Map::from_iter([("profiles".to_owned(), Value::Array(vec![value.clone()]))]);
        migration::from_version_1(&mut file);
        self.half_good(file.get("profiles")?.get(0)?)
    }

    fn part<T: DeserializeOwned>(&mut self, object: &Map<String, Value>, key: &str, good: T) -> T {
        read(object, key).unwrap_or_else(|| {
            self.whole = false;
            good
        })
    }
}

/// Bytes that can be read while a ration lasts, which the next reader continues.
struct Rationed<'a> {
    rest: &'a [u8],
    ration: &'a mut usize,
}

impl Read for Rationed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = buffer.len().min(*self.ration);
        let count = self.rest.read(&mut buffer[..allowed])?;
        *self.ration -= count;
        Ok(count)
    }
}

fn read<T: DeserializeOwned>(object: &Map<String, Value>, key: &str) -> Option<T> {
    object.get(key).and_then(|value| serde_json::from_value(value.clone()).ok())
}

/// # Errors
/// `FileTooLarge`; those of the operating system.
fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    // One byte above the limit tells that it is too long.
    file.take(FILE_MAX as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > FILE_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Some(bytes)) }
}

/// The path of the copy that is written before the file.
pub(super) fn copy_of(path: &Path) -> PathBuf {
    path.with_extension("backup.json")
}

/// Writes a file so that a power cut leaves the old one or the new one, never half of one. Readable by this user only.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    beside(folder, bytes)?.persist(path).map_err(|failed| failed.error)?;
    make_lasting(folder)
}

/// Keeps bytes beside a file under a free name: `profiles.<what>.json`, otherwise with a number. An existing copy of
/// the same bytes is enough.
pub(super) fn keep_copy(path: &Path, what: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let names = std::iter::once(format!("{what}.json"))
        .chain((2_u32..).map(|number| format!("{what}-{number}.json")));
    for name in names {
        let copy = path.with_extension(name);
        if std::fs::read(&copy).is_ok_and(|there| there == bytes) {
            return Ok(copy);
        }
        match place_new(beside(folder, bytes)?, &copy) {
            Ok(()) => return make_lasting(folder).map(|()| copy),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

fn beside(folder: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut file = part_builder().tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Syncs the folder: without it a power cut can lose a new name.
fn make_lasting(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
