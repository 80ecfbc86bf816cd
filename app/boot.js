// Starts the islands of a page: loads the wasm module, then calls the function that each
// <leptos-island> names. Loaded as a module, so the page is parsed by then. Islands here have
// no islands inside them, so the order of the document is enough.
// xtask puts the hashed names in place of the words in capitals.
import init, * as app from "./APP_JS";

if (document.querySelector("textarea[data-editor]")) import("./EDITOR_JS");

await init({ module_or_path: new URL("./APP_WASM", import.meta.url) });
app.hydrate();
for (const island of document.querySelectorAll("leptos-island")) {
  await app[island.dataset.component]?.(island);
}
document.documentElement.dataset.hydrated = "true";
