//! Names of people within text that is kept.

use std::collections::HashMap;
use std::ops::Range;

use super::values::Key;

/// A word of a name that is looked for alone has as many letters, so that no initial is found in every text.
const ALONE_MIN: usize = 3;

/// Names that are known, with what replaces them: a whole name as it is replaced in its own field, and each of its
/// words that begins with a capital by the word in the same place.
#[derive(Default)]
pub(super) struct Names {
    whole: HashMap<String, String>,
    words: HashMap<String, String>,
    /// How many words the longest name has.
    longest: usize,
}

impl Names {
    /// A name that was added before keeps its words.
    pub(super) fn add(&mut self, name: &str, key: &Key) {
        let name = name.trim();
        let found = words(name);
        let letters = |word: &Range<usize>| name[word.clone()].chars().count();
        if found.iter().all(|word| letters(word) < ALONE_MIN) || self.whole.contains_key(name) {
            return;
        }
        let masked = key.text(name);
        for (word, place) in found.iter().zip(words(&masked)) {
            let text = &name[word.clone()];
            if letters(word) >= ALONE_MIN && text.starts_with(char::is_uppercase) {
                self.words.entry(text.to_owned()).or_insert_with(|| masked[place].to_owned());
            }
        }
        self.longest = self.longest.max(found.len());
        self.whole.insert(name.to_owned(), masked);
    }

    /// The text with all names replaced. Of those that begin at one word the longest counts.
    pub(super) fn replaced<'text>(&'text self, text: &'text str, own: &'text Self) -> String {
        let all = [own, self];
        if all.iter().all(|names| names.whole.is_empty()) {
            return text.to_owned();
        }
        let found = words(text);
        let longest = all.iter().map(|names| names.longest).max().unwrap_or_default();
        let (mut masked, mut from, mut at) = (String::with_capacity(text.len()), 0, 0);
        while at < found.len() {
            let start = found[at].start;
            let phrase = (1..=longest.min(found.len() - at)).rev().find_map(|count| {
                let range = start..found[at + count - 1].end;
                let of = |names: &'text Self| {
                    let whole = names.whole.get(&text[range.clone()]);
                    whole.or_else(|| names.words.get(&text[range.clone()]).filter(|_| count == 1))
                };
                all.into_iter().find_map(of).map(|name| (count, range.end, name))
            });
            let Some((count, end, name)) = phrase else {
                at += 1;
                continue;
            };
            masked.push_str(&text[from..start]);
            masked.push_str(name);
            (from, at) = (end, at + count);
        }
        masked.push_str(&text[from..]);
        masked
    }
}

/// Where words stand: letters one after the other.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for (at, letter) in text.char_indices() {
        if !letter.is_alphabetic() {
            continue;
        }
        let end = at + letter.len_utf8();
        match words.last_mut().filter(|word| word.end == at) {
            Some(word) => word.end = end,
            None => words.push(at..end),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> (Names, Key) {
        let (mut names, key) = (Names::default(), Key::from([5; 32]));
        for name in all {
            names.add(name, &key);
        }
        (names, key)
    }

    #[test]
    fn a_name_becomes_in_text_what_it_becomes_in_its_field() {
        let (names, key) = names(&["Dana Whitlock", "Li Wei", "Seán O'Brien"]);
        let own = Names::default();
        for name in ["Dana Whitlock", "Li Wei", "Seán O'Brien"] {
            let text = names.replaced(&format!("Ask {name}, then close."), &own);
            assert_eq!(text, format!("Ask {}, then close.", key.text(name)));
        }
        let masked = key.text("Dana Whitlock");
        let (first, last) = masked.split_once(' ').unwrap();
        let text = names.replaced("Dana's note to Mrs Whitlock (DANA, dana, Danae)", &own);
        assert_eq!(text, format!("{first}'s note to Mrs {last} (DANA, dana, Danae)"));
    }

    #[test]
    fn short_words_and_small_ones_are_found_in_their_whole_name_only() {
        let (names, key) = names(&["Ada de la Cruz", "X Y", "Bo"]);
        let own = Names::default();
        let text = "de la Li X Y Bo";
        assert_eq!(names.replaced(text, &own), text);
        assert!(!names.replaced("Cruz", &own).contains("Cruz"));
        let whole = names.replaced("by Ada de la Cruz", &own);
        assert_eq!(whole, format!("by {}", key.text("Ada de la Cruz")));
    }

    #[test]
    fn the_longest_name_counts_and_those_of_the_document_come_first() {
        let (names, key) = names(&["Dana Whitlock", "Dana Whitlock Reed"]);
        let own = Names::default();
        assert_eq!(names.replaced("Dana Whitlock Reed", &own), key.text("Dana Whitlock Reed"));
        let mut own = Names::default();
        own.add("Dana Ortiz", &key);
        let masked = key.text("Dana Ortiz");
        assert_eq!(names.replaced("Dana", &own), masked.split_once(' ').unwrap().0);
    }
}
