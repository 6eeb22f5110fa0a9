//! A program whose end can be observed, whoever starts it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::processes::{await_line, await_some};

/// A program, started by a script that notes how it ends: a driver that starts it does not tell.
pub struct Watched {
    folder: TempDir,
    /// The script to start instead of the program.
    pub script: PathBuf,
}

impl Watched {
    /// Watches a program that is started next.
    ///
    /// # Panics
    /// When the script cannot be written.
    pub fn program(program: &Path) -> Self {
        let folder = TempDir::with_prefix("tenantry-watched-").expect("a folder");
        let (script, at) = (folder.path().join("start"), folder.path().display());
        let text = format!(
            "#!/bin/sh\n\"{}\" \"$@\" 2>\"{at}/errors\" &\necho $! >\"{at}/process\"\nwait $!\necho $? >\"{at}/code\"\n",
            program.display()
        );
        fs::write(&script, text).expect("the script is written");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).expect("the script can be started");
        Self { folder, script }
    }

    /// Sends the program a signal, such as `TERM`.
    ///
    /// # Panics
    /// When it does not exist.
    pub fn signal(&self, signal: &str) {
        let process = await_line(&self.folder.path().join("process"));
        let sent = Command::new("kill").args([&format!("-{signal}"), &process]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the program must be there for a signal");
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.folder.path().join("code").exists()
    }

    /// Waits for its end; returns its exit code, and how long it took from now on.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn await_end(&self) -> (i32, Duration) {
        let begin = Instant::now();
        let code = self.folder.path().join("code");
        await_some("the end of the program", || code.exists().then_some(()));
        (await_line(&code).parse().expect("an exit code"), begin.elapsed())
    }

    /// Its standard error.
    pub fn errors(&self) -> String {
        fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default()
    }
}
