//! What a stranger, a bad disk or a newer program can do to a file: each is told as what it is, and nothing comes in.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use bson::doc;
use serde_json::{Value, json};
use tenantry_core::bundle::{BundleReader, TenantSource};
use tenantry_core::error::{AppError, BundleDamage, BundleProblem, FileProblem};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::rights::Actor;
use tenantry_tests::bundles::{
    changed, collections, contents, documents_in, open, origin, packed, request, retold, set_aside, unpacked,
    written,
};
use tenantry_tests::console::Console;
use tenantry_tests::suite::collection;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const DOCUMENTS: &str = "documents.ndjson";
const SMALL_PARTS: [&str; 2] = ["organization.json", "collection.json"];

struct Case {
    workspace: TestWorkspace,
    console: Console,
    operator: Actor,
    file: Vec<u8>,
    has_organization: bool,
}

impl Case {
    /// An organization with three documents, and its bundle.
    async fn new() -> Self {
        let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
        let console = Console::on(&workspace);
        let operator = console.operator().await;
        let acme = console.create("acme").await;
        let documents: Vec<_> =
            (1..=3).map(|id| doc! {"_id": id, "text": "some text"}.to_vec().expect("bytes")).collect();
        workspace
            .ports
            .collections
            .insert_documents(&collection("acme"), &documents)
            .await
            .expect("inserted");
        let file = written(&console, &operator, acme.id).await;
        Self { workspace, console, operator, file, has_organization: true }
    }

    /// The same documents in a collection that nobody owned, which is in its bundle alone.
    async fn ownerless() -> Self {
        let case = Self::new().await;
        let collections = &case.workspace.ports.collections;
        let lost = collection("lost");
        collections.create(&lost).await.expect("created");
        let documents = contents(&case.workspace.ports, &collection("acme")).await;
        collections.insert_documents(&lost, &documents).await.expect("inserted");
        let file = set_aside(&case.console, &case.operator, &lost).await;
        Self { file, has_organization: false, ..case }
    }

    /// Both kinds of bundles.
    async fn both() -> [Self; 2] {
        [Self::new().await, Self::ownerless().await]
    }

    /// The parts beside the documents.
    fn small_parts(&self) -> &'static [&'static str] {
        let [_, without @ ..] = &SMALL_PARTS;
        if self.has_organization { &SMALL_PARTS } else { without }
    }

    /// What becomes of a file: refused as it is opened or read, and then nothing comes in from it either.
    async fn refused(&self, file: &[u8]) -> BundleProblem {
        let verified = match open(file) {
            Ok(bundle) => {
                let cancellation = Cancellation::default();
                let verified = bundle.verify(&Quiet, &cancellation).await.map(|_| ());
                let asked = request("zenith");
                let received =
                    self.console.bundles.receive(&self.operator, &bundle, asked, &Quiet, &cancellation).await;
                assert_eq!(received.map(|_| ()), verified, "it comes in as it is verified");
                assert_eq!(collections(&self.workspace.ports).await, ["org_acme"], "nothing came in");
                assert_eq!(self.workspace.ports.journal.unfinished().await, Ok(Vec::new()));
                verified
            }
            Err(error) => Err(error),
        };
        match verified {
            Err(AppError::Bundle(problem)) => problem,
            other => panic!("it is refused as a bundle: {other:?}"),
        }
    }
}

fn damaged(part: &str, line: impl Into<Option<u32>>, damage: BundleDamage) -> BundleProblem {
    BundleProblem::Damaged { part: part.to_owned(), line: line.into(), damage }
}

fn lines(text: &mut Vec<u8>, change: impl FnOnce(&mut Vec<String>)) {
    let mut all: Vec<String> = String::from_utf8(text.clone()).unwrap().lines().map(str::to_owned).collect();
    change(&mut all);
    *text = all.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes();
}

