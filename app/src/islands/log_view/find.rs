//! Search over all lines that the browser holds, drawn or not, folded or not.

use js_sys::RegExp;
use wasm_bindgen::JsCast;

use super::model::Model;
use crate::islands::ansi;

/// What is searched for.
#[derive(Default, Clone)]
pub(super) struct Search {
    pub(super) text: String,
    pub(super) case: bool,
    pub(super) regex: bool,
}

/// Places of the lines that match, and which of them is the present one.
#[derive(Default)]
pub(super) struct Matches {
    pub(super) places: Vec<usize>,
    pub(super) at: usize,
}

impl Search {
    /// Places of all lines that match.
    pub(super) fn run(&self, model: &Model) -> Vec<usize> {
        if self.text.is_empty() {
            return Vec::new();
        }
        let plain = |text: &str| ansi::parse(text).into_iter().map(|span| span.text).collect::<String>();
        let places = model.lines().iter().enumerate();
        if self.regex {
            let flags = if self.case { "" } else { "i" };
            // An unfinished expression throws while it is typed.
            let Ok(pattern) = new_pattern(&self.text, flags) else { return Vec::new() };
            return places.filter(|(_, line)| pattern.test(&plain(&line.text))).map(|(at, _)| at).collect();
        }
        let fold = |text: &str| if self.case { text.to_owned() } else { text.to_lowercase() };
        let needle = fold(&self.text);
        places.filter(|(_, line)| fold(&plain(&line.text)).contains(&needle)).map(|(at, _)| at).collect()
    }
}

fn new_pattern(text: &str, flags: &str) -> Result<RegExp, wasm_bindgen::JsValue> {
    let arguments = js_sys::Array::of2(&text.into(), &flags.into());
    let constructor = js_sys::Reflect::get(&js_sys::global(), &"RegExp".into())?;
    let constructor: &js_sys::Function = constructor.unchecked_ref();
    js_sys::Reflect::construct(constructor, &arguments).map(JsCast::unchecked_into)
}

impl Matches {
    /// "3 of 41", for the tool bar.
    pub(super) fn text(&self, searched: bool) -> String {
        match (searched, self.places.len()) {
            (false, _) => String::new(),
            (true, 0) => "No lines match".to_owned(),
            (true, count) => format!("{} of {count}", self.at + 1),
        }
    }
}
