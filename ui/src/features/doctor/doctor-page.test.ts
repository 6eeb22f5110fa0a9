import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { installFakeBackend, type FakeOptions } from "$fake/backend";
import { madeUpFinding } from "$fake/doctor";
import { AppState, appContextKey } from "$lib/state";
import DoctorPage from "./DoctorPage.svelte";

beforeEach(() => {
  localStorage.clear();
  window.innerWidth = 1280;
  // The table measures itself; jsdom lays out nothing.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(640);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1100);
});
afterEach(() => {
  vi.restoreAllMocks();
  forget?.();
});

let forget: (() => void) | undefined;

async function open(options: FakeOptions = {}) {
  const backend = installFakeBackend({ opened: "p2", signedIn: true, role: "owner", ...options });
  const app = new AppState();
  await app.start();
  // As the window does.
  window.addEventListener("keydown", app.shortcuts.handle);
  forget = () => window.removeEventListener("keydown", app.shortcuts.handle);
  render(DoctorPage, { context: new Map([[appContextKey, app]]) });
  const called = (command: string) => backend.calls.filter((call) => call.command === command);
  return { backend, app, called, user: userEvent.setup() };
}

const rowOf = (name: RegExp) => screen.findByRole("row", { name });
const panel = () => screen.findByRole("complementary");
const FINDINGS = [
  madeUpFinding("missing_collection", "aldgate"),
  madeUpFinding("missing_collection", "brightwater"),
  madeUpFinding("ownerless_collection", "harbour"),
  madeUpFinding("view_collection", "orchard"),
];

test("nothing is looked at before somebody asks, and a run shows what it found in groups", async () => {
  const { called, user } = await open();
  expect(await screen.findByText("The doctor has not run here")).toBeVisible();
  expect(called("run_doctor")).toHaveLength(0);
  await user.click(screen.getByRole("button", { name: "Run the doctor" }));
  const group = await rowOf(/No collection 3/);
  const rows = screen.getAllByRole("row");
  expect(rows[rows.indexOf(group) + 1]).toHaveTextContent("Broken");
  expect(screen.getByRole("button", { name: /^Broken/ })).toHaveTextContent("4");
  expect(screen.getByText(/^Checked \d\d:\d\d, 200 organizations in/)).toBeVisible();
  expect(await screen.findByText("9 findings")).toBeVisible();
});

test("the key R runs it, with indexes when asked, and Cancel keeps the last result", async () => {
  const { backend, called, user } = await open({ findings: FINDINGS });
  await rowOf(/aldgate/);
  await user.click(screen.getByRole("checkbox", { name: "Check indexes too" }));
  const release = backend.hold("run_doctor");
  await user.click(document.body);
  await user.keyboard("r");
  const line = await screen.findByRole("progressbar", { name: "The doctor is looking" });
  expect(line).toBeVisible();
  expect(called("run_doctor")[0]?.args).toMatchObject({ depth: "deep" });
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  expect(called("cancel_job")).toHaveLength(1);
  release();
  await waitFor(() => expect(screen.queryByRole("progressbar")).toBeNull());
  expect(await rowOf(/aldgate/)).toBeVisible();
});

test("a failed run is told above the last result", async () => {
  const { backend, user } = await open({ findings: FINDINGS });
  await rowOf(/aldgate/);
  backend.fail("run_doctor", {
    code: "unavailable",
    details: { reason: "server", path: null, cause: "no answer" },
  });
  await user.click(screen.getByRole("button", { name: /Run again/ }));
  expect(await screen.findByText(/The last result stays/)).toBeVisible();
  expect(await rowOf(/aldgate/)).toBeVisible();
});

test("a facet shows one severity, and a search what it names", async () => {
  const { user } = await open({ findings: FINDINGS });
  await rowOf(/aldgate/);
  await user.click(screen.getByRole("button", { name: /^Drift/ }));
  await waitFor(() => expect(screen.queryByRole("row", { name: /aldgate/ })).toBeNull());
  expect(await rowOf(/org_harbour/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: /^All/ }));
  await user.type(screen.getByRole("searchbox"), "bright");
  expect(await rowOf(/brightwater/)).toBeVisible();
  await waitFor(() => expect(screen.queryByRole("row", { name: /org_harbour/ })).toBeNull());
  expect(await rowOf(/No collection 1/)).toBeVisible();
});

