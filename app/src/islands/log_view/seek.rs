//! Going to a line: by search, by address, to the first error; and which lines are left out.

use std::rc::Rc;

use domain::log::LogLine;
use js_sys::RegExp;
use leptos::prelude::window;

use super::{
    dom,
    fields::{self, Field},
    find::{self, Matches},
    source::LARGE_PAGE,
    text::Marks,
    viewer::Viewer,
};

/// Lines that are looked at before the browser gets a turn.
const AT_ONCE: usize = 4000;

impl Viewer {
    /// Opens the group of a line and brings it to the middle; the page does not follow any more.
    fn go_to(&self, number: u64) {
        self.follow.set(false);
        let place = self.model.borrow().place_of(number);
        if let Some(at) = place {
            self.model.borrow_mut().open_at(at);
        }
        let model = self.model.borrow();
        self.scroll.size(&model);
        if let Some(row) = model.row_of(number) {
            self.scroll.to_row(&model, row);
        }
    }

    /// Loads older lines until the one with this number is there, then shows it.
    pub(super) async fn reveal(self: Rc<Self>, number: u64) {
        while self.first() > number && self.older(LARGE_PAGE).await {}
        self.go_to(number);
    }

    /// The first error as the present line; without one, the end.
    pub(super) fn show_first_error(&self) {
        let first = self.model.borrow().first_error().map(|at| self.model.borrow().line(at).number);
        let Some(number) = first else {
            self.scroll.size(&self.model.borrow());
            return self.scroll.to_end();
        };
        self.paint.borrow_mut().current = Some(number);
        self.go_to(number);
    }

    fn first(&self) -> u64 {
        self.model.borrow().first()
    }

    /// Loads all that is kept, unless a newer turn began.
    async fn load_all(&self, turn: u32) {
        self.load_while(|| self.turn.get() == turn).await;
    }

    /// Loads all that is kept, as long as that is wanted.
    pub(super) async fn load_while(&self, wanted: impl Fn() -> bool) {
        while wanted() {
            // Another task may be at it because of the scroll.
            if self.loading.get() {
                dom::breathe().await;
            } else if !self.older(LARGE_PAGE).await {
                return;
            }
        }
    }

    fn next_turn(&self) -> u32 {
        self.turn.set(self.turn.get() + 1);
        self.turn.get()
    }

    /// Searches every stored line: loads what is not here yet, then looks.
    pub(super) async fn find(self: Rc<Self>) {
        let turn = self.next_turn();
        let search = self.search.borrow().clone();
        let needle = match (search.regex, search.case) {
            (true, _) => String::new(),
            (false, true) => search.text.clone(),
            (false, false) => search.text.to_ascii_lowercase(),
        };
        self.paint.borrow_mut().marks = Marks { needle, case: search.case };
        *self.matches.borrow_mut() = Matches::default();
        let Some(pattern) = search.pattern() else { return self.draw() };
        self.follow.set(false);
        self.load_all(turn).await;
        let (mut numbers, mut at) = (Vec::new(), 0);
        while self.turn.get() == turn && at < self.model.borrow().len() {
            numbers.extend(self.found_from(at, &pattern));
            at += AT_ONCE;
            dom::breathe().await;
        }
        if self.turn.get() == turn {
            *self.matches.borrow_mut() = Matches { pattern: Some(pattern), numbers, at: 0 };
            self.step(0);
        }
    }

    /// Numbers of the next lines that match.
    fn found_from(&self, at: usize, pattern: &RegExp) -> Vec<u64> {
        let model = self.model.borrow();
        let lines = model.from(at).take(AT_ONCE);
        lines.filter(|line| find::is_match(pattern, &line.text)).map(|line| line.number).collect()
    }

    /// To the next match, or another one.
    pub(super) fn step(&self, by: i64) {
        let number = {
            let mut matches = self.matches.borrow_mut();
            let count = matches.numbers.len() as i64;
            matches.at = (matches.at as i64 + by).checked_rem_euclid(count).unwrap_or(0) as usize;
            matches.numbers.get(matches.at).copied()
        };
        if let Some(number) = number {
            self.paint.borrow_mut().current = Some(number);
            self.go_to(number);
        }
        self.draw();
    }

    /// Leaves out the lines without this field and value, or none.
    pub(super) async fn only(self: Rc<Self>, field: Option<Field>) {
        let turn = self.next_turn();
        self.field.borrow_mut().clone_from(&field);
        if field.is_some() {
            self.load_all(turn).await;
        }
        let mut at = 0;
        while self.turn.get() == turn && at < self.model.borrow().len() {
            let fits = |line: &LogLine| field.as_ref().is_none_or(|f| fields::has(&line.text, f));
            self.model.borrow_mut().filter(at, at + AT_ONCE, fits);
            at += AT_ONCE;
            dom::breathe().await;
        }
        if self.turn.get() == turn {
            self.model.borrow_mut().rebuild();
            self.draw();
        }
    }
}

/// `#L5` or `#L5-L9` of the address.
pub(super) fn linked_lines() -> Option<(u64, u64)> {
    let hash = window().location().hash().ok()?;
    let mut parts = hash.strip_prefix("#L")?.split("-L").map(str::parse::<u64>);
    let from = parts.next()?.ok()?;
    Some((from, parts.next().and_then(Result::ok).unwrap_or(from)))
}
