//! Upload of an archive: by button or drop, with progress, cancel and further tries after a broken
//! connection. The markup is `components/upload.rs`.

mod receipt;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use domain::{
    Problem,
    function::{Language, UploadReceipt},
};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{
    DragEvent, Element, Event, File, FormData, HtmlElement, HtmlInputElement, ProgressEvent, XmlHttpRequest,
};

use super::dom::{self, everywhere, on, set, show, style};
use crate::api::{TOKEN_HEADER, page_token};

/// Seconds before each further try of a file whose connection broke.
const WAITS: [u64; 5] = [1, 2, 4, 8, 15];
/// Largest archive; the server counts again.
const LIMIT: f64 = 50.0 * 1024.0 * 1024.0;

/// Wires the drop area of the page.
#[island]
pub fn UploadArea(
    /// Where the archive goes.
    url: String,
) -> impl IntoView {
    dom::in_browser(move || {
        if let Some(root) = dom::first(".upload") {
            Area::start(&root, &url);
        }
    });
}

struct Area {
    root: Element,
    url: String,
    /// What is being sent or was sent last; kept so that nobody has to choose it twice.
    file: RefCell<Option<File>>,
    running: RefCell<Option<XmlHttpRequest>>,
    /// Tries of this file that broke.
    broken: Cell<u32>,
    /// Counts files and cancels: a try that waits for an older one does not happen.
    turn: Cell<u32>,
    /// What the files of the archive look like.
    language: Cell<Option<Language>>,
}

impl Area {
    fn start(root: &Element, url: &str) {
        let area = Rc::new(Self {
            root: root.clone(),
            url: url.to_owned(),
            file: RefCell::default(),
            running: RefCell::default(),
            broken: Cell::new(0),
            turn: Cell::new(0),
            language: Cell::new(None),
        });
        let (Some(drop), Some(file)) =
            (area.part(".drop"), dom::one::<HtmlInputElement>(root, "input[type=file]"))
        else {
            return;
        };
        show(&drop, true);
        area.tell_kept();
        if let Some(receipt) = area.field("receipt") {
            let this = area.clone();
            // A draft came back, and with it the archive.
            on(&receipt, "kl:set", move |_| this.tell_kept());
        }
        if let Ok(Some(form)) = root.closest("form") {
            let this = area.clone();
            on(&form, "submit", move |event| this.hold_back(&event));
        }
        if let Some(button) = area.part(".drop button") {
            let file = file.clone();
            on(&button, "click", move |_| file.click());
        }
        let (this, chosen) = (area.clone(), file.clone());
        on(&file, "change", move |_| {
            if let Some(file) = chosen.files().and_then(|files| files.get(0)) {
                this.begin(file);
            }
            // Else the same file could not be chosen again after a cancel: nothing would have changed.
            chosen.set_value("");
        });
        for name in ["dragenter", "dragover"] {
            let drop = drop.clone();
            on(&drop.clone(), name, move |event| {
                event.prevent_default();
                set(&drop, "data-over", Some(""));
            });
        }
        let left = drop.clone();
        on(&drop, "dragleave", move |_| set(&left, "data-over", None));
        let (this, dropped) = (area.clone(), drop.clone());
        on(&drop, "drop", move |event: Event| {
            event.prevent_default();
            set(&dropped, "data-over", None);
            let files = event.dyn_into::<DragEvent>().ok().and_then(|event| event.data_transfer()?.files());
            if let Some(file) = files.and_then(|files| files.get(0)) {
                this.begin(file);
            }
        });
        if let Some(button) = area.part(".progress button") {
            let this = area.clone();
            on(&button, "click", move |_| {
                this.stop();
                this.idle("The upload was cancelled; nothing was kept.");
            });
        }
        if let Some(button) = area.part(".upload-again button") {
            let this = area.clone();
            on(&button, "click", move |_| {
                let file = this.file.borrow().clone();
                if let Some(file) = file {
                    this.begin(file);
                }
            });
        }
        for radio in everywhere("input[name=language]") {
            let this = area.clone();
            on(&radio, "change", move |_| this.warn_about_language());
        }
    }

    /// What was found in the archive that the form has.
    fn tell_kept(&self) {
        let receipt = self.field("receipt").map(|field| field.value()).unwrap_or_default();
        if let Ok(receipt) = serde_json::from_str::<UploadReceipt>(&receipt) {
            self.tell(&receipt);
        }
    }

    /// A form that went off now would break the upload off, and go without the archive.
    fn hold_back(&self, event: &Event) {
        let waits = self.part(".progress").is_some_and(|part| !part.has_attribute("hidden"));
        // Not when the code comes from elsewhere: then the upload is not in view.
        if waits && self.root.client_height() > 0 {
            event.prevent_default();
            // Nor does the button say that it works.
            event.stop_immediate_propagation();
            self.say(
                ".upload-error",
                "The archive is still on its way. Wait until it is there, or cancel it.",
            );
        }
    }

    fn field(&self, name: &str) -> Option<HtmlInputElement> {
        dom::one(&self.root, &["input[name=", name, "]"].concat())
    }

