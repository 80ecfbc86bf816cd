//! The viewer's state and what its controls do.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use domain::log::{Level, LogLine, LogState, LogTarget};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlInputElement, HtmlSelectElement, KeyboardEvent, MouseEvent};

use super::{
    dom::{self, Debounce, closest, on, set, show},
    find::{Matches, Search},
    model::{KEPT, Model},
    paint::Paint,
    scroll::Scroll,
    source::{LARGE_PAGE, News, PAGE, Source},
};

pub(super) struct Viewer {
    root: Element,
    source: Source,
    scroll: Scroll,
    model: RefCell<Model>,
    paint: RefCell<Paint>,
    search: RefCell<Search>,
    matches: RefCell<Matches>,
    state: Cell<LogState>,
    connected: Cell<bool>,
    follow: Cell<bool>,
    wrap: Cell<bool>,
    /// Lines that came while paused; none when not paused.
    buffer: RefCell<Option<Vec<LogLine>>>,
    /// Lines that came while the end was not in view.
    unseen: Cell<usize>,
    /// Number of the oldest line that is kept.
    oldest: Cell<u64>,
    loading: Cell<bool>,
    drawing: Cell<bool>,
}

impl Viewer {
    pub(super) fn start(root: Element, source: Source, wrap: bool) {
        let Some(scroll) = Scroll::of(&root) else { return };
        let foldable = matches!(source.target, LogTarget::Build(_));
        let viewer = Rc::new(Self {
            source,
            scroll,
            model: RefCell::new(Model::new(foldable)),
            paint: RefCell::default(),
            search: RefCell::default(),
            matches: RefCell::default(),
            state: Cell::new(LogState::Waiting),
            connected: Cell::new(true),
            follow: Cell::new(true),
            wrap: Cell::new(wrap),
            buffer: RefCell::new(None),
            unseen: Cell::new(0),
            oldest: Cell::new(0),
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
            Err(error) => return self.say(&format!("Not available: {}", error.sentence())),
        };
        // The plain lines stay until the viewer has something to show instead.
        for plain in dom::everywhere("[data-log-plain]") {
            plain.remove();
        }
        show(&self.root, true);
        self.state.set(page.state);
        // The lines of one call are few, and all of them are in the first page.
        let first = page.lines.first().map_or(u64::MAX, |line| line.number);
        self.oldest.set(if self.source.correlation.is_some() { first } else { page.first });
        self.model.borrow_mut().append(page.lines);
        if page.state == LogState::Ended && self.model.borrow().foldable {
            self.model.borrow_mut().fold_done();
        }
        self.layout();
        let linked = linked_lines();
        self.paint.borrow_mut().linked = linked;
        match linked {
            Some((from, _)) => self.clone().reveal(from).await,
            None if page.state == LogState::Ended => self.show_first_error(),
            None => self.scroll.to_end(),
        }
        self.follow.set(linked.is_none() && page.state != LogState::Ended);
        self.draw();
        if !matches!(page.state, LogState::Ended | LogState::Expired) {
            let this = self.clone();
            // Lives as long as the page: the browser holds an open stream by itself.
            let _stream = self.source.follow(page.last, move |news| this.hear(news));
        }
    }

    fn hear(self: &Rc<Self>, news: News) {
        match news {
            News::Lines(lines) => {
                if self.state.get() == LogState::Waiting {
                    self.state.set(LogState::Open);
                }
                let paused = match self.buffer.borrow_mut().as_mut() {
                    Some(buffer) => {
                        buffer.extend(lines.iter().cloned());
                        true
                    }
                    None => false,
                };
                if !paused {
                    self.add(lines);
                }
            }
            News::State(state) => {
                self.state.set(state);
                if state == LogState::Ended && self.follow.get() {
                    self.show_first_error();
                }
            }
            News::Connected => self.connected.set(true),
            News::Lost => self.connected.set(false),
        }
        self.draw_soon();
    }

    fn add(&self, lines: Vec<LogLine>) {
        let added = self.model.borrow_mut().append(lines);
        if !self.follow.get() {
            self.unseen.set(self.unseen.get() + added);
        }
    }

    /// Loads older lines until the one with this number is there, then shows it.
    async fn reveal(self: Rc<Self>, number: u64) {
        while self.model.borrow().first() > number && self.older(LARGE_PAGE).await {}
        let at = self.model.borrow().lines().iter().position(|line| line.number == number);
        if let Some(at) = at {
            self.model.borrow_mut().open_at(at);
        }
        self.layout();
        let model = self.model.borrow();
        if let Some(row) = model.row_of(number) {
            self.scroll.to_row(&model, row);
        }
    }

    /// Loads one page of older lines; false when there are none.
    async fn older(&self, limit: u32) -> bool {
        let first = self.model.borrow().first();
        if self.loading.get()
            || first <= self.oldest.get().max(1)
            || self.model.borrow().lines().len() >= KEPT
        {
            return false;
        }
        self.loading.set(true);
        let page = self.source.before(first, limit).await;
        self.loading.set(false);
        let Ok(page) = page else { return false };
        let some = !page.lines.is_empty();
        let height = self.model.borrow().height();
        self.model.borrow_mut().prepend(page.lines);
        let grown = self.model.borrow().height() - height;
        self.layout();
        // What was in view stays where it was.
        let by = (f64::from(grown) * super::scroll::UNIT) as i32;
        self.scroll.view.set_scroll_top(self.scroll.view.scroll_top() + by);
        some
    }

    fn show_first_error(&self) {
        let first = self.model.borrow().lines().iter().position(|line| line.level == Level::Error);
        let Some(at) = first else { return self.scroll.to_end() };
        self.model.borrow_mut().open_at(at);
        let number = self.model.borrow().line(at).number;
        self.paint.borrow_mut().current = Some(number);
        self.follow.set(false);
        self.layout();
        let model = self.model.borrow();
        if let Some(row) = model.row_of(number) {
            self.scroll.to_row(&model, row);
        }
    }

    /// Heights anew, after the width, the wrapping or the lines changed.
    fn layout(&self) {
        let columns = self.wrap.get().then(|| self.scroll.columns(self.paint.borrow().times));
        let mut model = self.model.borrow_mut();
        if model.columns != columns {
            model.columns = columns;
            model.rebuild();
        }
        drop(model);
        set(&self.root, "data-wrap", self.wrap.get().then_some(""));
        self.scroll.draw(&self.model.borrow(), &self.paint.borrow());
    }

    fn draw_soon(self: &Rc<Self>) {
        if !self.drawing.replace(true) {
            let this = self.clone();
            request_animation_frame(move || {
                this.drawing.set(false);
                this.draw();
            });
        }
    }

    fn draw(&self) {
        if self.follow.get() {
            // Height first, so that there is an end to scroll to.
            self.scroll.draw(&self.model.borrow(), &self.paint.borrow());
            self.scroll.to_end();
        }
        self.scroll.draw(&self.model.borrow(), &self.paint.borrow());
        self.tell();
    }

    fn say(&self, text: &str) {
        if let Some(place) = dom::one::<Element>(&self.root, ".log-state-text")
            && place.text_content().as_deref() != Some(text)
        {
            place.set_text_content(Some(text));
        }
    }

    /// The words around the lines.
    fn tell(&self) {
        let model = self.model.borrow();
        let buffered = self.buffer.borrow().as_ref().map(Vec::len);
        let state = match (buffered, self.connected.get(), self.state.get()) {
            (Some(count), ..) => format!("Paused, {count} lines wait"),
            (_, false, LogState::Open | LogState::Waiting) => "Reconnecting…".to_owned(),
            (_, _, LogState::Waiting) => "Waiting for the first line".to_owned(),
            (_, _, LogState::Open) if self.follow.get() => "Streaming, following".to_owned(),
            (_, _, LogState::Open) => "Streaming".to_owned(),
            (_, _, LogState::Ended) => "Ended".to_owned(),
            (_, _, LogState::Expired) => "Expired: these lines were removed by the retention".to_owned(),
        };
        self.say(&state);
        set(&self.scroll.view, "aria-live", Some(if self.follow.get() { "polite" } else { "off" }));
        if let Some(place) = dom::one::<Element>(&self.root, ".log-limits") {
            let zone = js_sys::Date::new_0().get_timezone_offset();
            let zone = if zone == 0.0 { "UTC".to_owned() } else { format!("UTC{:+}", -zone / 60.0) };
            let lines = model.lines().len();
            let text = if self.source.correlation.is_some() {
                format!(" · {lines} lines of this call · times in {zone}")
            } else {
                format!(" · {lines} of {} lines here, {KEPT} at most · times in {zone}", model.last())
            };
            place.set_text_content(Some(&text));
        }
        if let Some(jump) = dom::one::<Element>(&self.root, ".log-jump") {
            show(&jump, !self.follow.get() && self.state.get() == LogState::Open);
            let text = match self.unseen.get() {
                0 => "Jump to latest".to_owned(),
                new => format!("Jump to latest ({new} new)"),
            };
            jump.set_text_content(Some(&text));
        }
        if let Some(notice) = dom::one::<Element>(&self.root, ".log-notice") {
            let hidden = model.hidden();
            show(&notice, hidden > 0);
            let empty = if model.rows().is_empty() { " No lines match." } else { "" };
            notice.set_text_content(Some(&format!("{hidden} lines are hidden by the level.{empty}")));
        }
        let counts = model.counts();
        for (value, name) in [("warn", "Warnings and up"), ("error", "Errors")] {
            let least = if value == "warn" { Level::Warn } else { Level::Error };
            let count: usize = counts.range(least..).map(|(_, count)| count).sum();
            if let Some(option) = dom::one::<Element>(&self.root, &format!("option[value={value}]")) {
                option.set_text_content(Some(&format!("{name} ({count})")));
            }
        }
        if let Some(found) = dom::one::<Element>(&self.root, ".log-found") {
            found.set_text_content(Some(&self.matches.borrow().text(!self.search.borrow().text.is_empty())));
        }
    }

    fn wire(self: &Rc<Self>) {
        let this = self.clone();
        on(&self.scroll.view, "scroll", move |_| {
            let end = this.scroll.at_end();
            if this.follow.replace(end) != end || end {
                this.unseen.set(0);
            }
            if this.scroll.view.scroll_top() < 400 && !this.follow.get() {
                let this = this.clone();
                spawn_local(async move {
                    this.older(PAGE).await;
                });
            }
            // Following is decided by the scroll, so drawing must not scroll again.
            this.scroll.draw(&this.model.borrow(), &this.paint.borrow());
            this.tell();
        });
        let this = self.clone();
        on(&window(), "resize", move |_| this.layout());
        let this = self.clone();
        on(&self.root, "click", move |event| this.clicked(&event));
        if let Some(level) = dom::one::<HtmlSelectElement>(&self.root, ".log-level") {
            let this = self.clone();
            on(&level.clone(), "change", move |_| {
                let least = match level.value().as_str() {
                    "info" => Some(Level::Info),
                    "warn" => Some(Level::Warn),
                    "error" => Some(Level::Error),
                    _ => None,
                };
                this.model.borrow_mut().level = least;
                this.model.borrow_mut().rebuild();
                this.draw();
            });
        }
        if let Some(input) = dom::one::<HtmlInputElement>(&self.root, ".log-search") {
            let (this, debounce, field) = (self.clone(), Debounce::default(), input.clone());
            on(&input, "input", move |_| {
                this.search.borrow_mut().text = field.value();
                let this = this.clone();
                debounce.call(150, move || spawn_local(async move { this.find().await }));
            });
            let this = self.clone();
            on(&input, "keydown", move |event| {
                if let Some(event) = event.dyn_ref::<KeyboardEvent>().filter(|event| event.key() == "Enter") {
                    event.prevent_default();
                    this.step(if event.shift_key() { -1 } else { 1 });
                }
            });
        }
    }

    /// Searches every stored line: loads what is not here yet, then looks.
    async fn find(self: Rc<Self>) {
        let searched = !self.search.borrow().text.is_empty();
        if searched {
            self.follow.set(false);
            while self.older(LARGE_PAGE).await {}
        }
        let search = self.search.borrow().clone();
        let places = search.run(&self.model.borrow());
        *self.matches.borrow_mut() = Matches { at: 0, places };
        let mut paint = self.paint.borrow_mut();
        paint.case = search.case;
        paint.needle = match (search.regex, search.case) {
            (true, _) => String::new(),
            (false, true) => search.text.clone(),
            (false, false) => search.text.to_ascii_lowercase(),
        };
        drop(paint);
        self.step(0);
    }

    fn step(&self, by: i64) {
        let mut matches = self.matches.borrow_mut();
        let count = matches.places.len() as i64;
        if count > 0 {
            self.follow.set(false);
            matches.at = (matches.at as i64 + by).rem_euclid(count) as usize;
            let place = matches.places[matches.at];
            drop(matches);
            self.model.borrow_mut().open_at(place);
            let number = self.model.borrow().line(place).number;
            self.paint.borrow_mut().current = Some(number);
            let model = self.model.borrow();
            if let Some(row) = model.row_of(number) {
                self.scroll.to_row(&model, row);
            }
        } else {
            drop(matches);
        }
        self.draw();
    }

    fn clicked(self: &Rc<Self>, event: &Event) {
        if let Some(number) = closest(event, "[data-line]") {
            return self.link(event, &number);
        }
        if let Some(head) = closest(event, "[data-fold]") {
            let at = head.get_attribute("data-fold").and_then(|at| at.parse().ok());
            if let Some(at) = at {
                self.model.borrow_mut().fold(at);
            }
            return self.draw();
        }
        let Some(button) = closest(event, "[data-do]") else { return };
        let toggle = || {
            let on = button.get_attribute("aria-pressed").as_deref() != Some("true");
            set(&button, "aria-pressed", Some(if on { "true" } else { "false" }));
            on
        };
        match button.get_attribute("data-do").unwrap_or_default().as_str() {
            "case" => self.search.borrow_mut().case = toggle(),
            "regex" => self.search.borrow_mut().regex = toggle(),
            "next" => return self.step(1),
            "previous" => return self.step(-1),
            "wrap" => {
                self.wrap.set(toggle());
                set_cookie("wrap", self.wrap.get());
                self.layout();
                return self.tell();
            }
            "time" => {
                let on = toggle();
                self.paint.borrow_mut().times = on;
                return self.layout();
            }
            "pause" => {
                let paused = toggle();
                let waiting = self.buffer.borrow_mut().take();
                if paused {
                    *self.buffer.borrow_mut() = Some(Vec::new());
                } else {
                    self.add(waiting.unwrap_or_default());
                }
                return self.draw();
            }
            "copy" => {
                let text: Vec<String> =
                    self.model.borrow().lines().iter().map(|line| line.text.clone()).collect();
                dom::copy(&text.join("\n"));
                button.set_text_content(Some("Copied"));
                return set_timeout(
                    move || button.set_text_content(Some("Copy all")),
                    std::time::Duration::from_secs(2),
                );
            }
            "latest" => {
                self.follow.set(true);
                self.unseen.set(0);
                return self.draw();
            }
            _ => return,
        }
        let this = self.clone();
        spawn_local(async move { this.find().await });
    }

    /// A click on a number names the line in the address; with Shift, a range.
    fn link(&self, event: &Event, number: &Element) {
        event.prevent_default();
        let Some(number) = number.get_attribute("data-line").and_then(|text| text.parse::<u64>().ok()) else {
            return;
        };
        let shift = event.dyn_ref::<MouseEvent>().is_some_and(MouseEvent::shift_key);
        let from = self.paint.borrow().linked.map(|(from, _)| from).filter(|_| shift).unwrap_or(number);
        let (from, to) = (from.min(number), from.max(number));
        self.paint.borrow_mut().linked = Some((from, to));
        let hash = if from == to { format!("#L{from}") } else { format!("#L{from}-L{to}") };
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&hash));
        }
        self.follow.set(false);
        self.draw();
    }
}

/// `#L5` or `#L5-L9` of the address.
fn linked_lines() -> Option<(u64, u64)> {
    let hash = window().location().hash().ok()?;
    let mut parts = hash.strip_prefix("#L")?.split("-L").map(str::parse::<u64>);
    let from = parts.next()?.ok()?;
    Some((from, parts.next().and_then(Result::ok).unwrap_or(from)))
}

/// Keeps a switch for later pages, where the server reads it.
fn set_cookie(name: &str, on: bool) {
    let age = if on { 31_536_000 } else { 0 };
    let text = format!("{name}=on; Path=/; Max-Age={age}; SameSite=Lax");
    let _ = js_sys::Reflect::set(&document(), &"cookie".into(), &text.into());
}
