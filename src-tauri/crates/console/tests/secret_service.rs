//! Secrets in a real Secret Service: GNOME Keyring on a session bus of the test's own, unlocked, locked, killed; and on
//! a bus where nobody, or somebody who refuses or is silent, answers in its name.
//!
//! Each test starts this program again under `dbus-run-session`, so that no test meets the keyring of whoever runs it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails as a test does: loudly")]

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use tenantry_connection::SecretKind;
use tenantry_console::profiles::KeeperChoice;
use tenantry_console::sealing;
use tenantry_console::vault::{KeepingReason, Kept, KeychainProblem, Vault};

/// Set in the program that runs on the bus of its own.
const INSIDE: &str = "TENANTRY_TEST_INSIDE";
const KIND: SecretKind = SecretKind::DatabasePassword;
const SERVICE: &str = "org.freedesktop.secrets";
const KEYRING: &str = "/org/freedesktop/secrets/collection/login";

/// A bus that starts no service by itself: what is on it is what the test put there.
const BUS: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

/// Runs `body` in this program, started again with a home folder and a session bus of its own.
fn on_a_bus_of_its_own(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let home = tempfile::tempdir().unwrap();
    let configuration = home.path().join("bus.conf");
    std::fs::write(&configuration, BUS).unwrap();
    let mut command = Command::new("dbus-run-session");
    command.arg("--config-file").arg(&configuration).arg("--").arg(std::env::current_exe().unwrap());
    finish(command, test, home.path());
}

/// As above, without any bus.
fn without_a_bus(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let home = tempfile::tempdir().unwrap();
    finish(Command::new(std::env::current_exe().unwrap()), test, home.path());
}

fn finish(mut command: Command, test: &str, home: &Path) {
    command
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .env_remove("XDG_DATA_HOME")
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?} can't be started ({error}): install the packages dbus and gnome-keyring, see `make packages`")
    });
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("1 passed"), "{test} failed on its bus:\n{told}");
}

/// A running GNOME Keyring; it ends with this value.
struct Keyring(Child);

