use time::OffsetDateTime;

/// The password was set by somebody else: it signs in only to be changed, and only until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneTime {
    /// Until when it can be used.
    pub until: OffsetDateTime,
}
