//! The command palette (Ctrl or Cmd + K), the sheet of shortcuts (`?`), and the shortcuts.
//! The markup is `components/palette.rs`.

use std::{cell::RefCell, rc::Rc};

use domain::TenantName;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent};

use super::dom::{self, Debounce, all, closest, everywhere, on, set};
use crate::api::session::{Found, search};

/// The keys and what the two dialogs do.
#[island]
pub fn Palette(
    /// The page's; without one there are no functions to find.
    tenant: Option<TenantName>,
) -> impl IntoView {
    dom::in_browser(move || {
        if let Some(root) = dom::first(".dialogs") {
            start(&root, tenant);
        }
    });
}

struct Dialogs {
    tenant: Option<TenantName>,
    palette: HtmlDialogElement,
    sheet: HtmlDialogElement,
    input: HtmlInputElement,
    list: Element,
    status: Element,
    /// The commands, which are always in the list.
    commands: Vec<Element>,
}

fn start(root: &Element, tenant: Option<TenantName>) {
    let (Some(palette), Some(sheet)) = (dom::one(root, ".palette"), dom::one(root, ".sheet")) else { return };
    let (Some(input), Some(list)) = (dom::one(root, "input"), dom::one::<Element>(root, "ul")) else {
        return;
    };
    let Some(status) = dom::one(root, "[role=status]") else { return };
    let commands = all(&list, "li");
    let dialogs = Rc::new(Dialogs { tenant, palette, sheet, input, list, status, commands });

    let this = dialogs.clone();
    let pending = RefCell::new(false);
    on(&document(), "keydown", move |event| {
        if let Ok(event) = event.dyn_into::<KeyboardEvent>() {
            this.key(&event, &pending);
        }
    });
    let this = dialogs.clone();
    on(&document(), "click", move |event| {
        if closest(&event, "[data-open=palette]").is_some() {
            this.open();
        } else if event.target().as_ref() == Some(this.palette.as_ref()) {
            this.palette.close();
        }
    });
    let (this, debounce) = (dialogs.clone(), Debounce::default());
    on(&dialogs.input, "input", move |_| {
        this.filter();
        let this = this.clone();
        debounce.call(120, move || spawn_local(async move { this.find().await }));
    });
    let this = dialogs.clone();
    on(&dialogs.input, "keydown", move |event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
            this.choose(event);
        }
    });
}

impl Dialogs {
    fn open(&self) {
        if !self.palette.open() {
            self.input.set_value("");
            self.filter();
            let _ = self.palette.show_modal();
        }
    }

    fn key(&self, event: &KeyboardEvent, pending: &RefCell<bool>) {
        if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            return self.open();
        }
        let off =
            document().document_element().is_some_and(|root| root.get_attribute("data-shortcuts").is_some());
        if off || event.ctrl_key() || event.meta_key() || event.alt_key() || typing(event) {
            return;
        }
        let after_g = pending.replace(false);
        match (after_g, event.key().as_str()) {
            (true, "f") => self.go("functions"),
            (true, "e") => self.go("events"),
            (true, "d") => self.go("deadletters"),
            (true, "p") => self.go("preferences"),
            (false, "g") => *pending.borrow_mut() = true,
            (false, "n") => self.go("new"),
            (false, "j") => step(1),
            (false, "k") => step(-1),
            (false, "?") => drop(self.sheet.show_modal()),
            (false, "/") => {
                if let Some(field) = everywhere("[data-slash]").into_iter().next() {
                    event.prevent_default();
                    let _ = field.unchecked_ref::<HtmlElement>().focus();
                }
            }
            _ => {}
        }
    }

    /// To a page of the tenant.
    fn go(&self, page: &str) {
        if let Some(tenant) = &self.tenant {
            let _ = window().location().set_href(&["/t/", tenant.as_str(), "/", page].concat());
        }
    }

    /// Commands that have the text, before the answer of the server.
    fn filter(&self) {
        let text = self.input.value().to_lowercase();
        self.list.set_inner_html("");
        for command in &self.commands {
            if command.text_content().unwrap_or_default().to_lowercase().contains(&text) {
                let _ = self.list.append_child(command);
            }
        }
        self.select(0);
    }

    async fn find(&self) {
        let Some(tenant) = self.tenant.clone() else { return };
        let text = self.input.value();
        let found = search(tenant.clone(), text.clone()).await;
        if self.input.value() != text {
            return;
        }
        self.filter();
        let found = match found {
            Ok(found) => found,
            Err(error) => return self.status.set_text_content(Some(&error.sentence())),
        };
        for Found { name, phase } in found.iter().rev() {
            let Ok(row) = document().create_element("li") else { continue };
            set(&row, "role", Some("option"));
            let href = format!("/t/{tenant}/functions/{name}");
            // Names and phases are letters, digits and hyphens: nothing to escape.
            row.set_inner_html(&format!(
                "<a href=\"{href}\" tabindex=\"-1\"><span>{name}</span><span class=\"quiet-text\">{phase}</span></a>"
            ));
            let _ = self.list.insert_before(&row, self.list.first_child().as_ref());
        }
        self.select(0);
    }

    fn select(&self, at: usize) {
        let rows = all(&self.list, "li");
        for (index, row) in rows.iter().enumerate() {
            row.set_id(&format!("palette-{index}"));
            set(row, "aria-selected", Some(if index == at { "true" } else { "false" }));
        }
        let chosen = rows.get(at);
        set(&self.input, "aria-activedescendant", chosen.map(Element::id).as_deref());
        if let Some(row) = chosen {
            row.scroll_into_view_with_bool(false);
        }
        let text = match rows.len() {
            0 => "Nothing has this text.".to_owned(),
            1 => "1 result".to_owned(),
            count => format!("{count} results"),
        };
        self.status.set_text_content(Some(&text));
    }

    fn choose(&self, event: &KeyboardEvent) {
        let rows = all(&self.list, "li");
        let at = rows.iter().position(|row| row.get_attribute("aria-selected").as_deref() == Some("true"));
        let at = at.unwrap_or(0);
        match event.key().as_str() {
            "ArrowDown" if at + 1 < rows.len() => self.select(at + 1),
            "ArrowUp" if at > 0 => self.select(at - 1),
            "Enter" => {
                if let Some(link) = rows.get(at).and_then(|row| dom::one::<HtmlElement>(row, "a")) {
                    link.click();
                }
            }
            _ => return,
        }
        event.prevent_default();
    }
}

/// Whether the key belongs to a field.
fn typing(event: &Event) -> bool {
    closest(event, "input,textarea,select,[contenteditable],.editor-host,dialog").is_some()
}

/// The next or previous row of the list gets the focus.
fn step(by: i32) {
    let links = everywhere("[data-rows] tbody a.row-link");
    let here = document().active_element();
    let at = links.iter().position(|link| here.as_ref() == Some(link)).map(|at| at as i32);
    let next = at.map_or(0, |at| at + by).clamp(0, (links.len() as i32 - 1).max(0));
    if let Some(link) = links.get(next as usize) {
        let _ = link.unchecked_ref::<HtmlElement>().focus();
    }
}
