//! Organizations from a file: read, matched to fields, checked row by row as the dialog for a new organization checks
//! its fields, and created or changed by the acts that exist for one.
//!
//! Nothing here writes a file or keeps one: the console does. A file is somebody else's text, so it is measured before
//! it is decoded: bytes, what it unpacks to, rows, columns and cells.

mod columns;
mod draft;
mod files;
mod json;
mod known;
mod plan;
mod reading;
mod service;
mod spreadsheet;
mod table;
mod text;

pub use columns::{ImportColumns, ImportField};
pub use draft::ImportDraft;
pub use files::{FailedRows, GeneratedPassword, write_passwords};
pub use known::{Found, Wanted};
pub use plan::{CellProblem, ImportChoices, ImportCounts, ImportFacet, RowPlan, SkipReason};
pub use reading::read;
pub use service::{ImportService, Imported, RowAct, RowResult, RowWork};
pub use table::{CsvFacts, ListKind, TextEncoding};
