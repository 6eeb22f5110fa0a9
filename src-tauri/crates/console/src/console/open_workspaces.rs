//! The open workspaces, side by side.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::ConsoleError;
use crate::workspace::OpenWorkspace;

/// The open workspaces in the order of opening, and the one that was shown last.
#[derive(Default)]
pub struct OpenWorkspaces {
    open: Mutex<Open>,
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Default)]
struct Open {
    workspaces: Vec<Arc<OpenWorkspace>>,
    current: Option<String>,
}

impl OpenWorkspaces {
    /// Opening, closing and removing one workspace take turns. Different workspaces do not wait for each other: a
    /// silent server keeps nobody from working elsewhere.
    pub fn turn(&self, id: &str) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(self.turns.lock().entry(id.to_owned()).or_default())
    }

    /// The open workspace with this id.
    ///
    /// # Errors
    /// `no_workspace`.
    pub fn load(&self, id: &str) -> Result<Arc<OpenWorkspace>, ConsoleError> {
        self.find(id).ok_or(ConsoleError::NoWorkspace)
    }

    /// The open workspace with this id, if it is open.
    pub fn find(&self, id: &str) -> Option<Arc<OpenWorkspace>> {
        self.open.lock().workspaces.iter().find(|workspace| workspace.id == id).cloned()
    }

    /// All of them, in the order in which they were opened.
    pub fn all(&self) -> Vec<Arc<OpenWorkspace>> {
        self.open.lock().workspaces.clone()
    }

    /// The one that was shown last, if it is still open.
    pub fn current(&self) -> Option<Arc<OpenWorkspace>> {
        let open = self.open.lock();
        let current = open.current.as_ref()?;
        open.workspaces.iter().find(|workspace| workspace.id == *current).cloned()
    }

    /// Adds a workspace that was just opened and makes it the current one.
    pub fn add(&self, workspace: Arc<OpenWorkspace>) {
        let mut open = self.open.lock();
        open.current = Some(workspace.id.clone());
        open.workspaces.push(workspace);
    }

    /// Makes an open workspace the current one.
    ///
    /// # Errors
    /// `no_workspace`.
    pub fn switch(&self, id: &str) -> Result<Arc<OpenWorkspace>, ConsoleError> {
        let mut open = self.open.lock();
        let found = open.workspaces.iter().find(|workspace| workspace.id == id).cloned();
        let found = found.ok_or(ConsoleError::NoWorkspace)?;
        open.current = Some(id.to_owned());
        Ok(found)
    }

    /// Removes one. If it was the current one, none is.
    pub fn take(&self, id: &str) -> Option<Arc<OpenWorkspace>> {
        let mut open = self.open.lock();
        let position = open.workspaces.iter().position(|workspace| workspace.id == id)?;
        open.current.take_if(|current| current == id);
        let taken = open.workspaces.remove(position);
        // Its watch ends.
        taken.presence.changed.notify_one();
        Some(taken)
    }
}
