//! Services for organizations.

mod administrators;
mod lifecycle;
mod previews;
mod service;

pub use previews::{ErasurePreview, Extent, NameAvailability, RemovalPreview, RenamePreview};
pub(crate) use service::narrowed;
pub use service::{CreateRequest, OrganizationService, Seen, StoredPassword, UpdateRequest};
