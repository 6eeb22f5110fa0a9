use crate::limits::DEVICE_MAX;

/// The computer that a person uses, as text for people: `dana on mars, Linux`. It proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device(String);

impl Device {
    /// From the names that the system gives, which can be anything: on one line, cut to the limit.
    pub fn named(user: &str, computer: &str, system: &str) -> Self {
        let of = |text: &str, otherwise: &str| {
            let shown = text.trim().replace(char::is_control, " ");
            if shown.is_empty() { otherwise.to_owned() } else { shown }
        };
        let named = format!("{} on {}, {system}", of(user, "somebody"), of(computer, "a computer"));
        Self(named.chars().take(DEVICE_MAX).collect())
    }

    /// A device from a store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_one_short_line_whatever_the_system_says() {
        assert_eq!(Device::named("dana", "mars", "Linux").as_str(), "dana on mars, Linux");
        assert_eq!(Device::named(" ", "", "Windows").as_str(), "somebody on a computer, Windows");
        assert_eq!(Device::named("a\nb", "c\u{7}d", "macOS").as_str(), "a b on c d, macOS");
        assert_eq!(Device::named(&"ä".repeat(500), "mars", "Linux").as_str().chars().count(), DEVICE_MAX);
    }
}
