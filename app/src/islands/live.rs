//! Keeps a page current: one stream for the page, and new HTML for the regions that changed.
//!
//! A region is an element with an id and `data-live="<topics>"`. A region with `data-chip` is not
//! replaced under the reader's pointer: a button says how many rows are new. One with `data-rest` waits
//! until pointer and focus have left it.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
    time::Duration,
};

use domain::TenantName;
use js_sys::Reflect;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, EventSource, MessageEvent};

use super::dom::{self, NoPage, by_id, everywhere, on, set, show};

mod region;
mod version;

/// Seconds between looks while the stream is not available.
const POLL: u64 = 10;
/// Milliseconds from a change to the look at it: what comes meanwhile is seen with it.
const SOON: u64 = 250;
/// The same when something changed during the last look: a busy tenant is not asked for without a break.
const BUSY: u64 = 1000;

/// Follows the stream; its state is in the `.live` button of the header, which pauses it.
#[island]
pub fn Live(
    /// Whose changes; without one, those of all.
    tenant: Option<TenantName>,
    /// Where the stream of changes stood before the page was read.
    after: u64,
) -> impl IntoView {
    dom::in_browser(move || {
        if let Some(button) = dom::first(".live") {
            Stream::start(tenant.as_ref(), after, &button);
        }
    });
}

struct Stream {
    /// Path of what is followed, and of the list that a page which is gone leads to.
    source_path: String,
    list: String,
    button: Element,
    /// The last change that was heard of.
    after: RefCell<String>,
    source: RefCell<Option<EventSource>>,
    paused: Cell<bool>,
    /// Why nothing more will come, as the button says it.
    over: Cell<Option<&'static str>>,
    /// The last page that was asked for did not come.
    failed: Cell<bool>,
    dirty: RefCell<HashSet<String>>,
    /// Regions that changed while someone was at them.
    resting: RefCell<HashSet<String>>,
    /// A look is due. Later changes do not put it off, or a busy tenant would never be looked at.
    due: Cell<bool>,
    /// A page is on its way. One at a time: an older one that came after a newer would stay.
    fetching: Cell<bool>,
}

impl Stream {
    fn start(tenant: Option<&TenantName>, after: u64, button: &Element) {
        let (source_path, list) = match tenant {
            Some(tenant) => (format!("/live?tenant={tenant}&after="), format!("/t/{tenant}/functions")),
            None => ("/live?after=".to_owned(), "/admin".to_owned()),
        };
        let stream = Rc::new(Self {
            source_path,
            list,
            button: button.clone(),
            after: RefCell::new(after.to_string()),
            source: RefCell::default(),
            paused: Cell::default(),
            over: Cell::default(),
            failed: Cell::default(),
            dirty: RefCell::default(),
            resting: RefCell::default(),
            due: Cell::default(),
            fetching: Cell::default(),
        });
        show(button, true);
        let this = stream.clone();
        on(button, "click", move |_| {
            let paused = !this.paused.get();
            this.paused.set(paused);
            set(&this.button, "aria-pressed", Some(if paused { "true" } else { "false" }));
            this.say();
            this.refresh_soon(SOON);
        });
        let this = stream.clone();
        // A browser opens six connections to a server, for all of its tabs: one that nobody looks at holds none.
        on(
            &document(),
            "visibilitychange",
            move |_| {
                if document().hidden() { this.close() } else { this.connect() }
            },
        );
        for region in everywhere("[data-rest]") {
            for name in ["pointerleave", "focusout"] {
                let this = stream.clone();
                on(&region, name, move |_| {
                    this.dirty.borrow_mut().extend(this.resting.take());
                    this.refresh_soon(SOON);
                });
            }
        }
        stream.connect();
    }

    fn close(&self) {
        if let Some(source) = self.source.take() {
            source.close();
        }
    }

    /// Nothing more will come.
    fn end(&self, why: &'static str) {
        self.over.set(Some(why));
        self.close();
    }