test("a finding opens with both sides, its commands, and turns into its result when it is mended", async () => {
  const { called, user } = await open({ findings: FINDINGS });
  await user.click(await rowOf(/aldgate/));
  const shown = within(await panel());
  expect(shown.getByRole("table")).toHaveTextContent("org_aldgate");
  expect(shown.getByRole("radio", { name: /Make the collection/ })).toBeChecked();
  await user.click(shown.getByRole("button", { name: "Dry run" }));
  expect(await shown.findByText('db.createCollection("org_aldgate")')).toBeVisible();
  expect(called("mend_finding")).toHaveLength(0);
  await user.click(shown.getByRole("button", { name: "Make the collection" }));
  expect(await shown.findByText(/^Make the collection, /)).toBeVisible();
  const row = await rowOf(/^\s*aldgate/);
  expect(row).toHaveTextContent("Make the collection: done");
  expect(row).not.toHaveTextContent("Broken");
  await waitFor(() =>
    expect(screen.getByRole("row", { name: /No collection/ })).toHaveTextContent("1 of 2 open"),
  );
});

test("a mend asks for what it has to be told, and only for that", async () => {
  const { called, user } = await open({ findings: FINDINGS });
  await user.click(await rowOf(/aldgate/));
  const shown = within(await panel());
  await user.click(shown.getByRole("radio", { name: /Attach collection/ }));
  const button = shown.getByRole("button", { name: "Attach collection" });
  expect(button).toHaveAttribute("aria-disabled", "true");
  await waitFor(() => expect(shown.getByRole("option", { name: "org_harbour" })).toBeInTheDocument());
  await user.selectOptions(shown.getByLabelText("Collection"), "org_harbour");
  await user.click(button);
  await waitFor(() => expect(called("mend_finding")).toHaveLength(1));
  expect(called("mend_finding")[0]?.args).toMatchObject({
    request: { mend: "attach_collection", choices: { collection: "org_harbour", name: null } },
  });
});

