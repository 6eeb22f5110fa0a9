//! Opening the file of a workspace: nothing of a file is changed before it is known to be one of ours, whole, and of a
//! version that this program knows.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use tenantry_core::StoreError;
use tenantry_core::clock::Clock;
use tenantry_core::error::FileProblem;

use crate::SqliteStore;
use crate::connections::{Connections, blocking, configure};
use crate::errors::{Failure, Outcome, damaged};
use crate::schema::{self, Found, STEPS};

/// How every SQLite file begins.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Up to this size the whole file is checked each time it is opened. A larger one is checked before a migration only:
/// opening must not take longer with every organization. SQLite reports damage that is met later.
const CHECKED_AT_OPENING: u64 = 16 * 1024 * 1024;

impl SqliteStore {
    /// Opens the workspace in this file, and makes file and folder where they are missing. An older file is brought
    /// to this program's version, after a copy of it was put beside it.
    ///
    /// # Errors
    /// `Newer` for the file of a newer program, `Corrupt` for what is damaged or no workspace: neither is changed.
    /// `File` for what the operating system does not permit or allow.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let connections = blocking(path.display().to_string(), move || open_file(path, STEPS)).await?;
        Ok(Self { connections: Arc::new(connections), clock })
    }

    /// A workspace that is gone when it is dropped.
    ///
    /// # Errors
    /// `Unexpected` when SQLite can't make it.
    pub async fn in_memory(clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let connections = blocking("in memory".to_owned(), || {
            let mut connection = Connection::open_in_memory()?;
            configure(&connection)?;
            schema::migrate(&mut connection, STEPS)?;
            Ok(Connections::new(None, connection))
        })
        .await?;
        Ok(Self { connections: Arc::new(connections), clock })
    }
}

fn open_file(path: PathBuf, steps: &[&str]) -> Outcome<Connections> {
    prepare_place(&path)?;
    let found = examine(&path, steps)?;
    if let Found::Version(version) = found
        && version < steps.len()
    {
        back_up(&path, version)?;
    }
    let mut writer = connect(&path)?;
    configure(&writer)?;
    // Where the folder does not permit it, SQLite answers with the mode that stays; the health page tells it.
    writer.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    schema::migrate(&mut writer, steps)?;
    Ok(Connections::new(Some(path), writer))
}

/// Makes folder and file where they are missing, readable for their owner only.
fn prepare_place(path: &Path) -> Outcome<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    // Made here and not by SQLite, which leaves the mode to the umask. The files beside it get the same mode.
    match own_file().create_new(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(restrict(path)?),
        Err(error) => Err(error.into()),
    }
}

fn own_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(path)?;
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_path: &Path) -> io::Result<()> {
    // The folder's access list decides, and the program's data folder is its user's own.
    Ok(())
}

/// Finds out what the file is; changes nothing.
fn examine(path: &Path, steps: &[&str]) -> Outcome<Found> {
    let size = check_beginning(path)?;
    let connection = connect(path)?;
    // What another program left in the log of a file that is not ours stays there.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    configure(&connection)?;
    let found = schema::inspect(&connection, steps)?;
    if let Found::Version(version) = found
        && (version < steps.len() || size <= CHECKED_AT_OPENING)
    {
        check_whole(&connection)?;
    }
    if connection.is_readonly(MAIN_DB)? {
        return Err(Failure::File(FileProblem::Denied));
    }
    Ok(found)
}

/// Reads the first bytes, and answers the size.
fn check_beginning(path: &Path) -> Outcome<u64> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(Failure::File(FileProblem::Other));
    }
    if metadata.len() > 0 {
        let mut beginning = [0; MAGIC.len()];
        let is_database = file.read_exact(&mut beginning).is_ok() && &beginning == MAGIC;
        if !is_database {
            return Err(damaged("the file (it is no database)").into());
        }
    }
    Ok(metadata.len())
}

fn check_whole(connection: &Connection) -> Outcome<()> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(damaged("the workspace's file").into()) }
}

