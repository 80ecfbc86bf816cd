//! The viewer: its state, and the lines that come into it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use domain::log::{LogLine, LogState, LogTarget};
use leptos::{prelude::request_animation_frame, task::spawn_local};
use web_sys::Element;

use super::{
    dom::{self, show},
    fields::{self, Field},
    find::{self, Matches, Search},
    follow::{News, follow},
    model::{KEPT, Model},
    paint::Paint,
    scroll::{Scroll, UNIT},
    seek::linked_lines,
    source::{PAGE, Source},
};

pub(super) struct Viewer {
    pub(super) root: Element,
    pub(super) source: Source,
    pub(super) scroll: Scroll,
    pub(super) model: RefCell<Model>,
    pub(super) paint: RefCell<Paint>,
    pub(super) search: RefCell<Search>,
    pub(super) matches: RefCell<Matches>,
    /// Counts searches, so that an older one stops.
    pub(super) search_turn: Cell<u32>,
    /// The same for filters.
    pub(super) field_turn: Cell<u32>,
    pub(super) field: RefCell<Option<Field>>,
    pub(super) state: Cell<LogState>,
    pub(super) connected: Cell<bool>,
    /// Why no stream will come again.
    pub(super) over: Cell<Option<&'static str>>,
    pub(super) follow: Cell<bool>,
    pub(super) wrap: Cell<bool>,
    /// Lines that came while paused; none when not paused.
    pub(super) buffer: RefCell<Option<Vec<LogLine>>>,
    /// Lines that came while the end was not in view.
    pub(super) unseen: Cell<usize>,
    /// Number of the oldest line that there is, as far as that is known.
    oldest: Cell<u64>,
    /// Warnings and errors among the lines that are not here.
    pub(super) beyond: Cell<[usize; 2]>,
    pub(super) loading: Cell<bool>,
    drawing: Cell<bool>,
}

impl Viewer {
    pub(super) fn start(root: Element, source: Source, wrap: bool) {
        let Some(scroll) = Scroll::of(&root) else { return };
        let steps = matches!(source.target, LogTarget::Build(_));
        let viewer = Rc::new(Self {
            source,
            scroll,
            model: RefCell::new(Model::new(steps)),
            paint: RefCell::default(),
            search: RefCell::default(),
            matches: RefCell::default(),
            search_turn: Cell::new(0),
            field_turn: Cell::new(0),
            field: RefCell::default(),
            state: Cell::new(LogState::Waiting),
            connected: Cell::new(true),
            over: Cell::new(None),
            follow: Cell::new(true),
            wrap: Cell::new(wrap),
            buffer: RefCell::new(None),
            unseen: Cell::new(0),
            oldest: Cell::new(0),
            beyond: Cell::default(),
            loading: Cell::new(false),
            drawing: Cell::new(false),
            root,
        });
        viewer.wire();
        spawn_local(async move { viewer.open().await });
    }

    async fn open(self: Rc<Self>) {
        let page = match self.source.tail().await {
            Ok(page) => page,
            Err(error) => {
                show(&self.root, true);
                return self.say(&["Not available: ", &error.sentence()].concat());
            }
        };
        // The plain lines stay until the viewer has something to show instead.
        for plain in dom::everywhere("[data-log-plain]") {
            plain.remove();
        }
        show(&self.root, true);
        let over = matches!(page.state, LogState::Ended | LogState::Expired);
        self.state.set(page.state);
        let first = page.lines.first().map_or(u64::MAX, |line| line.number);
        self.oldest.set(if page.lines.len() < PAGE as usize { first } else { page.first });
        self.model.borrow_mut().append(page.lines);
        if over {
            self.model.borrow_mut().end();
        }
        self.read_address();
        self.layout();
        let linked = linked_lines();
        self.paint.borrow_mut().linked = linked;
        self.apply_address().await;
        let searched = !self.search.borrow().text.is_empty();
        match linked {
            Some((from, _)) => self.clone().reveal(from).await,
            // At the first match already.
            None if searched => {}
            None if over => self.clone().show_first_error().await,
            None => self.scroll.to_end(),
        }
        self.follow.set(linked.is_none() && !over && !searched);
        self.draw();
        spawn_local(self.clone().count_beyond());
        if !over {
            let this = self.clone();
            follow(self.source.clone(), page.last, move |news| this.hear(news));
        }
    }