impl Keyring {
    /// Starts it unlocked, with a keyring that has a password.
    fn start() -> Self {
        let mut child = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets", "--unlock"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("gnome-keyring-daemon can't be started: {error}: install gnome-keyring")
            });
        child.stdin.take().unwrap().write_all(b"the keyring's own password").unwrap();
        let keyring = Self(child);
        let started = Instant::now();
        while call("org.freedesktop.Secret.Service", "/org/freedesktop/secrets", "ReadAlias", &"default")
            .is_err()
        {
            assert!(started.elapsed() < Duration::from_secs(20), "GNOME Keyring does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        keyring
    }

    fn lock() {
        let paths = vec![zbus::zvariant::ObjectPath::try_from(KEYRING).unwrap()];
        call("org.freedesktop.Secret.Service", "/org/freedesktop/secrets", "Lock", &(paths,)).unwrap();
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn call<B>(interface: &str, path: &str, method: &str, body: &B) -> zbus::Result<zbus::Message>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
{
    let bus = zbus::blocking::Connection::session()?;
    bus.call_method(Some(SERVICE), path, Some(interface), method, body)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}

async fn start(folder: &Path, chosen: Option<KeeperChoice>) -> Vault {
    Vault::start("installation".to_owned(), folder, chosen).await
}

async fn keep(vault: &Vault, secret: &str) -> Kept {
    vault.keep("w1", KIND, SecretString::from(secret), true).await
}

async fn found(vault: &Vault) -> Option<String> {
    vault.find("w1", KIND).await.unwrap().map(|secret| secret.expose_secret().to_owned())
}

/// Why the keychain is not used.
fn problem(vault: &Vault) -> KeychainProblem {
    let keeping = vault.keeping();
    assert_eq!(keeping.keeper, KeeperChoice::AskEveryTime, "{keeping:?}");
    assert!(!keeping.keychain_available, "{keeping:?}");
    match keeping.reason {
        Some(KeepingReason::Keychain(problem)) => problem,
        other => panic!("nobody learns why it was not stored: {other:?}"),
    }
}

#[test]
fn a_secret_is_stored_found_by_the_next_run_and_forgotten() {
    on_a_bus_of_its_own("a_secret_is_stored_found_by_the_next_run_and_forgotten", || {
        let _keyring = Keyring::start();
        let folder = tempfile::tempdir().unwrap();
        run(async {
            let vault = start(folder.path(), None).await;
            assert_eq!(vault.keeping().keeper, KeeperChoice::Keychain, "{:?}", vault.keeping());
            assert_eq!(keep(&vault, "Planted-1").await, Kept::ForNextTime);
            assert_eq!(keep(&vault, "Planted-2").await, Kept::ForNextTime);
            let next_run = start(folder.path(), None).await;
            assert_eq!(found(&next_run).await.as_deref(), Some("Planted-2"));
            next_run.forget("w1", KIND).await.unwrap();
            assert_eq!(found(&start(folder.path(), None).await).await, None, "it is still in the keyring");
        });
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            0,
            "something was written beside the keyring"
        );
    });
}

#[test]
fn a_locked_keyring_is_told_without_asking_anybody() {
    on_a_bus_of_its_own("a_locked_keyring_is_told_without_asking_anybody", || {
        let _keyring = Keyring::start();
        let folder = tempfile::tempdir().unwrap();
        run(async {
            assert_eq!(keep(&start(folder.path(), None).await, "Planted-1").await, Kept::ForNextTime);
            Keyring::lock();
            let begun = Instant::now();
            let vault = start(folder.path(), None).await;
            assert!(begun.elapsed() < Duration::from_secs(3), "the start waited for somebody to unlock it");
            assert_eq!(problem(&vault), KeychainProblem::Locked);
            assert_eq!(keep(&vault, "Planted-2").await, Kept::UntilExit);
            assert_eq!(found(&vault).await.as_deref(), Some("Planted-2"), "it must be good for this run");
        });
    });
}

#[test]
fn a_keyring_that_is_locked_while_the_program_runs_leaves_secrets_usable_and_saving_says_why_not() {
    let test =
        "a_keyring_that_is_locked_while_the_program_runs_leaves_secrets_usable_and_saving_says_why_not";
    on_a_bus_of_its_own(test, || {
        let _keyring = Keyring::start();
        let folder = tempfile::tempdir().unwrap();
        run(async {
            let vault = start(folder.path(), Some(KeeperChoice::Keychain)).await;
            assert_eq!(keep(&vault, "Planted-1").await, Kept::ForNextTime);
            Keyring::lock();
            assert_eq!(found(&vault).await.as_deref(), Some("Planted-1"));
            // Nobody is there to answer the keyring's question, so it is closed.
            assert_eq!(keep(&vault, "Planted-2").await, Kept::UntilExit);
            assert_eq!(found(&vault).await.as_deref(), Some("Planted-2"));
            assert_eq!(problem(&vault), KeychainProblem::Locked);
        });
    });
}

#[test]
fn a_keyring_that_is_killed_in_the_middle_is_told_and_found_again() {
    on_a_bus_of_its_own("a_keyring_that_is_killed_in_the_middle_is_told_and_found_again", || {
        let keyring = Keyring::start();
        let folder = tempfile::tempdir().unwrap();
        run(async {
            let vault = start(folder.path(), None).await;
            assert_eq!(keep(&vault, "Planted-1").await, Kept::ForNextTime);
            drop(keyring);
            assert_eq!(keep(&vault, "Planted-2").await, Kept::UntilExit);
            assert!(matches!(problem(&vault), KeychainProblem::NoService | KeychainProblem::Gone));

            let _again = Keyring::start();
            let stored = vault.look_for_keychain().await;
            assert_eq!(stored, [("w1".to_owned(), KIND)], "what waited for a place did not find it");
            assert_eq!(found(&start(folder.path(), None).await).await.as_deref(), Some("Planted-2"));
        });
    });
}

#[test]
fn a_session_without_a_bus_is_told() {
    without_a_bus("a_session_without_a_bus_is_told", || {
        let folder = tempfile::tempdir().unwrap();
        let why = run(async { problem(&start(folder.path(), None).await) });
        assert_eq!(why, KeychainProblem::NoBus);
    });
}

#[test]
fn a_bus_without_a_keychain_is_told() {
    on_a_bus_of_its_own("a_bus_without_a_keychain_is_told", || {
        let folder = tempfile::tempdir().unwrap();
        let why = run(async { problem(&start(folder.path(), None).await) });
        assert_eq!(why, KeychainProblem::NoService);
    });
}

/// Answers in the keychain's name, and not as one.
struct Impostor {
    silent: bool,
}

#[zbus::interface(name = "org.freedesktop.Secret.Service")]
impl Impostor {
    async fn open_session(
        &self,
        _algorithm: &str,
        _input: zbus::zvariant::Value<'_>,
    ) -> zbus::fdo::Result<(zbus::zvariant::OwnedValue, zbus::zvariant::OwnedObjectPath)> {
        if self.silent {
            std::future::pending::<()>().await;
        }
        Err(zbus::fdo::Error::AccessDenied("not for you".to_owned()))
    }
}

fn impostor(silent: bool) -> zbus::blocking::Connection {
    zbus::blocking::connection::Builder::session()
        .and_then(|builder| builder.name(SERVICE))
        .and_then(|builder| builder.serve_at("/org/freedesktop/secrets", Impostor { silent }))
        .and_then(zbus::blocking::connection::Builder::build)
        .unwrap()
}

#[test]
fn a_keychain_that_refuses_is_told() {
    on_a_bus_of_its_own("a_keychain_that_refuses_is_told", || {
        let _impostor = impostor(false);
        let folder = tempfile::tempdir().unwrap();
        let why = run(async { problem(&start(folder.path(), None).await) });
        assert_eq!(why, KeychainProblem::Refused);
    });
}

#[test]
fn a_keychain_that_is_silent_is_not_waited_for() {
    on_a_bus_of_its_own("a_keychain_that_is_silent_is_not_waited_for", || {
        let _impostor = impostor(true);
        let folder = tempfile::tempdir().unwrap();
        let begun = Instant::now();
        let why = run(async { problem(&start(folder.path(), None).await) });
        assert_eq!(why, KeychainProblem::Silent);
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    });
}

#[test]
fn guessing_a_passphrase_costs_what_the_documents_say() {
    let passphrase = SecretString::from("correct horse");
    let sealed = sealing::seal(b"x", &passphrase, sealing::WorkFactor::default()).unwrap();
    let mut cheap = age::scrypt::Identity::new(passphrase.clone());
    cheap.set_max_work_factor(17);
    let opened = age::decrypt(&cheap, sealed.as_bytes());
    assert!(
        matches!(opened, Err(age::DecryptError::ExcessiveWork { required: 18, .. })),
        "{:?}",
        opened.err()
    );
    assert_eq!(sealing::unseal(sealed.as_bytes(), &passphrase).unwrap().as_slice(), b"x");
}
