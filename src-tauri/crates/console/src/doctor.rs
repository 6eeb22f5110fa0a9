//! Keeps the doctor's last result of each workspace in a file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tenantry_core::doctor::{Pass, PassKeeper};
use tenantry_core::error::FileProblem;

use crate::files::{PendingFile, Target};
use crate::folders::Folders;

/// The file of one workspace.
pub struct KeptPass {
    path: PathBuf,
    /// The result that is to be in the file; taken by whoever writes it.
    next: Arc<Mutex<Option<Arc<Pass>>>>,
    /// Held while the file is written, so that a later result is never replaced by an earlier one.
    writing: Arc<Mutex<()>>,
}

impl KeptPass {
    /// For the workspace with this id.
    pub fn of(folders: &Folders, workspace: &str) -> Self {
        Self { path: folders.doctor(workspace), next: Arc::default(), writing: Arc::default() }
    }

    /// The result in the file; `None` if there is none that can be read.
    pub fn read(path: &Path) -> Option<Pass> {
        let kept = std::fs::read(path).ok()?;
        let pass = serde_json::from_slice(&kept);
        // Another version may have written it: the next pass does so anew.
        pass.inspect_err(|error| tracing::info!(%error, "the doctor's last result can't be read")).ok()
    }
}

impl PassKeeper for KeptPass {
    fn keep(&self, result: Arc<Pass>) {
        *self.next.lock() = Some(result);
        let (path, next, writing) = (self.path.clone(), Arc::clone(&self.next), Arc::clone(&self.writing));
        tokio::task::spawn_blocking(move || {
            let _writing = writing.lock();
            let Some(result) = next.lock().take() else { return };
            if let Err(problem) = write(&path, &result) {
                tracing::warn!(?problem, "the doctor's result could not be kept");
            }
        });
    }
}

fn write(path: &Path, result: &Pass) -> Result<(), FileProblem> {
    let folder = path.parent().ok_or(FileProblem::Missing)?;
    Folders::make_private(folder).map_err(|error| FileProblem::from(&error))?;
    let file = PendingFile::start(Target { path: path.to_owned(), may_replace: true })?;
    let written = serde_json::to_vec(result).map_err(|_| FileProblem::Other)?;
    file.writer()?.write_all(&written).map_err(|error| FileProblem::from(&error))?;
    file.finish().map(drop)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tenantry_core::doctor::Depth;
    use time::OffsetDateTime;

    use super::*;

    fn pass(organizations: u64) -> Pass {
        Pass {
            checked_at: OffsetDateTime::UNIX_EPOCH,
            took: Duration::from_millis(1),
            depth: Depth::Quick,
            organizations,
            trashed: 0,
            collections: 0,
            findings: Vec::new(),
            left_off: Vec::new(),
            earlier_deep: None,
        }
    }

    #[tokio::test]
    async fn the_last_result_is_read_back_and_the_file_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = KeptPass {
            path: folder.path().join("doctor").join("one.json"),
            next: Arc::default(),
            writing: Arc::default(),
        };
        (1..=5).for_each(|number| keeper.keep(Arc::new(pass(number))));
        while KeptPass::read(&keeper.path).is_none_or(|kept| kept.organizations != 5) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&keeper.path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "it has admins' addresses");
        }
        std::fs::write(&keeper.path, "{}").unwrap();
        assert_eq!(KeptPass::read(&keeper.path), None, "what another version wrote is no result");
    }
}
