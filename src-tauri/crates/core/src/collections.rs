//! Tenant collections and their statistics.

mod model;
mod port;
mod service;

pub use model::{CollectionStatistics, IndexStatistics, StatisticsSummary};
pub use port::CollectionStore;
pub use service::CollectionService;
