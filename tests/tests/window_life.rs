//! The start and the end of the program in its real window: where the window opens, what a second start does, and what
//! is left behind at the end.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use tenantry_tests::display::{ClipboardManager, Display, Place};
use tenantry_tests::processes::{GuardedProcess, await_some};
use tenantry_tests::watched::Watched;
use tenantry_tests::window::{OLGA, OLGAS_PASSWORD, Window, built_program};

/// A second start ends within this time, whatever the first one does. Not waiting for ever is the point: a start alone
/// can take seconds on a slow computer.
const SECOND_START_LIMIT: Duration = Duration::from_secs(20);

/// The message of a second start that nobody takes over.
const NOT_TAKEN_OVER: &str = "is running under Tenantry's name and does not respond";

/// How the system lists programs by name on the session bus.
const BUS_NAME: &str = "dev.tenantry.console.SingleInstance";

/// The log of a program, with all that was written to it.
fn log_in(folder: &Path) -> String {
    let files = fs::read_dir(folder).expect("the folder of logs").map(|entry| entry.expect("a file").path());
    files.map(|file| fs::read_to_string(file).expect("a text")).collect()
}

fn assert_normal_end(code: i32, errors: &str, log: &str) {
    assert_eq!(code, 0, "{errors}\n{log}");
    assert!(!errors.contains("panicked") && !log.contains("panicked"), "{errors}\n{log}");
    let last = log.lines().last().expect("a line");
    assert!(last.contains(r#""message":"ended""#), "the log ends with the end: {log}");
}

/// What another program pastes once the clipboard had the time to be emptied.
async fn await_empty_clipboard(display: &Display) {
    let end = Instant::now() + Duration::from_secs(5);
    while let Some(left) = display.pasted() {
        assert!(Instant::now() < end, "{left} is still on the clipboard");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_copied_is_on_no_clipboard_after_the_sign_out_and_after_the_end() {
    let program = Watched::program(&built_program());
    let window = Window::open_program(&program.script).await;
    let manager = ClipboardManager::start(&window.display);
    window.claim_built_in().await;
    window.see("No organizations yet").await;

    window.press("New organization").await;
    window.press("Generate a password").await;
    window.press("Copy password").await;
    window.see("Password copied").await;
    let password = window.display.pasted().expect("the password is on the clipboard");
    assert_eq!(password.len(), 20, "{password} is a password that was made up");
    window.press("Cancel").await;
    window.press("Discard").await;
    window.press("Sign out").await;
    window.see("Sign in to").await;
    await_empty_clipboard(&window.display).await;

    window.fill("Email", OLGA).await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.press("Sign in").await;
    window.see("No organizations yet").await;
    window.press("Olga Operator").await;
    window.press("Copy session token").await;
    window.see("Token copied").await;
    let token = window.display.pasted().expect("the token is on the clipboard");
    assert_eq!(token.split('.').count(), 3, "that is no token: {token}");

    window.display.close_window();
    let (code, _) = program.await_end();
    assert_normal_end(code, &program.errors(), &log_in(&window.data.path().join("logs")));
    assert_eq!(window.display.pasted(), None, "something is left on the clipboard");
    assert_eq!(manager.kept(), [""; 0], "the desktop keeps what was handed over at the end");
}

/// A program that nobody drives, on its own data folder.
struct Started {
    program: Watched,
    _process: GuardedProcess,
    data: TempDir,
}

impl Started {
    fn on(display: &Display, window_state: Option<&str>) -> Self {
        let data = TempDir::with_prefix("tenantry-life-").expect("a folder");
        if let Some(state) = window_state {
            fs::write(data.path().join("window.json"), state).expect("a saved window state");
        }
        let program = Watched::program(&built_program());
        let mut command = Command::new(&program.script);
        command.env("TENANTRY_DATA_DIR", data.path());
        let process = start_on(display, &mut command);
        Self { program, _process: process, data }
    }
}

fn start_on(display: &Display, command: &mut Command) -> GuardedProcess {
    command.env("DISPLAY", &display.name).env("GDK_BACKEND", "x11").env_remove("WAYLAND_DISPLAY");
    GuardedProcess::start(command, TempDir::with_prefix("tenantry-life-").expect("a folder").keep())
}

#[test]
fn a_program_that_is_told_to_end_ends_as_if_its_window_was_closed() {
    let display = Display::start(1440, 1000);
    for signal in ["TERM", "INT"] {
        let started = Started::on(&display, None);
        display.await_window();
        started.program.signal(signal);
        let (code, _) = started.program.await_end();
        assert_normal_end(code, &started.program.errors(), &log_in(&started.data.path().join("logs")));
    }
}

/// A window state as an earlier run saved it.
fn saved(x: i32, y: i32, width: u32, height: u32) -> String {
    let state = json!({"main": {
        "width": width, "height": height, "x": x, "y": y, "prev_x": x, "prev_y": y, "maximized": false,
        "visible": true, "decorated": true, "fullscreen": false
    }});
    state.to_string()
}

#[test]
fn a_window_opens_whole_on_the_screen_whatever_was_saved_of_it() {
    let display = Display::start(1440, 1000);
    for (case, state, place) in [
        ("larger than any screen", saved(0, 0, 20480, 11264), Place { x: 0, y: 0, width: 1440, height: 960 }),
        (
            "one pixel on the screen",
            saved(1439, 999, 1000, 700),
            Place { x: 440, y: 260, width: 1000, height: 700 },
        ),
        ("on no screen", saved(-9000, 9000, 1000, 700), Place { x: 0, y: 260, width: 1000, height: 700 }),
        ("smaller than it can be", saved(100, 50, 1, 1), Place { x: 100, y: 50, width: 960, height: 640 }),
        ("as it was left", saved(77, 55, 1111, 777), Place { x: 77, y: 55, width: 1111, height: 777 }),
    ] {
        let _started = Started::on(&display, Some(&state));
        assert_eq!(display.await_window(), place, "a window that was saved {case}");
    }
}

#[test]
fn a_first_window_is_no_larger_than_the_screen() {
    let display = Display::start(1024, 700);
    let _started = Started::on(&display, None);
    let place = display.await_window();
    assert_eq!((place.width, place.height), (1024, 700), "the whole of a small screen");
}

#[test]
fn a_window_opens_where_it_was_closed() {
    let display = Display::start(1440, 1000);
    let started = Started::on(&display, Some(&saved(77, 55, 1111, 777)));
    let place = display.await_window();
    display.close_window();
    let (code, _) = started.program.await_end();
    assert_normal_end(code, &started.program.errors(), &log_in(&started.data.path().join("logs")));
    let state = fs::read_to_string(started.data.path().join("window.json")).expect("it was saved");
    let state: serde_json::Value = serde_json::from_str(&state).expect("JSON");
    let of = |what: &str| state["main"][what].as_i64().expect("a number");
    assert_eq!((of("x"), of("y")), (place.x.into(), place.y.into()));
    assert_eq!((of("width"), of("height")), (place.width.into(), place.height.into()));
}

/// A user's desktop session: its own bus and folders, for processes that know each other.
struct Session {
    display: Display,
    _bus: GuardedProcess,
    address: String,
    home: TempDir,
}

impl Session {
    fn start() -> Self {
        let home = TempDir::with_prefix("tenantry-session-").expect("a folder");
        let address = format!("unix:path={}", home.path().join("bus").display());
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", "--address", &address]);
        let folder = TempDir::with_prefix("tenantry-bus-").expect("a folder").keep();
        let bus = GuardedProcess::start(&command, folder);
        await_some("the session bus", || home.path().join("bus").exists().then_some(()));
        Self { display: Display::start(1440, 1000), _bus: bus, address, home }
    }

    fn program(&self) -> (Watched, GuardedProcess) {
        let program = Watched::program(&built_program());
        let mut command = Command::new(&program.script);
        command.env_remove("TENANTRY_DATA_DIR").env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        for folder in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
            command.env(folder, self.home.path());
        }
        let process = start_on(&self.display, &mut command);
        (program, process)
    }

    fn log(&self) -> String {
        log_in(&self.home.path().join("dev.tenantry.console/logs"))
    }

    /// Starts the program a second time and waits for its end.
    fn second_start(&self) -> (i32, String) {
        let (program, _process) = self.program();
        let (code, took) = program.await_end();
        assert!(took < SECOND_START_LIMIT, "a second start took {took:?}: {}", program.errors());
        (code, program.errors())
    }

    fn assert_told(&self, (code, errors): (i32, String)) {
        assert_ne!(code, 0, "nobody took over: {errors}");
        assert!(errors.contains(NOT_TAKEN_OVER), "whoever started it is told: {errors}");
        assert!(self.log().contains(NOT_TAKEN_OVER), "it is in the log: {}", self.log());
    }
}

#[test]
fn a_second_start_brings_the_window_of_the_first_to_the_front() {
    let session = Session::start();
    let (first, _process) = session.program();
    session.display.await_window();
    let cover = session.display.cover();
    assert!(cover.hides_window(), "the window is hidden to begin with");
    let (code, errors) = session.second_start();
    assert_eq!(code, 0, "{errors}");
    // The second start ends once the first has asked its display, which may take its time.
    await_some("the window of the first is in front", || (!cover.hides_window()).then_some(()));
    assert!(!first.has_ended(), "the first goes on");
}

#[test]
fn a_second_start_says_so_when_the_first_hangs() {
    let session = Session::start();
    let (first, _process) = session.program();
    session.display.await_window();
    first.signal("STOP");
    session.assert_told(session.second_start());
    first.signal("CONT");
    let (code, errors) = session.second_start();
    assert_eq!(code, 0, "it hangs no longer: {errors}");
}

#[test]
fn a_start_says_so_when_a_stranger_uses_the_programs_name() {
    let session = Session::start();
    let stranger = zbus::blocking::connection::Builder::address(session.address.as_str());
    let _stranger = stranger.and_then(|one| one.name(BUS_NAME)).and_then(|one| one.build()).expect("a name");
    session.assert_told(session.second_start());
}
