use secrecy::ExposeSecret;

use super::*;

const KIND: SecretKind = SecretKind::DatabasePassword;

fn passphrase(text: &str) -> SecretString {
    SecretString::from(text)
}

fn put(file: &SealedFile, workspace: &str, secret: &str) {
    file.change(|secrets| {
        let kinds = secrets.entry(workspace.to_owned()).or_default();
        kinds.insert(KIND.as_str().to_owned(), SecretString::from(secret));
    })
    .unwrap();
}

fn found(file: &SealedFile, workspace: &str) -> Option<String> {
    file.find(workspace, KIND).unwrap().map(|secret| secret.expose_secret().to_owned())
}

fn with_secret(folder: &Path) -> SealedFile {
    let file = SealedFile::in_folder(folder);
    file.create(&passphrase("correct horse")).unwrap();
    put(&file, "w1", "Planted-1");
    file
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn what_was_kept_is_there_for_the_next_run_that_knows_the_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let file = SealedFile::in_folder(folder.path());
    assert_eq!(file.state(), SealedFileState::Missing);
    drop(with_secret(folder.path()));

    let next_run = SealedFile::in_folder(folder.path());
    assert_eq!(next_run.state(), SealedFileState::Locked);
    assert_eq!(next_run.find("w1", KIND).err(), Some(SealedFileProblem::Locked));
    assert_eq!(next_run.unlock(&passphrase("correct house")), Err(SealedFileProblem::Refused));
    assert_eq!(next_run.state(), SealedFileState::Locked, "a wrong passphrase opened it");
    next_run.unlock(&passphrase("correct horse")).unwrap();
    assert_eq!(found(&next_run, "w1").as_deref(), Some("Planted-1"));
    next_run.lock();
    assert_eq!(next_run.find("w1", KIND).err(), Some(SealedFileProblem::Locked), "locked in name only");
}

#[test]
fn nothing_in_the_folder_is_readable_and_only_its_user_may_open_it() {
    let folder = tempfile::tempdir().unwrap();
    with_secret(folder.path());
    assert_eq!(names(folder.path()), [FILE, COPY], "a part was left behind");
    for name in names(folder.path()) {
        let path = folder.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        // In quotes: two letters alone stand in any base64 sooner or later.
        for planted in ["Planted", "\"w1\"", "database-password", "AGE-SECRET-KEY"] {
            assert!(!text.contains(planted), "{planted} can be read in {}", path.display());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn saving_needs_no_passphrase_and_so_not_its_cost() {
    let folder = tempfile::tempdir().unwrap();
    let file = with_secret(folder.path());
    let sealed_key = |file: &Path| parts(&std::fs::read_to_string(file).unwrap()).unwrap().0.to_owned();
    let before = sealed_key(&folder.path().join(FILE));
    put(&file, "w1", "Planted-2");
    assert_eq!(sealed_key(&folder.path().join(FILE)), before, "the key was sealed anew");
    assert_eq!(found(&file, "w1").as_deref(), Some("Planted-2"));
}

#[test]
fn a_damaged_file_is_kept_aside_and_its_copy_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_secret(folder.path()));
    let path = folder.path().join(FILE);
    let whole = std::fs::read_to_string(&path).unwrap();
    for damage in ["", "half", &whole[..whole.len() / 2], &whole[..whole.len() - 60]] {
        std::fs::write(&path, damage).unwrap();
        let next_run = SealedFile::in_folder(folder.path());
        next_run.unlock(&passphrase("correct horse")).unwrap();
        assert_eq!(found(&next_run, "w1").as_deref(), Some("Planted-1"), "lost after {damage:?}");
        let repaired = std::fs::read_to_string(&path).unwrap();
        open(repaired, &passphrase("correct horse")).unwrap_or_else(|error| panic!("not repaired: {error}"));
    }
    let aside = names(folder.path()).iter().filter(|name| name.contains("damaged")).count();
    assert_eq!(aside, 4, "a damaged file must stay as it was: {:?}", names(folder.path()));
}

#[test]
fn a_damaged_file_without_a_copy_is_told_and_left() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_secret(folder.path()));
    std::fs::remove_file(folder.path().join(COPY)).unwrap();
    std::fs::write(folder.path().join(FILE), "nonsense").unwrap();
    let next_run = SealedFile::in_folder(folder.path());
    assert_eq!(next_run.unlock(&passphrase("correct horse")), Err(SealedFileProblem::Damaged));
    assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), "nonsense");
}

