mod keychains;

use std::time::Duration;

use keyring_core::CredentialStore;
use secrecy::ExposeSecret;
use tenantry_core::records::Environment;

use super::keeper::Collected;
use super::*;
use crate::profiles::{BUILT_IN, PlainFile, Profile};
use keychains::{asking, refuse_next};

const PASSPHRASE: &str = "correct horse";

struct Place {
    folder: tempfile::TempDir,
    store: Arc<CredentialStore>,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), store: keyring_core::mock::Store::new().unwrap() }
    }

    /// One run of the program on this folder and this keychain.
    fn run(&self, profiles: &Profiles) -> Vault {
        Vault::on_keychain(Arc::clone(&self.store), self.folder.path(), profiles.settings().secret_keeper)
    }

    fn run_without_keychain(&self, profiles: &Profiles) -> Vault {
        Vault::without_keychain(self.folder.path(), profiles.settings().secret_keeper)
    }

    fn profiles(&self) -> Profiles {
        let path = self.folder.path().join("profiles.json");
        let profiles = Profiles::open_or_do_without(&path, &PlainFile::open);
        for id in ["w1", "w2"] {
            if profiles.find(id).is_none() {
                profiles.save(profile(id)).unwrap();
            }
        }
        profiles
    }
}

fn profile(id: &str) -> Profile {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": id, "environment": Environment::Staging, "connectionString": "mongodb://dana@host.example",
        "database": "organization_management", "lastOpenedAt": null, "passwordStored": true, "hasSigningSecret": false,
        "notes": "", "favorite": false, "access": "read_write", "stored": ["database-password"]
    }))
    .unwrap()
}

async fn keep(vault: &Vault, workspace: &str, secret: &str) -> Kept {
    vault.keep(workspace, SecretKind::DatabasePassword, SecretString::from(secret), true).await
}

async fn found(vault: &Vault, workspace: &str) -> Option<String> {
    let secret = vault.find(workspace, SecretKind::DatabasePassword).await.unwrap();
    secret.map(|secret| secret.expose_secret().to_owned())
}

fn passphrase() -> Option<SecretString> {
    Some(SecretString::from(PASSPHRASE))
}

#[tokio::test]
async fn a_remembered_secret_is_there_for_the_next_run_and_for_its_workspace_only() {
    let place = Place::new();
    let profiles = place.profiles();
    assert_eq!(keep(&place.run(&profiles), "w1", "s3cret").await, Kept::ForNextTime);
    let next_run = place.run(&profiles);
    assert_eq!(found(&next_run, "w1").await.as_deref(), Some("s3cret"));
    assert_eq!(found(&next_run, "w2").await, None, "one workspace's secret was given to another");
}

#[tokio::test]
async fn a_secret_that_is_not_remembered_lives_in_this_run_only() {
    let place = Place::new();
    let profiles = place.profiles();
    let vault = place.run(&profiles);
    keep(&vault, "w1", "old").await;
    let kept = vault.keep("w1", SecretKind::DatabasePassword, SecretString::from("new"), false).await;
    assert_eq!(kept, Kept::UntilExit);
    assert_eq!(found(&vault, "w1").await.as_deref(), Some("new"), "it must be good for this run");
    assert_eq!(found(&place.run(&profiles), "w1").await, None, "the one before it is still stored");
}

#[tokio::test]
async fn two_data_folders_do_not_share_secrets() {
    let place = Place::new();
    keep(&place.run(&place.profiles()), "built-in", "s3cret").await;
    let other =
        Vault::with(Keychain::of(Arc::clone(&place.store), "another", || Ok(())), place.folder.path(), None);
    assert_eq!(found(&other, "built-in").await, None);
}

#[tokio::test]
async fn without_a_keychain_a_secret_lives_until_the_program_ends_and_the_reason_is_told() {
    let place = Place::new();
    let profiles = place.profiles();
    let vault = place.run_without_keychain(&profiles);
    assert_eq!(
        keep(&vault, "w1", "s3cret").await,
        Kept::UntilExit,
        "the window must not say that it was stored"
    );
    assert_eq!(found(&vault, "w1").await.as_deref(), Some("s3cret"));
    let keeping = vault.keeping();
    assert_eq!(keeping.keeper, KeeperChoice::AskEveryTime);
    assert!(keeping.reason.is_some(), "nobody learns why");
    let files: Vec<_> = std::fs::read_dir(place.folder.path()).unwrap().flatten().collect();
    assert!(
        files
            .iter()
            .all(|file| file.file_name() == "profiles.json" || file.file_name() == "profiles.backup.json"),
        "{files:?}"
    );
}