    /// The browser resumes a lost stream by itself, but gives up at an answer that is none: then pages are asked
    /// for until the next try.
    fn connect(self: &Rc<Self>) {
        let open = self.source.borrow().as_ref().is_some_and(|it| it.ready_state() != EventSource::CLOSED);
        if open || self.over.get().is_some() || document().hidden() {
            return;
        }
        let Ok(source) = EventSource::new(&[&*self.source_path, &*self.after.borrow()].concat()) else {
            return;
        };
        *self.source.borrow_mut() = Some(source.clone());
        let this = self.clone();
        on(&source, "open", move |_| this.say());
        let (this, watched) = (self.clone(), source.clone());
        on(&source, "error", move |_| {
            this.say();
            if watched.ready_state() == EventSource::CLOSED && this.over.get().is_none() {
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
            _ if self.over.get().is_some() => ("off", self.over.get().unwrap_or_default()),
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
        let mut any = false;
        for region in everywhere("[data-live]") {
            let wanted = region.get_attribute("data-live").unwrap_or_default();
            let hit = |topic: &String| topic == "*" || wanted.split(' ').any(|word| word == topic);
            if topics.iter().any(hit) {
                self.dirty.borrow_mut().insert(region.id());
                any = true;
            }
        }
        if any {
            self.refresh_soon(SOON);
        }
    }

    fn stands_still(&self) -> bool {
        self.paused.get() || self.over.get().is_some() || self.dirty.borrow().is_empty()
    }

    fn refresh_soon(self: &Rc<Self>, millis: u64) {
        if self.stands_still() || self.due.replace(true) {
            return;
        }
        let this = self.clone();
        let look = move || {
            this.due.set(false);
            spawn_local(async move { this.refresh().await });
        };
        set_timeout(look, Duration::from_millis(millis));
    }

    async fn refresh(self: Rc<Self>) {
        if self.stands_still() || self.fetching.replace(true) {
            return;
        }
        self.refresh_once().await;
        self.fetching.set(false);
        self.say();
        self.refresh_soon(if self.failed.get() { POLL * 1000 } else { BUSY });
    }

    /// What did not come is asked for again.
    async fn refresh_once(&self) {
        let ids: Vec<String> = self.dirty.borrow_mut().drain().collect();
        let url = window().location().href().unwrap_or_default();
        let page = dom::fetch_document(&url).await;
        self.failed.set(matches!(page, Err(NoPage::Failed)));
        let page = match page {
            Ok(page) => page,
            Err(NoPage::Failed) => return self.dirty.borrow_mut().extend(ids),
            Err(NoPage::SignedOut) => {
                self.end("Signed out");
                return dom::say_signed_out();
            }
            // It was not there before either, and the page says so already.
            Err(NoPage::Gone(_)) if dom::first("main > .problem").is_some() => return,
            Err(NoPage::Gone(status)) => {
                self.end(if status == 403 { "No access" } else { "Gone" });
                return dom::say_gone(status, &self.list);
            }
        };
        version::notice(&page);
        for id in ids {
            let (Some(old), Some(new)) = (by_id::<Element>(&id), page.get_element_by_id(&id)) else {
                continue;
            };
            if old.has_attribute("data-rest") && region::in_use(&old) {
                self.resting.borrow_mut().insert(id);
            } else if old.has_attribute("data-chip") {
                region::offer(&old, new);
            } else {
                region::replace(&old, &new);
            }
        }
        region::swapped();
    }
}

/// The topics of a [`domain::live::Change`], as pages name them in `data-live`. The browser's own parser
/// reads it: that of a tagged enum is 15 kB.
fn topics(json: &str) -> Vec<String> {
    let change = js_sys::JSON::parse(json).unwrap_or_default();
    let part = |name: &str| dom::text(&Reflect::get(&change, &name.into()).unwrap_or_default());
    let (kind, function) = (part("kind"), part("function"));
    match kind.as_str() {
        "function" => vec!["functions".to_owned(), ["function:", &function].concat()],
        "build" => {
            let of_function = ["build:", &function].concat();
            vec!["builds".to_owned(), of_function, ["build-id:", &part("build")].concat()]
        }
        "deadLetters" => vec!["deadletters".to_owned()],
        "events" if !function.is_empty() => vec!["events".to_owned(), ["events:", &function].concat()],
        _ => vec!["*".to_owned()],
    }
}
