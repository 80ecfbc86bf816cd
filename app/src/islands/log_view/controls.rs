//! What the controls of the viewer do.

use std::rc::Rc;

use leptos::{
    prelude::{document, set_timeout, window},
    task::spawn_local,
};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, Event, HtmlInputElement, KeyboardEvent, MouseEvent};

use super::{
    address::level_of,
    dom::{self, Debounce, closest, on, set},
    fields::{self, Field},
    source::PAGE,
    viewer::Viewer,
};
use crate::islands::ansi;

/// Older lines are asked for when this many pixels are left above.
const NEAR_TOP: i32 = 400;

impl Viewer {
    pub(super) fn wire(self: &Rc<Self>) {
        let this = self.clone();
        on(&self.scroll.view, "scroll", move |_| this.scrolled());
        let this = self.clone();
        on(&window(), "resize", move |_| this.layout());
        let this = self.clone();
        on(&self.root, "click", move |event| this.clicked(&event));
        if let Some(level) = self.level() {
            let this = self.clone();
            on(&level.clone(), "change", move |_| {
                this.write_address();
                spawn_local(this.clone().only_level(level_of(&level.value())));
            });
        }
        if let Some(input) = dom::one::<HtmlInputElement>(&self.root, ".log-search") {
            let (this, debounce, field) = (self.clone(), Debounce::default(), input.clone());
            on(&input, "input", move |_| {
                this.search.borrow_mut().text = field.value();
                let this = this.clone();
                debounce.call(150, move || {
                    this.write_address();
                    spawn_local(this.find());
                });
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

    fn scrolled(self: &Rc<Self>) {
        let end = self.scroll.at_end();
        if self.follow.replace(end) != end || end {
            self.unseen.set(0);
        }
        if !end && self.scroll.view.scroll_top() < NEAR_TOP {
            let this = self.clone();
            spawn_local(async move {
                this.older(PAGE).await;
            });
        }
        // Following is decided by the scroll, so drawing must not scroll again.
        self.scroll.draw(&self.model.borrow(), &self.paint.borrow());
        self.tell();
    }

    fn clicked(self: &Rc<Self>, event: &Event) {
        let number = |element: &Element, name: &str| element.get_attribute(name)?.parse::<u64>().ok();
        if let Some(line) = closest(event, "[data-line]") {
            event.prevent_default();
            if let Some(number) = number(&line, "data-line") {
                self.link(event, number);
            }
        } else if let Some(head) = closest(event, "[data-fold]") {
            if let Some(at) = number(&head, "data-fold") {
                self.model.borrow_mut().fold(at as usize);
            }
            self.draw();
        } else if let Some(button) = closest(event, "[data-fields]") {
            if let Some(number) = number(&button, "data-fields") {
                self.expand(number);
            }
        } else if let Some(button) = closest(event, "[data-name]") {
            let part = |name: &str| button.get_attribute(name).unwrap_or_default();
            let field = Field { name: part("data-name"), value: part("data-value") };
            spawn_local(self.clone().only_this(Some(field)));
        } else if let Some(button) = closest(event, "[data-do]") {
            self.pressed(&button);
        }
    }

    fn pressed(self: &Rc<Self>, button: &Element) {
        let toggle = || {
            let on = button.get_attribute("aria-pressed").as_deref() != Some("true");
            set(button, "aria-pressed", Some(if on { "true" } else { "false" }));
            on
        };
        match button.get_attribute("data-do").unwrap_or_default().as_str() {
            "case" => {
                self.search.borrow_mut().case = toggle();
                self.write_address();
                spawn_local(self.clone().find());
            }
            "regex" => {
                self.search.borrow_mut().regex = toggle();
                self.write_address();
                spawn_local(self.clone().find());
            }
            "next" => self.step(1),
            "previous" => self.step(-1),
            "wrap" => {
                self.wrap.set(toggle());
                set_cookie("wrap", self.wrap.get());
                self.layout();
            }
            "time" => {
                self.paint.borrow_mut().times = toggle();
                self.layout();
            }
            "pause" => {
                let waiting = self.buffer.borrow_mut().take();
                if toggle() {
                    *self.buffer.borrow_mut() = Some(Vec::new());
                } else {
                    self.add(waiting.unwrap_or_default());
                }
                self.draw();
            }
            "copy" => spawn_local(self.clone().copy_all(button.clone())),
            "copy-lines" => {
                let linked = self.paint.borrow().linked;
                if let Some((from, to)) = linked {
                    spawn_local(self.clone().copy(button.clone(), from, to));
                }
            }
            "all" => {
                if let Some(level) = self.level() {
                    level.set_value("");
                }
                self.model.borrow_mut().set_level(None);
                spawn_local(self.clone().only_this(None));
            }
            "latest" => {
                self.follow.set(true);
                self.unseen.set(0);
                self.draw();
            }
            _ => {}
        }
    }

    /// Leaves out the lines without this field and value, or none, and says so in the address.
    async fn only_this(self: Rc<Self>, field: Option<Field>) {
        self.clone().only(field).await;
        self.write_address();
    }

    /// All lines, also those that are not loaded yet.
    async fn copy_all(self: Rc<Self>, button: Element) {
        button.set_text_content(Some("Copying…"));
        self.load_while(|| true).await;
        self.copy(button, 0, u64::MAX).await;
    }

    /// Lines from one number to another onto the clipboard, as they are read; the button says what became of it.
    async fn copy(self: Rc<Self>, button: Element, from: u64, to: u64) {
        let text = {
            let model = self.model.borrow();
            let lines = model.from(0).filter(|line| (from..=to).contains(&line.number));
            lines.map(|line| ansi::plain(&line.text)).collect::<Vec<_>>().join("\n")
        };
        let copied = dom::copy(&text).await;
        button.set_text_content(Some(if copied { "Copied" } else { "Not allowed" }));
        let after = move || {
            if button.get_attribute("data-do").as_deref() == Some("copy") {
                button.set_text_content(Some("Copy all"));
            }
            // The other one is named after its lines.
            self.tell();
        };
        set_timeout(after, std::time::Duration::from_secs(2));
    }

    fn expand(&self, number: u64) {
        let mut model = self.model.borrow_mut();
        if let Some(at) = model.place_of(number) {
            let count = fields::of(&model.line(at).text).len();
            model.expand(number, count as u32);
        }
        drop(model);
        // Else the next draw would jump to the end, away from what was opened.
        self.follow.set(false);
        self.draw();
    }

    /// A click on a number names the line in the address; with Shift, a range.
    fn link(&self, event: &Event, number: u64) {
        let shift = event.dyn_ref::<MouseEvent>().is_some_and(MouseEvent::shift_key);
        let from = self.paint.borrow().linked.map(|(from, _)| from).filter(|_| shift).unwrap_or(number);
        let (from, to) = (from.min(number), from.max(number));
        self.paint.borrow_mut().linked = Some((from, to));
        let hash = if from == to { format!("#L{from}") } else { format!("#L{from}-L{to}") };
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&hash));
        }
        self.follow.set(false);
        self.draw();
    }
}

/// Keeps a switch for later pages, where the server reads it.
fn set_cookie(name: &str, on: bool) {
    let age = if on { 31_536_000 } else { 0 };
    let text = format!("{name}=on; Path=/; Max-Age={age}; SameSite=Lax");
    let _ = js_sys::Reflect::set(&document(), &"cookie".into(), &text.into());
}
