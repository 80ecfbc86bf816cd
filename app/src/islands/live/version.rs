//! A newer version of the platform, noticed while a page is open: the page is loaded again once; where
//! something is typed, the person decides.

use leptos::prelude::{document, window};
use web_sys::Document;

use crate::islands::dom::{self, everywhere};

/// Script for which the page was loaded again already: a second difference is not worth a loop.
const TRIED: &str = "kl:version";

/// Looks whether `page`, which was read just now, comes from another version than the one that is open.
pub(super) fn notice(page: &Document) {
    let (Some(open), Some(new)) = (script(&document()), script(page)) else { return };
    if open == new {
        return;
    }
    let typing = !everywhere("form[data-draft]").is_empty();
    if typing {
        offer();
    } else if dom::stored(TRIED).as_deref() != Some(&new) {
        dom::store(TRIED, Some(&new));
        let _ = window().location().reload();
    }
}

/// Its name has the hash of its content.
fn script(page: &Document) -> Option<String> {
    page.query_selector("script[type=module][src]").ok()??.get_attribute("src")
}

fn offer() {
    let html = "<div><p>A newer version of the platform runs. What you typed is kept when the page is loaded again.</p></div>\
        <a class=\"button small\" href=\"\">Load again</a>";
    dom::note("new-version", "status", "notice", html);
}
