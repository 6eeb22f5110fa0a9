//! What people see of the record and do with it: pages, details, undo, verification, exports and archives.

mod archive;
mod columns;
mod details;
mod export;
mod facets;
mod service;
mod undo;
mod verify;

pub use archive::{ArchiveFacts, ArchivePlan, read_archive};
pub use columns::RecordColumn;
pub use details::EntryDetails;
pub use export::RecordExport;
pub use facets::RecordFacet;
pub use service::RecordService;
pub use undo::Undo;
