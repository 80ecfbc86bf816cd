//! The part of the rows that is in the document.

use web_sys::{Element, HtmlElement};

use super::{
    dom,
    model::Model,
    paint::{self, Paint},
};

/// Height of one unit in CSS pixels; the style sheet has the same.
pub(super) const UNIT: u32 = 24;
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

    /// Makes room for all rows.
    pub(super) fn size(&self, model: &Model) {
        dom::style(&self.space, "block-size", &format!("{}px", model.rows().height() * UNIT));
    }

    /// Draws what is in view.
    pub(super) fn draw(&self, model: &Model, paint: &Paint) {
        let rows = model.rows();
        if rows.all().is_empty() {
            return self.window.set_inner_html("");
        }
        let top = self.view.scroll_top().max(0) as u32 / UNIT;
        let visible = (self.view.client_height() as u32).div_ceil(UNIT) + 1;
        let from = rows.at(top).saturating_sub(MARGIN);
        let to = (rows.at(top + visible) + MARGIN + 1).min(rows.all().len());
        let mut html = String::new();
        for row in &rows.all()[from..to] {
            paint::row(&mut html, model, *row, paint);
        }
        self.window.set_inner_html(&html);
        dom::style(&self.window, "transform", &format!("translateY({}px)", rows.top(from) * UNIT));
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
        let middle = self.view.client_height() / 2;
        self.view.set_scroll_top(((model.rows().top(row) * UNIT) as i32 - middle).max(0));
    }

    /// Characters that fit in a row, by the width of the box and of the font.
    pub(super) fn columns(&self, times: bool) -> usize {
        let gutter = 72 + if times { 104 } else { 0 } + 16;
        let room = (self.view.client_width() - gutter).max(80) as usize;
        // Geist Mono is 0.6 em wide; the log is set in 13 px, so a character takes 7.8.
        room * 10 / 78
    }
}
