use super::field::{Field, FieldIssue, FieldRule, issue};
use crate::limits::DISPLAY_NAME_MAX;

/// Shown instead of an organization's name: up to 80 characters of any script. Never an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Parses what a person typed; only space is no display name.
    ///
    /// # Errors
    /// `too_long`, or `characters` for control characters and those that change the direction of the surrounding text.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldIssue> {
        parse_shown_name(text, Field::DisplayName, DISPLAY_NAME_MAX).map(|name| name.map(Self))
    }

    /// A display name from a store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parses a text that is shown in a line with other text.
pub(super) fn parse_shown_name(text: &str, field: Field, max: usize) -> Result<Option<String>, FieldIssue> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let length = text.chars().count();
    if length > max {
        return Err(issue(
            field,
            FieldRule::TooLong,
            format!("This name has at most {max} characters; this one has {length}."),
        ));
    }
    if text.chars().any(|c| c.is_control() || changes_direction(c)) {
        return Err(issue(field, FieldRule::Characters, "This name may not hold control characters."));
    }
    Ok(Some(text.to_owned()))
}

/// Unicode's explicit directional formatting characters (UAX #9), with which a name can pose as another.
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eighty_characters_of_any_script_are_allowed() {
        assert!(matches!(DisplayName::parse(&"組".repeat(80)), Ok(Some(_))));
        assert_eq!(DisplayName::parse(&"組".repeat(81)).map_err(|issue| issue.rule), Err(FieldRule::TooLong));
    }

    #[test]
    fn space_alone_is_no_display_name() {
        assert_eq!(DisplayName::parse("  "), Ok(None));
    }

    #[test]
    fn text_direction_marks_are_refused() {
        assert_eq!(
            DisplayName::parse("Acme \u{202E}proC").map_err(|issue| issue.rule),
            Err(FieldRule::Characters)
        );
    }
}
