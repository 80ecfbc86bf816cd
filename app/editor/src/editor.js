// Turns every <textarea data-editor="python|nodejs|json|yaml|text"> into a code editor.
// The textarea stays the field of the form: it gets each change and an input event, so forms,
// drafts and validation know nothing of the editor. Lives in a shadow root, where its styles
// are adopted sheets: no inline <style>, which the content security policy would refuse.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { colours, look } from "./theme.js";

const languages = { python, nodejs: javascript, json, yaml, text: () => [] };

// Tab indents, but Escape then Tab leaves: a keyboard user is never trapped (WCAG 2.1.2).
function tabKey(compartment) {
  const on = compartment.of(keymap.of([indentWithTab]));
  const leave = keymap.of([
    { key: "Escape", run: (view) => { view.dispatch({ effects: compartment.reconfigure([]) }); return false; } },
  ]);
  const back = EditorView.domEventHandlers({
    blur: (_, view) => { view.dispatch({ effects: compartment.reconfigure(keymap.of([indentWithTab])) }); },
  });
  return [on, leave, back];
}

// Ctrl or Cmd + Enter presses the form's main button.
function send(area) {
  const button = area.form?.querySelector("button.primary:not([disabled])");
  if (button) area.form.requestSubmit(button);
  return !!button;
}

function attach(area) {
  const host = document.createElement("div");
  host.className = "editor-host";
  // As high as the field that it replaces, so that nothing below it jumps.
  host.style.setProperty("--least", `${area.offsetHeight - 2}px`);
  const root = host.attachShadow({ mode: "open" });
  const kind = area.dataset.editor;
  const label = area.getAttribute("aria-label") || area.labels?.[0]?.textContent?.trim() || "Code";
  const leave = "Escape, then Tab, leaves the editor.";
  const attributes = { "aria-label": label, "aria-multiline": "true", "aria-description": leave, spellcheck: "false", tabindex: "0" };
  const view = new EditorView({
    root,
    parent: root,
    doc: area.value,
    extensions: [
      lineNumbers(), highlightActiveLineGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(),
      closeBrackets(), autocompletion(), highlightActiveLine(), highlightSelectionMatches(),
      indentUnit.of(kind === "python" ? "    " : "  "),
      EditorState.readOnly.of(area.readOnly),
      EditorState.tabSize.of(4),
      keymap.of([{ key: "Mod-Enter", run: () => send(area) }]),
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap]),
      tabKey(new Compartment()),
      (languages[kind] ?? languages.text)(),
      syntaxHighlighting(colours), look,
      EditorView.contentAttributes.of(attributes),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged || area.value === update.state.doc.toString()) return;
        area.value = update.state.doc.toString();
        area.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    ],
  });
  // Measured with the font that it is drawn in.
  document.fonts?.ready.then(() => view.requestMeasure());
  // Something else wrote to the field (a draft that was kept): show it.
  area.addEventListener("kl:set", () => {
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: area.value } });
  });
  area.addEventListener("focus", () => view.focus());
  area.before(host);
  area.classList.add("editor-field");
  area.tabIndex = -1;
  area.setAttribute("aria-hidden", "true");
  host.dataset.ready = "true";
}

// Editors in closed panels are made when they come into view.
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    seen.unobserve(entry.target);
    attach(entry.target);
  }
}, { rootMargin: "200px" });

for (const area of document.querySelectorAll("textarea[data-editor]")) seen.observe(area);
