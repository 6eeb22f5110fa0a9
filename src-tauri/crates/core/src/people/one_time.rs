use time::OffsetDateTime;

use crate::clock::later;
use crate::error::{AppError, ConflictOn, StoreError, UniqueField};
use crate::limits::ONE_TIME_LIFE;
use crate::records::OneTime;

/// A one-time password that is set at this moment.
pub(super) fn one_time(at: OffsetDateTime) -> OneTime {
    OneTime { until: later(at, ONE_TIME_LIFE) }
}

/// The address was taken since it was looked up.
pub(super) fn taken(error: StoreError) -> AppError {
    match error {
        StoreError::Duplicate { field: UniqueField::Email | UniqueField::Id } => {
            AppError::Conflict(ConflictOn::Email)
        }
        error => error.into(),
    }
}
