//! The words around the lines.

use domain::log::{Level, LogState};
use web_sys::Element;

use super::{
    dom::{self, show},
    model::KEPT,
    rows::Row,
    viewer::Viewer,
};
use crate::islands::enhance::time_zone;

impl Viewer {
    pub(super) fn say(&self, text: &str) {
        self.write(".log-state-text", text);
    }

    /// Only what changed is written: each write makes the browser lay out and a screen reader look.
    fn write(&self, selector: &str, text: &str) {
        if let Some(place) = dom::one::<Element>(&self.root, selector)
            && place.text_content().as_deref() != Some(text)
        {
            place.set_text_content(Some(text));
        }
    }

    fn reveal_part(&self, selector: &str, shown: bool) {
        if let Some(part) = dom::one::<Element>(&self.root, selector)
            && part.has_attribute("hidden") == shown
        {
            show(&part, shown);
        }
    }

    pub(super) fn tell(&self) {
        let model = self.model.borrow();
        self.say(&self.state_in_words());
        dom::set(&self.scroll.view, "aria-live", Some(if self.follow.get() { "polite" } else { "off" }));
        let (here, last, zone) = (model.len(), model.last(), time_zone());
        let limits = if self.source.correlation.is_some() {
            format!(" · {here} lines of this call · times in {zone}")
        } else {
            format!(
                " · {here} of {last} lines here, {KEPT} at most; the download has all that are kept · times in {zone}"
            )
        };
        self.write(".log-limits", &limits);
        self.reveal_part(".log-jump", !self.follow.get() && self.state.get() == LogState::Open);
        let jump = match self.unseen.get() {
            0 => "Jump to latest".to_owned(),
            new => format!("Jump to latest ({new} new)"),
        };
        self.write(".log-jump", &jump);
        let (hidden, field) = (model.hidden(), self.field.borrow());
        self.reveal_part(".log-notice", hidden > 0 || field.is_some());
        let by = match &*field {
            Some(field) => format!("{hidden} lines are hidden: {} is not {}.", field.name, field.value),
            None => format!("{hidden} lines are hidden by the level."),
        };
        let some = model.rows().all().iter().any(|row| matches!(row, Row::Line(_)));
        let empty = if some { "" } else { " No lines match." };
        self.write(".log-notice-text", &[&by, empty].concat());
        self.write("option[value=warn]", &format!("Warnings and up ({})", model.count(Level::Warn)));
        self.write("option[value=error]", &format!("Errors ({})", model.count(Level::Error)));
        let searched = !self.search.borrow().text.is_empty();
        self.write(".log-found", &self.matches.borrow().text(searched));
        let linked = self.paint.borrow().linked;
        self.reveal_part("[data-do=copy-lines]", linked.is_some());
        match linked {
            Some((from, to)) if from != to => {
                self.write("[data-do=copy-lines]", &format!("Copy lines {from} to {to}"));
            }
            Some((from, _)) => self.write("[data-do=copy-lines]", &format!("Copy line {from}")),
            None => {}
        }
    }

    fn state_in_words(&self) -> String {
        let waiting = self.buffer.borrow().as_ref().map(Vec::len);
        let text = match (waiting, self.connected.get(), self.state.get()) {
            (Some(count), ..) => return format!("Paused, {count} lines wait"),
            _ if self.signed_out.get() => "Signed out",
            (_, false, LogState::Open | LogState::Waiting) => "Reconnecting…",
            (_, _, LogState::Waiting) => "Waiting for the first line",
            (_, _, LogState::Open) if self.follow.get() => "Streaming, following",
            (_, _, LogState::Open) => "Streaming",
            (_, _, LogState::Ended) => "Ended",
            (_, _, LogState::Expired) => "Expired: these lines were removed by the retention",
        };
        text.to_owned()
    }
}
