//! Opens the file of a workspace. Nothing in a file changes before it is known to be ours, whole, and of a known
//! version.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use tenantry_core::StoreError;
use tenantry_core::clock::Clock;
use tenantry_core::error::FileProblem;

use crate::SqliteStore;
use crate::connections::{Connections, blocking, configure, empty_log};
use crate::errors::{Failure, Outcome, damaged};
use crate::schema::{self, Found, OVERWRITES_SINCE, STEPS};

/// The beginning of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Up to this size the whole file is checked at each opening. A larger one is checked only before a migration: opening
/// must not take longer with every organization. SQLite reports damage that it meets later.
const CHECKED_AT_OPENING: u64 = 16 * 1024 * 1024;

impl SqliteStore {
    /// Opens the workspace in this file; creates missing file and folders. An older file is brought to the current
    /// version, after a copy of it was put beside it.
    ///
    /// # Errors
    /// `Newer` for the file of a newer version, `Corrupt` for a damaged one or one that is not a workspace: neither is
    /// changed. `File` for a refusal of the operating system.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let now = SystemTime::from(clock.now());
        let connections = blocking(move || {
            let connections =
                open_file(path.clone(), STEPS).map_err(|failure| failure.at(&path.display().to_string()))?;
            remove_old_copies(&path, now);
            Ok(connections)
        })
        .await?;
        Ok(Self { connections: Arc::new(connections), clock })
    }

    /// A workspace in memory.
    ///
    /// # Errors
    /// `Unexpected` if SQLite cannot create it.
    pub async fn in_memory(clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let connections = blocking(|| open_in_memory().map_err(|failure| failure.at("in memory"))).await?;
        Ok(Self { connections: Arc::new(connections), clock })
    }
}

fn open_in_memory() -> Outcome<Connections> {
    let mut connection = Connection::open_in_memory()?;
    configure(&connection)?;
    schema::migrate(&mut connection, STEPS)?;
    Ok(Connections::new(None, connection))
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
    // If the folder does not support it, SQLite returns the mode that stays; the health page reports it.
    writer.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    let is_older = |version: usize| version < OVERWRITES_SINCE && steps.len() >= OVERWRITES_SINCE;
    if matches!(found, Found::Version(version) if is_older(version)) {
        // Rewritten without its free pages, which were never overwritten. Before the version is raised, so that the
        // next opening repeats a failure.
        writer.execute_batch("VACUUM")?;
    }
    schema::migrate(&mut writer, steps)?;
    // What a killed process left in it; a reader in another process keeps it, and opening does not wait.
    let _ = empty_log(&writer, Duration::ZERO);
    Ok(Connections::new(Some(path), writer))
}

/// Creates missing folders and the file, readable for their owner only.
fn prepare_place(path: &Path) -> Outcome<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    // Created here and not by SQLite, which leaves the mode to the umask. The files beside it get the same mode.
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
    // The folder's access list decides, and the data folder belongs to its user.
    Ok(())
}

/// Identifies the file; changes nothing.
fn examine(path: &Path, steps: &[&str]) -> Outcome<Found> {
    let size = check_beginning(path)?;
    let connection = connect(path)?;
    // The log of a file that is not ours stays as another program left it.
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

/// Checks the first bytes; returns the size.
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

/// How long the copy of an older file stays beside it: long enough to notice that something is missing, but not for
/// good, because it keeps data that is deleted for good meanwhile.
const COPY_STAYS: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const COPY: &str = "backup";
const HALF_COPY: &str = "half";

/// The place for the copy of an older file.
fn beside(path: &Path, version: usize, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".version-{version}.{what}"));
    PathBuf::from(name)
}

/// Puts a whole copy of an older file beside it: `tenantry.db` of version 1 becomes `tenantry.db.version-1.backup`.
fn back_up(path: &Path, version: usize) -> Outcome<()> {
    let (half, whole) = (beside(path, version, HALF_COPY), beside(path, version, COPY));
    // SQLite accepts an existing empty file, so the mode is ours.
    own_file().create(true).truncate(true).open(&half)?;
    // SQLite accepts no path outside Unicode.
    let target = half.to_str().ok_or(Failure::File(FileProblem::Other))?;
    let connection = connect(path)?;
    configure(&connection)?;
    connection.execute("VACUUM INTO ?1", [target])?;
    OpenOptions::new().write(true).open(&half).and_then(|file| file.sync_all())?;
    fs::rename(&half, &whole)?;
    Ok(())
}