#[tokio::test]
async fn a_file_that_is_no_bundle_is_told_as_such() {
    for case in Case::both().await {
        let zip = |name: &str| packed(&[(name.to_owned(), b"{}".to_vec())]);
        for file in
            [b"".to_vec(), b"PK".to_vec(), b"%PDF-1.7 and more".to_vec(), vec![0; 100_000], zip("a.txt")]
        {
            assert_eq!(case.refused(&file).await, BundleProblem::NotABundle);
        }
        assert_eq!(
            case.refused(&zip("manifest.json")).await,
            BundleProblem::NotABundle,
            "of another program"
        );
        let cut = |part: usize| case.file[..case.file.len() * part / 10].to_vec();
        for part in 0..10 {
            assert_eq!(case.refused(&cut(part)).await, BundleProblem::NotABundle, "cut at {part} tenths");
        }
    }
}

#[tokio::test]
async fn a_newer_version_is_left_alone() {
    for case in Case::both().await {
        let newer = retold(&case.file, |manifest| {
            *manifest = json!({"format": "tenantry-bundle", "version": 3, "whatever": "else"});
        });
        assert_eq!(case.refused(&newer).await, BundleProblem::Newer { found: 3, supported: 2 });
        let odd = retold(&case.file, |manifest| manifest["version"] = json!("one"));
        assert_eq!(case.refused(&odd).await, damaged("manifest.json", None, BundleDamage::NotADocument));
        let poor = retold(&case.file, |manifest| drop(manifest.as_object_mut().unwrap().remove("documents")));
        assert_eq!(case.refused(&poor).await, damaged("manifest.json", None, BundleDamage::NotADocument));
    }
}

#[tokio::test]
async fn a_bundle_is_told_by_its_version_and_its_collection_to_have_an_organization_or_none() {
    let [with, without] = Case::both().await;
    let manifest = |case: &Case| open(&case.file).expect("a bundle").manifest().clone();
    let (told, told_without) = (manifest(&with), manifest(&without));
    assert_eq!((told.version, told.collection), (1, None), "every program reads it");
    assert_eq!((told_without.version, told_without.collection.as_deref()), (2, Some("org_lost")));
    assert_eq!((told_without.organization_id.as_str(), told_without.organization_name.as_str()), ("", ""));
    assert_eq!(open(&without.file).expect("a bundle").tenant().name(), "lost", "offered for a restore");
    let refused = damaged("manifest.json", None, BundleDamage::NotADocument);
    let says = |case: &Case, version: u32, collection: Value| {
        retold(&case.file, |manifest| {
            manifest["version"] = json!(version);
            manifest["collection"] = collection;
        })
    };
    // Whoever would read one as the other, refuses it.
    assert_eq!(with.refused(&says(&with, 1, json!("org_acme"))).await, refused);
    assert_eq!(with.refused(&says(&with, 2, Value::Null)).await, refused);
    let foreign = damaged("organization.json", None, BundleDamage::Foreign);
    assert_eq!(with.refused(&says(&with, 2, json!("org_acme"))).await, foreign);
    assert_eq!(without.refused(&says(&without, 1, json!("org_lost"))).await, refused);
    let missing = damaged("organization.json", None, BundleDamage::Missing);
    assert_eq!(without.refused(&says(&without, 1, Value::Null)).await, missing);
    assert_eq!(without.refused(&says(&without, 2, json!(7))).await, refused, "no text");
}