fn connect(path: &Path) -> Outcome<Connection> {
    // Without CREATE: a file that vanished meanwhile is an error, not a new workspace.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// Puts a whole copy of an older file beside it: `tenantry.db` of version 1 becomes `tenantry.db.version-1.backup`.
fn back_up(path: &Path, version: usize) -> Outcome<()> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let (half, whole) =
        (beside(&format!(".version-{version}.half")), beside(&format!(".version-{version}.backup")));
    // SQLite writes into a file that is there when it is empty: so the mode is ours.
    own_file().create(true).truncate(true).open(&half)?;
    // SQLite takes no path that is not in Unicode.
    let target = half.to_str().ok_or(Failure::File(FileProblem::Other))?;
    let connection = connect(path)?;
    configure(&connection)?;
    connection.execute("VACUUM INTO ?1", [target])?;
    OpenOptions::new().write(true).open(&half).and_then(|file| file.sync_all())?;
    fs::rename(&half, &whole)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tenantry_core::clock::SystemClock;
    use tenantry_core::organizations::{
        NewOrganization, OrganizationFilter, OrganizationQuery, OrganizationStore, SortDirection, SortField,
        StatusFilter,
    };
    use tenantry_core::values::{EmailAddress, OrganizationId, OrganizationName, PasswordHash};

    use super::*;

    fn folder() -> TempDir {
        tempfile::tempdir().expect("a folder for the test")
    }

    async fn open(path: &Path) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(path, Arc::new(SystemClock)).await
    }

    fn acme() -> NewOrganization {
        NewOrganization {
            id: OrganizationId::new(),
            name: OrganizationName::from_stored("acme".to_owned()),
            display_name: None,
            admin_email: EmailAddress::from_stored("dana@example.com".to_owned()),
            admin_password: PasswordHash::from_stored("$2b$12$hash".to_owned()),
            created_at: SystemClock.now(),
        }
    }

    async fn refused_and_untouched(path: &Path) -> StoreError {
        let before = fs::read(path).expect("the file is there");
        let Err(error) = open(path).await else { panic!("the file must be refused") };
        assert_eq!(
            fs::read(path).expect("the file is still there"),
            before,
            "a refused file must not change"
        );
        error
    }

    #[tokio::test]
    async fn a_new_file_and_its_folder_are_made_and_what_is_written_is_there_again() {
        let folder = folder();
        let path = folder.path().join("some").join("where").join("tenantry.db");
        let acme = acme();
        let store = open(&path).await.expect("opens");
        store.insert(&acme).await.expect("inserts");
        drop(store);
        let found = open(&path).await.expect("opens again").find(acme.id).await.expect("reads");
        assert_eq!(found.map(|organization| organization.name), Some(acme.name));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_may_read_the_file_and_those_beside_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        fs::write(&path, []).expect("an empty file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("readable for all");
        let store = open(&path).await.expect("opens");
        store.insert(&acme()).await.expect("inserts");
        let mut files = 0;
        for entry in fs::read_dir(folder.path()).expect("the folder") {
            let entry = entry.expect("a file");
            let mode = entry.metadata().expect("its mode").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?} is open to others", entry.file_name());
            files += 1;
        }
        assert!(files >= 2, "the log beside the file was to be looked at too");
    }

    #[tokio::test]
    async fn the_file_of_a_newer_program_is_refused_and_untouched() {
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        drop(open(&path).await.expect("opens"));
        let connection = connect(&path).expect("opens by hand");
        connection.pragma_update(None, "user_version", 99).expect("a version from the future");
        drop(connection);
        let supported = u32::try_from(STEPS.len()).expect("few steps");
        assert_eq!(refused_and_untouched(&path).await, StoreError::Newer { found: 99, supported });
    }

    #[tokio::test]
    async fn what_is_no_database_is_refused_and_untouched() {
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        for content in [b"x".as_slice(), &[7; 8192]] {
            fs::write(&path, content).expect("a file");
            assert!(matches!(refused_and_untouched(&path).await, StoreError::Corrupt { .. }));
        }
    }

    #[tokio::test]
    async fn the_database_of_another_program_is_refused_and_untouched() {
        let folder = folder();
        let path = folder.path().join("other.db");
        Connection::open(&path)
            .and_then(|other| other.execute_batch("CREATE TABLE t (a)"))
            .expect("a database");
        assert!(matches!(refused_and_untouched(&path).await, StoreError::Corrupt { .. }));
    }

    #[tokio::test]
    async fn a_damaged_file_is_refused_and_untouched() {
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        let store = open(&path).await.expect("opens");
        store.insert(&acme()).await.expect("inserts");
        drop(store);
        let whole = fs::read(&path).expect("the file");

        fs::write(&path, &whole[..whole.len() / 2]).expect("a cut file");
        assert!(matches!(refused_and_untouched(&path).await, StoreError::Corrupt { .. }), "cut in half");

        let mut scribbled = whole;
        let page = 4096 * 3;
        scribbled[page..page + 512].fill(0xA5);
        fs::write(&path, &scribbled).expect("a scribbled file");
        assert!(matches!(refused_and_untouched(&path).await, StoreError::Corrupt { .. }), "scribbled over");
    }

    #[tokio::test]
    async fn an_older_file_keeps_its_data_and_a_copy_of_it_is_put_beside() {
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        let acme = acme();
        let older = open_file(path.clone(), &STEPS[..1]).expect("a file of version 1");
        let store = SqliteStore { connections: Arc::new(older), clock: Arc::new(SystemClock) };
        store.insert(&acme).await.expect("inserts");
        drop(store);

        let store = open(&path).await.expect("opens and migrates");
        let query = OrganizationQuery {
            filter: OrganizationFilter { search: "acme".to_owned(), status: StatusFilter::All, only: None },
            sort: SortField::Name,
            direction: SortDirection::Ascending,
            after: None,
            limit: 10,
        };
        let page = store.page(&query).await.expect("searches");
        assert_eq!(
            page.organizations.len(),
            1,
            "what was there before the search's tables must be found by it"
        );

        let copy = folder.path().join("tenantry.db.version-1.backup");
        let copy = open_file(copy, &STEPS[..1]).expect("the copy is a whole file of version 1");
        let store = SqliteStore { connections: Arc::new(copy), clock: Arc::new(SystemClock) };
        assert!(store.find(acme.id).await.expect("reads").is_some(), "the copy must hold the data");
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_the_older_file() {
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        drop(open(&path).await.expect("opens"));
        let mut steps = STEPS.to_vec();
        steps.push("CREATE TABLE half_made (a); CREATE TABLE organizations (again);");
        assert!(open_file(path.clone(), &steps).is_err(), "the step can't be taken");
        let connection = connect(&path).expect("opens by hand");
        assert_eq!(schema::inspect(&connection, STEPS).expect("readable"), Found::Version(STEPS.len()));
        let leftovers: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'half_made'", [], |row| row.get(0))
            .expect("readable");
        assert_eq!(leftovers, 0);
    }
}
