//! The part of the rows that is in the document.

use web_sys::{Element, HtmlElement};

use super::{
    dom,
    model::Model,
    paint::{self, Paint},
};

/// Height of one unit in CSS pixels; the style sheet has the same.
pub(super) const UNIT: f64 = 24.0;
/// Rows drawn beyond each edge, so that fast scrolling shows no gaps.
const MARGIN: usize = 20;

/// The scrolled box.
pub(super) struct Scroll {
    pub(super) view: HtmlElement,
    space: HtmlElement,
    window: HtmlElement,
}

impl Scroll {
    pub(super) fn of(root: &Element) -> Option<Self> {
        Some(Self {
            view: dom::one(root, ".log-scroll")?,
            space: dom::one(root, ".log-space")?,
            window: dom::one(root, ".log-window")?,
        })
    }

    /// Draws what is in view.
    pub(super) fn draw(&self, model: &Model, paint: &Paint) {
        let height = f64::from(model.height()) * UNIT;
        dom::style(&self.space, "block-size", &format!("{height}px"));
        if model.rows().is_empty() {
            return self.window.set_inner_html("");
        }
        let top = (f64::from(self.view.scroll_top()) / UNIT).floor() as u32;
        let visible = (f64::from(self.view.client_height()) / UNIT).ceil() as u32 + 1;
        let from = model.row_at(top).saturating_sub(MARGIN);
        let to = (model.row_at(top + visible) + MARGIN + 1).min(model.rows().len());
        let html: String = model.rows()[from..to].iter().map(|row| paint::row(model, *row, paint)).collect();
        self.window.set_inner_html(&html);
        dom::style(
            &self.window,
            "transform",
            &format!("translateY({}px)", f64::from(model.top(from)) * UNIT),
        );
    }

    /// Whether the end is in view.
    pub(super) fn at_end(&self) -> bool {
        self.view.scroll_top() + self.view.client_height() >= self.view.scroll_height() - 24
    }

    pub(super) fn to_end(&self) {
        self.view.set_scroll_top(self.view.scroll_height());
    }

    /// Brings a row to the middle.
    pub(super) fn to_row(&self, model: &Model, row: usize) {
        let middle = f64::from(self.view.client_height()) / 2.0;
        self.view.set_scroll_top((f64::from(model.top(row)) * UNIT - middle).max(0.0) as i32);
    }

    /// Characters that fit in a row, by the width of the box and of the font.
    pub(super) fn columns(&self, times: bool) -> usize {
        let gutter = 72 + if times { 104 } else { 0 } + 16;
        let room = (self.view.client_width() - gutter).max(80);
        // Geist Mono is 0.6 em wide; the log is set in 13 px.
        (f64::from(room) / 7.8).floor() as usize
    }
}