#[tokio::test]
async fn a_lost_line_a_changed_one_and_wrong_counts_are_found() {
    for case in Case::both().await {
        let count = damaged(DOCUMENTS, None, BundleDamage::Count);
        let lost = changed(&case.file, DOCUMENTS, |text| lines(text, |all| drop(all.remove(1))));
        assert_eq!(case.refused(&lost).await, count, "though size and checksum are those of what is left");
        let more = retold(&case.file, |manifest| manifest["documents"] = json!(4));
        assert_eq!(case.refused(&more).await, count);
        let longer = retold(&case.file, |manifest| manifest["bytes"] = json!(1));
        assert_eq!(case.refused(&longer).await, count);
        let mut parts = unpacked(&case.file);
        let text = &mut parts.iter_mut().find(|(name, _)| name == DOCUMENTS).unwrap().1;
        let at = text.windows(4).position(|four| four == b"some").unwrap();
        text[at] = b'S';
        assert_eq!(case.refused(&packed(&parts)).await, damaged(DOCUMENTS, None, BundleDamage::Checksum));
        for part in case.small_parts() {
            let mut parts = unpacked(&case.file);
            let text = &mut parts.iter_mut().find(|(name, _)| name == *part).unwrap().1;
            let at = text.iter().position(|byte| *byte == b'g').unwrap_or(5);
            text[at] = b'h';
            assert_eq!(case.refused(&packed(&parts)).await, damaged(part, None, BundleDamage::Checksum));
            let shorter = retold(&case.file, |manifest| {
                let told = manifest["parts"].as_array_mut().unwrap();
                told.iter_mut().find(|told| told["name"] == *part).unwrap()["bytes"] = json!(3);
            });
            assert_eq!(case.refused(&shorter).await, damaged(part, None, BundleDamage::Count));
        }
        let cut = changed(&case.file, DOCUMENTS, |text| text.truncate(text.len() - 1));
        assert_eq!(
            case.refused(&cut).await,
            damaged(DOCUMENTS, 3, BundleDamage::Count),
            "the last line has no end"
        );
    }
}

#[tokio::test]
async fn a_line_that_is_no_document_is_told_with_its_number() {
    for case in Case::both().await {
        for line in
            ["", "null", "{\"_id\":", "{\"_id\":{\"$oid\":\"x\"}}", "{\"text\":\"no id\"}", "\u{feff}{}"]
        {
            let bad = changed(&case.file, DOCUMENTS, |text| lines(text, |all| all[1] = line.to_owned()));
            assert_eq!(case.refused(&bad).await, damaged(DOCUMENTS, 2, BundleDamage::NotADocument), "{line}");
        }
        let deep = format!("{{\"_id\":1,\"a\":{}", "[".repeat(500_000));
        let deep = changed(&case.file, DOCUMENTS, |text| lines(text, |all| all[2] = deep));
        assert_eq!(case.refused(&deep).await, damaged(DOCUMENTS, 3, BundleDamage::NotADocument));
        for (part, text) in
            [("organization.json", "[]"), ("collection.json", "{}"), ("collection.json", "{\"kind\":1}")]
        {
            if !case.small_parts().contains(&part) {
                continue;
            }
            let bad = changed(&case.file, part, |whole| *whole = text.as_bytes().to_vec());
            assert_eq!(case.refused(&bad).await, damaged(part, None, BundleDamage::NotADocument), "{text}");
        }
    }
}

#[tokio::test]
async fn a_document_over_sixteen_megabytes_is_refused_in_a_file_and_on_the_way_to_one() {
    let case = Case::new().await;
    let text = "x".repeat(17 * 1024 * 1024);
    let large = format!("{{\"_id\":1,\"text\":\"{text}\"}}");
    let large = changed(&case.file, DOCUMENTS, |text| lines(text, |all| all[1] = large));
    assert_eq!(case.refused(&large).await, damaged(DOCUMENTS, 2, BundleDamage::TooLarge));
    let endless = changed(&case.file, DOCUMENTS, |text| *text = vec![b' '; 70 * 1024 * 1024]);
    assert_eq!(case.refused(&endless).await, damaged(DOCUMENTS, 1, BundleDamage::TooLarge));
    let document = doc! {"_id": "large", "text": text}.to_vec().expect("bytes");
    case.workspace
        .ports
        .collections
        .insert_documents(&collection("acme"), &[document])
        .await
        .expect("inserted");
    let acme = case.console.organizations.get(&case.operator, "acme").await.expect("found");
    let (origin, output) = (origin(), ("bundle.tenant", io::sink()));
    let cancellation = Cancellation::default();
    let answer =
        case.console.bundles.write(&case.operator, acme.id, &origin, output, &Quiet, &cancellation).await;
    assert_eq!(
        answer.map(|_| ()),
        Err(AppError::Bundle(BundleProblem::TooLarge)),
        "nobody could read it again"
    );
}

