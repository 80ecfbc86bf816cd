//! The filters of a log in the page's address: a link shows what its sender saw.

use std::rc::Rc;

use domain::log::Level;
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement, Url};

use super::{dom, fields::Field, viewer::Viewer};

impl Viewer {
    /// Sets the tools as the address says; to be called before the lines are drawn.
    pub(super) fn read_address(&self) {
        let Some(url) = here() else { return };
        let given = |name: &str| url.search_params().get(name).filter(|text| !text.is_empty());
        let switch = |name: &str| {
            let on = given(name).is_some();
            if let Some(button) = dom::one::<Element>(&self.root, &["[data-do=", name, "]"].concat()) {
                dom::set(&button, "aria-pressed", Some(if on { "true" } else { "false" }));
            }
            on
        };
        let mut search = self.search.borrow_mut();
        (search.case, search.regex) = (switch("case"), switch("regex"));
        search.text = given("find").unwrap_or_default();
        if let Some(input) = dom::one::<HtmlInputElement>(&self.root, ".log-search") {
            input.set_value(&search.text);
        }
        let level = given("level").unwrap_or_default();
        if let (Some(least), Some(select)) = (level_of(&level), self.level()) {
            select.set_value(&level);
            self.model.borrow_mut().set_level(Some(least));
        }
    }

    /// Looks for what the address names, once the newest lines are there.
    pub(super) async fn apply_address(self: &Rc<Self>) {
        let given = here().and_then(|url| {
            let part = |name: &str| url.search_params().get(name);
            Some(Field { name: part("field")?, value: part("is")? })
        });
        if given.is_some() {
            self.clone().only(given).await;
        }
        let level = self.model.borrow().level();
        if level.is_some() {
            self.clone().only_level(level).await;
        }
        if !self.search.borrow().text.is_empty() {
            self.clone().find().await;
        }
    }

    /// Puts the tools into the address, which stays the same page of the history.
    pub(super) fn write_address(&self) {
        let Some(url) = here() else { return };
        let put = |name: &str, value: &str| match value {
            "" => url.search_params().delete(name),
            value => url.search_params().set(name, value),
        };
        let search = self.search.borrow();
        put("find", &search.text);
        put("case", if search.case { "on" } else { "" });
        put("regex", if search.regex { "on" } else { "" });
        put("level", &self.level().map(|select| select.value()).unwrap_or_default());
        let field = self.field.borrow();
        put("field", field.as_ref().map_or("", |field| &field.name));
        put("is", field.as_ref().map_or("", |field| &field.value));
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url.href()));
        }
    }

    pub(super) fn level(&self) -> Option<HtmlSelectElement> {
        dom::one(&self.root, ".log-level")
    }
}

/// The level that a choice stands for; none for all.
pub(super) fn level_of(value: &str) -> Option<Level> {
    match value {
        "info" => Some(Level::Info),
        "warn" => Some(Level::Warn),
        "error" => Some(Level::Error),
        _ => None,
    }
}

fn here() -> Option<Url> {
    Url::new(&window().location().href().ok()?).ok()
}
