//! Upload of an archive: by button or drop, with progress and cancel, and what was found in it.

use std::{cell::RefCell, rc::Rc};

use domain::{Problem, function::UploadReceipt};
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast as _;
use web_sys::{
    DragEvent, Element, Event, File, FormData, HtmlElement, HtmlInputElement, ProgressEvent, XmlHttpRequest,
};

use super::dom::{self, by_id, everywhere, on, set, show, style};

/// Largest archive; the server counts again.
const LIMIT: f64 = 50.0 * 1024.0 * 1024.0;

/// The drop area, and the hidden field that the form sends.
#[island]
pub fn Upload(
    /// Where the archive goes.
    url: String,
    /// An archive that is there already.
    upload: String,
    /// What was found in it, as JSON.
    receipt: String,
) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let known = receipt.clone();
    Effect::new(move |_| {
        if let Some(root) = root.get() {
            Area::start(&root.into(), &url, &known);
        }
    });
    let present = !upload.is_empty() && receipt.is_empty();
    view! {
        <div class="upload" node_ref=root>
            <input type="hidden" name="upload" value=upload/>
            <input type="hidden" name="receipt" value=receipt/>
            <div class="drop" hidden>
                <p><strong>"Drop an archive here"</strong>", or "<button type="button" class="button small">"Choose a file"</button></p>
                <p class="hint">"zip, tar, tar.gz or tar.zst, at most 50 MiB and 10,000 files"</p>
                <input type="file" class="sr" tabindex="-1" aria-label="Archive" accept=".zip,.tar,.gz,.tgz,.zst"/>
            </div>
            <div class="progress" hidden>
                <p><span class="progress-text" role="status"></span>" "<button type="button" class="button quiet small">"Cancel"</button></p>
                <div class="progress-bar" role="progressbar" aria-label="Upload" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0"><div></div></div>
            </div>
            <p class="field-error upload-error" role="alert"></p>
            <div class="found" role="status">{present.then_some("An archive is uploaded and will be used.")}</div>
        </div>
    }
}

struct Area {
    root: Element,
    url: String,
    running: RefCell<Option<XmlHttpRequest>>,
}

