//! Tenant collections and their statistics.

mod background;
mod service;

pub use background::BackgroundReads;
pub use service::{CollectionService, StatisticsSummary};
