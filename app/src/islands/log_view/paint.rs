//! Rows as HTML. Everything that came from a function is escaped here.

use domain::log::{Level, LogLine};
use js_sys::Date;
use wasm_bindgen::JsValue;

use super::model::{LINE_LIMIT, Model, Row};
use crate::islands::{ansi, enhance::clock};

/// How rows are drawn.
#[derive(Default)]
pub(super) struct Paint {
    /// With the time of each line.
    pub(super) times: bool,
    /// Plain text to mark, in lower case unless `case`.
    pub(super) needle: String,
    pub(super) case: bool,
    /// Number of the line of the present match.
    pub(super) current: Option<u64>,
    /// Numbers of the lines that the address names.
    pub(super) linked: Option<(u64, u64)>,
}

/// HTML of one row.
pub(super) fn row(model: &Model, row: Row, paint: &Paint) -> String {
    match row {
        Row::Head(at) => head(model, at),
        Row::Line(at) => line(model.line(at), paint),
    }
}

fn head(model: &Model, at: usize) -> String {
    let folded = model.is_folded(at);
    let group = model.line(at).group.as_deref().unwrap_or_default();
    let took = model.group_millis(at) as f64 / 1000.0;
    format!(
        "<div class=\"log-head\"><button type=\"button\" data-fold=\"{at}\" aria-expanded=\"{}\">{} {}</button>\
         <span class=\"log-took\">{took:.1} s</span></div>",
        !folded,
        if folded { "▸" } else { "▾" },
        escape(group),
    )
}

fn line(line: &LogLine, paint: &Paint) -> String {
    let level = match line.level {
        Level::Error => " error",
        Level::Warn => " warn",
        Level::Info => "",
        Level::Debug => " debug",
    };
    let linked = paint.linked.is_some_and(|(from, to)| (from..=to).contains(&line.number));
    let current = paint.current == Some(line.number);
    let mut html = format!(
        "<div class=\"log-line{level}{}{}\" id=\"L{n}\"><a class=\"log-number\" href=\"#L{n}\" data-line=\"{n}\">{n}</a>",
        if linked { " linked" } else { "" },
        if current { " current" } else { "" },
        n = line.number,
    );
    if paint.times {
        let raw = line.at.to_string();
        let local = clock(&Date::new(&JsValue::from_f64(line.at.as_millis() as f64)));
        html.push_str(&format!("<time class=\"log-time\" title=\"{raw}\">{local}</time>"));
    }
    let word = match line.level {
        Level::Error => "<span class=\"log-mark\">error</span>",
        Level::Warn => "<span class=\"log-mark\">warn</span>",
        _ => "",
    };
    html.push_str(word);
    html.push_str("<span class=\"log-text\">");
    let mut room = LINE_LIMIT;
    for span in ansi::parse(&line.text) {
        let end = span.text.char_indices().nth(room).map_or(span.text.len(), |(at, _)| at);
        let text = &span.text[..end];
        room -= text.chars().count().min(room);
        let inner = with_links(text, paint);
        if span.class.is_empty() {
            html.push_str(&inner);
        } else {
            html.push_str(&format!("<span class=\"{}\">{inner}</span>", span.class));
        }
        if end < span.text.len() {
            html.push_str("<em class=\"log-cut\"> … cut at 64 KiB, the download has all</em>");
            break;
        }
    }
    html.push_str("</span></div>");
    html
}

/// Escaped text with its http(s) addresses as links.
fn with_links(text: &str, paint: &Paint) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("http").filter(|at| {
        let from = &rest[*at..];
        from.starts_with("https://") || from.starts_with("http://")
    }) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| c.is_whitespace() || "\"'<>`|\\^{}".contains(c)).unwrap_or(from.len());
        let url = from[..end].trim_end_matches(['.', ',', ')', ']', ':', ';']);
        html.push_str(&marked(before, paint));
        html.push_str(&format!(
            "<a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">{}</a>",
            escape(url),
            marked(url, paint)
        ));
        rest = &from[url.len()..];
    }
    html + &marked(rest, paint)
}

/// Escaped text with what is searched for marked.
fn marked(text: &str, paint: &Paint) -> String {
    if paint.needle.is_empty() {
        return escape(text);
    }
    let hay = if paint.case { text.to_owned() } else { text.to_ascii_lowercase() };
    let (mut html, mut from) = (String::new(), 0);
    while let Some(at) = hay[from..].find(&paint.needle) {
        let (start, end) = (from + at, from + at + paint.needle.len());
        html.push_str(&escape(&text[from..start]));
        html.push_str(&format!("<mark>{}</mark>", escape(&text[start..end])));
        from = end;
    }
    html + &escape(&text[from..])
}

/// Text that is no markup.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_line_stays_text() {
        let html = with_links("<img onerror=alert(1)> & \"x\"", &Paint::default());
        assert_eq!(html, "&lt;img onerror=alert(1)&gt; &amp; &quot;x&quot;");
    }

    #[test]
    fn only_web_addresses_become_links_and_cannot_leave_the_attribute() {
        let html =
            with_links("see https://a.example/x\"onclick=1 and javascript:alert(1).", &Paint::default());
        assert!(html.starts_with("see <a href=\"https://a.example/x\" target"), "{html}");
        assert!(html.ends_with("&quot;onclick=1 and javascript:alert(1)."), "{html}");
    }

    #[test]
    fn what_is_searched_for_is_marked_in_any_case() {
        let paint = Paint { needle: "err".to_owned(), ..Paint::default() };
        assert_eq!(marked("an Error <err>", &paint), "an <mark>Err</mark>or &lt;<mark>err</mark>&gt;");
    }
}
