//! Rows as HTML. Everything that came from a function is escaped here.

use domain::log::{Level, LogLine};
use js_sys::Date;
use wasm_bindgen::JsValue;

use super::{
    fields,
    model::{LINE_LIMIT, Model},
    rows::Row,
    text::{Marks, push_escaped, push_linked},
};
use crate::islands::{ansi, enhance::clock};

/// How rows are drawn.
#[derive(Default)]
pub(super) struct Paint {
    /// With the time of each line.
    pub(super) times: bool,
    /// What is searched for.
    pub(super) marks: Marks,
    /// Number of the line of the present match.
    pub(super) current: Option<u64>,
    /// Numbers of the lines that the address names.
    pub(super) linked: Option<(u64, u64)>,
}

/// Adds the HTML of one row; the answer is how many elements that is.
pub(super) fn row(html: &mut String, model: &Model, row: Row, paint: &Paint) -> usize {
    match row {
        Row::Head(at) => head(html, model, at),
        Row::Line(at) => line(html, model, model.line(at), paint),
    }
}

fn head(html: &mut String, model: &Model, at: usize) -> usize {
    let Some((group, folded)) = model.group(at) else { return 0 };
    html.push_str(&format!(
        "<div class=\"log-head\"><button type=\"button\" data-fold=\"{at}\" aria-expanded=\"{}\">{} ",
        !folded,
        if folded { "▸" } else { "▾" },
    ));
    push_escaped(html, &group.name);
    // Not as a float: the code that writes one is 11 kB.
    let tenths = group.millis() / 100;
    html.push_str(&format!(
        "</button><span class=\"log-took\">{}.{} s</span></div>",
        tenths / 10,
        tenths % 10
    ));
    1
}

fn line(html: &mut String, model: &Model, line: &LogLine, paint: &Paint) -> usize {
    let (class, mark) = match line.level {
        Level::Error => (" error", "<span class=\"log-mark\">error</span>"),
        Level::Warn => (" warn", "<span class=\"log-mark\">warn</span>"),
        Level::Info => ("", ""),
        Level::Debug => (" debug", ""),
    };
    let linked = paint.linked.is_some_and(|(from, to)| (from..=to).contains(&line.number));
    html.push_str(&format!(
        "<div class=\"log-line{class}{}{}\" id=\"L{n}\"><a class=\"log-number\" href=\"#L{n}\" data-line=\"{n}\">{n}</a>",
        if linked { " linked" } else { "" },
        if paint.current == Some(line.number) { " current" } else { "" },
        n = line.number,
    ));
    if paint.times {
        let raw = line.at.to_string();
        let local = clock(&Date::new(&JsValue::from_f64(line.at.as_millis() as f64)));
        html.push_str(&format!("<time class=\"log-time\" title=\"{raw}\">{local}</time>"));
    }
    html.push_str(mark);
    let has_fields = fields::looks_like(&line.text);
    let expanded = has_fields && model.is_expanded(line.number);
    if has_fields {
        html.push_str(&format!(
            "<button type=\"button\" class=\"log-mark\" data-fields=\"{}\" aria-expanded=\"{expanded}\" aria-label=\"Fields\">{{ }}</button>",
            line.number
        ));
    }
    html.push_str("<span class=\"log-text\">");
    text(html, &line.text, &paint.marks);
    html.push_str("</span></div>");
    1 + if expanded { shown_fields(html, &line.text) } else { 0 }
}

/// The text of a line with its colours, links and marks, up to [`LINE_LIMIT`] characters.
fn text(html: &mut String, text: &str, marks: &Marks) {
    let mut room = LINE_LIMIT;
    for span in ansi::parse(text) {
        let end = span.text.char_indices().nth(room).map_or(span.text.len(), |(at, _)| at);
        let shown = &span.text[..end];
        room -= shown.chars().count().min(room);
        if span.class.is_empty() {
            push_linked(html, shown, marks);
        } else {
            html.push_str(&format!("<span class=\"{}\">", span.class));
            push_linked(html, shown, marks);
            html.push_str("</span>");
        }
        if end < span.text.len() {
            html.push_str("<em class=\"log-cut\"> … cut at 64 KiB, the download has all</em>");
            break;
        }
    }
}

fn shown_fields(html: &mut String, text: &str) -> usize {
    let fields = fields::of(text);
    for field in &fields {
        html.push_str("<div class=\"log-field\"><button type=\"button\" title=\"Only lines with this value\" data-name=\"");
        push_escaped(html, &field.name);
        html.push_str("\" data-value=\"");
        push_escaped(html, &field.value);
        html.push_str("\">");
        push_escaped(html, &field.name);
        html.push_str("</button><span>");
        push_escaped(html, &field.value);
        html.push_str("</span></div>");
    }
    fields.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(line: &str) -> String {
        let mut html = String::new();
        text(&mut html, line, &Marks::default());
        html
    }

    #[test]
    fn a_very_long_line_is_cut_on_the_screen_and_says_so() {
        let html = drawn(&"é".repeat(LINE_LIMIT + 10));
        assert!(html.ends_with("the download has all</em>"));
        assert_eq!(html.chars().filter(|c| *c == 'é').count(), LINE_LIMIT);
        assert!(!drawn(&"é".repeat(LINE_LIMIT)).contains("log-cut"));
    }

    #[test]
    fn colours_become_classes_and_markup_in_them_stays_text() {
        assert_eq!(drawn("\u{1b}[31m<b>\u{1b}[0m ok"), "<span class=\"f1\">&lt;b&gt;</span> ok");
    }
}
