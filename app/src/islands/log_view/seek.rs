//! Going to a line: by search, by address, to the first error; and which lines are left out.

use std::{cell::Cell, rc::Rc};

use domain::log::{Level, LogLine};
use js_sys::RegExp;
use leptos::prelude::window;

use super::{
    dom,
    fields::{self, Field},
    find::{self, Matches, Progress},
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

    /// The first error of the whole log as the present line; without one, the end.
    pub(super) async fn show_first_error(self: Rc<Self>) {
        let here = self.model.borrow().first_error().map(|at| self.model.borrow().line(at).number);
        let before = if self.whole() { None } else { self.source.first_of(Level::Error).await.ok() };
        let before = before.and_then(|page| Some(page.lines.first()?.number));
        match before.or(here) {
            Some(number) => {
                self.paint.borrow_mut().current = Some(number);
                self.clone().reveal(number).await;
                self.draw();
            }
            None => {
                self.scroll.size(&self.model.borrow());
                self.scroll.to_end();
            }
        }
    }

    /// Asks how many warnings and errors are among the lines that are not here.
    pub(super) async fn count_beyond(self: Rc<Self>) {
        if self.whole() {
            return;
        }
        let mut matched = [0; 2];
        for (count, level) in matched.iter_mut().zip([Level::Warn, Level::Error]) {
            *count = self.source.first_of(level).await.map_or(0, |page| page.matched as usize);
        }
        let here = self.model.borrow().bad();
        self.beyond.set([0, 1].map(|at| matched[at].saturating_sub(here[at])));
        self.tell();
    }

    fn first(&self) -> u64 {
        self.model.borrow().first()
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

    /// Shows only lines of the level that is chosen: of all that are kept, not of those that are here.
    pub(super) async fn only_level(self: Rc<Self>, least: Option<Level>) {
        self.model.borrow_mut().set_level(least);
        self.draw();
        if least.is_some() {
            self.load_while(|| self.model.borrow().level() == least).await;
            self.draw();
        }
    }

    /// Searches every stored line: loads what is not here yet, then looks.
    pub(super) async fn find(self: Rc<Self>) {
        let turn = next(&self.search_turn);
        let search = self.search.borrow().clone();
        let needle = match (search.regex, search.case) {
            (true, _) => String::new(),
            (false, true) => search.text.clone(),
            (false, false) => search.text.to_ascii_lowercase(),
        };
        self.paint.borrow_mut().marks = Marks { needle, case: search.case };
        let pattern = search.pattern();
        let progress = match (&pattern, search.text.is_empty()) {
            (_, true) => Progress::Idle,
            (None, false) => Progress::Unreadable,
            (Some(_), false) => Progress::Searching,
        };
        *self.matches.borrow_mut() = Matches { progress, ..Matches::default() };
        let Some(pattern) = pattern else { return self.draw() };
        self.follow.set(false);
        self.tell();
        self.load_while(|| self.search_turn.get() == turn).await;
        let (mut numbers, mut at) = (Vec::new(), 0);
        while self.search_turn.get() == turn && at < self.model.borrow().len() {
            numbers.extend(self.found_from(at, &pattern));
            at += AT_ONCE;
            dom::breathe().await;
        }
        if self.search_turn.get() == turn {
            *self.matches.borrow_mut() =
                Matches { progress: Progress::Done, pattern: Some(pattern), numbers, at: 0 };
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
        let turn = next(&self.field_turn);
        self.field.borrow_mut().clone_from(&field);
        if field.is_some() {
            self.load_while(|| self.field_turn.get() == turn).await;
        }
        let mut at = 0;
        while self.field_turn.get() == turn && at < self.model.borrow().len() {
            let fits = |line: &LogLine| field.as_ref().is_none_or(|f| fields::has(&line.text, f));
            self.model.borrow_mut().filter(at, at + AT_ONCE, fits);
            at += AT_ONCE;
            dom::breathe().await;
        }
        if self.field_turn.get() == turn {
            self.model.borrow_mut().rebuild();
            self.draw();
        }
    }
}

/// The next of the turns that are counted there.
fn next(turns: &Cell<u32>) -> u32 {
    turns.set(turns.get() + 1);
    turns.get()
}

/// `#L5` or `#L5-L9` of the address.
pub(super) fn linked_lines() -> Option<(u64, u64)> {
    let hash = window().location().hash().ok()?;
    let mut parts = hash.strip_prefix("#L")?.split("-L").map(str::parse::<u64>);
    let from = parts.next()?.ok()?;
    Some((from, parts.next().and_then(Result::ok).unwrap_or(from)))
}
