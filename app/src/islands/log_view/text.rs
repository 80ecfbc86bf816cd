//! Text of a line as HTML: escaped, with its addresses as links and what is searched for marked.

/// What is marked; nothing by default.
#[derive(Default)]
pub(super) struct Marks {
    /// Plain text, in lower case unless `case`.
    pub(super) needle: String,
    pub(super) case: bool,
}

/// Text that is no markup.
pub(super) fn push_escaped(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            _ => html.push(c),
        }
    }
}

/// Escaped text with its http(s) addresses as links.
pub(super) fn push_linked(html: &mut String, text: &str, marks: &Marks) {
    let mut rest = text;
    while let Some(at) = address(rest) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| c.is_whitespace() || "\"'<>`|\\^{}".contains(c)).unwrap_or(from.len());
        let url = from[..end].trim_end_matches(['.', ',', ')', ']', ':', ';']);
        push_marked(html, before, marks);
        html.push_str("<a href=\"");
        push_escaped(html, url);
        html.push_str("\" target=\"_blank\" rel=\"noopener noreferrer\">");
        push_marked(html, url, marks);
        html.push_str("</a>");
        rest = &from[url.len()..];
    }
    push_marked(html, rest, marks);
}

/// Where the first address begins.
fn address(text: &str) -> Option<usize> {
    let begins = |(at, _): &(usize, &str)| {
        let from = &text[*at..];
        from.starts_with("https://") || from.starts_with("http://")
    };
    text.match_indices("http").find(begins).map(|(at, _)| at)
}

fn push_marked(html: &mut String, text: &str, marks: &Marks) {
    if marks.needle.is_empty() {
        return push_escaped(html, text);
    }
    let hay = if marks.case { text.to_owned() } else { text.to_ascii_lowercase() };
    let mut from = 0;
    while let Some(at) = hay[from..].find(&marks.needle) {
        let (start, end) = (from + at, from + at + marks.needle.len());
        push_escaped(html, &text[from..start]);
        html.push_str("<mark>");
        push_escaped(html, &text[start..end]);
        html.push_str("</mark>");
        from = end;
    }
    push_escaped(html, &text[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(text: &str, marks: &Marks) -> String {
        let mut html = String::new();
        push_linked(&mut html, text, marks);
        html
    }

    #[test]
    fn markup_in_a_line_stays_text() {
        let html = linked("<img onerror=alert(1)> & \"x\"", &Marks::default());
        assert_eq!(html, "&lt;img onerror=alert(1)&gt; &amp; &quot;x&quot;");
    }

    #[test]
    fn only_web_addresses_become_links_and_cannot_leave_the_attribute() {
        let html = linked("see https://a.example/x\"onclick=1 and javascript:alert(1).", &Marks::default());
        assert!(html.starts_with("see <a href=\"https://a.example/x\" target"), "{html}");
        assert!(html.ends_with("&quot;onclick=1 and javascript:alert(1)."), "{html}");
    }

    #[test]
    fn an_address_after_a_word_that_begins_like_one_is_a_link() {
        let html = linked("httpd serves http://a.example", &Marks::default());
        assert!(html.starts_with("httpd serves <a href=\"http://a.example\""), "{html}");
    }

    #[test]
    fn what_is_searched_for_is_marked_in_any_case() {
        let marks = Marks { needle: "err".to_owned(), case: false };
        assert_eq!(linked("an Error <err>", &marks), "an <mark>Err</mark>or &lt;<mark>err</mark>&gt;");
    }
}
