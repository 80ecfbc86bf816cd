//! Binding patterns of topic exchanges.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;

/// Words parted by dots, as AMQP has them: `*` stands for one word, `#` for any number of words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

impl Pattern {
    /// `#`: everything.
    pub fn all() -> Self {
        Self("#".to_owned())
    }

    /// Whether `key` (an event type) matches.
    pub fn matches(&self, key: &str) -> bool {
        if self.0 == "#" {
            return true;
        }
        let words: Vec<&str> = key.split('.').collect();
        // `reach[i]`: the pattern so far can end before word i. Linear in both lengths, so that a
        // pattern of many `#` costs no more than any other.
        let mut reach = vec![false; words.len() + 1];
        reach[0] = true;
        for part in self.0.split('.') {
            let mut next = vec![false; words.len() + 1];
            if part == "#" {
                let mut open = false;
                for (at, slot) in next.iter_mut().enumerate() {
                    open |= reach[at];
                    *slot = open;
                }
            } else {
                for at in 0..words.len() {
                    next[at + 1] = reach[at] && (part == "*" || part == words[at]);
                }
            }
            reach = next;
        }
        reach[words.len()]
    }
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let word = |part: &str| !part.is_empty() && (part.len() == 1 || !part.contains(['*', '#']));
        if text.len() <= 255 && text.split('.').all(word) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Invalid(format!(
                "The binding pattern \"{text}\" is not words parted by dots, where * and # stand alone."
            )))
        }
    }
}

impl TryFrom<String> for Pattern {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, key: &str) -> bool {
        pattern.parse::<Pattern>().unwrap().matches(key)
    }

    #[test]
    fn a_star_stands_for_exactly_one_word() {
        assert!(matches("a.*.c", "a.b.c"));
        assert!(!matches("a.*.c", "a.c"));
        assert!(!matches("a.*", "a.b.c"));
        assert!(matches("*", "a"));
        assert!(!matches("*", "a.b"));
    }

    #[test]
    fn a_hash_stands_for_any_number_of_words() {
        assert!(matches("#", ""));
        assert!(matches("a.#", "a"));
        assert!(matches("a.#", "a.b.c"));
        assert!(matches("#.c", "a.b.c"));
        assert!(matches("a.#.d", "a.d"));
        assert!(matches("a.#.d", "a.b.c.d"));
        assert!(!matches("a.#.d", "a.b.c"));
        assert!(matches("#.b.#", "a.b.c"));
    }

    #[test]
    fn words_match_only_whole() {
        assert!(matches("io.knative.lambda.lifecycle.#", "io.knative.lambda.lifecycle.build.started"));
        assert!(!matches("io.knative", "io.knativex"));
        assert!(!matches("a.b", "a"));
    }

    #[test]
    fn a_pattern_of_many_hashes_is_cheap() {
        let pattern = vec!["#"; 100].join(".");
        assert!(!matches(&format!("{pattern}.x"), &vec!["a"; 100].join(".")));
    }

    #[test]
    fn half_wildcards_and_empty_words_are_refused() {
        for bad in ["", "a..b", "a*", "#b.c", ".a"] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad}");
        }
    }
}
