//! The doctor: compares metadata with storage in one pass over a workspace, keeps what it found until the next pass, and
//! offers mends.

mod finding;
mod kind;
mod mend;
mod result;
mod service;

pub use finding::{EvidenceRow, Finding, FindingState, OrganizationNamed, finding_id};
pub use kind::{EvidenceWord, FindingKind, Severity};
pub use mend::{DryRun, MendChoices, MendKind, MendOutcome, MendRequest};
pub use result::{Depth, DriftOfRow, FindingGroup, FindingPage, FindingQuery, Pass, PassSummary};
pub use service::{DoctorService, PassKeeper};