/// A zip of a few megabytes whose entry unpacks to gigabytes.
fn bomb(name: &str, gigabytes: usize, others: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (other, text) in others.iter().filter(|(other, _)| other != name) {
        zip.start_file(other, SimpleFileOptions::default()).expect("started");
        zip.write_all(text).expect("written");
    }
    zip.start_file(name, SimpleFileOptions::default().compression_level(Some(9))).expect("started");
    let megabyte = vec![b' '; 1024 * 1024];
    for _ in 0..gigabytes * 1024 {
        zip.write_all(&megabyte).expect("written");
    }
    zip.finish().expect("finished").into_inner()
}

#[tokio::test]
async fn a_bomb_is_not_unpacked() {
    let case = Case::new().await;
    let parts = unpacked(&case.file);
    // What the manifest does not say is not unpacked at all, and the manifest itself only as far as any reaches.
    assert_eq!(
        case.refused(&bomb("organization.json", 1, &parts)).await,
        damaged("organization.json", None, BundleDamage::Count)
    );
    assert_eq!(
        case.refused(&bomb(DOCUMENTS, 1, &parts)).await,
        damaged(DOCUMENTS, None, BundleDamage::Count)
    );
    assert_eq!(
        case.refused(&bomb("manifest.json", 1, &parts)).await,
        damaged("manifest.json", None, BundleDamage::TooLarge)
    );
    let says = |name: &'static str, bytes: u64| {
        retold(&case.file, move |manifest: &mut Value| {
            let told = manifest["parts"].as_array_mut().unwrap();
            told.iter_mut().find(|told| told["name"] == name).unwrap()["bytes"] = json!(bytes);
        })
    };
    for (name, bytes) in
        [(DOCUMENTS, 2 << 40), ("organization.json", 100 << 20), ("collection.json", u64::MAX)]
    {
        assert_eq!(case.refused(&says(name, bytes)).await, damaged(name, None, BundleDamage::TooLarge));
    }
    // A directory that says less than there is: it ends where the directory says.
    let mut lying = changed(&case.file, DOCUMENTS, |text| text.extend_from_slice(&[b' '; 5_000]));
    let size = unpacked(&lying).iter().find(|(name, _)| name == DOCUMENTS).unwrap().1.len() as u32;
    let real = size.to_le_bytes();
    while let Some(at) = lying.windows(4).position(|four| four == real) {
        lying[at..at + 4].copy_from_slice(&(size - 5_000).to_le_bytes());
    }
    assert!(matches!(case.refused(&lying).await, BundleProblem::Damaged { .. }));
}

#[tokio::test]
async fn foreign_repeated_missing_and_countless_parts_are_refused() {
    for case in Case::both().await {
        let with = |name: &str| {
            let mut parts = unpacked(&case.file);
            parts.push((name.to_owned(), b"evil".to_vec()));
            packed(&parts)
        };
        let foreign = ["../../evil", "/etc/passwd", "C:\\evil", "documents.ndjson/x", "people.json"];
        let foreign = foreign.into_iter().chain((!case.has_organization).then_some("organization.json"));
        for name in foreign {
            assert_eq!(case.refused(&with(name)).await, damaged(name, None, BundleDamage::Foreign));
        }
        // No zip library writes a name twice: this one is renamed in its bytes.
        let mut twice = with("documents.ndjsoN");
        while let Some(at) = twice.windows(16).position(|name| name == b"documents.ndjsoN") {
            twice[at..at + 16].copy_from_slice(b"documents.ndjson");
        }
        assert_eq!(case.refused(&twice).await, damaged("manifest.json", None, BundleDamage::Twice));
        for missing in case.small_parts().iter().copied().chain([DOCUMENTS]) {
            let mut parts = unpacked(&case.file);
            parts.retain(|(name, _)| name != missing);
            assert_eq!(case.refused(&packed(&parts)).await, damaged(missing, None, BundleDamage::Missing));
            let untold = retold(&case.file, |manifest| {
                manifest["parts"].as_array_mut().unwrap().retain(|part| part["name"] != missing);
            });
            assert_eq!(case.refused(&untold).await, damaged(missing, None, BundleDamage::Missing));
            let told_twice = retold(&case.file, |manifest| {
                let parts = manifest["parts"].as_array_mut().unwrap();
                let again = parts.iter().find(|part| part["name"] == missing).unwrap().clone();
                parts.push(again);
            });
            assert_eq!(case.refused(&told_twice).await, damaged(missing, None, BundleDamage::Twice));
        }
        let mut many = unpacked(&case.file);
        many.extend((0..50_000).map(|number| (format!("{number}"), Vec::new())));
        assert_eq!(case.refused(&packed(&many)).await, BundleProblem::NotABundle);
    }
}

