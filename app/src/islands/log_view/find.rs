//! Search over all lines that the browser holds, drawn or not, folded or not.

use js_sys::RegExp;

use crate::islands::ansi;

/// What is searched for.
#[derive(Default, Clone)]
pub(super) struct Search {
    pub(super) text: String,
    pub(super) case: bool,
    pub(super) regex: bool,
}

/// How far a search is.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing is searched for.
    #[default]
    Idle,
    /// What is searched for is no expression, or not yet.
    Unreadable,
    /// Lines are loaded and looked at.
    Searching,
    /// All lines were looked at.
    Done,
}

/// Numbers of the lines that match, and which of them is the present one.
#[derive(Default)]
pub(super) struct Matches {
    pub(super) progress: Progress,
    /// What they were found with; none without a search.
    pub(super) pattern: Option<RegExp>,
    pub(super) numbers: Vec<u64>,
    pub(super) at: usize,
}

impl Search {
    /// The browser's own engine for both kinds: it is fast, and costs the module nothing. None for an
    /// unfinished expression, which throws while it is typed.
    pub(super) fn pattern(&self) -> Option<RegExp> {
        if self.text.is_empty() {
            return None;
        }
        let source = if self.regex { self.text.clone() } else { quoted(&self.text) };
        let arguments = js_sys::Array::of2(&source.into(), &if self.case { "" } else { "i" }.into());
        let constructor = js_sys::Reflect::get(&js_sys::global(), &"RegExp".into()).ok()?;
        js_sys::Reflect::construct(&constructor.into(), &arguments).map(Into::into).ok()
    }
}

/// Text that an expression takes literally.
fn quoted(text: &str) -> String {
    text.chars().fold(String::new(), |mut quoted, c| {
        if r"\^$.|?*+()[]{}/".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
        quoted
    })
}

/// Whether a line matches; its escapes do not count.
pub(super) fn is_match(pattern: &RegExp, text: &str) -> bool {
    pattern.test(&ansi::plain(text))
}

impl Matches {
    /// "3 of 41", for the tool bar. `whole`: all lines that there are were here to look at.
    pub(super) fn text(&self, whole: bool) -> String {
        let text = match (self.progress, self.numbers.len()) {
            (Progress::Idle, _) => "",
            (Progress::Unreadable, _) => "This is no expression",
            (Progress::Searching, _) => "Searching…",
            (Progress::Done, 0) if whole => "No lines match",
            (Progress::Done, 0) => "None of the lines that are here match",
            (Progress::Done, count) => return format!("{} of {count}", self.at + 1),
        };
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_was_not_over_said_that_no_line_matches() {
        let said = |progress| Matches { progress, ..Matches::default() }.text(true);
        assert_eq!(said(Progress::Searching), "Searching…");
        assert_eq!(said(Progress::Unreadable), "This is no expression");
        assert_eq!(said(Progress::Done), "No lines match");
        assert_eq!(said(Progress::Idle), "");
        let partly = Matches { progress: Progress::Done, ..Matches::default() };
        assert_eq!(partly.text(false), "None of the lines that are here match");
    }

    #[test]
    fn a_text_with_signs_of_expressions_is_searched_as_it_is() {
        assert_eq!(quoted("a.b (c)"), "a\\.b \\(c\\)");
    }
}