    /// What the form sends of the archive; it is part of the form's draft.
    fn keep(&self, upload: &str, receipt: &str) {
        for (name, value) in [("upload", upload), ("receipt", receipt)] {
            if let Some(field) = self.field(name) {
                field.set_value(value);
            }
        }
        if let (Ok(Some(form)), Ok(event)) = (self.root.closest("form"), Event::new("input")) {
            let _ = form.dispatch_event(&event);
        }
    }

    fn part(&self, selector: &str) -> Option<Element> {
        dom::one(&self.root, selector)
    }

    fn say(&self, selector: &str, text: &str) {
        if let Some(place) = self.part(selector) {
            place.set_text_content(Some(text));
        }
    }

    /// The place for a file, with what went wrong.
    fn idle(&self, error: &str) {
        self.say(".upload-error", error);
        self.show_part(".drop", true);
        self.show_part(".progress", false);
        self.show_part(".upload-again", false);
    }

    fn show_part(&self, selector: &str, shown: bool) {
        if let Some(part) = self.part(selector) {
            show(&part, shown);
        }
    }

    /// Ends what runs or waits.
    fn stop(&self) {
        self.turn.set(self.turn.get() + 1);
        let running = self.running.borrow_mut().take();
        if let Some(request) = running {
            let _ = request.abort();
        }
    }

    fn begin(self: &Rc<Self>, file: File) {
        self.stop();
        if file.size() > LIMIT {
            return self.idle(
                "This archive is larger than 50 MiB. Leave out dependencies; the platform installs them.",
            );
        }
        self.idle("");
        // The one before is not what the form is about any more, whatever becomes of this one.
        self.keep("", "");
        self.say(".found", "");
        self.language.set(None);
        self.show_part(".drop", false);
        self.show_part(".progress", true);
        self.broken.set(0);
        *self.file.borrow_mut() = Some(file);
        self.send();
    }

    fn send(self: &Rc<Self>) {
        let Some(file) = self.file.borrow().clone() else { return };
        let (Ok(request), Ok(form)) = (XmlHttpRequest::new(), FormData::new()) else { return };
        if form.append_with_blob_and_filename("file", &file, &file.name()).is_err()
            || request.open("POST", &self.url).is_err()
            || request.set_request_header("accept", "application/json").is_err()
            || request.set_request_header(TOKEN_HEADER, &page_token()).is_err()
        {
            return;
        }
        self.progress(&file.name(), 0);
        if let Ok(upload) = request.upload() {
            let this = self.clone();
            on(&upload, "progress", move |event| {
                if let Some(event) = event.dyn_ref::<ProgressEvent>() {
                    let percent = (event.loaded() / event.total().max(1.0) * 100.0) as i32;
                    this.progress(&file.name(), percent);
                }
            });
        }
        let (this, done) = (self.clone(), request.clone());
        on(&request, "load", move |_| this.answered(&done));
        let this = self.clone();
        on(&request, "error", move |_| this.broke());
        let _ = request.send_with_opt_form_data(Some(&form));
        *self.running.borrow_mut() = Some(request);
    }

    /// The connection broke: again by itself, and at last by hand, always with the same file.
    fn broke(self: &Rc<Self>) {
        self.running.borrow_mut().take();
        let broken = self.broken.get();
        self.broken.set(broken + 1);
        let Some(wait) = WAITS.get(broken as usize) else {
            self.idle("The connection broke again and again; the archive was not sent.");
            return self.show_part(".upload-again", true);
        };
        self.say(".progress-text", &format!("The connection broke; trying again in {wait} s."));
        let (this, turn) = (self.clone(), self.turn.get());
        set_timeout(
            move || {
                if this.turn.get() == turn {
                    this.send();
                }
            },
            Duration::from_secs(*wait),
        );
    }

    fn progress(&self, name: &str, percent: i32) {
        let text = if percent < 100 {
            format!("{name}: {percent} %")
        } else {
            format!("{name}: looking into it…")
        };
        self.say(".progress-text", &text);
        if let Some(bar) = self.part(".progress-bar") {
            set(&bar, "aria-valuenow", Some(&percent.to_string()));
            if let Some(inner) = dom::one::<HtmlElement>(&bar, "div") {
                style(&inner, "inline-size", &format!("{percent}%"));
            }
        }
    }

    fn answered(&self, request: &XmlHttpRequest) {
        self.running.borrow_mut().take();
        let text = request.response_text().ok().flatten().unwrap_or_default();
        if let Ok(receipt) = serde_json::from_str::<UploadReceipt>(&text) {
            self.idle("");
            self.keep(&receipt.id, &text);
            Self::choose(&receipt);
            return self.tell(&receipt);
        }
        match serde_json::from_str::<Problem>(&text) {
            Ok(problem) => self.idle(&format!("{} {}", problem.title, problem.detail)),
            Err(_) => {
                self.idle("The archive was not taken; the platform gave no reason.");
                self.show_part(".upload-again", true);
            }
        }
    }
}