impl Area {
    fn start(root: &Element, url: &str, receipt: &str) {
        let area = Rc::new(Self { root: root.clone(), url: url.to_owned(), running: RefCell::default() });
        let (Some(drop), Some(file)) =
            (area.part(".drop"), dom::one::<HtmlInputElement>(root, "input[type=file]"))
        else {
            return;
        };
        show(&drop, true);
        if let Ok(receipt) = serde_json::from_str::<UploadReceipt>(receipt) {
            area.tell(&receipt);
        }
        if let Some(button) = area.part(".drop button") {
            let file = file.clone();
            on(&button, "click", move |_| file.click());
        }
        let (this, chosen) = (area.clone(), file.clone());
        on(&file, "change", move |_| {
            if let Some(file) = chosen.files().and_then(|files| files.get(0)) {
                this.clone().send(&file);
            }
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
                this.clone().send(&file);
            }
        });
        if let Some(button) = area.part(".progress button") {
            let this = area.clone();
            on(&button, "click", move |_| {
                if let Some(request) = this.running.borrow_mut().take() {
                    let _ = request.abort();
                }
                this.idle("The upload was cancelled; nothing was kept.");
            });
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

    fn idle(&self, error: &str) {
        self.say(".upload-error", error);
        for (selector, shown) in [(".drop", true), (".progress", false)] {
            if let Some(part) = self.part(selector) {
                show(&part, shown);
            }
        }
    }

    fn send(self: Rc<Self>, file: &File) {
        if file.size() > LIMIT {
            return self.idle(
                "This archive is larger than 50 MiB. Leave out dependencies; the platform installs them.",
            );
        }
        let (Ok(request), Ok(form)) = (XmlHttpRequest::new(), FormData::new()) else { return };
        if form.append_with_blob_and_filename("file", file, &file.name()).is_err()
            || request.open("POST", &self.url).is_err()
            || request.set_request_header("accept", "application/json").is_err()
        {
            return;
        }
        self.idle("");
        self.say(".found", "");
        for (selector, shown) in [(".drop", false), (".progress", true)] {
            if let Some(part) = self.part(selector) {
                show(&part, shown);
            }
        }
        let name = file.name();
        if let Ok(upload) = request.upload() {
            let this = self.clone();
            on(&upload, "progress", move |event| {
                if let Some(event) = event.dyn_ref::<ProgressEvent>() {
                    this.progress(&name, event.loaded() / event.total().max(1.0) * 100.0);
                }
            });
        }
        let (this, done) = (self.clone(), request.clone());
        on(&request, "load", move |_| this.answered(&done));
        let this = self.clone();
        on(&request, "error", move |_| this.idle("The connection broke. Choose the file again to retry."));
        let _ = request.send_with_opt_form_data(Some(&form));
        *self.running.borrow_mut() = Some(request);
    }

    fn progress(&self, name: &str, percent: f64) {
        let percent = percent.round();
        let text = if percent < 100.0 {
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
            for (name, value) in [("upload", &receipt.id), ("receipt", &text)] {
                if let Some(field) = dom::one::<HtmlInputElement>(&self.root, &format!("input[name={name}]"))
                {
                    field.set_value(value);
                }
            }
            Self::choose(&receipt);
            return self.tell(&receipt);
        }
        match serde_json::from_str::<Problem>(&text) {
            Ok(problem) => self.idle(&format!("{} {}", problem.title, problem.detail)),
            Err(_) => self.idle("The archive was not taken. Try again."),
        }
    }

    /// Sets language and handler of the form to what was found.
    fn choose(receipt: &UploadReceipt) {
        if let Some(language) = receipt.language {
            for radio in everywhere("input[name=language]") {
                let radio = radio.unchecked_into::<HtmlInputElement>();
                if radio.value() == language.as_str() && !radio.disabled() {
                    radio.set_checked(true);
                }
            }
        }
        if let (Some(field), Some(handler)) = (by_id::<HtmlInputElement>("handler"), &receipt.handler) {
            field.set_value(handler);
        }
    }

    fn tell(&self, receipt: &UploadReceipt) {
        let Some(place) = self.part(".found") else { return };
        place.set_inner_html(
            "<p class=\"found-title\"></p><ul class=\"found-notes\"></ul><ul class=\"found-files\"></ul>",
        );
        let kind = receipt.language.map_or("no known language", |language| language.label());
        let title = format!("{}: {} files, {}", receipt.filename, receipt.file_count, kind);
        if let Some(line) = dom::one::<Element>(&place, ".found-title") {
            line.set_text_content(Some(&title));
        }
        let lines = |selector: &str, texts: Vec<String>| {
            let Some(list) = dom::one::<Element>(&place, selector) else { return };
            for text in texts {
                let Ok(item) = document().create_element("li") else { continue };
                item.set_text_content(Some(&text));
                let _ = list.append_child(&item);
            }
        };
        lines(".found-notes", receipt.notes.clone());
        let mut files: Vec<String> =
            receipt.files.iter().take(12).map(|(path, size)| format!("{path} ({size} B)")).collect();
        let more = receipt.file_count - files.len() as i64;
        if more > 0 {
            files.push(format!("and {more} more"));
        }
        lines(".found-files", files);
        self.warn_about_language(receipt);
    }

    /// A chosen language that the files do not look like is said, not refused.
    fn warn_about_language(&self, receipt: &UploadReceipt) {
        let Some(found) = receipt.language else { return };
        let root = self.root.clone();
        let warn = move || {
            let chosen = everywhere("input[name=language]:checked").into_iter().next();
            let chosen = chosen.map(|radio| radio.unchecked_into::<HtmlInputElement>().value());
            let text = match chosen {
                Some(chosen) if chosen != found.as_str() => {
                    format!("The files look like {}, but another runtime is chosen.", found.label())
                }
                _ => String::new(),
            };
            if let Some(place) = dom::one::<Element>(&root, ".upload-error") {
                place.set_text_content(Some(&text));
            }
        };
        warn();
        for radio in everywhere("input[name=language]") {
            let warn = warn.clone();
            on(&radio, "change", move |_| warn());
        }
    }
}