#[tokio::test]
async fn a_damaged_byte_anywhere_is_found_or_does_no_harm() {
    for case in Case::both().await {
        let whole = documents_in(&case.file).await.expect("whole");
        let manifest = open(&case.file).expect("a bundle").manifest().clone();
        let (mut found, mut harmless) = (0, 0);
        for at in 0..case.file.len() {
            let mut file = case.file.clone();
            file[at] ^= 0x5a;
            match documents_in(&file).await {
                Err(AppError::Bundle(_)) => found += 1,
                Err(error) => panic!("byte {at}: {error:?}"),
                // Times and permissions of the zip, which nobody reads.
                Ok(documents) => {
                    assert_eq!(documents, whole, "byte {at}");
                    let read = open(&file).expect("a bundle").manifest().clone();
                    assert_eq!(read, manifest, "byte {at}");
                    harmless += 1;
                }
            }
        }
        assert!(found > case.file.len() / 2 && harmless > 0, "{found} found, {harmless} harmless");
    }
}

#[tokio::test]
async fn documents_with_one_id_are_not_taken_for_two() {
    for case in Case::both().await {
        let twins = changed(&case.file, DOCUMENTS, |text| lines(text, |all| all[2] = all[1].clone()));
        let bundle = open(&twins).expect("a bundle");
        bundle.verify(&Quiet, &Cancellation::default()).await.expect("each line is a document");
        let cancellation = Cancellation::default();
        let received = case
            .console
            .bundles
            .receive(&case.operator, &bundle, request("zenith"), &Quiet, &cancellation)
            .await;
        assert_eq!(received.map(|_| ()), Err(AppError::Bundle(BundleProblem::ReadBackOtherwise)));
        assert_eq!(collections(&case.workspace.ports).await, ["org_acme"]);
    }
}

/// A disk that is full after so many bytes.
struct Small(usize);

impl Write for Small {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_is_told_wherever_it_is_full() {
    let case = Case::new().await;
    let acme = case.console.organizations.get(&case.operator, "acme").await.expect("found");
    for room in (0..case.file.len()).step_by(97) {
        let output = ("bundle.tenant", Small(room));
        let cancellation = Cancellation::default();
        let answer = case
            .console
            .bundles
            .write(&case.operator, acme.id, &origin(), output, &Quiet, &cancellation)
            .await;
        assert_eq!(answer.map(|_| ()), Err(AppError::FileNotWritten(FileProblem::Full)), "{room} bytes");
    }
}

/// A disk that stops giving bytes at a place.
struct Failing(Cursor<Vec<u8>>, u64);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.position() >= self.1 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let room = usize::try_from(self.1 - self.0.position()).unwrap().min(buffer.len());
        self.0.read(&mut buffer[..room])
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[tokio::test]
async fn a_disk_that_does_not_read_is_told_from_damage() {
    for case in Case::both().await {
        let denied = AppError::Bundle(BundleProblem::NotRead { problem: FileProblem::Denied });
        let failing = |until: usize| Failing(Cursor::new(case.file.clone()), until as u64);
        for until in [0, 3, case.file.len() / 2, case.file.len() - 5] {
            let opened = BundleReader::open(Box::new(failing(until))).map(|_| ());
            assert_eq!(opened, Err(denied.clone()), "until {until}");
        }
    }
}
