//! Keeps a page current: one stream for the page, and new HTML for the regions that changed.
//!
//! A region is an element with an id and `data-live="<topics>"`. A region with `data-chip` is not
//! replaced under the reader's pointer: a button says how many rows are new.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
    time::Duration,
};

use domain::TenantName;
use js_sys::Reflect;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{CustomEvent, Element, EventSource, HtmlElement, MessageEvent};

use super::dom::{self, Debounce, all, by_id, everywhere, on, set, show};

mod version;

/// Seconds between looks while the stream is not available.
const POLL: u64 = 10;

/// Follows the stream; its state is in the `.live` button of the header, which pauses it.
#[island]
pub fn Live(
    tenant: TenantName,
    /// Where the stream of changes stood before the page was read.
    after: u64,
) -> impl IntoView {
    dom::in_browser(move || {
        if let Some(button) = dom::first(".live") {
            Stream::start(&tenant, after, &button);
        }
    });
}

struct Stream {
    button: Element,
    paused: RefCell<bool>,
    dirty: RefCell<HashSet<String>>,
    /// A page is on its way. One at a time: an older one that came after a newer would stay.
    fetching: Cell<bool>,
    debounce: Debounce,
}

impl Stream {
    fn start(tenant: &TenantName, after: u64, button: &Element) {
        let stream = Rc::new(Self {
            button: button.clone(),
            paused: RefCell::new(false),
            dirty: RefCell::default(),
            fetching: Cell::default(),
            debounce: Debounce::default(),
        });
        show(button, true);
        let Ok(source) = EventSource::new(&format!("/live?tenant={tenant}&after={after}")) else { return };
        let this = stream.clone();
        on(&source, "open", move |_| {
            if !*this.paused.borrow() {
                this.say("on", "Live");
            }
        });
        let (this, watched) = (stream.clone(), source.clone());
        on(&source, "error", move |_| {
            if watched.ready_state() == EventSource::CLOSED {
                this.say("poll", "Every 10 s");
                this.poll();
            } else {
                this.say("off", "Reconnecting…");
            }
        });
        let this = stream.clone();
        on(&source, "message", move |event| {
            let data =
                event.dyn_ref::<MessageEvent>().map(|event| dom::text(&event.data())).unwrap_or_default();
            this.changed(&topics(&data));
        });
        let this = stream.clone();
        on(button, "click", move |_| {
            let paused = !*this.paused.borrow();
            *this.paused.borrow_mut() = paused;
            set(&this.button, "aria-pressed", Some(if paused { "true" } else { "false" }));
            this.say(if paused { "off" } else { "on" }, if paused { "Paused" } else { "Live" });
            if !paused {
                this.refresh_soon();
            }
        });
    }

    fn say(&self, state: &str, text: &str) {
        set(&self.button, "data-state", Some(state));
        if let Some(place) = dom::one::<Element>(&self.button, ".live-text") {
            place.set_text_content(Some(text));
        }
    }

    fn poll(self: &Rc<Self>) {
        let this = self.clone();
        set_timeout(
            move || {
                this.changed(&["*".to_owned()]);
                this.poll();
            },
            Duration::from_secs(POLL),
        );
    }

    fn changed(self: &Rc<Self>, topics: &[String]) {
        for region in everywhere("[data-live]") {
            let wanted = region.get_attribute("data-live").unwrap_or_default();
            let hit = |topic: &String| topic == "*" || wanted.split(' ').any(|word| word == topic);
            if topics.iter().any(hit) {
                self.dirty.borrow_mut().insert(region.id());
            }
        }
        self.refresh_soon();
    }

    fn refresh_soon(self: &Rc<Self>) {
        if *self.paused.borrow() || self.dirty.borrow().is_empty() {
            return;
        }
        let this = self.clone();
        self.debounce.call(250, move || spawn_local(async move { this.refresh().await }));
    }

    async fn refresh(&self) {
        if self.fetching.replace(true) {
            return;
        }
        while !self.dirty.borrow().is_empty() {
            self.refresh_once().await;
        }
        self.fetching.set(false);
    }

    async fn refresh_once(&self) {
        let ids: Vec<String> = self.dirty.borrow_mut().drain().collect();
        let url = window().location().href().unwrap_or_default();
        let Some(page) = dom::fetch_document(&url).await else { return };
        version::notice(&page);
        for id in ids {
            let (Some(old), Some(new)) = (by_id::<Element>(&id), page.get_element_by_id(&id)) else {
                continue;
            };
            if old.has_attribute("data-chip") { offer(&old, new) } else { replace(&old, &new) }
        }
        if let Ok(event) = CustomEvent::new("kl:swapped") {
            let _ = document().dispatch_event(&event);
        }
    }
}

/// The topics of a [`domain::live::Change`], as pages name them in `data-live`. The browser's own parser
/// reads it: that of a tagged enum is 15 kB.
fn topics(json: &str) -> Vec<String> {
    let change = js_sys::JSON::parse(json).unwrap_or_default();
    let part = |name: &str| dom::text(&Reflect::get(&change, &name.into()).unwrap_or_default());
    let (kind, function) = (part("kind"), part("function"));
    match kind.as_str() {
        "log" => Vec::new(),
        "function" => vec!["functions".to_owned(), ["function:", &function].concat()],
        "build" => vec![["build:", &function].concat(), ["build-id:", &part("build")].concat()],
        "deadLetters" => vec!["deadletters".to_owned()],
        "events" if !function.is_empty() => vec!["events".to_owned(), ["events:", &function].concat()],
        _ => vec!["*".to_owned()],
    }
}

/// Puts new content in place and keeps the focus where it was.
fn replace(old: &Element, new: &Element) {
    if old.inner_html() == new.inner_html() {
        return;
    }
    let focused = document().active_element().filter(|element| old.contains(Some(element)));
    let href = focused.as_ref().and_then(|element| element.get_attribute("href"));
    let id = focused.map(|element| element.id()).filter(|id| !id.is_empty());
    old.set_inner_html(&new.inner_html());
    let again = id.and_then(|id| by_id::<HtmlElement>(&id)).or_else(|| {
        let href = href?;
        all(old, "a[href]")
            .into_iter()
            .find(|a| a.get_attribute("href").as_deref() == Some(&href))?
            .dyn_into()
            .ok()
    });
    if let Some(element) = again {
        let _ = element.focus();
    }
}

/// Says how many rows are new; they come when asked for.
fn offer(old: &Element, new: Element) {
    let known: HashSet<String> = all(old, "tbody tr").iter().map(Element::id).collect();
    let count = all(&new, "tbody tr").iter().filter(|row| !known.contains(&row.id())).count();
    let Some(chip) = by_id::<HtmlElement>(&format!("{}-chip", old.id())).filter(|_| count > 0) else {
        return;
    };
    if known.is_empty() {
        return replace(old, &new);
    }
    let word = if count == 1 { "event" } else { "events" };
    chip.set_text_content(Some(&format!("{count} new {word}")));
    show(&chip, true);
    let (region, hidden) = (old.clone(), chip.clone());
    let take = Closure::<dyn FnMut()>::new(move || {
        replace(&region, &new);
        show(&hidden, false);
        if let Ok(event) = CustomEvent::new("kl:swapped") {
            let _ = document().dispatch_event(&event);
        }
    });
    chip.set_onclick(Some(take.as_ref().unchecked_ref()));
    take.forget();
}
