//! The doctor: compares metadata with storage in one pass over a workspace, keeps what it found until the next pass,
//! and offers mends.

mod columns;
mod compare;
mod differences;
mod document;
mod finding;
mod found;
mod halves;
mod kind;
mod mend;
mod mends;
mod merge;
mod pass;
mod result;
mod service;
mod settle;

pub use compare::{
    ComparePlace, Compared, ComparedCollection, ComparedIndex, ComparedPair, ComparedSides, ComparedText,
    Comparison,
};
pub use differences::{Difference, Wanted};
pub use finding::{EvidenceRow, Finding, FindingState, OrganizationNamed, finding_id};
pub use kind::{Depth, EvidenceWord, FindingKind, Severity};
pub use mend::{
    DecidedTwin, DryRun, MendChoices, MendKind, MendOutcome, MendRequest, SeenTwin, TwinDecision,
};
pub use mends::{MendService, Mended};
pub use result::{DriftOfRow, FindingGroup, FindingPage, FindingQuery, Pass, PassSummary};
pub use service::{DoctorService, PassKeeper};
