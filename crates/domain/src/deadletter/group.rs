//! Which dead letters belong together, and which are looked at.

use serde::{Deserialize, Serialize};

use super::FailureKind;
use crate::{FunctionName, Timestamp};

/// Which dead letters are meant; all given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct DeadLetterFilter {
    /// For this function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionName>,
    /// Of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<FailureKind>,
    /// Of this group: [`error_group`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Events of this type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// Of this correlation id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// These, by position; empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<i64>,
}

/// Dead letters with the same error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterGroup {
    /// What they have in common: [`error_group`].
    pub error: String,
    /// Whether trying again can help.
    pub kind: FailureKind,
    /// How many.
    pub count: u64,
    /// For how many functions.
    pub functions: u64,
    /// When the first of them died.
    pub first: Timestamp,
    /// When the last of them died.
    pub last: Timestamp,
}

/// Characters of a group's name at most.
const LONGEST: usize = 160;

/// A reason without what differs from case to case: numbers, ids and quoted texts.
pub fn error_group(reason: &str) -> String {
    let line = reason.lines().next().unwrap_or_default();
    let mut group = String::with_capacity(line.len());
    let mut quote = None;
    for word in line.split_inclusive(' ') {
        let trimmed = word.trim_end();
        if let Some(open) = quote {
            if trimmed.contains(open) {
                quote = None;
            }
            continue;
        }
        let opening = trimmed.chars().find(|c| matches!(c, '"' | '\'' | '`'));
        if let Some(open) = opening.filter(|_| trimmed.starts_with(['"', '\'', '`', '('])) {
            group.push('…');
            if trimmed.matches(open).count() == 1 {
                quote = Some(open);
            }
        } else if trimmed.chars().any(|c| c.is_ascii_digit()) && !is_status(trimmed) {
            group.push('#');
        } else {
            group.push_str(trimmed);
        }
        group.push(' ');
    }
    // A reason of nothing but a quoted text, as Python's KeyError has it, says most itself.
    let group = if group.trim() == "…" { line } else { group.trim_end() };
    group.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

/// HTTP statuses tell errors apart.
fn is_status(word: &str) -> bool {
    let digits = word.trim_matches(|c: char| c.is_ascii_punctuation());
    digits.len() == 3 && digits.parse::<u16>().is_ok_and(|status| (100..600).contains(&status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_case_to_case_is_left_out() {
        for (a, b) in [
            ("order 17 is unknown", "order 4711 is unknown"),
            ("key 'a b' missing", "key 'x' missing"),
            ("no user 3f2a-99 here\nTraceback", "no user 77aa-01 here"),
        ] {
            assert_eq!(error_group(a), error_group(b));
        }
        assert_ne!(error_group("answered 503."), error_group("answered 400."));
        assert_eq!(error_group("broken"), "broken");
        assert_eq!(error_group("'customer'"), "'customer'");
        assert_eq!(error_group(&"x".repeat(999)).len(), LONGEST);
    }
}
