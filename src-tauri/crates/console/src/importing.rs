//! The file with organizations that is being imported into an open workspace. It stays in this process: the window gets
//! pages of its rows, and no password.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tenantry_core::import::ImportDraft;
use tenantry_core::rights::Account;

use crate::error::ConsoleError;
use crate::identifiers::random_id;

/// A workspace's place for one file at a time.
#[derive(Default)]
pub struct ImportDesk(Mutex<Option<Arc<Import>>>);

/// A file that is being imported, by one person.
pub struct Import {
    /// The window's name for it.
    pub id: String,
    account: Account,
    state: Mutex<ImportState>,
}

/// The rows, and what the window is told of those that failed.
pub struct ImportState {
    /// The rows and what becomes of them.
    pub draft: ImportDraft,
    /// Why a row failed, by its place.
    pub failures: HashMap<usize, ConsoleError>,
    /// Whether rows are being carried out: then nothing else is changed.
    pub is_running: bool,
}

impl ImportDesk {
    /// Takes a file in place of the one that is there.
    pub fn begin(&self, account: Account, draft: ImportDraft) -> Arc<Import> {
        let state = Mutex::new(ImportState { draft, failures: HashMap::new(), is_running: false });
        let import = Arc::new(Import { id: random_id(), account, state });
        *self.0.lock() = Some(Arc::clone(&import));
        import
    }

    /// The file of that name, if this person chose it.
    ///
    /// # Errors
    /// `not_found`.
    pub fn load(&self, account: Account, id: &str) -> Result<Arc<Import>, ConsoleError> {
        let place = self.0.lock();
        let found = place.as_ref().filter(|import| import.id == id && import.account == account);
        found.cloned().ok_or_else(|| ConsoleError::not_found("import"))
    }

    /// Lets go of the file of that name.
    pub fn end(&self, account: Account, id: &str) {
        self.0.lock().take_if(|import| import.id == id && import.account == account);
    }

    /// Lets go of whatever file is there: its person has signed out.
    pub fn clear(&self) {
        *self.0.lock() = None;
    }
}

impl Import {
    /// Looks at its rows, or changes them.
    pub fn with<T>(&self, look: impl FnOnce(&mut ImportState) -> T) -> T {
        look(&mut self.state.lock())
    }

    /// Changes it, unless its rows are being carried out.
    ///
    /// # Errors
    /// `busy`.
    pub fn change<T>(&self, change: impl FnOnce(&mut ImportState) -> T) -> Result<T, ConsoleError> {
        self.with(|state| {
            if state.is_running {
                return Err(ConsoleError::Busy { act: "import".to_owned() });
            }
            Ok(change(state))
        })
    }
}
