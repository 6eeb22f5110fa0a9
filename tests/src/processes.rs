//! Processes that tests start, and that end with the tests.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(60);

/// A process, everything it starts and its folder end with this one, however it ends: the shell waits for its standard
/// input to close, which the operating system also does for a killed process.
const GUARD: &str = r#"
folder=$1; shift
setsid "$@" </dev/null &
process=$!
echo "$process" >"$folder/process"
cat >/dev/null
kill -s KILL -- "-$process" 2>/dev/null
wait "$process" 2>/dev/null
rm -rf "$folder"
"#;

/// A process with its own folder. Both are gone when this is dropped.
#[derive(Debug)]
pub struct GuardedProcess {
    guard: Child,
    line: Option<ChildStdin>,
    output: PathBuf,
    process: u32,
}

impl GuardedProcess {
    /// Starts a command with its environment; its output goes to a file in `folder`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(command: &Command, folder: PathBuf) -> Self {
        // A file and not a pipe: a process that nobody reads from would stop at a full pipe.
        let output = folder.join("log");
        let log = File::create(&output).expect("a file for the output");
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "guard"]).arg(&folder).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => guard.env(name, value),
                None => guard.env_remove(name),
            };
        }
        let errors = log.try_clone().expect("a second handle of the file");
        let mut guard =
            guard.stdin(Stdio::piped()).stdout(log).stderr(errors).spawn().expect("sh must start");
        let line = guard.stdin.take();
        let mut process = Self { guard, line, output, process: 0 };
        process.process = await_line(&folder.join("process")).parse().expect("a process id");
        process
    }

    /// Waits for a line of output that contains `start`; returns the rest of the line.
    ///
    /// # Panics
    /// When there is none within a minute.
    pub fn await_output(&self, start: &str) -> String {
        await_some(start, || {
            let output = self.output();
            // Whole lines only: the last one may still be growing.
            let (whole, _) = output.rsplit_once('\n')?;
            whole.lines().find_map(|line| line.split_once(start)).map(|(_, rest)| rest.trim().to_owned())
        })
    }

    /// All output so far.
    pub fn output(&self) -> String {
        fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// Kills it at once.
    ///
    /// # Panics
    /// When it no longer exists.
    pub fn kill(&self) {
        let status = Command::new("kill").args(["-KILL", &self.process.to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "the process must be there to be killed");
    }
}

impl Drop for GuardedProcess {
    fn drop(&mut self) {
        drop(self.line.take());
        // The guard has nothing left to do but end; there is nobody to tell if it does not.
        let _ = self.guard.wait();
    }
}

/// Looks until there is something to see.
///
/// # Panics
/// When there is nothing within a minute.
pub fn await_some<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + START_LIMIT;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "nothing within {START_LIMIT:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits for the first line of a file that a process writes for one answer alone, and returns it.
///
/// # Panics
/// When there is none within a minute.
pub fn await_line(path: &Path) -> String {
    await_some(&format!("a line in {}", path.display()), || {
        let text = fs::read_to_string(path).ok()?;
        // A whole line: it may still be growing.
        text.split_once('\n').map(|(line, _)| line.trim().to_owned())
    })
}

/// A port that nobody listens on.
///
/// # Panics
/// When the computer has none.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}
