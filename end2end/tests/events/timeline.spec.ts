import { Functions, signedIn, TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const name = uniqueName("story");

test.beforeAll(async ({ browser }) => {
  const page = await signedIn(browser);
  const functions = new Functions(page);
  await functions.create(name);
  await functions.waitUntilReady();
  await page.close();
});

test("one event leads to all that the same click caused", async ({ page, functions }) => {
  await functions.open(name, "events");
  await page.getByRole("link", { name: "Build completed" }).last().click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Build completed");
  await expect(page.getByRole("main")).toContainText("io.knative.lambda.lifecycle.build.completed");
  for (const label of ["Function created", "Build started", "Service created"]) {
    await expect(page.getByRole("link", { name: label }).first()).toBeVisible();
  }
});

test("filters are in the address, and back undoes them", async ({ page, functions }) => {
  await functions.open(name, "events");
  await page.getByLabel("Type", { exact: true }).selectOption({ label: "Builds" });
  await page.getByRole("button", { name: "Apply" }).click();
  await page.waitForURL(/type=lifecycle\.build/);
  await expect(page.locator("tbody tr", { hasText: "Build completed" })).toBeVisible();
  await expect(page.locator("tbody tr", { hasText: "Service created" })).toHaveCount(0);
  await page.reload();
  await expect(page.locator("tbody tr", { hasText: "Service created" })).toHaveCount(0);
  await page.goBack();
  await expect(page.locator("tbody tr", { hasText: "Service created" })).toBeVisible();
  await functions.open(name, "events?q=nothing-has-this-text");
  await expect(page.getByRole("heading", { name: "No event matches" })).toBeVisible();
  await page.getByRole("link", { name: "Clear filters" }).first().click();
  await expect(page.locator("tbody tr", { hasText: "Service created" })).toBeVisible();
});

test("new events are announced and do not move rows under the pointer", async ({ page, functions, context }) => {
  await functions.open(name, "events");
  await expect(page.locator(".live")).toContainText("Live");
  const before = await page.locator("tbody tr").count();
  const other = await context.newPage();
  await other.goto(`/t/${TENANT}/functions/${name}/test`);
  await other.getByRole("button", { name: "Send" }).click();
  await expect(other.locator("#answer")).toContainText("200");
  const chip = page.locator("#events-chip");
  await expect(chip).toContainText(/new event/);
  expect(await page.locator("tbody tr").count()).toBe(before);
  await chip.click();
  await expect(page.locator("tbody tr", { hasText: "Call completed" }).first()).toBeVisible();
  await other.close();
});

test("a mark of the drawing opens its event, also in a new tab", async ({ page, functions, context }) => {
  await functions.open(name, "events");
  const row = page.locator("#timeline a", { hasText: "Service created" });
  const path = (await row.getAttribute("href")) ?? "";
  const fresh = context.waitForEvent("page");
  await row.locator(".mark").click({ modifiers: ["ControlOrMeta"] });
  const other = await fresh;
  await other.waitForURL(`**${path}`);
  await expect(other.getByRole("heading", { level: 1 })).toContainText("Service created");
  await other.close();
  await row.locator(".mark").click();
  await page.waitForURL(`**${path}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Service created");
});

test("the drawing and the table tell the same events", async ({ page, functions }) => {
  await functions.open(name, "events");
  const drawn = await page.locator("#timeline a").count();
  expect(drawn).toBe(await page.locator("#events tbody tr").count());
});

test("the drawing has an axis with ticks and follows new events by itself", async ({ page, functions, context }) => {
  await functions.open(name, "events");
  await expect(page.locator(".live")).toContainText("Live");
  expect(await page.locator(".timeline-axis text.tick").count()).toBeGreaterThan(1);
  await expect(page.locator(".timeline-axis time")).toBeVisible();
  const before = await page.locator("#timeline a").count();
  const other = await context.newPage();
  await other.goto(`/t/${TENANT}/functions/${name}/test`);
  await other.getByRole("button", { name: "Send" }).click();
  await expect(other.locator("#answer")).toContainText("200");
  await other.close();
  await expect.poll(() => page.locator("#timeline a").count()).toBeGreaterThan(before);
  // The newest is at the end, and the end is in view.
  await expect(page.locator("#timeline a").last()).toBeInViewport();
});

test("rows of the drawing moved under the pointer", async ({ page, functions, context }) => {
  await functions.open(name, "events");
  await expect(page.locator(".live")).toContainText("Live");
  const rows = page.locator("#timeline a");
  const before = await rows.count();
  await rows.last().hover();
  const place = await rows.last().boundingBox();
  const other = await context.newPage();
  await other.goto(`/t/${TENANT}/functions/${name}/test`);
  await other.getByRole("button", { name: "Send" }).click();
  await expect(other.locator("#answer")).toContainText("200");
  await other.close();
  const chip = page.locator("#events-chip");
  await expect(chip).toContainText(/new event/);
  expect(await rows.count()).toBe(before);
  expect(await rows.last().boundingBox()).toEqual(place);
  // By keyboard: the pointer stays, the button goes, and the focus goes on with what it brought.
  await chip.focus();
  await page.keyboard.press("Enter");
  await expect(chip).toBeHidden();
  await expect(page.locator("#events tbody a").first()).toBeFocused();
  await page.mouse.move(0, 0);
  await expect.poll(() => rows.count()).toBeGreaterThan(before);
});

for (const width of [320, 375, 768]) {
  test(`the drawing fits ${width} px, labels included`, async ({ page, functions }) => {
    await page.setViewportSize({ width, height: 740 });
    await functions.open(name, "events");
    const figure = page.locator("#timeline");
    expect(await figure.evaluate((box) => box.scrollWidth - box.clientWidth)).toBeLessThanOrEqual(0);
    for (const mark of await page.locator("#timeline .mark").all()) {
      const box = await mark.boundingBox();
      expect((box?.x ?? width) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
    }
    const axis = await page.locator(".timeline-axis").boundingBox();
    const first = await page.locator(".timeline-from").boundingBox();
    expect(first && axis && first.x >= axis.x && first.x + first.width <= axis.x + axis.width).toBe(true);
  });
}

test("a stretch of time is chosen by the keyboard or by dragging, zoomed into, and left again", async ({ page, functions }) => {
  await functions.open(name, "events");
  const rows = page.locator("#events tbody tr");
  const all = await rows.count();
  const end = page.getByRole("slider", { name: "End of the stretch" });
  await end.focus();
  for (let step = 0; step < 45; step++) await page.keyboard.press("ArrowLeft");
  await expect(end).toHaveAttribute("aria-valuetext", /^\d\d:\d\d:\d\d/);
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.waitForURL(/since=.*until=/);
  expect(await rows.count()).toBeLessThan(all);
  expect(await rows.count()).toBeGreaterThan(0);
  // What the fields say is what the address says.
  await page.getByRole("button", { name: "Apply" }).click();
  await page.waitForURL(/since=.*until=/);
  expect(await rows.count()).toBeLessThan(all);
  await page.getByRole("link", { name: "Whole time" }).click();
  await expect(rows).toHaveCount(all);

  const box = await page.locator(".overview-box").boundingBox();
  if (!box) throw new Error("the overview is not drawn");
  const middle = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width - 6, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 3, middle, { steps: 5 });
  await page.mouse.up();
  expect(Number(await end.inputValue())).toBeLessThan(30);
});