test("in production the name is typed before a mend", async () => {
  const { called, user } = await open({ opened: "p1", findings: FINDINGS });
  await user.click(await rowOf(/aldgate/));
  await user.click(within(await panel()).getByRole("button", { name: "Make the collection" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Make the collection: aldgate" }));
  const mend = dialog.getByRole("button", { name: "Make the collection" });
  expect(mend).toHaveAttribute("aria-disabled", "true");
  await user.type(dialog.getByLabelText("Type the name to confirm"), "aldgate");
  await user.click(mend);
  await waitFor(() => expect(called("mend_finding")).toHaveLength(1));
});

test("a collection is set aside into the suggested folder, and its file can be shown", async () => {
  const { app, backend, called, user } = await open({ findings: FINDINGS });
  await user.click(await rowOf(/org_harbour/));
  const shown = within(await panel());
  await user.click(shown.getByRole("radio", { name: /Set aside as a bundle/ }));
  await user.click(shown.getByRole("button", { name: "Set aside as a bundle" }));
  const dialog = within(
    await screen.findByRole("alertdialog", { name: "Set aside as a bundle: org_harbour" }),
  );
  expect(await dialog.findByText("~/Downloads")).toBeVisible();
  const release = backend.hold("mend_finding");
  await user.click(dialog.getByRole("button", { name: "Set aside as a bundle" }));
  expect(await dialog.findByRole("progressbar", { name: "Setting org_harbour aside" })).toBeVisible();
  const { progress } = called("mend_finding")[0]?.args as {
    progress: { onmessage: (told: unknown) => void };
  };
  const parts = {
    reading_back: "Reading the file of org_harbour back",
    comparing: "Comparing org_harbour with its file",
  };
  for (const [step, name] of Object.entries(parts)) {
    progress.onmessage({ step, done: 1, total: 2, perSecond: 1, bytes: 1, bytesPerSecond: 1 });
    expect(await dialog.findByRole("progressbar", { name })).toBeVisible();
  }
  await user.click(dialog.getByRole("button", { name: "Stop" }));
  const { job } = called("mend_finding")[0]?.args as { job: string };
  expect(called("cancel_job")[0]?.args).toMatchObject({ job });
  release();
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect(called("mend_finding")[0]?.args).toMatchObject({
    request: { mend: "set_aside", choices: { target: "default" } },
  });
  expect(app.toasts.list.at(-1)).toMatchObject({
    title: "org_harbour set aside",
    action: { label: "Show in folder" },
  });
});

test("what was stopped is neither mended nor failed, and what changed says where its file is", async () => {
  const findings = ["harbour", "mill"].map((name) => madeUpFinding("ownerless_collection", name));
  const { backend, called, user } = await open({ findings });
  await user.click(await screen.findByRole("button", { name: "Set aside as a bundle…" }));
  const dialog = within(await screen.findByRole("alertdialog"));
  await dialog.findByText("~/Downloads");
  backend.fail("mend_finding", { code: "cancelled" });
  await user.click(dialog.getByRole("button", { name: "Set aside as a bundle" }));
  const goOn = await dialog.findByRole("button", { name: "Continue with the remaining 2" });
  expect(called("mend_finding")).toHaveLength(1);
  expect(dialog.queryByText(/could not be mended|Nothing was mended/)).toBeNull();
  const problem = { is: "source_changed", path: "~/Downloads/org_harbour-2026-11-28.tenant" } as const;
  backend.fail("mend_finding", { code: "bundle_refused", details: { problem } });
  await user.click(goOn);
  expect(await dialog.findByText("2 of 2 could not be mended")).toBeVisible();
  expect(dialog.getAllByText(/What was read is in .*org_harbour-2026-11-28.tenant/)).toHaveLength(2);
});

test("all of a group are mended at once, each with its result, and those that failed again", async () => {
  const { backend, called, user } = await open({ findings: FINDINGS });
  await user.click(await screen.findByRole("button", { name: "Make the collection…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Make the collection: 2 findings" }));
  expect(dialog.getByText("aldgate, brightwater")).toBeVisible();
  backend.fail("mend_finding", { code: "facts_changed" });
  await user.click(dialog.getByRole("button", { name: "Make the collection" }));
  expect(await dialog.findByText("2 of 2 could not be mended")).toBeVisible();
  backend.restore("mend_finding");
  await user.click(dialog.getByRole("button", { name: /2/ }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(called("mend_finding").length).toBeGreaterThanOrEqual(4);
  expect(await rowOf(/No collection All 2 mended/)).toBeVisible();
});

test("selected findings of one kind are mended together, and of several kinds not", async () => {
  const { user } = await open({ findings: FINDINGS });
  const group = await rowOf(/No collection/);
  group.focus();
  await user.keyboard(" ");
  expect(await screen.findByText("2 selected")).toBeVisible();
  const bar = within(screen.getByRole("toolbar"));
  expect(bar.getByRole("button", { name: "Mend 2…" })).not.toHaveAttribute("aria-disabled");
  const other = await rowOf(/org_harbour/);
  await user.click(within(other).getByTitle("Select org_harbour"));
  expect(bar.getByRole("button", { name: "Mend…" })).toHaveAttribute("aria-disabled", "true");
});

test("who may only look is offered no mend, and a locked workspace says so", async () => {
  const { user } = await open({ findings: FINDINGS, role: "read_only_operator" });
  await user.click(await rowOf(/aldgate/));
  expect(await within(await panel()).findByText(/not mend them/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Make the collection…" })).toBeNull();
});

test("a locked workspace shows what could be mended, and mends nothing", async () => {
  const { user } = await open({ findings: FINDINGS, access: "locked" });
  await user.click(await rowOf(/aldgate/));
  const shown = within(await panel());
  expect(await shown.findByRole("button", { name: "Unlock for changes" })).toBeVisible();
  expect(shown.getByRole("button", { name: "Make the collection" })).toHaveAttribute("aria-disabled", "true");
});

test("what is only told has no mend", async () => {
  const { user } = await open({ findings: FINDINGS });
  await user.click(await rowOf(/orchard/));
  expect(await within(await panel()).findByText("Nothing to mend here")).toBeVisible();
});

test("the page of a workspace where everything agrees says so", async () => {
  await open({ findings: [] });
  expect(await screen.findByText("Metadata and storage agree")).toBeVisible();
});
