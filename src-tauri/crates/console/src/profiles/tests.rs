use std::collections::BTreeSet;

use serde_json::json;
use tenantry_connection::SecretKind;
use tenantry_core::records::{Access, Environment};

use super::*;

/// A folder for the file, and runs in it.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn open(&self) -> Profiles {
        Profiles::open_or_do_without(&self.path("profiles.json"), &PlainFile::open)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path("profiles.json"), text).unwrap();
    }

    fn forget_copy(&self) {
        std::fs::remove_file(self.path("profiles.backup.json")).unwrap();
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

pub(super) fn profile(id: &str) -> Profile {
    Profile {
        id: id.to_owned(),
        name: format!("Workspace {id}"),
        environment: Environment::Staging,
        connection_string: "mongodb://dana@host.example".to_owned(),
        database: "organization_management".to_owned(),
        notes: "ask Dana".to_owned(),
        favorite: true,
        access: Access::ReadOnly,
        last_opened_at: None,
        stored: BTreeSet::from([SecretKind::DatabasePassword]),
        has_signing_secret: false,
    }
}

pub(super) fn ids(profiles: &Profiles) -> Vec<String> {
    profiles.all().into_iter().map(|profile| profile.id).collect()
}

fn folder_with(names: &[&str]) -> Folder {
    let folder = Folder::new();
    let profiles = folder.open();
    for id in names {
        profiles.save(profile(id)).unwrap();
    }
    folder
}

/// A file as version 1 wrote it.
pub(super) fn version_1() -> String {
    json!({
        "version": 1,
        "installation": "0123456789abcdef0123456789abcdef",
        "builtIn": {"lastOpenedAt": "2026-01-02T03:04:05Z"},
        "profiles": [
            {"id": "a", "name": "Atlas", "environment": "production", "database": "tenants",
             "connectionString": "mongodb+srv://dana@cluster.example", "passwordStored": true,
             "hasSigningSecret": true, "lastOpenedAt": "2026-01-02T03:04:05Z"},
            {"id": "b", "name": "Local", "environment": "local", "database": "tenants",
             "connectionString": "mongodb://localhost", "passwordStored": false, "hasSigningSecret": false,
             "lastOpenedAt": null}
        ]
    })
    .to_string()
}

#[test]
fn a_program_that_leaves_the_file_to_another_has_its_name_and_settings_and_changes_nothing() {
    let folder = folder_with(&["a"]);
    let first = folder.open();
    let keeper = Some(KeeperChoice::AskEveryTime);
    let half_way = MoveIntent { from: KeeperChoice::Keychain, to: KeeperChoice::AskEveryTime };
    let settings = Settings { secret_keeper: keeper, secret_move: Some(half_way), ..Settings::default() };
    first.change_settings(|there| *there = settings).unwrap();
    let (names, text) = (folder.names(), folder.text("profiles.json"));
    // As in the middle of a write.
    folder.write("{");
    let second = Profiles::left_to_another_program(&folder.path("profiles.json"));
    assert_eq!(second.installation(), first.installation(), "secrets in the keychain have its name");
    assert_eq!(second.settings(), Settings { secret_keeper: keeper, ..Settings::default() });
    second.save(profile("b")).unwrap_err();
    assert!(ids(&second).is_empty() && !second.are_known());
    folder.write(&text);
    assert_eq!(folder.names(), names, "a file was set aside or written");
}

#[test]
fn what_was_saved_is_there_for_the_next_run() {
    let folder = folder_with(&["a", "b"]);
    let installation = {
        let profiles = folder.open();
        profiles.save(Profile { name: "Renamed".to_owned(), ..profile("a") }).unwrap();
        profiles.change_settings(|settings| settings.secret_keeper = Some(KeeperChoice::SealedFile)).unwrap();
        profiles.installation()
    };
    let next_run = folder.open();
    assert_eq!(ids(&next_run), ["a", "b"]);
    assert_eq!(next_run.find("a").unwrap(), Profile { name: "Renamed".to_owned(), ..profile("a") });
    assert_eq!(next_run.settings().secret_keeper, Some(KeeperChoice::SealedFile));
    assert_eq!(next_run.installation(), installation, "secrets in the keychain are found under this name");
    assert!(
        next_run.notices().is_empty(),
        "a whole file is no reason for a notice: {:?}",
        next_run.notices()
    );
    assert_eq!(
        folder.names(),
        BTreeSet::from(["profiles.json".to_owned(), "profiles.backup.json".to_owned()]),
        "a part of a write was left behind"
    );
}

#[test]
fn the_order_is_the_one_that_people_arranged() {
    let folder = folder_with(&["a", "b", "c", "d"]);
    let profiles = folder.open();
    profiles.arrange(&["d".to_owned(), "gone".to_owned(), "b".to_owned()]).unwrap();
    assert_eq!(
        ids(&profiles),
        ["d", "b", "a", "c"],
        "profiles that were not named must stay, in their order"
    );
    profiles.add_behind("b", profile("e")).unwrap();
    assert_eq!(ids(&folder.open()), ["d", "b", "e", "a", "c"]);
}

#[test]
fn a_change_is_made_on_what_is_saved_now() {
    let folder = folder_with(&["a"]);
    let profiles = folder.open();
    let read_before = profiles.find("a").unwrap();
    profiles.change_profile("a", |profile| profile.favorite = false).unwrap();
    let changed = profiles.change_profile("a", |profile| profile.name = "New".to_owned()).unwrap().unwrap();
    assert!(read_before.favorite && !changed.favorite, "the second change took the first one back");
    assert_eq!(profiles.change_profile("x", |_| ()).unwrap(), None);
}

#[test]
fn a_file_of_version_1_is_kept_and_brought_to_today() {
    let folder = Folder::new();
    folder.write(&version_1());
    let profiles = folder.open();
    assert_eq!(ids(&profiles), ["a", "b"]);
    let first = profiles.find("a").unwrap();
    assert!(first.password_stored() && first.has_signing_secret, "the note of its secrets is lost");
    assert_eq!(first.access, Access::ReadWrite, "it could be written in, and nobody asked for less");
    assert_eq!(first.last_opened_at, Some(time::macros::datetime!(2026-01-02 03:04:05 UTC)));
    assert!(!profiles.find("b").unwrap().password_stored());
    assert_eq!(profiles.installation(), "0123456789abcdef0123456789abcdef");
    assert_eq!(profiles.built_in().last_opened_at, first.last_opened_at);
    assert!(profiles.notices().is_empty(), "an older file is not damaged: {:?}", profiles.notices());
    assert_eq!(folder.text("profiles.v1.json"), version_1(), "the copy must be what was there");
    assert!(folder.text("profiles.json").contains("\"version\": 2"));
    assert!(!folder.text("profiles.json").contains("passwordStored"), "an old field was left");
    assert_eq!(ids(&folder.open()), ["a", "b"], "migrated twice");
}

#[test]
fn a_file_larger_than_any_of_ours_is_neither_read_nor_written_over() {
    let folder = Folder::new();
    let large = format!("{}{}", version_1(), " ".repeat(file::FILE_MAX));
    folder.write(&large);
    let profiles = folder.open();
    assert!(!profiles.are_known() && ids(&profiles).is_empty());
    assert!(matches!(profiles.notices(), [ProfileNotice::Unusable { .. }]), "{:?}", profiles.notices());
    assert_eq!(folder.text("profiles.json").len(), large.len());
}

#[test]
fn more_than_the_next_start_would_read_is_not_written() {
    let folder = folder_with(&["a"]);
    let profiles = folder.open();
    let large = Profile { notes: "x".repeat(file::FILE_MAX), ..profile("b") };
    profiles.save(large).unwrap_err();
    assert_eq!(ids(&profiles), ["a"]);
    assert_eq!(ids(&folder.open()), ["a"], "what was there is gone");
}

#[test]
fn a_copy_that_is_too_large_takes_nothing_from_a_good_file() {
    let folder = folder_with(&["a"]);
    std::fs::write(folder.path("profiles.backup.json"), " ".repeat(file::FILE_MAX + 1)).unwrap();
    assert_eq!(ids(&folder.open()), ["a"]);
}

#[test]
fn an_earlier_copy_of_version_1_is_never_written_over() {
    let folder = Folder::new();
    std::fs::write(folder.path("profiles.v1.json"), "an earlier one").unwrap();
    folder.write(&version_1());
    folder.open();
    assert_eq!(folder.text("profiles.v1.json"), "an earlier one");
    assert_eq!(folder.text("profiles.v1-2.json"), version_1());
}

#[test]
fn a_file_of_a_newer_program_is_left_untouched() {
    let folder = Folder::new();
    let newer = version_1().replace("\"version\":1", "\"version\":3");
    assert_ne!(newer, version_1());
    folder.write(&newer);
    let profiles = folder.open();
    assert!(ids(&profiles).is_empty(), "what is in it may mean something else");
    assert!(matches!(profiles.notices(), [ProfileNotice::Newer { .. }]), "{:?}", profiles.notices());
    assert!(profiles.save(profile("x")).is_err(), "the newer program's file would be lost");
    assert_eq!(
        profiles.installation(),
        "0123456789abcdef0123456789abcdef",
        "its secrets are under this name"
    );
    assert_eq!(folder.text("profiles.json"), newer);
    assert_eq!(folder.names(), BTreeSet::from(["profiles.json".to_owned()]), "it was not left alone");
}

#[test]
fn a_file_that_was_cut_off_is_kept_aside_and_the_last_copy_is_used() {
    let folder = folder_with(&["a", "b"]);
    let installation = folder.open().installation();
    for at in [0, 1, 40, 400] {
        let whole = folder.text("profiles.json");
        let damaged = &whole[..at];
        folder.write(damaged);
        let profiles = folder.open();
        assert_eq!(ids(&profiles), ["a", "b"], "cut off at {at}");
        assert_eq!(profiles.installation(), installation, "cut off at {at}");
        assert_eq!(profiles.notices().len(), 1, "the person must be told");
        assert!(folder.open().notices().is_empty(), "told once");
        let is_aside = |name: &String| name.contains("damaged") && folder.text(name) == damaged;
        assert!(folder.names().iter().any(is_aside), "the damaged file must stay as it was");
    }
}

#[test]
fn a_file_that_is_missing_is_made_again_from_the_last_copy() {
    let folder = folder_with(&["a"]);
    std::fs::remove_file(folder.path("profiles.json")).unwrap();
    let profiles = folder.open();
    assert_eq!(ids(&profiles), ["a"]);
    assert_eq!(profiles.notices().len(), 1);
}

#[test]
fn a_file_that_was_cut_off_gives_its_whole_profiles_also_without_a_copy() {
    for text in [folder_with(&["a", "b"]).text("profiles.json"), version_1()] {
        let folder = Folder::new();
        let second = text.find("\"b\"").unwrap();
        folder.write(&text[..second]);
        let profiles = folder.open();
        assert_eq!(ids(&profiles), ["a"], "the profile before the cut is whole");
        assert!(profiles.find("a").unwrap().password_stored(), "the note of its password is lost");
        assert_eq!(profiles.notices().len(), 1);
        if let Some(at) = text.find("\"installation\"").filter(|at| *at < second) {
            assert!(text[at..].contains(&profiles.installation()), "its secrets are not found any more");
        }
    }
}

#[test]
fn a_half_good_entry_is_completed_by_the_last_copy() {
    let folder = folder_with(&["a", "b"]);
    let text = folder.text("profiles.json").replacen("\"staging\"", "\"nowhere\"", 1);
    folder.write(&text.replacen("\"ask Dana\"", "7", 1));
    let profiles = folder.open();
    assert_eq!(profiles.all(), [profile("a"), profile("b")]);
    assert_eq!(profiles.notices().len(), 1);
    assert!(folder.path("profiles.damaged.json").exists());
}

#[test]
fn a_half_good_entry_without_a_copy_gets_what_does_least_harm() {
    let folder = folder_with(&["a", "b"]);
    let text = folder.text("profiles.json").replacen("\"staging\"", "\"nowhere\"", 1);
    folder.write(&text.replacen("\"read_only\"", "true", 1));
    folder.forget_copy();
    let profiles = folder.open();
    let damaged = Profile { environment: Environment::Production, access: Access::Locked, ..profile("a") };
    assert_eq!(profiles.all(), [damaged, profile("b")]);
}

#[test]
fn an_entry_that_is_none_does_not_take_the_others_with_it() {
    let folder = folder_with(&["a", "b"]);
    let mut file: Value = serde_json::from_str(&folder.text("profiles.json")).unwrap();
    file["profiles"].as_array_mut().unwrap().insert(0, json!("what is this"));
    file["removed"] = json!([7]);
    folder.write(&file.to_string());
    assert_eq!(ids(&folder.open()), ["a", "b"]);
}

#[test]
fn two_entries_of_one_id_do_not_share_their_secrets() {
    let folder = folder_with(&["a"]);
    let mut file: Value = serde_json::from_str(&folder.text("profiles.json")).unwrap();
    let copied = file["profiles"][0].clone();
    file["profiles"].as_array_mut().unwrap().push(copied);
    folder.write(&file.to_string());
    let all = folder.open().all();
    assert_eq!(all.len(), 2);
    assert_ne!(all[0].id, all[1].id);
    assert!(all[0].password_stored() && !all[1].password_stored());
}

#[test]
fn rubbish_does_not_keep_the_program_from_starting() {
    let deep = "[".repeat(100_000);
    let long = "{".repeat(2_000);
    let odd = [
        "",
        "null",
        "[]",
        "{}",
        "{\"version\":\"2\"}",
        "{\"version\":2,\"profiles\":7}",
        "\u{0}",
        &deep,
        &long,
    ];
    for text in odd {
        let folder = Folder::new();
        folder.write(text);
        let profiles = folder.open();
        profiles.save(profile("a")).unwrap();
        assert_eq!(ids(&folder.open()), ["a"], "after {:?}", text.get(..20.min(text.len())));
        assert_eq!(folder.text("profiles.damaged.json"), text, "what was there is lost");
    }
}

#[test]
fn a_secret_that_somebody_wrote_into_the_file_is_taken_out() {
    let string = "mongodb+srv://dana@cluster.example";
    let folder = Folder::new();
    folder.write(&version_1().replace(string, "mongodb+srv://dana:planted@cluster.example"));
    let profiles = folder.open();
    let masked = "mongodb+srv://dana:••••••••@cluster.example";
    assert_eq!(profiles.find("a").unwrap().connection_string, masked);
    assert_eq!(profiles.notices().len(), 1, "the person must learn where the password went");
    for name in folder.names() {
        assert!(!folder.text(&name).contains("planted"), "it is in {name}");
    }
    // Not a connection string to the driver.
    folder.write(&folder.text("profiles.json").replace(masked, "mongodb://dana:p@planted@host"));
    folder.open();
    for name in folder.names() {
        assert!(!folder.text(&name).contains("planted"), "it is in {name}");
    }
}

#[cfg(unix)]
#[test]
fn only_this_user_may_read_the_file_and_its_copies() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.write(&version_1());
    folder.open();
    folder.write("damaged");
    folder.open();
    assert_eq!(folder.names().len(), 4, "{:?}", folder.names());
    for name in folder.names() {
        let mode = std::fs::metadata(folder.path(&name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name} names servers and users");
    }
}

#[test]
fn what_could_not_be_written_has_not_happened() {
    let folder = folder_with(&["a"]);
    let profiles = folder.open();
    let before = folder.text("profiles.json");
    // A folder in place of the file: it can neither be written nor replaced.
    std::fs::remove_file(folder.path("profiles.json")).unwrap();
    std::fs::create_dir(folder.path("profiles.json")).unwrap();
    assert!(profiles.save(profile("b")).is_err());
    assert_eq!(ids(&profiles), ["a"], "the list shows what is not saved");
    assert_eq!(folder.text("profiles.backup.json"), before, "the next run would read what was refused");
    std::fs::remove_dir(folder.path("profiles.json")).unwrap();
    profiles.save(profile("c")).unwrap();
    assert_eq!(ids(&folder.open()), ["a", "c"], "what was refused came back");
}