    /// The answer is the number of the last line that is here, to go on after.
    fn hear(self: &Rc<Self>, news: News) -> u64 {
        match news {
            News::Lines(lines) => {
                if self.state.get() == LogState::Waiting {
                    self.state.set(LogState::Open);
                }
                let mut buffer = self.buffer.borrow_mut();
                match buffer.as_mut() {
                    Some(buffer) => buffer.extend(lines),
                    None => self.add(lines),
                }
            }
            News::State(state) => {
                self.state.set(state);
                if matches!(state, LogState::Ended | LogState::Expired) {
                    self.model.borrow_mut().end();
                    if self.follow.replace(false) {
                        spawn_local(self.clone().show_first_error());
                    }
                }
            }
            News::Connected => self.connected.set(true),
            News::Lost => self.connected.set(false),
            News::Over(401) => {
                self.over.set(Some("Signed out"));
                dom::say_signed_out();
            }
            News::Over(_) => self.over.set(Some("This log is gone")),
        }
        self.draw_soon();
        let waiting = self.buffer.borrow().as_ref().and_then(|buffer| buffer.last().map(|line| line.number));
        waiting.unwrap_or_else(|| self.model.borrow().last())
    }

    pub(super) fn add(&self, lines: Vec<LogLine>) {
        let mut model = self.model.borrow_mut();
        let added = model.append(lines);
        let from = model.len().saturating_sub(added);
        let mut matches = self.matches.borrow_mut();
        if let Some(pattern) = matches.pattern.clone() {
            let found = model.from(from).filter(|line| find::is_match(&pattern, &line.text));
            matches.numbers.extend(found.map(|line| line.number));
        }
        if let Some(field) = &*self.field.borrow() {
            let to = model.len();
            model.filter(from, to, |line| fields::has(&line.text, field));
            model.rebuild();
        }
        if !self.follow.get() {
            self.unseen.set(self.unseen.get() + added);
        }
    }

    /// Whether there is no older line that could be loaded.
    pub(super) fn whole(&self) -> bool {
        let model = self.model.borrow();
        model.first() <= self.oldest.get().max(1) || model.len() >= KEPT
    }

    /// Loads one page of older lines; false when there are none.
    pub(super) async fn older(&self, limit: u32) -> bool {
        if self.loading.get() || self.whole() {
            return false;
        }
        let first = self.model.borrow().first();
        self.loading.set(true);
        let page = self.source.before(first, limit).await;
        self.loading.set(false);
        let Ok(page) = page else { return false };
        let (some, last) = (!page.lines.is_empty(), page.lines.len() < limit as usize);
        let grown = {
            let mut model = self.model.borrow_mut();
            let (lines, height, known) = (model.len(), model.rows().height(), model.bad());
            model.prepend(page.lines);
            let [now, beyond] = [model.bad(), self.beyond.get()];
            self.beyond.set([0, 1].map(|at| beyond[at].saturating_sub(now[at] - known[at])));
            if let Some(field) = &*self.field.borrow() {
                let added = model.len() - lines;
                model.filter(0, added, |line| fields::has(&line.text, field));
                model.rebuild();
            }
            model.rows().height().saturating_sub(height)
        };
        if last {
            self.oldest.set(self.model.borrow().first());
        }
        // Height first; then what was in view stays where it was.
        self.scroll.size(&self.model.borrow());
        self.scroll.view.set_scroll_top(self.scroll.view.scroll_top() + (grown * UNIT) as i32);
        self.scroll.draw(&self.model.borrow(), &self.paint.borrow());
        self.tell();
        some
    }

    /// Heights anew, after the width or the wrapping changed.
    pub(super) fn layout(&self) {
        let columns = self.wrap.get().then(|| self.scroll.columns(self.paint.borrow().times));
        self.model.borrow_mut().set_columns(columns);
        dom::set(&self.root, "data-wrap", self.wrap.get().then_some(""));
        self.draw();
    }

    pub(super) fn draw_soon(self: &Rc<Self>) {
        if !self.drawing.replace(true) {
            let this = self.clone();
            request_animation_frame(move || {
                this.drawing.set(false);
                this.draw();
            });
        }
    }

    pub(super) fn draw(&self) {
        let model = self.model.borrow();
        // Height first, so that there is an end to scroll to.
        self.scroll.size(&model);
        if self.follow.get() {
            self.scroll.to_end();
        }
        self.scroll.draw(&model, &self.paint.borrow());
        drop(model);
        self.tell();
    }
}