#[tokio::test]
async fn a_forgotten_workspace_leaves_no_secret() {
    let place = Place::new();
    let profiles = place.profiles();
    for choice in [KeeperChoice::Keychain, KeeperChoice::SealedFile] {
        let vault = place.run(&profiles);
        vault.move_to(&profiles, choice, passphrase()).await.unwrap();
        for kind in SecretKind::ALL {
            vault.keep("w1", kind, SecretString::from("s3cret"), true).await;
        }
        vault.forget_all("w1").await.unwrap();
        let next_run = place.run(&profiles);
        if choice == KeeperChoice::SealedFile {
            next_run.unlock(SecretString::from(PASSPHRASE)).await.unwrap();
        }
        for kind in SecretKind::ALL {
            assert!(vault.find("w1", kind).await.unwrap().is_none(), "{kind:?} is still at hand");
            assert!(
                next_run.find("w1", kind).await.unwrap().is_none(),
                "{kind:?} is still stored: {choice:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_keychain_that_refuses_to_forget_is_told_and_not_taken_for_empty() {
    let place = Place::new();
    let profiles = place.profiles();
    let vault = place.run(&profiles);
    keep(&vault, "w1", "one").await;
    refuse_next(&*place.store, "w1");
    let refused = Err(NotForgotten::Keychain(KeychainProblem::Refused));
    assert_eq!(vault.forget("w1", SecretKind::DatabasePassword).await, refused);
    assert_eq!(found(&vault, "w1").await, None, "it must be forgotten in this run");
    assert_eq!(vault.forget_all("w1").await, refused, "the keychain is not asked again, so nobody knows");
    assert_eq!(found(&place.run(&profiles), "w1").await.as_deref(), Some("one"));
}

#[tokio::test]
async fn secrets_move_through_all_places_and_leave_nothing_behind() {
    let place = Place::new();
    let profiles = place.profiles();
    let vault = place.run(&profiles);
    keep(&vault, "w1", "one").await;
    keep(&vault, "w2", "two").await;

    let moved = vault.move_to(&profiles, KeeperChoice::SealedFile, passphrase()).await.unwrap();
    assert_eq!((moved.moved, moved.problems.len()), (2, 0), "{moved:?}");
    assert_eq!(profiles.settings().secret_move, None);
    let keychain = Keychain::of(Arc::clone(&place.store), "installation", || Ok(()));
    for id in ["w1", "w2"] {
        let left = keychain.find(id, SecretKind::DatabasePassword).await.unwrap();
        assert!(left.is_none(), "the secret of {id} is still in the keychain");
    }
    let next_run = place.run(&profiles);
    assert_eq!(next_run.find("w1", SecretKind::DatabasePassword).await.err(), Some(SecretsLocked));
    next_run.unlock(SecretString::from(PASSPHRASE)).await.unwrap();
    assert_eq!(found(&next_run, "w1").await.as_deref(), Some("one"));

    next_run.move_to(&profiles, KeeperChoice::AskEveryTime, None).await.unwrap();
    assert_eq!(next_run.keeping().sealed_file, SealedFileState::Missing, "the file is still there");
    assert_eq!(found(&next_run, "w2").await.as_deref(), Some("two"), "it must be good for this run");

    next_run.move_to(&profiles, KeeperChoice::Keychain, None).await.unwrap();
    let last_run = place.run(&profiles);
    assert_eq!(found(&last_run, "w1").await.as_deref(), Some("one"));
    assert_eq!(found(&last_run, "w2").await.as_deref(), Some("two"));
    assert_eq!(last_run.keeping().chosen, Some(KeeperChoice::Keychain));
}

#[tokio::test]
async fn what_is_kept_or_forgotten_during_a_move_is_so_in_the_new_place() {
    let place = Place::new();
    let profiles = place.profiles();
    let (answer, asking) = asking(Arc::clone(&place.store), BUILT_IN);
    keep(&place.run(&profiles), "w1", "one").await;
    let vault = Vault::on_keychain(asking, place.folder.path(), None);
    let moving = vault.move_to(&profiles, KeeperChoice::SealedFile, passphrase());
    let meanwhile = async {
        // Long enough for the move to have asked, and for the two to be done if they did not wait for it.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let kept = keep(&vault, "w2", "two");
        let forgotten = vault.forget("w1", SecretKind::DatabasePassword);
        let answered = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            drop(answer);
        };
        tokio::join!(kept, forgotten, answered)
    };
    let (moved, (_, forgotten, ())) = tokio::join!(moving, meanwhile);
    moved.unwrap();
    forgotten.unwrap();
    let next_run = place.run(&profiles);
    next_run.unlock(SecretString::from(PASSPHRASE)).await.unwrap();
    assert_eq!(found(&next_run, "w2").await.as_deref(), Some("two"), "lost with the old place");
    assert_eq!(found(&next_run, "w1").await, None, "what was forgotten came back");
}

const CROSSINGS: [(KeeperChoice, KeeperChoice); 2] =
    [(KeeperChoice::Keychain, KeeperChoice::SealedFile), (KeeperChoice::SealedFile, KeeperChoice::Keychain)];

/// A run that has carried a secret to another place; the choice is not noted yet.
async fn carried(
    place: &Place,
    profiles: &Profiles,
    from: KeeperChoice,
    to: KeeperChoice,
) -> (Vault, Collected) {
    let vault = place.run(profiles);
    vault.move_to(profiles, from, passphrase()).await.unwrap();
    keep(&vault, "w1", "one").await;
    let collected = vault.collect(profiles, from, to, None).await.unwrap();
    vault.keeper(to).make_ready(passphrase(), false).await.unwrap();
    let intent = crate::profiles::MoveIntent { from, to };
    profiles.change_settings(|settings| settings.secret_move = Some(intent)).unwrap();
    vault.carry(to, &collected.secrets).await.unwrap();
    (vault, collected)
}

/// The run after a crash: it has the secret in `keeper`, and nothing of it is anywhere else.
async fn run_after_crash(place: &Place, profiles: &Profiles, keeper: KeeperChoice) -> Vault {
    let next_run = place.run(profiles);
    assert!(next_run.finish_move(profiles).await);
    assert_eq!(profiles.settings().secret_move, None);
    assert_eq!(next_run.keeping().keeper, keeper);
    if keeper == KeeperChoice::SealedFile {
        next_run.unlock(SecretString::from(PASSPHRASE)).await.unwrap();
        let keychain = Keychain::of(Arc::clone(&place.store), "installation", || Ok(()));
        let left = keychain.find("w1", SecretKind::DatabasePassword).await.unwrap();
        assert!(left.is_none(), "it is left in the keychain");
    } else {
        assert_eq!(next_run.keeping().sealed_file, SealedFileState::Missing, "it is left in the file");
    }
    assert_eq!(found(&next_run, "w1").await.as_deref(), Some("one"));
    next_run
}

#[tokio::test]
async fn a_crash_before_the_choice_is_noted_leaves_everything_in_the_old_place() {
    for (from, to) in CROSSINGS {
        let place = Place::new();
        let profiles = place.profiles();
        drop(carried(&place, &profiles, from, to).await);
        let next_run = run_after_crash(&place, &profiles, from).await;
        let moved = next_run.move_to(&profiles, to, passphrase()).await.unwrap();
        assert_eq!(moved.moved, 1, "it can't be repeated");
    }
}

#[tokio::test]
async fn a_crash_after_the_choice_is_noted_is_finished_at_the_next_start() {
    for (from, to) in CROSSINGS {
        let place = Place::new();
        let profiles = place.profiles();
        let (vault, collected) = carried(&place, &profiles, from, to).await;
        vault.switch(&profiles, to, &collected).unwrap();
        drop(vault);
        run_after_crash(&place, &profiles, to).await;
    }
}

#[tokio::test]
async fn a_move_that_fails_changes_nothing() {
    let place = Place::new();
    let profiles = place.profiles();
    let vault = place.run(&profiles);
    keep(&vault, "w1", "one").await;

    vault.move_to(&profiles, KeeperChoice::SealedFile, None).await.expect_err("a file needs a passphrase");
    assert_eq!(vault.keeping().keeper, KeeperChoice::Keychain);
    assert_eq!(profiles.settings(), crate::profiles::Settings::default());

    vault.move_to(&profiles, KeeperChoice::SealedFile, passphrase()).await.unwrap();
    keep(&vault, "w2", "two").await;
    refuse_next(&*place.store, "w2");
    vault
        .move_to(&profiles, KeeperChoice::Keychain, None)
        .await
        .expect_err("the keychain refused one of them");
    assert_eq!(vault.keeping().keeper, KeeperChoice::SealedFile);
    assert_eq!(found(&vault, "w1").await.as_deref(), Some("one"));
    assert_eq!(found(&vault, "w2").await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_move_into_memory_that_is_not_noted_leaves_nothing_there() {
    let place = Place::new();
    let profiles = place.profiles();
    let (vault, _) = carried(&place, &profiles, KeeperChoice::SealedFile, KeeperChoice::AskEveryTime).await;
    assert!(vault.finish_move(&profiles).await, "the move is taken back");
    vault.lock();
    let locked = vault.find("w1", SecretKind::DatabasePassword).await;
    assert!(locked.is_err(), "a locked file's secret is still in memory");
}

#[tokio::test]
async fn a_move_that_can_not_be_noted_leaves_no_file() {
    let place = Place::new();
    let without_file = Profiles::left_to_another_program(&place.folder.path().join("profiles.json"));
    let vault = place.run(&without_file);
    let refused = vault.move_to(&without_file, KeeperChoice::SealedFile, passphrase()).await.unwrap_err();
    assert!(matches!(refused, NotMoved::NotNoted(_)), "{refused}");
    assert_eq!(vault.keeping().sealed_file, SealedFileState::Missing, "it would be taken for the one in use");
}

#[tokio::test]
async fn what_had_no_place_finds_one_when_the_file_is_unlocked() {
    let place = Place::new();
    let profiles = place.profiles();
    place.run(&profiles).move_to(&profiles, KeeperChoice::SealedFile, passphrase()).await.unwrap();
    let vault = place.run(&profiles);
    assert_eq!(keep(&vault, "w1", "typed while locked").await, Kept::UntilExit);
    let stored = vault.unlock(SecretString::from(PASSPHRASE)).await.unwrap();
    assert_eq!(stored, [("w1".to_owned(), SecretKind::DatabasePassword)]);
    vault.lock();
    assert_eq!(
        vault.find("w1", SecretKind::DatabasePassword).await.err(),
        Some(SecretsLocked),
        "locking must let go of it"
    );
    vault.unlock(SecretString::from(PASSPHRASE)).await.unwrap();
    assert_eq!(found(&vault, "w1").await.as_deref(), Some("typed while locked"));
}

#[tokio::test]
async fn a_chosen_keychain_that_is_gone_is_told_and_replaced_by_nothing() {
    let place = Place::new();
    let profiles = place.profiles();
    let vault = place.run(&profiles);
    vault.move_to(&profiles, KeeperChoice::Keychain, None).await.unwrap();
    keep(&vault, "w1", "one").await;
    let next_run = place.run_without_keychain(&profiles);
    let keeping = next_run.keeping();
    assert_eq!((keeping.keeper, keeping.chosen), (KeeperChoice::AskEveryTime, Some(KeeperChoice::Keychain)));
    assert!(keeping.reason.is_some());
    assert_eq!(keep(&next_run, "w2", "two").await, Kept::UntilExit);

    let moved = next_run.move_to(&profiles, KeeperChoice::SealedFile, passphrase()).await.unwrap();
    assert_eq!(moved.moved, 1, "what is in memory");
    assert_eq!(moved.problems.len(), 1, "what stays in the keychain is told: {moved:?}");
    let with_keychain = Keychain::of(Arc::clone(&place.store), "installation", || Ok(()));
    assert!(
        with_keychain.find("w1", SecretKind::DatabasePassword).await.unwrap().is_some(),
        "it was removed from where it is the only one"
    );
}

#[tokio::test]
async fn what_this_run_has_used_moves_though_the_keychain_refuses_and_nothing_is_taken_out_of_it() {
    let place = Place::new();
    let profiles = place.profiles();
    keep(&place.run(&profiles), "w2", "two").await;
    let vault = place.run(&profiles);
    keep(&vault, "w1", "one").await;
    refuse_next(&*place.store, "w1");
    let moved = vault.move_to(&profiles, KeeperChoice::SealedFile, passphrase()).await.unwrap();
    assert_eq!(moved.moved, 1, "{moved:?}");
    assert_eq!(moved.problems, [MoveNote::LeftInKeychain], "that of w2 is only in the keychain");
    assert_eq!(found(&vault, "w1").await.as_deref(), Some("one"));
    assert_eq!(profiles.settings().secret_move, None, "the keychain would be emptied at the next start");
    let keychain = Keychain::of(Arc::clone(&place.store), "installation", || Ok(()));
    for id in ["w1", "w2"] {
        let left = keychain.find(id, SecretKind::DatabasePassword).await.unwrap();
        assert!(left.is_some(), "the secret of {id} was taken out");
    }
}

#[tokio::test]
async fn what_was_typed_while_the_file_was_locked_moves_in_place_of_the_older_one_in_it() {
    let place = Place::new();
    let profiles = place.profiles();
    let vault = place.run(&profiles);
    vault.move_to(&profiles, KeeperChoice::SealedFile, passphrase()).await.unwrap();
    keep(&vault, "w1", "old").await;
    let next_run = place.run(&profiles);
    keep(&next_run, "w1", "new").await;
    let moved = next_run.move_to(&profiles, KeeperChoice::Keychain, passphrase()).await.unwrap();
    assert_eq!(moved.moved, 1, "{moved:?}");
    assert_eq!(found(&place.run(&profiles), "w1").await.as_deref(), Some("new"));
}

#[tokio::test]
async fn a_file_whose_passphrase_is_lost_can_be_left_behind_whole() {
    let place = Place::new();
    let profiles = place.profiles();
    let vault = place.run(&profiles);
    vault.move_to(&profiles, KeeperChoice::SealedFile, passphrase()).await.unwrap();
    keep(&vault, "w1", "one").await;
    let next_run = place.run(&profiles);
    next_run.move_to(&profiles, KeeperChoice::Keychain, None).await.expect_err("its passphrase is needed");
    let moved = next_run.move_to(&profiles, KeeperChoice::AskEveryTime, None).await.unwrap();
    assert_eq!(moved.problems.len(), 1, "a person must learn where it is");
    assert!(place.folder.path().join("secrets.locked-1.age").exists());
    assert_eq!(next_run.keeping().sealed_file, SealedFileState::Missing);
}

#[tokio::test]
async fn a_file_that_is_there_without_a_choice_is_the_one_in_use() {
    let place = Place::new();
    let profiles = place.profiles();
    place.run(&profiles).move_to(&profiles, KeeperChoice::SealedFile, passphrase()).await.unwrap();
    profiles.change_settings(|settings| settings.secret_keeper = None).unwrap();
    assert_eq!(place.run(&profiles).keeping().keeper, KeeperChoice::SealedFile, "the settings were lost");
}

#[tokio::test]
async fn secrets_of_a_workspace_that_was_removed_while_the_file_was_locked_go_when_it_is_unlocked() {
    let place = Place::new();
    let profiles = place.profiles();
    let vault = place.run(&profiles);
    vault.move_to(&profiles, KeeperChoice::SealedFile, passphrase()).await.unwrap();
    keep(&vault, "w1", "one").await;
    keep(&vault, "nobody", "left").await;
    vault.forget_others(&profiles).await;
    assert_eq!(found(&vault, "nobody").await, None);
    assert_eq!(
        found(&vault, "w1").await.as_deref(),
        Some("one"),
        "a workspace that is there lost its secret"
    );
}
