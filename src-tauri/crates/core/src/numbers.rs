//! Numbers on the wire.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// The largest integer that a JavaScript number holds exactly.
const LARGEST: u64 = (1 << 53) - 1;

/// A count or a number of bytes that every JavaScript number can hold.
///
/// A larger one is shown as the largest: eight petabytes in one collection are beyond its purpose, and an error would
/// hide the rest of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[cfg_attr(feature = "wire", specta(transparent))]
pub struct Count(#[cfg_attr(feature = "wire", specta(type = u32))] u64);

impl From<u64> for Count {
    fn from(value: u64) -> Self {
        Self(value.min(LARGEST))
    }
}

impl From<u32> for Count {
    fn from(value: u32) -> Self {
        Self(u64::from(value))
    }
}

impl From<usize> for Count {
    fn from(value: usize) -> Self {
        Self::from(u64::try_from(value).unwrap_or(LARGEST))
    }
}

/// Whole milliseconds.
impl From<Duration> for Count {
    fn from(time: Duration) -> Self {
        Self::from(u64::try_from(time.as_millis()).unwrap_or(LARGEST))
    }
}

/// Writes a number as a [`Count`].
///
/// # Errors
/// Those of the serializer.
pub(crate) fn count<N: Copy + Into<Count>, S: Serializer>(number: &N, to: S) -> Result<S::Ok, S::Error> {
    (*number).into().serialize(to)
}

/// As [`count`], where there may be none.
///
/// # Errors
/// Those of the serializer.
pub(crate) fn count_if_any<N: Copy + Into<Count>, S: Serializer>(
    number: &Option<N>,
    to: S,
) -> Result<S::Ok, S::Error> {
    number.map(Into::into).serialize(to)
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_past_what_a_javascript_number_holds_is_cut_to_the_largest() {
        assert_eq!(
            serde_json::to_string(&Count::from(u64::MAX)).unwrap(),
            "9007199254740991",
            "2^53 - 1 is the last integer that survives JSON.parse"
        );
        assert_eq!(serde_json::to_string(&Count::from(1_u64 << 40)).unwrap(), "1099511627776");
    }
}
