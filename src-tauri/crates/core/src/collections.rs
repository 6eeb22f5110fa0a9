//! Tenant collections and their statistics.

mod background;
mod model;
mod port;
mod service;

pub use background::BackgroundReads;
pub use model::{CollectionIdentity, CollectionStatistics, IndexStatistics, StatisticsSummary};
pub use port::CollectionStore;
pub use service::CollectionService;