#[test]
fn what_is_forgotten_is_in_neither_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = with_secret(folder.path());
    file.change(Secrets::clear).unwrap();
    drop(file);
    std::fs::remove_file(folder.path().join(FILE)).unwrap();
    let next_run = SealedFile::in_folder(folder.path());
    next_run.unlock(&passphrase("correct horse")).unwrap();
    assert_eq!(found(&next_run, "w1"), None, "it lives on in the copy");
}

#[test]
fn a_changed_passphrase_is_the_only_one_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let file = with_secret(folder.path());
    let old = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
    let (old_key, _) = parts(&old).unwrap();
    assert_eq!(
        file.change_passphrase(&passphrase("wrong"), &passphrase("another horse")),
        Err(SealedFileProblem::Refused)
    );
    file.change_passphrase(&passphrase("correct horse"), &passphrase("another horse")).unwrap();
    put(&file, "w2", "Planted-2");
    drop(file);

    let next_run = SealedFile::in_folder(folder.path());
    assert_eq!(next_run.unlock(&passphrase("correct horse")), Err(SealedFileProblem::Refused));
    std::fs::remove_file(folder.path().join(FILE)).unwrap();
    assert_eq!(
        next_run.unlock(&passphrase("correct horse")),
        Err(SealedFileProblem::Refused),
        "the copy still opens with the old passphrase"
    );
    next_run.unlock(&passphrase("another horse")).unwrap();
    assert_eq!(found(&next_run, "w1").as_deref(), Some("Planted-1"));

    let old_key = SealingKey::unseal_with(old_key.as_bytes(), &passphrase("correct horse")).unwrap();
    let new = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
    let (_, sealed) = parts(&new).unwrap();
    assert!(old_key.unseal(sealed.as_bytes()).is_err(), "whoever has the old file can open the new one");
}

#[test]
fn two_programs_on_one_folder_do_not_undo_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let first = with_secret(folder.path());
    let second = SealedFile::in_folder(folder.path());
    second.unlock(&passphrase("correct horse")).unwrap();
    put(&second, "w2", "Planted-2");
    put(&first, "w3", "Planted-3");
    let next_run = SealedFile::in_folder(folder.path());
    next_run.unlock(&passphrase("correct horse")).unwrap();
    assert_eq!(found(&next_run, "w2").as_deref(), Some("Planted-2"), "the first one wrote over it");
    assert_eq!(found(&next_run, "w3").as_deref(), Some("Planted-3"));

    second.change_passphrase(&passphrase("correct horse"), &passphrase("another horse")).unwrap();
    assert_eq!(
        first.change(Secrets::clear),
        Err(SealedFileProblem::Locked),
        "written under the old passphrase"
    );
}

#[cfg(unix)]
#[test]
fn a_secret_that_can_not_be_written_is_not_taken_for_kept() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("data");
    std::fs::create_dir(&inside).unwrap();
    let file = with_secret(&inside);
    // Also root can't write into a folder that is gone.
    std::fs::remove_dir_all(&inside).unwrap();
    let written = file.change(|secrets| secrets.clear());
    assert!(matches!(written, Err(SealedFileProblem::File(_))), "{written:?}");
    assert_eq!(found(&file, "w1").as_deref(), Some("Planted-1"), "memory says what the disk does not");
}

#[test]
fn a_file_that_nobody_can_open_now_is_put_aside_whole() {
    let folder = tempfile::tempdir().unwrap();
    drop(with_secret(folder.path()));
    let file = SealedFile::in_folder(folder.path());
    let aside = file.set_aside().unwrap().unwrap();
    assert_eq!(file.state(), SealedFileState::Missing);
    std::fs::rename(&aside, folder.path().join(FILE)).unwrap();
    file.unlock(&passphrase("correct horse")).unwrap();
    assert_eq!(found(&file, "w1").as_deref(), Some("Planted-1"), "put back by hand, it opens");
}

#[test]
fn nobody_waits_to_look_at_or_lock_what_is_being_written_and_it_stays_locked() {
    let folder = tempfile::tempdir().unwrap();
    let file = with_secret(folder.path());
    file.change(|secrets| {
        assert_eq!(found(&file, "w1").as_deref(), Some("Planted-1"));
        file.lock();
        secrets.clear();
    })
    .unwrap();
    assert_eq!(file.state(), SealedFileState::Locked);
    file.unlock(&passphrase("correct horse")).unwrap();
    assert_eq!(found(&file, "w1"), None, "it was said to be written");
}
