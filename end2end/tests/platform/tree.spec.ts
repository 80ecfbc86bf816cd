import { Functions, signedIn, TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

// What a screen reader is told of the main pages: landmarks, headings, names of controls, in their order.
const name = uniqueName("tree");

test.beforeAll(async ({ browser }) => {
  const page = await signedIn(browser);
  const functions = new Functions(page);
  await functions.create(name);
  await functions.waitUntilReady();
  await functions.call(name);
  await page.close();
});

const BANNER = `
- link "Skip to content"
- banner:
  - link "Knative Lambda"
  - group: /Tenant ${TENANT}/
  - navigation "Sections":
    - link "Functions"
    - link "Events"
    - link /Dead letters/
  - button /Live updates/
  - button /Search/
  - link "Preferences and sign-out"
`;

const OF_FUNCTION = `
- main:
  - navigation "Breadcrumb":
    - list:
      - listitem:
        - link "Functions"
  - heading "${name}" [level=1]
  - text: Ready Python
  - link "Edit code"
  - link "Test"
  - navigation "Function":
    - list:
      - listitem:
        - link "Overview"
`;

const pages: [string, string, string][] = [
  ["the list of functions", `/t/${TENANT}/functions?q=${name}`, `
- main:
  - heading "Functions" [level=1]
  - link "New function"
  - search:
    - searchbox "Part of the name"
    - combobox "Language"
    - button "Apply"
    - link "Clear filters"
  - group: Views
  - group: Columns
  - navigation "Phase"
  - table "Functions of ${TENANT}":
    - rowgroup:
      - row:
        - columnheader "Name":
          - link "Name"
        - columnheader "Phase"
        - columnheader "Language"
        - columnheader "Instances"
        - columnheader "Created"
        - columnheader "Changed"
    - rowgroup:
      - row /${name} Ready Python/:
        - cell "${name}":
          - link "${name}"
        - cell "Ready"
        - cell "Python"
  - navigation "Pages of functions"
`],
  ["the create form", `/t/${TENANT}/new`, `
- main:
  - navigation "Breadcrumb"
  - heading "New function" [level=1]
  - textbox "Name"
  - group "Runtime":
    - radio /Python/ [checked]
    - radio /Node.js/
    - radio /Go/ [disabled]
  - group "Code":
    - radio "Write here" [checked]
    - radio "Upload an archive"
    - radio "Git repository"
    - radio "Bucket"
    - textbox "Code, main.py"
    - group:
      - textbox "Dependencies, requirements.txt"
  - group: /Advanced/
  - group: /Pre-flight/
  - button "Create and build"
  - button "Edit as YAML"
  - link "Cancel"
`],
  ["the overview", `/t/${TENANT}/functions/${name}`, `
- main:
  - heading "${name}" [level=1]
  - region "From code to traffic":
    - list:
      - listitem: /Code done/
      - listitem: /Build done/
      - listitem: /Push done/
      - listitem: /Revision done/
      - listitem: /Traffic done/
  - heading "Address" [level=2]
  - button "Copy the address"
  - group "Call it with curl"
  - heading "Revisions" [level=2]
  - heading "Facts" [level=2]
  - heading "Recent events" [level=2]
  - link "All events"
  - table "Events, newest first"
`],
  ["the code", `/t/${TENANT}/functions/${name}/code`, `
- main:
  - heading "${name}" [level=1]
  - navigation "Files":
    - list:
      - listitem:
        - link "main.py"
  - textbox "Content of main.py"
  - textbox "Handler": main.handler
  - button "Deploy"
  - link "Download"
`],
  ["the test form", `/t/${TENANT}/functions/${name}/test`, `
- main:
  - heading "${name}" [level=1]
  - group "Kind of request":
    - radio "JSON" [checked]
    - radio "CloudEvent"
  - textbox "Body"
  - group: Method, path, headers
  - button "Send"
  - textbox "Name of the test"
  - button "Save"
  - heading "Answer" [level=2]
`],
  ["the timeline", `/t/${TENANT}/functions/${name}/events`, `
- main:
  - heading "${name}" [level=1]
  - search:
    - searchbox "Text in id, type, subject or data"
    - combobox "Type"
    - combobox "Outcome"
    - button "Apply"
    - group: More filters
  - form "Choose a stretch of time":
    - slider "Begin of the stretch"
    - slider "End of the stretch"
    - button "Zoom in"
  - group /^Timeline, current by itself/:
    - list:
      - listitem:
        - link "Function created"
  - table "Events, newest first":
    - rowgroup:
      - row "Event Detail Wait · run Time"
    - rowgroup:
      - row /Call completed HTTP 200/:
        - cell "Call completed":
          - link "Call completed"
  - navigation "Pages of events"
`],
  ["the logs", `/t/${TENANT}/functions/${name}/logs`, `
- main:
  - heading "${name}" [level=1]
  - toolbar "Log tools":
    - searchbox "Search all lines"
    - button "Match case"
    - button "Regular expression"
    - status
    - button "Previous match"
    - button "Next match"
    - combobox "Least level"
    - button "Wrap"
    - button "Times"
    - button "Pause"
    - button "Copy all"
    - link "Download"
    - link "Raw (opens a new tab)"
  - log "Log of ${name}"
  - paragraph:
    - status: /Streaming/
`],
  ["the settings", `/t/${TENANT}/functions/${name}/settings`, `
- main:
  - heading "${name}" [level=1]
  - group "Environment":
    - textbox "Variable name"
    - textbox "Value"
    - button "Add a variable"
  - group "Secrets":
    - textbox "New secret variable"
    - textbox "Its value"
  - heading "Scaling" [level=2]
  - spinbutton "Fewest instances": "0"
  - spinbutton "Most instances"
  - heading "Resources of one instance" [level=2]
  - textbox "CPU, set aside"
  - group "Traffic":
    - combobox "Revision"
    - spinbutton "Percent": "100"
    - textbox "Tag"
    - status: Adds up to 100 %.
  - heading "Build" [level=2]
  - group: /Pre-flight/
  - button "Save"
  - heading "Delete this function" [level=2]
  - paragraph:
    - link "Delete…"
`],
  ["the dead letters", `/t/${TENANT}/deadletters?function=${name}`, `
- main:
  - heading "Dead letters" [level=1]
  - search:
    - textbox "Function": ${name}
    - combobox "Kind of failure"
    - combobox "Event type"
    - button "Apply"
    - link "Clear filters"
  - heading "No dead letter matches" [level=2]
`],
  ["the audit trail", `/t/${TENANT}/audit?object=${name}`, `
- main:
  - heading "Audit trail" [level=1]
  - link "CSV"
  - link "JSON"
  - search:
    - searchbox "Who"
    - searchbox "Action, as function.delete"
    - searchbox "To what": ${name}
    - combobox "Result"
    - button "Apply"
    - link "Clear filters"
  - group "Acts, a wide table":
    - table "Acts, newest first":
      - rowgroup:
        - row "When Who Action To what Result Details"
      - rowgroup:
        - row /invocation.invoke ${name} success/
  - navigation "Pages of acts"
`],
];

for (const [label, path, tree] of pages) {
  test(`a screen reader is told what ${label} holds`, async ({ page }) => {
    await page.goto(path);
    await expect(page.locator("html[data-hydrated]")).toBeAttached();
    await expect(page.locator("body")).toMatchAriaSnapshot(BANNER);
    if (path.includes(`/functions/${name}`)) await expect(page.locator("body")).toMatchAriaSnapshot(OF_FUNCTION);
    await expect(page.locator("body")).toMatchAriaSnapshot(tree);
  });
}
