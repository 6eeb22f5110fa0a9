//! Two workspaces that one run of the program has open, for copies and moves between them.

use std::path::PathBuf;

use secrecy::SecretString;
use tenantry_console::OpenWorkspace;
use tenantry_console::moving::{MoveEnd, MoveKind, MoveNotes, MoveRequest, Moving, Side};
use tenantry_core::error::AppError;
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::records::Recovered;
use tenantry_core::rights::Actor;

use crate::acts::{Act, organization};
use crate::console::{Console, PASSWORD};

/// The id of the workspace that things come from.
const HERE: &str = "here";
/// The id of the one that they go to.
const THERE: &str = "there";

/// Two open workspaces, each with somebody signed in, and the notes about moves.
pub struct Pair {
    here: (OpenWorkspace, Actor),
    there: (OpenWorkspace, Actor),
    notes: MoveNotes,
}

impl Pair {
    /// One run of the program on both.
    ///
    /// # Panics
    /// When a store does not answer.
    pub async fn of(here: (Console, Actor), there: (Console, Actor), notes: PathBuf) -> Self {
        let opened = async |(console, actor): (Console, Actor), id: &str| {
            let mut workspace = console.opened().await;
            id.clone_into(&mut workspace.id);
            (workspace, actor)
        };
        let (here, there) = (opened(here, HERE).await, opened(there, THERE).await);
        Self { here, there, notes: MoveNotes::of(notes) }
    }

    /// Settles what a crash has left in both.
    ///
    /// # Errors
    /// As [`AccessService::prepare`](tenantry_core::access::AccessService::prepare).
    pub async fn prepare(&self) -> Result<Vec<Recovered>, AppError> {
        let mut recovered = Vec::new();
        for (workspace, _) in [&self.here, &self.there] {
            recovered.extend(workspace.access().prepare().await?.recovered);
        }
        Ok(recovered)
    }

    /// Carries out an act between the two.
    ///
    /// # Errors
    /// Those of [`Moving`].
    ///
    /// # Panics
    /// When it is no such act.
    pub async fn carry_out(&self, act: &Act) -> Result<(), AppError> {
        let cancellation = Cancellation::default();
        let ((here, from), (there, to)) = (&self.here, &self.there);
        let moving = Moving {
            source: Side { workspace: here, actor: from, name: "Here" },
            target: Side { workspace: there, actor: to, name: "There" },
            notes: &self.notes,
            progress: &Quiet,
            cancellation: &cancellation,
        };
        match act {
            Act::Move { id, to, leaves } => {
                let request = MoveRequest {
                    id: organization(id),
                    kind: if *leaves { MoveKind::Move } else { MoveKind::Copy },
                    name: to.clone(),
                    email: format!("admin@{to}.example.com"),
                    password: (!leaves).then(|| SecretString::from(PASSWORD)),
                    masking: None,
                    confirmation: None,
                };
                match moving.carry_out(request).await? {
                    MoveEnd::Done(_) => Ok(()),
                    MoveEnd::Unfinished { cause, .. } | MoveEnd::InTrash { cause } => Err(cause),
                }
            }
            Act::EndMoves { takes_back } => {
                self.prepare().await?;
                for note in self.notes.unfinished(HERE).await {
                    if *takes_back {
                        moving.take_back(&note).await?;
                    } else {
                        moving.finish(&note).await?;
                    }
                }
                Ok(())
            }
            other => panic!("{other:?} is no act between two workspaces"),
        }
    }
}
