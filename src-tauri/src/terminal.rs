//! The terminal that the program was started from.

/// Prints a sentence to the terminal. There is no window to show it in.
#[expect(clippy::print_stderr, reason = "the program's only words outside of its window")]
pub fn say(sentence: &str) {
    eprintln!("{sentence}");
}