/// Removes copies of older versions whose time is over, and what a killed process left of one. Called after the file
/// was opened well. A failure is tried again the next time.
fn remove_old_copies(path: &Path, now: SystemTime) {
    for version in 0..STEPS.len() {
        let _ = fs::remove_file(beside(path, version, HALF_COPY));
        let copy = beside(path, version, COPY);
        let made = fs::metadata(&copy).and_then(|metadata| metadata.modified());
        let is_over = |made| now.duration_since(made).is_ok_and(|age| age >= COPY_STAYS);
        if made.is_ok_and(is_over) {
            let _ = fs::remove_file(copy);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use tempfile::TempDir;
    use tenantry_core::clock::{ManualClock, SystemClock};
    use tenantry_core::ports::{ActivityStore, CollectionStore, OrganizationStore};
    use tenantry_core::records::{
        ActivityEntry, ActivityKind, CollectionIdentity, NewOrganization, OrganizationFilter,
        OrganizationQuery, PageStart, RecordQuery, SortDirection, SortField, StatusFilter, Trashed,
        TrashedCollection,
    };
    use tenantry_core::values::{
        CollectionName, EmailAddress, OrganizationId, OrganizationName, PasswordHash,
    };

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
        let found =
            OrganizationStore::find(&open(&path).await.expect("opens again"), acme.id).await.expect("reads");
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
    async fn the_record_of_an_older_file_stays_and_is_vouched_for() {
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        drop(
            open_file(path.clone(), &STEPS[..8])
                .expect("a file of the version before the record was chained"),
        );
        let connection = connect(&path).expect("opens by hand");
        let recorded =
            "INSERT INTO console_activity (at, actor, kind) VALUES (1700000000000, 'dana', 'signed_in')";
        connection.execute(recorded, []).expect("recorded");
        drop(connection);
        let store = open(&path).await.expect("opens and migrates");
        let entry = ActivityEntry::by("lee", ActivityKind::SignedIn);
        store.append(&entry).await.expect("appended");
        let query = RecordQuery { limit: 10, ..RecordQuery::default() };
        let page = ActivityStore::page(&store, &query).await.expect("a page");
        let told: Vec<_> = page.entries.iter().map(|one| (one.number, one.entry.actor.as_str())).collect();
        assert_eq!(told, [(1, "lee"), (0, "tenantry"), (0, "dana")]);
        let vouched = page.entries[1].entry.sealed.as_ref().map(|sealed| sealed.number);
        assert_eq!(vouched, Some(1), "the first entry of the chain vouches for it");
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
            backwards: false,
            start: PageStart::Beginning,
            limit: 10,
        };
        let page = OrganizationStore::page(&store, &query).await.expect("searches");
        assert_eq!(
            page.organizations.len(),
            1,
            "what was there before the search's tables must be found by it"
        );

        let copy = folder.path().join("tenantry.db.version-1.backup");
        let copy = open_file(copy, &STEPS[..1]).expect("the copy is a whole file of version 1");
        let store = SqliteStore { connections: Arc::new(copy), clock: Arc::new(SystemClock) };
        let found = OrganizationStore::find(&store, acme.id).await;
        assert!(found.expect("reads").is_some(), "the copy must hold the data");
    }

    /// Documents of somewhat more than a kilobyte.
    fn documents() -> Vec<Vec<u8>> {
        let text = "x".repeat(1_000);
        let document = |number: i32| bson::doc! { "_id": number, "text": &text }.to_vec().expect("encodes");
        (0..500).map(document).collect()
    }

    #[tokio::test]
    async fn the_documents_of_an_older_file_stay_and_take_not_much_more_than_their_size() {
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        let name = CollectionName::from_stored("org_acme".to_owned());
        let older = open_file(path.clone(), &STEPS[..13]).expect("a file of the version before");
        let store = SqliteStore { connections: Arc::new(older), clock: Arc::new(SystemClock) };
        store.create(&name).await.expect("created");
        store.insert_documents(&name, &documents()).await.expect("inserted");
        drop(store);
        let used = |path: &Path| {
            let connection = connect(path).expect("opens by hand");
            let sql = "SELECT sum(pgsize) FROM dbstat WHERE name = 'documents'";
            connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("known")
        };
        let whole: i64 = documents().iter().map(|document| document.len() as i64).sum();
        assert!(used(&path) > whole * 3, "{} bytes for {whole}", used(&path));

        let store = open(&path).await.expect("opens and migrates");
        let read: Vec<Vec<Vec<u8>>> =
            CollectionStore::documents(&store, &name).try_collect().await.expect("reads");
        assert_eq!(read.concat(), documents());
        store.insert_documents(&name, &documents()[..10]).await.expect("those are there");
        assert_eq!(store.statistics(&name).await.expect("statistics").documents, 500, "each `_id` once");
        drop(store);

        assert!(used(&path) < whole * 3 / 2, "{} bytes for {whole}", used(&path));
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

    /// Names of the files in the folder that contain this text.
    fn holding(folder: &Path, text: &str) -> Vec<String> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).expect("the folder") {
            let path = entry.expect("a file").path();
            let content = fs::read(&path).expect("readable");
            if content.windows(text.len()).any(|window| window == text.as_bytes()) {
                names.push(path.file_name().expect("a name").to_string_lossy().into_owned());
            }
        }
        names
    }

    /// A workspace with an organization in the trash, whose name, address and documents are planted.
    async fn with_something_in_the_trash(store: &SqliteStore) -> (OrganizationId, CollectionName) {
        let mut planted = acme();
        planted.name = OrganizationName::from_stored("planted-zqx".to_owned());
        planted.admin_email = EmailAddress::from_stored("planted-address@example.com".to_owned());
        planted.admin_password = PasswordHash::from_stored("$2b$12$planted-hash".to_owned());
        let (id, collection) = (planted.id, CollectionName::for_organization(&planted.name));
        store.insert(&planted).await.expect("inserts");
        store.create(&collection).await.expect("creates");
        let documents: Vec<Vec<u8>> = (0..40)
            .map(|number| {
                // Some are longer than a page.
                let text = "planted-document ".repeat(1 + number * 20);
                bson::doc! {"_id": i64::try_from(number).expect("few"), "text": text}.to_vec().expect("BSON")
            })
            .collect();
        store.insert_documents(&collection, &documents).await.expect("inserts documents");
        let (at, by) = (SystemClock.now().into(), "dana@example.com".to_owned());
        let trashed = Trashed { at, by, collection: TrashedCollection::Moved, copy: None };
        store.copy_to_trash(id, &trashed).await.expect("copies");
        store.remove_copied(id, None).await.expect("removes");
        (id, collection)
    }

    #[tokio::test]
    async fn what_is_deleted_for_good_is_in_no_file_any_more() {
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        let store = open(&path).await.expect("opens");
        store.insert(&acme()).await.expect("inserts");
        let (id, collection) = with_something_in_the_trash(&store).await;
        assert!(!holding(folder.path(), "planted-document").is_empty(), "it was to be there first");

        store.delete(&collection, &CollectionIdentity(None)).await.expect("deletes");
        store.remove_trashed(id, None).await.expect("removes");
        for planted in ["planted-document", "planted-zqx", "zqx", "planted-address", "planted-hash"] {
            assert_eq!(holding(folder.path(), planted), [""; 0], "{planted} can still be read");
        }
    }

    #[tokio::test]
    async fn what_was_deleted_before_files_were_overwritten_leaves_an_older_file_with_its_migration() {
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        let older = open_file(path.clone(), &STEPS[..OVERWRITES_SINCE - 1]).expect("an older file");
        // As that version did: nothing is overwritten.
        let careless = connect(&path).expect("opens by hand");
        drop(older);
        careless.pragma_update_and_check(None, "secure_delete", false, |_| Ok(())).expect("set");
        careless
            .execute_batch("CREATE TABLE gone (a); INSERT INTO gone VALUES ('planted-document')")
            .expect("written");
        careless.execute_batch("DROP TABLE gone").expect("dropped");
        drop(careless);
        assert!(!holding(folder.path(), "planted-document").is_empty(), "it was to be there first");
        let store = open(&path).await.expect("opens and migrates");
        assert_eq!(holding(folder.path(), "planted-document"), [""; 0]);
        drop(store);
    }

    #[tokio::test]
    async fn the_copy_of_an_older_file_has_an_end() {
        let folder = folder();
        let path = folder.path().join("tenantry.db");
        drop(open_file(path.clone(), &STEPS[..1]).expect("a file of version 1"));
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let copy = folder.path().join("tenantry.db.version-1.backup");
        let opened = async || drop(SqliteStore::open(&path, clock.clone()).await.expect("opens"));
        opened().await;
        assert!(copy.exists(), "it was to be made");
        fs::write(folder.path().join("tenantry.db.version-1.half"), "half").expect("a half one");
        fs::write(folder.path().join("tenantry.db.version-1.backup.mine"), "x").expect("a file of somebody");
        clock.advance(COPY_STAYS - Duration::from_secs(60));
        opened().await;
        assert!(copy.exists(), "a person may still need it");
        assert!(!folder.path().join("tenantry.db.version-1.half").exists(), "what a crash left has no use");
        clock.advance(Duration::from_secs(120));
        opened().await;
        assert!(!copy.exists(), "what is deleted for good would be in it for ever");
        assert!(folder.path().join("tenantry.db.version-1.backup.mine").exists(), "it is not ours");
    }
}
