//! What differs between two texts, line by line, with a few lines around.

use leptos::prelude::*;
use similar::{ChangeTag, TextDiff};

/// Lines around a change.
const AROUND: usize = 3;

/// One line of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    tag: ChangeTag,
    text: String,
}

/// Stretches of changed lines, each with its surroundings.
fn hunks(before: &str, after: &str) -> Vec<Vec<Line>> {
    let diff = TextDiff::from_lines(before, after);
    let stretches = diff.grouped_ops(AROUND);
    let lines = stretches.iter().map(|ops| {
        let changes = ops.iter().flat_map(|op| diff.iter_changes(op));
        changes
            .map(|change| Line { tag: change.tag(), text: change.value().trim_end_matches('\n').to_owned() })
            .collect()
    });
    lines.collect()
}

/// The comparison; says so when nothing differs.
pub fn diff(before: &str, after: &str, label: &'static str) -> AnyView {
    let hunks = hunks(before, after);
    if hunks.is_empty() {
        return view! { <p class="quiet-text">"Nothing differs."</p> }.into_any();
    }
    let hunks: Vec<_> = hunks
        .into_iter()
        .map(|lines| {
            let lines: Vec<_> = lines.into_iter().map(line).collect();
            view! { <div class="hunk">{lines}</div> }
        })
        .collect();
    view! { <div class="diff" tabindex="0" role="group" aria-label=label>{hunks}</div> }.into_any()
}

/// A sign and an element for each kind of line: told apart without colour, and by screen readers.
fn line(line: Line) -> AnyView {
    let text = line.text;
    match line.tag {
        ChangeTag::Delete => {
            view! { <del class="diff-line"><span aria-hidden="true">"−"</span><code>{text}</code></del> }
                .into_any()
        }
        ChangeTag::Insert => {
            view! { <ins class="diff-line"><span aria-hidden="true">"+"</span><code>{text}</code></ins> }
                .into_any()
        }
        ChangeTag::Equal => {
            view! { <div class="diff-line"><span></span><code>{text}</code></div> }.into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_away_lines_are_left_out_and_changed_ones_are_there_in_order() {
        let before: String = (0..40).map(|n| format!("line {n}\n")).collect();
        let after = before.replace("line 20\n", "line twenty\n");
        let hunks = hunks(&before, &after);
        assert_eq!(hunks.len(), 1);
        let changed: Vec<_> = hunks[0].iter().filter(|line| line.tag != ChangeTag::Equal).collect();
        assert_eq!(hunks[0].len(), 2 * AROUND + 2);
        assert_eq!((changed[0].tag, changed[0].text.as_str()), (ChangeTag::Delete, "line 20"));
        assert_eq!((changed[1].tag, changed[1].text.as_str()), (ChangeTag::Insert, "line twenty"));
    }

    #[test]
    fn equal_texts_have_nothing_to_show() {
        assert!(hunks("a\n", "a\n").is_empty());
    }
}
