//! The wasm entry point: makes `app`'s islands reachable from `boot.js`, nothing else.

use app as _;

/// Called once by `boot.js` before it walks the islands of the page.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
