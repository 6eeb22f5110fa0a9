use crate::error::AppError;
use crate::values::{Difference, Field};

/// Another role, in place of the one that a person saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleChange<R> {
    /// The role that was shown; `None` if none was.
    pub seen: Option<R>,
    /// The new role.
    pub to: R,
}

impl<R> From<R> for RoleChange<R> {
    fn from(to: R) -> Self {
        Self { seen: None, to }
    }
}

/// Checks that the stored role is the one that was shown, or the new one already.
///
/// # Errors
/// `ChangedElsewhere`.
pub(super) fn require_role_as_seen<R: Copy + PartialEq>(
    seen: Option<R>,
    stored: Option<R>,
    to: R,
    word: impl Fn(R) -> String,
) -> Result<(), AppError> {
    if seen.is_none() || seen == stored || stored == Some(to) {
        return Ok(());
    }
    let difference = Difference { field: Field::Role, seen: seen.map(&word), stored: stored.map(&word) };
    Err(AppError::ChangedElsewhere(vec![difference]))
}
