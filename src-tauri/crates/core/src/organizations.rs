//! Organizations: what they are, what a store owes, and the acts on them.

mod administrators;
mod lifecycle;
mod model;
mod port;
mod previews;
mod service;

pub use model::{
    Cursor, NewOrganization, Organization, OrganizationChange, OrganizationCounts, OrganizationCredentials,
    OrganizationFilter, OrganizationPage, OrganizationQuery, OrganizationStatus, SortDirection, SortField,
    StatusFilter, Trashed, TrashedCollection, Unshowable, set_aside,
};
pub use port::OrganizationStore;
pub use previews::{NameAvailability, RemovalPreview, RenamePreview};
pub(crate) use service::narrowed;
pub use service::{CreateRequest, OrganizationService, UpdateRequest};
