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
use web_sys::{CustomEvent, Element, EventSource, HtmlElement, HtmlInputElement, MessageEvent};

use super::dom::{self, Debounce, NoPage, all, by_id, everywhere, on, set, show};

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
    tenant: TenantName,
    button: Element,
    /// The last change that was heard of.
    after: RefCell<String>,
    source: RefCell<Option<EventSource>>,
    paused: Cell<bool>,
    signed_out: Cell<bool>,
    /// The last page that was asked for did not come.
    failed: Cell<bool>,
    dirty: RefCell<HashSet<String>>,
    /// A page is on its way. One at a time: an older one that came after a newer would stay.
    fetching: Cell<bool>,
    debounce: Debounce,
}

impl Stream {
    fn start(tenant: &TenantName, after: u64, button: &Element) {
        let stream = Rc::new(Self {
            tenant: tenant.clone(),
            button: button.clone(),
            after: RefCell::new(after.to_string()),
            source: RefCell::default(),
            paused: Cell::default(),
            signed_out: Cell::default(),
            failed: Cell::default(),
            dirty: RefCell::default(),
            fetching: Cell::default(),
            debounce: Debounce::default(),
        });
        show(button, true);
        let this = stream.clone();
        on(button, "click", move |_| {
            let paused = !this.paused.get();
            this.paused.set(paused);
            set(&this.button, "aria-pressed", Some(if paused { "true" } else { "false" }));
            this.say();
            this.refresh_soon();
        });
        stream.connect();
    }

    /// The browser resumes a lost stream by itself, but gives up at an answer that is none: then pages are asked
    /// for until the next try.
    fn connect(self: &Rc<Self>) {
        if self.signed_out.get() {
            return;
        }
        let address = format!("/live?tenant={}&after={}", self.tenant, self.after.borrow());
        let Ok(source) = EventSource::new(&address) else { return };
        *self.source.borrow_mut() = Some(source.clone());
        let this = self.clone();
        on(&source, "open", move |_| this.say());
        let (this, watched) = (self.clone(), source.clone());
        on(&source, "error", move |_| {
            this.say();
            if watched.ready_state() == EventSource::CLOSED && !this.signed_out.get() {
                this.changed(&["*".to_owned()]);
                let again = this.clone();
                set_timeout(move || again.connect(), Duration::from_secs(POLL));
            }
        });
        let this = self.clone();
        on(&source, "message", move |event| {
            let Some(message) = event.dyn_ref::<MessageEvent>() else { return };
            let id = message.last_event_id();
            if !id.is_empty() {
                *this.after.borrow_mut() = id;
            }
            this.changed(&topics(&dom::text(&message.data())));
        });
    }

    /// What the button says: how current the page is.
    fn say(&self) {
        let state = self.source.borrow().as_ref().map(EventSource::ready_state);
        let (state, text) = match state {
            _ if self.signed_out.get() => ("off", "Signed out"),
            _ if self.paused.get() => ("off", "Paused"),
            _ if self.failed.get() => ("off", "Trying again…"),
            Some(EventSource::OPEN) => ("on", "Live"),
            Some(EventSource::CLOSED) => ("poll", "Every 10 s"),
            _ => ("off", "Reconnecting…"),
        };
        set(&self.button, "data-state", Some(state));
        if let Some(place) = dom::one::<Element>(&self.button, ".live-text")
            && place.text_content().as_deref() != Some(text)
        {
            place.set_text_content(Some(text));
        }
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
        if self.paused.get() || self.signed_out.get() || self.dirty.borrow().is_empty() {
            return;
        }
        let this = self.clone();
        self.debounce.call(250, move || spawn_local(async move { this.refresh().await }));
    }

    async fn refresh(self: Rc<Self>) {
        if self.fetching.replace(true) {
            return;
        }
        while !self.dirty.borrow().is_empty() && self.refresh_once().await {}
        self.fetching.set(false);
        self.say();
        if self.failed.get() {
            let this = self.clone();
            set_timeout(move || this.refresh_soon(), Duration::from_secs(POLL));
        }
    }

    /// Whether the page came; what did not come is asked for again.
    async fn refresh_once(&self) -> bool {
        let ids: Vec<String> = self.dirty.borrow_mut().drain().collect();
        let url = window().location().href().unwrap_or_default();
        let page = dom::fetch_document(&url).await;
        self.failed.set(matches!(page, Err(NoPage::Failed)));
        let page = match page {
            Ok(page) => page,
            Err(no_page) => {
                self.dirty.borrow_mut().extend(ids);
                if matches!(no_page, NoPage::SignedOut) {
                    self.signed_out.set(true);
                    if let Some(source) = &*self.source.borrow() {
                        source.close();
                    }
                    dom::say_signed_out();
                }
                return false;
            }
        };
        version::notice(&page);
        for id in ids {
            let (Some(old), Some(new)) = (by_id::<Element>(&id), page.get_element_by_id(&id)) else {
                continue;
            };
            if old.has_attribute("data-chip") { offer(&old, new) } else { replace(&old, &new) }
        }
        swapped();
        true
    }
}

/// Tells the other islands that there is new HTML.
fn swapped() {
    if let Ok(event) = CustomEvent::new("kl:swapped") {
        let _ = document().dispatch_event(&event);
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

/// Puts new content in place and keeps the focus where it was, and what is ticked.
fn replace(old: &Element, new: &Element) {
    if old.inner_html() == new.inner_html() {
        return;
    }
    let focused = document().active_element().filter(|element| old.contains(Some(element)));
    let href = focused.as_ref().and_then(|element| element.get_attribute("href"));
    let id = focused.map(|element| element.id()).filter(|id| !id.is_empty());
    let ticked: Vec<String> = ticks(old).filter(HtmlInputElement::checked).map(|tick| tick.value()).collect();
    old.set_inner_html(&new.inner_html());
    for tick in ticks(old).filter(|tick| ticked.contains(&tick.value())) {
        tick.set_checked(true);
    }
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

fn ticks(root: &Element) -> impl Iterator<Item = HtmlInputElement> + use<> {
    all(root, "input[type=checkbox]").into_iter().filter_map(|tick| tick.dyn_into().ok())
}

/// Says how many rows are new; they come when asked for. Rows that are gone go at once.
fn offer(old: &Element, new: Element) {
    let rows =
        |region: &Element| -> Vec<String> { all(region, "tbody tr").iter().map(Element::id).collect() };
    let (known, newest) = (rows(old), rows(&new));
    let count = newest.iter().filter(|id| !known.contains(id)).count();
    let Some(chip) = by_id::<HtmlElement>(&format!("{}-chip", old.id())) else { return };
    if count == 0 || known.is_empty() {
        show(&chip, false);
        return replace(old, &new);
    }
    // Those after the last one that is still there may only have gone to the next page.
    let last = known.iter().rposition(|id| newest.contains(id)).unwrap_or(0);
    for gone in known[..last].iter().filter(|id| !newest.contains(id)) {
        if let Some(row) = by_id::<Element>(gone) {
            row.remove();
        }
    }
    let word = if count == 1 { "event" } else { "events" };
    chip.set_text_content(Some(&format!("{count} new {word}")));
    show(&chip, true);
    let (region, hidden) = (old.clone(), chip.clone());
    let take = Closure::<dyn FnMut()>::new(move || {
        replace(&region, &new);
        show(&hidden, false);
        swapped();
    });
    chip.set_onclick(Some(take.as_ref().unchecked_ref()));
    take.forget();
}
