//! Rows of traffic shares: their sum while they are typed, and why the last one stays.

use web_sys::{Element, HtmlInputElement, HtmlSelectElement};

use crate::islands::dom::{all, closest, everywhere, on, one, set, show};

/// Keeps the sum of each form's rows current.
pub(super) fn follow() {
    for rows in everywhere("[data-traffic]") {
        let at = rows.clone();
        on(&rows, "input", move |_| tell(&at));
        let at = rows.clone();
        on(&rows, "click", move |event| {
            if closest(&event, "[data-remove-row]").is_some() {
                tell(&at);
            }
        });
    }
}

/// Says the sums anew, after the fields were filled by the page.
pub(super) fn tell_all() {
    everywhere("[data-traffic]").iter().for_each(tell);
}

/// Whether this row may not go: it is the only one that names a Revision. Says so.
pub(super) fn is_last(row: &Element) -> bool {
    let Ok(Some(rows)) = row.closest("[data-traffic]") else { return false };
    let last = used(&rows).iter().all(|other| other == row) && !target(row).is_empty();
    if let Some(why) = one::<Element>(&rows, "[data-last]") {
        show(&why, last);
        set(&why, "role", Some("status"));
    }
    last
}

fn target(row: &Element) -> String {
    one::<HtmlSelectElement>(row, "select").map(|select| select.value()).unwrap_or_default()
}

fn used(rows: &Element) -> Vec<Element> {
    all(rows, ".traffic-row").into_iter().filter(|row| !target(row).is_empty()).collect()
}

fn tell(rows: &Element) {
    let percent = |row: &Element| {
        one::<HtmlInputElement>(row, "input").and_then(|input| input.value().parse::<i32>().ok()).unwrap_or(0)
    };
    let total: i32 = used(rows).iter().map(percent).sum();
    let Some(place) = one::<Element>(rows, "[data-sum]") else { return };
    let more = match total {
        100 => ".".to_owned(),
        101.. => format!(": {} % too much.", total - 100),
        _ => format!(": {} % are missing.", 100 - total),
    };
    set(&place, "data-wrong", (total != 100).then_some(""));
    place.set_text_content(Some(&format!("Adds up to {total} %{more}")));
}
