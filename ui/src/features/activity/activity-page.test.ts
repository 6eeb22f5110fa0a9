import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { installFakeBackend, type FakeOptions } from "$fake/backend";
import { idFor, madeUpOrganization } from "$fake/data";
import { madeUpEntries, madeUpEntry } from "$fake/entries";
import { AppState, appContextKey } from "$lib/state";
import ActivityPage from "./ActivityPage.svelte";
import OrganizationActivity from "./OrganizationActivity.svelte";

beforeEach(() => {
  localStorage.clear();
  window.innerWidth = 1280;
  // The table measures itself; jsdom lays out nothing.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(640);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1100);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function start(options: FakeOptions = {}) {
  const backend = installFakeBackend({ opened: "p1", signedIn: true, role: "owner", ...options });
  const app = new AppState();
  await app.start();
  return { backend, app, context: new Map([[appContextKey, app]]), user: userEvent.setup() };
}

async function open(options: FakeOptions = {}) {
  const started = await start(options);
  const { unmount } = render(ActivityPage, { context: started.context });
  await screen.findAllByRole("row");
  const asked = () =>
    started.backend.calls
      .filter(({ command }) => command === "list_activity")
      .map(({ args }) => (args as { query: { filter: object; newerThan: number | null } }).query);
  return { ...started, unmount, asked };
}

const rowOf = (name: RegExp) => screen.findByRole("row", { name });

test("the newest entries come first, each as a sentence", async () => {
  await open({ entries: madeUpEntries(20) });
  const rows = await screen.findAllByRole("row");
  expect(rows[1]).toHaveTextContent("tried to create zephyr_schools");
  expect(rows[1]).toHaveTextContent("Failed");
  expect(await screen.findByText("20 entries")).toBeVisible();
});

test("facets ask for their part of the record and have no counts", async () => {
  const { user, asked } = await open();
  await user.click(screen.getByRole("button", { name: "Refused" }));
  await waitFor(() => expect(asked().at(-1)?.filter).toMatchObject({ facet: "refused" }));
  for (const row of (await screen.findAllByRole("row")).slice(1)) expect(row).toHaveTextContent("Refused");
});

test("an entry opens with what was before and after, and is undone by an act of its own", async () => {
  const { user, backend } = await open({ entries: madeUpEntries(10) });
  await user.click(await rowOf(/renamed aldgate to aldgate_insurance/));
  const panel = await screen.findByRole("complementary", { name: "Entry 3" });
  const table = within(panel).getByRole("table");
  expect(within(table).getByText("_insurance").tagName).toBe("INS");
  await user.click(await within(panel).findByRole("button", { name: "Undo" }));
  const dialog = await screen.findByRole("dialog", { name: "Undo this entry" });
  await user.click(within(dialog).getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(backend.entries.at(-1)).toMatchObject({ kind: "organization_renamed", reason: "undo of entry 3" });
  expect(await rowOf(/renamed aldgate_insurance to aldgate/)).toBeVisible();
  expect((await within(panel).findAllByText(/Something has changed since/)).at(-1)).toBeVisible();
});

test("what a password was before is not shown, and stays when the rest is undone", async () => {
  const { user } = await open({ entries: madeUpEntries(10) });
  await user.click(await rowOf(/changed the address, display name and password/));
  const panel = await screen.findByRole("complementary");
  expect(within(panel).getByText("Not recorded")).toBeVisible();
  await user.click(await within(panel).findByRole("button", { name: "Undo" }));
  expect(await screen.findByText(/The new password stays/)).toBeVisible();
});

test("new entries arrive above a hairline, by a question every five seconds", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { backend, asked, unmount } = await open({ entries: madeUpEntries(10) });
  backend.entries.push(madeUpEntry(11, { kind: "organization_created", organizationName: "brand_new" }));
  await vi.advanceTimersByTimeAsync(5_100);
  expect(await rowOf(/created brand_new/)).toBeVisible();
  expect(screen.getAllByText("1 new")[0]).toBeVisible();
  expect(asked().at(-1)?.newerThan).toBe(10);
  const before = asked().length;
  unmount();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked()).toHaveLength(before);
});

test("no question is asked while the window is hidden", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { asked } = await open();
  const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  document.dispatchEvent(new Event("visibilitychange"));
  const before = asked().length;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked()).toHaveLength(before);
  visibility.mockReturnValue("visible");
  document.dispatchEvent(new Event("visibilitychange"));
  await waitFor(() => expect(asked()).toHaveLength(before + 1));
});

