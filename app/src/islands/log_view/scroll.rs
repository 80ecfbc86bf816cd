//! The part of the rows that is in the document.

use std::cell::RefCell;

use leptos::prelude::document;
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
    /// The rows that are in the document.
    drawn: RefCell<Vec<Drawn>>,
}

/// A row in the document.
struct Drawn {
    html: String,
    elements: usize,
}

/// What the buttons and links of a row are known by.
const NAMES: [&str; 3] = ["data-line", "data-fold", "data-fields"];

impl Scroll {
    pub(super) fn of(root: &Element) -> Option<Self> {
        Some(Self {
            view: dom::one(root, ".log-scroll")?,
            space: dom::one(root, ".log-space")?,
            window: dom::one(root, ".log-window")?,
            drawn: RefCell::default(),
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
            return self.put(Vec::new());
        }
        let top = self.view.scroll_top().max(0) as u32 / UNIT;
        let visible = (self.view.client_height() as u32).div_ceil(UNIT) + 1;
        let from = rows.at(top).saturating_sub(MARGIN);
        let to = (rows.at(top + visible) + MARGIN + 1).min(rows.all().len());
        let new = rows.all()[from..to].iter().map(|row| {
            let mut html = String::new();
            let elements = paint::row(&mut html, model, *row, paint);
            Drawn { html, elements }
        });
        self.put(new.collect());
        dom::style(&self.window, "transform", &format!("translateY({}px)", rows.top(from) * UNIT));
    }

    /// Changes only the rows that changed: a screen reader would read the others again, and what has the focus would
    /// lose it.
    fn put(&self, new: Vec<Drawn>) {
        let focused = document().active_element().filter(|element| self.window.contains(Some(element)));
        let old = self.drawn.take();
        let place = |rows: &[Drawn], row: Option<&Drawn>| {
            row.and_then(|row| rows.iter().position(|other| other.html == row.html))
        };
        // By how many rows the part that is drawn moved: down, or up.
        let down = place(&old, new.first());
        let up = if down.is_none() { place(&new, old.first()).unwrap_or(0) } else { 0 };
        let down = down.unwrap_or(0);
        self.splice(0, &old[..down], &new[..up]);
        let (left, right) = (&old[down..], &new[up..]);
        let same = |(a, b): &(&Drawn, &Drawn)| a.html == b.html;
        let head = left.iter().zip(right).take_while(same).count();
        let (left, right) = (&left[head..], &right[head..]);
        let tail = left.iter().rev().zip(right.iter().rev()).take_while(same).count();
        let before = count(&new[..up + head]);
        self.splice(before, &left[..left.len() - tail], &right[..right.len() - tail]);
        *self.drawn.borrow_mut() = new;
        if let Some(element) = focused.filter(|element| !self.window.contains(Some(element))) {
            self.focus_again(&element);
        }
    }

    /// Puts rows in the place of others, that many elements after the start.
    fn splice(&self, at: usize, gone: &[Drawn], new: &[Drawn]) {
        let (children, at) = (self.window.children(), at as u32);
        for _ in 0..count(gone) {
            if let Some(element) = children.item(at) {
                element.remove();
            }
        }
        let html: String = new.iter().map(|row| row.html.as_str()).collect();
        if html.is_empty() {
            return;
        }
        let _ = match children.item(at) {
            Some(next) => next.insert_adjacent_html("beforebegin", &html),
            None => self.window.insert_adjacent_html("beforeend", &html),
        };
    }

    /// Gives the focus to what stands for an element that was drawn anew; to the box where that is out of view.
    fn focus_again(&self, element: &Element) {
        let named = NAMES.iter().find_map(|name| Some((name, element.get_attribute(name)?)));
        let again = named.and_then(|(name, value)| dom::one(&self.window, &format!("[{name}=\"{value}\"]")));
        let _ = again.unwrap_or_else(|| self.view.clone()).focus();
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

fn count(rows: &[Drawn]) -> usize {
    rows.iter().map(|row| row.elements).sum()
}
