//! The words around the lines.

use domain::log::LogState;
use web_sys::Element;

use super::{
    dom::{self, count, show},
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
        let (here, last, zone, whole) = (model.len(), model.last(), time_zone(), self.whole());
        let limits = match (self.source.correlation.is_some(), whole) {
            (true, true) => format!(" · {} of this call · times in {zone}", count(here, "line")),
            (true, false) => {
                format!(" · the newest {} of this call, more above · times in {zone}", count(here, "line"))
            }
            _ => format!(
                " · {here} of {} here, {KEPT} at most; the download has all that are kept · times in {zone}",
                count(last as usize, "line")
            ),
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
        let are = [&*count(hidden, "line"), if hidden == 1 { " is hidden" } else { " are hidden" }].concat();
        let by = match &*field {
            Some(field) => format!("{are}: {} is not {}.", field.name, field.value),
            None => format!("{are} by the level."),
        };
        let some = model.rows().all().iter().any(|row| matches!(row, Row::Line(_)));
        let more = match (self.loading.get(), some) {
            (true, _) => " Older lines are being loaded.",
            (false, true) => "",
            (false, false) if whole => " No lines match.",
            (false, false) => " None of the lines that are here match.",
        };
        self.write(".log-notice-text", &[&by, more].concat());
        let beyond = if whole { [0; 2] } else { self.beyond.get() };
        let [warnings, errors] = [0, 1].map(|at| model.bad()[at] + beyond[at]);
        self.write("option[value=warn]", &format!("Warnings and up ({warnings})"));
        self.write("option[value=error]", &format!("Errors ({errors})"));
        self.write(".log-found", &self.matches.borrow().text(whole));
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
            (Some(waiting), ..) => {
                let wait = if waiting == 1 { " waits" } else { " wait" };
                return ["Paused, ", &count(waiting, "line"), wait].concat();
            }
            _ if self.over.get().is_some() => self.over.get().unwrap_or_default(),
            (_, false, LogState::Open | LogState::Waiting) => "Reconnecting…",
            (_, _, LogState::Waiting) => "Waiting for the first line",
            (_, _, LogState::Open) if self.follow.get() => "Streaming, following",
            (_, _, LogState::Open) => "Streaming",
            (_, _, LogState::Ended) => "Ended",
            (_, _, LogState::Expired) => return self.expired(),
        };
        text.to_owned()
    }

    /// Since when the lines are gone, as far as the page knows.
    fn expired(&self) -> String {
        match self.root.get_attribute("data-expired") {
            Some(date) => ["This log expired on ", &date, ": its lines were removed"].concat(),
            None => "This log expired: its lines were removed".to_owned(),
        }
    }
}
