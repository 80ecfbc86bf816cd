import { expect, type Page } from "@playwright/test";

/** Goes on with Tab until something has the focus. */
export async function reach(page: Page, label: RegExp | string, role: "button" | "link" | "radio" | "textbox") {
  const wanted = page.getByRole(role, { name: label }).last();
  await expect(wanted).toBeAttached();
  for (let step = 0; step < 160; step++) {
    // An editor is in a shadow tree, which has a focus of its own.
    const reached = await wanted.evaluate((element) => {
      const tree = element.getRootNode() as Document | ShadowRoot;
      return tree.activeElement === element;
    });
    if (reached) return;
    // The editor takes Tab for itself until Escape is pressed.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
  }
  throw new Error(`${label} can not be reached with Tab`);
}
