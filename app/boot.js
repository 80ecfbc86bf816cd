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

// A session ends after a quarter of an hour in which nothing is sent: who reads or types is asked before. Tabs tell
// each other when one of them was loaded or asked.
const end = document.getElementById("session-end");
if (end) {
  const used = () => { localStorage.setItem("kl:used", Date.now()); end.hidden = true; };
  end.querySelector("button").onclick = async () => { (await fetch("/api/v1/schemas")).ok ? used() : location.reload(); };
  setInterval(() => { end.hidden = Date.now() - localStorage.getItem("kl:used") < end.dataset.after; }, 5000);
  used();
}
