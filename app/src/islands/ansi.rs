//! ANSI escapes of log lines as spans with classes.
//!
//! The style sheet has sixteen colours that are readable in both themes; the 256 and true
//! colours become the nearest of them. Everything else that starts with an escape is dropped.

use std::borrow::Cow;

/// A stretch of text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Without escapes.
    pub text: String,
    /// Space-separated class names; empty for plain text.
    pub class: String,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
struct Style {
    fore: Option<u8>,
    back: Option<u8>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

impl Style {
    fn class(self) -> String {
        let mut names = Vec::new();
        names.extend(self.fore.map(|colour| format!("f{colour}")));
        names.extend(self.back.map(|colour| format!("b{colour}")));
        let flags = [(self.bold, "bold"), (self.dim, "dim"), (self.italic, "it"), (self.underline, "ul")];
        names.extend(flags.into_iter().filter(|(on, _)| *on).map(|(_, name)| name.to_owned()));
        names.join(" ")
    }

    fn apply(&mut self, codes: &[u16]) {
        let mut at = 0;
        while let Some(&code) = codes.get(at) {
            at += 1;
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                3 => self.italic = true,
                4 => self.underline = true,
                22 => (self.bold, self.dim) = (false, false),
                23 => self.italic = false,
                24 => self.underline = false,
                30..=37 => self.fore = Some((code - 30) as u8),
                39 => self.fore = None,
                40..=47 => self.back = Some((code - 40) as u8),
                49 => self.back = None,
                90..=97 => self.fore = Some((code - 82) as u8),
                100..=107 => self.back = Some((code - 92) as u8),
                38 | 48 => {
                    let (colour, used) = extended(&codes[at..]);
                    at += used;
                    if code == 38 { self.fore = colour } else { self.back = colour }
                }
                _ => {}
            }
        }
    }
}

/// `5;n` or `2;r;g;b` as one of the sixteen, and how many codes it took.
fn extended(codes: &[u16]) -> (Option<u8>, usize) {
    let byte = |at: usize| codes.get(at).copied().unwrap_or(0).min(255);
    match codes.first() {
        Some(5) => {
            let colour = match byte(1) {
                low @ 0..=15 => low as u8,
                cube @ 16..=231 => {
                    let cube = cube - 16;
                    let level = |part: u16| if part == 0 { 0 } else { 55 + part * 40 };
                    nearest(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
                }
                grey => {
                    let level = 8 + (grey - 232) * 10;
                    nearest(level, level, level)
                }
            };
            (Some(colour), 2.min(codes.len()))
        }
        Some(2) => (Some(nearest(byte(1), byte(2), byte(3))), 4.min(codes.len())),
        _ => (None, codes.len()),
    }
}

/// The nearest of the sixteen by hue and lightness.
fn nearest(red: u16, green: u16, blue: u16) -> u8 {
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    if most - least < 40 {
        return match most {
            0..=48 => 0,
            49..=140 => 8,
            141..=212 => 7,
            _ => 15,
        };
    }
    let half = u16::midpoint(most, least);
    let bit = |part: u16, value: u8| if part > half { value } else { 0 };
    let hue = bit(red, 1) | bit(green, 2) | bit(blue, 4);
    if most > 200 { hue + 8 } else { hue }
}

/// Splits a line into styled spans.
pub fn parse(line: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut style = Style::default();
    let mut rest = line;
    while !rest.is_empty() {
        let plain = rest.find(|c: char| c == '\u{1b}' || (c.is_control() && c != '\t')).unwrap_or(rest.len());
        let (text, after) = rest.split_at(plain);
        if !text.is_empty() {
            let class = style.class();
            match spans.last_mut() {
                Some(last) if last.class == class => last.text.push_str(text),
                _ => spans.push(Span { text: text.to_owned(), class }),
            }
        }
        rest = match after.strip_prefix('\u{1b}') {
            Some(escape) => skip_escape(escape, &mut style),
            None => after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or(""),
        };
    }
    spans
}

/// The text of a line without its escapes.
pub fn plain(line: &str) -> Cow<'_, str> {
    if line.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
        Cow::Owned(parse(line).into_iter().map(|span| span.text).collect())
    } else {
        Cow::Borrowed(line)
    }
}

/// Columns that a line takes: characters, a tab as four of them.
pub fn width(line: &str) -> u32 {
    plain(line).chars().map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

/// What follows the escape sequence at the start of `text`.
fn skip_escape<'a>(text: &'a str, style: &mut Style) -> &'a str {
    if let Some(body) = text.strip_prefix('[') {
        let Some(end) = body.find(|c: char| ('\u{40}'..='\u{7e}').contains(&c)) else { return "" };
        if body.as_bytes()[end] == b'm' {
            let codes: Vec<u16> =
                body[..end].split([';', ':']).map(|code| code.parse().unwrap_or(0)).collect();
            style.apply(&codes);
        }
        return &body[end + 1..];
    }
    // OSC (titles, links): up to BEL or ST; the text between two link marks stays.
    if let Some(body) = text.strip_prefix(']') {
        let end = body
            .find('\u{7}')
            .map(|at| at + 1)
            .into_iter()
            .chain(body.find("\u{1b}\\").map(|at| at + 2))
            .min();
        return end.map_or("", |end| &body[end..]);
    }
    text.get(text.chars().next().map_or(0, char::len_utf8)..).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(line: &str) -> Vec<(String, String)> {
        parse(line).into_iter().map(|span| (span.text, span.class)).collect()
    }

    fn span(text: &str, class: &str) -> (String, String) {
        (text.to_owned(), class.to_owned())
    }

    #[test]
    fn colours_and_styles_become_classes_until_they_are_reset() {
        assert_eq!(spans("\u{1b}[1;31mno\u{1b}[0m yes"), [span("no", "f1 bold"), span(" yes", "")]);
    }

    #[test]
    fn larger_palettes_become_the_nearest_of_sixteen() {
        assert_eq!(spans("\u{1b}[38;5;196mx"), [span("x", "f9")]);
        assert_eq!(spans("\u{1b}[38;2;0;160;0mx"), [span("x", "f2")]);
        assert_eq!(spans("\u{1b}[48;5;244;3mx"), [span("x", "b8 it")]);
    }

    #[test]
    fn links_titles_and_cursor_moves_leave_only_their_text() {
        assert_eq!(
            spans("\u{1b}]8;;javascript:alert(1)\u{1b}\\click\u{1b}]8;;\u{1b}\\"),
            [span("click", "")]
        );
        assert_eq!(spans("\u{1b}]0;title\u{7}a\u{1b}[2Kb\u{8}c"), [span("abc", "")]);
    }

    #[test]
    fn escapes_take_no_columns_and_tabs_take_four() {
        assert_eq!(width("\u{1b}[1;31mno\u{1b}[0m\tyes é"), 11);
        assert_eq!(plain("a\tb"), "a\tb");
    }

    #[test]
    fn an_unfinished_escape_does_not_panic() {
        for line in ["\u{1b}", "\u{1b}[", "\u{1b}[38;5", "\u{1b}]8;;x", "a\u{1b}[38;2;1m"] {
            assert!(parse(line).len() <= 1);
        }
    }
}