test("the list is narrowed by a person, an organization, an outcome and days, and widened again", async () => {
  const { user, asked } = await open();
  await user.click(screen.getByRole("button", { name: "Filter" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText("Person"), "eve@example.com");
  await user.selectOptions(within(dialog).getByLabelText("Outcome"), "refused");
  await user.click(within(dialog).getByRole("button", { name: "Show entries" }));
  await waitFor(() =>
    expect(asked().at(-1)?.filter).toMatchObject({ person: "eve@example.com", outcome: "refused" }),
  );
  const chips = await screen.findByRole("group", { name: "Active filters" });
  await user.click(within(chips).getByRole("button", { name: "Remove the filter eve@example.com" }));
  await waitFor(() => expect(asked().at(-1)?.filter).toMatchObject({ person: null, outcome: "refused" }));
  await user.click(within(chips).getByRole("button", { name: "Remove the filter" }));
  await waitFor(() => expect(asked().at(-1)?.filter).toMatchObject({ person: null, outcome: null }));
});

test("the record is verified on wish, and what is wrong is said with the entry's number", async () => {
  const { user, backend } = await open({ entries: madeUpEntries(10) });
  expect(screen.getByText("Not verified on this computer yet")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Verify" }));
  expect(await screen.findByText(/^Verified .*, 10 entries$/)).toBeVisible();
  backend.on("verify_record", () => ({
    entries: 4,
    at: new Date().toISOString(),
    broken: { number: 5, problem: "altered" },
  }));
  await user.click(screen.getByRole("button", { name: "Verify again" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Entry 5 was altered after it was written.");
});

test("what the list shows is exported, or the whole record", async () => {
  const { user, backend } = await open();
  await user.click(screen.getByRole("button", { name: "Sign-ins" }));
  await user.click(screen.getByRole("button", { name: "Export" }));
  const dialog = await screen.findByRole("dialog", { name: "Export activity" });
  expect(within(dialog).getByRole("radio", { name: "Matching the filter" })).toBeChecked();
  await waitFor(() =>
    expect(within(dialog).getByRole("button", { name: "Export entries" })).not.toHaveAttribute(
      "aria-disabled",
    ),
  );
  await user.click(within(dialog).getByRole("button", { name: "Export entries" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const sent = backend.calls.find(({ command }) => command === "export_activity");
  expect(sent?.args).toMatchObject({ input: { filter: { facet: "sign_ins" }, format: "csv" } });
});

test("an owner archives what is old, after seeing how much that is", async () => {
  const { user, backend } = await open({ entries: madeUpEntries(60) });
  await user.click(screen.getByRole("button", { name: "More" }));
  await user.click(await screen.findByRole("menuitem", { name: "Archive old entries" }));
  const dialog = await screen.findByRole("dialog", { name: "Archive old entries" });
  expect(await within(dialog).findByText(/^30 entries,/)).toBeVisible();
  await user.selectOptions(within(dialog).getByLabelText("Older than"), "24");
  expect((await within(dialog).findAllByText("No entries are that old."))[0]).toBeVisible();
  await user.selectOptions(within(dialog).getByLabelText("Older than"), "6");
  await waitFor(() =>
    expect(within(dialog).getByRole("button", { name: "Archive and remove" })).not.toHaveAttribute(
      "aria-disabled",
    ),
  );
  await user.click(within(dialog).getByRole("button", { name: "Archive and remove" }));
  await waitFor(() => expect(backend.entries).toHaveLength(31));
});

test("nobody but an owner is offered the archive, and nobody of an organization the verification", async () => {
  await open({ role: "organization_admin" });
  expect(screen.queryByRole("button", { name: "More" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Verify" })).toBeNull();
});

test("an organization's panel has its entries, which open in place", async () => {
  const { user, context } = await start({ entries: madeUpEntries(120) });
  const organization = madeUpOrganization("aldgate", { id: idFor(11) });
  render(OrganizationActivity, { props: { organization }, context });
  const list = await screen.findByRole("list", { name: "Activity" });
  await waitFor(() => expect(within(list).getAllByRole("listitem").length).toBe(30));
  await user.click(screen.getByRole("button", { name: "Show older entries" }));
  await waitFor(() => expect(within(list).getAllByRole("listitem").length).toBe(60));
  const [entry] = within(list).getAllByRole("button", { name: /renamed aldgate/ });
  await user.click(entry as HTMLElement);
  expect(entry).toHaveAttribute("aria-expanded", "true");
  expect(await within(list).findByRole("button", { name: "Undo" })).toBeVisible();
});

test("an entry about a deletion for good shows its certificate, and saves it", async () => {
  const about = { organizationId: idFor(11), organizationName: "aldgate" };
  const { user, backend } = await open({
    entries: [madeUpEntry(1), madeUpEntry(2, { kind: "organization_deleted", ...about })],
  });
  await user.click(await rowOf(/aldgate/));
  const panel = await screen.findByRole("complementary", { name: "Entry 2" });
  await user.click(within(panel).getByRole("button", { name: "Certificate" }));
  const dialog = await screen.findByRole("dialog", { name: "Certificate about aldgate" });
  expect(within(dialog).getByText(/was deleted for good by dana@example.com/)).toBeVisible();
  await user.click(within(dialog).getByRole("button", { name: "Save certificate" }));
  await waitFor(() =>
    expect(backend.calls.find(({ command }) => command === "save_erasure_certificate")?.args).toMatchObject({
      id: idFor(11),
    }),
  );
});

test.each([
  ["an entry about another act", { kind: "organization_trashed" } as const, "owner" as const],
  ["a deletion that failed", { kind: "organization_deleted", outcome: "failed" } as const, "owner" as const],
  ["a person who may not delete", { kind: "organization_deleted" } as const, "read_only_operator" as const],
])("%s is offered no certificate", async (_, change, role) => {
  const entry = madeUpEntry(1, { organizationId: idFor(11), organizationName: "aldgate", ...change });
  const { user } = await open({ role, entries: [entry] });
  await user.click(await rowOf(/aldgate/));
  await screen.findByRole("complementary", { name: "Entry 1" });
  expect(screen.queryByRole("button", { name: "Certificate" })).toBeNull();
});
