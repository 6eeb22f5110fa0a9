//! What shows that nothing is left of an organization that was deleted for good.

mod certificate;
mod service;

pub use certificate::{Certificate, ErasedIn, ErasedPlace, commands};
pub use service::ErasureService;
