//! Warnings of a request, which go back in `Warning` headers whatever its outcome.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};

/// Collected while a request is handled. Clones share the list.
#[derive(Debug, Clone, Default)]
pub struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    pub fn add(&self, text: impl Into<String>) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = text.into();
        if !list.contains(&text) {
            list.push(text);
        }
    }

    /// Writes `299 - "text"` for each.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        for text in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
            // Text that cannot stand in a header is left out.
            if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
                headers.append(HeaderName::from_static("warning"), value);
            }
        }
    }
}
