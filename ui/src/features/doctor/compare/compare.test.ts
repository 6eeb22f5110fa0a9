import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { installFakeBackend, type FakeOptions } from "$fake/backend";
import { madeUpPair } from "$fake/comparing";
import { madeUpOrganization } from "$fake/data";
import { madeUpFinding } from "$fake/doctor";
import type { ComparedPair, ComparePlace, Comparison } from "$lib/api";
import { AppState, appContextKey } from "$lib/state";
import DoctorPage from "../DoctorPage.svelte";
import { Comparing } from "./comparing.svelte";
import { rowsOf } from "./document-lines";

beforeEach(() => {
  localStorage.clear();
  window.innerWidth = 1280;
  // The table measures itself; jsdom lays out nothing.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(640);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1100);
});
afterEach(() => vi.restoreAllMocks());

const TWINS = madeUpFinding("kept_twins", "aldgate", { collections: ["console_twins_6568"] });
const pairs = (count: number) => Array.from({ length: count }, (_, number) => madeUpPair(number + 1));

/** Opens the page, the finding's panel, and both sides of it. */
async function compare(options: FakeOptions) {
  const backend = installFakeBackend({ opened: "p2", signedIn: true, role: "owner", ...options });
  const app = new AppState();
  await app.start();
  render(DoctorPage, { context: new Map([[appContextKey, app]]) });
  const user = userEvent.setup();
  const [finding] = options.findings ?? [];
  await user.click(await screen.findByRole("row", { name: new RegExp(finding?.subject ?? "") }));
  const shown = within(await screen.findByRole("complementary"));
  await user.click(shown.getByRole("button", { name: "Compare" }));
  const called = (command: string) => backend.calls.filter((call) => call.command === command);
  const choice = (number: number, name: string) =>
    within(shown.getByRole("radiogroup", { name: new RegExp(`${number.toString(16)}$`) })).getByRole(
      "radio",
      { name },
    );
  return { backend, called, user, shown, choice };
}

/** The texts of the marked lines, side by side. */
const marked = (pair: ComparedPair) =>
  rowsOf(pair).flatMap(({ left, right }) =>
    [left, right].map((lines) =>
      (lines ?? []).filter(({ differs }) => differs).map(({ text }) => text.trim().replace(/,$/, "")),
    ),
  );

test("fields stand beside each other, and those that differ are marked within others too", () => {
  const rows = rowsOf(madeUpPair(1));
  expect(rows.map(({ differs }) => differs)).toEqual([false, false, false, true, true, false, true, false]);
  expect(marked(madeUpPair(1)).filter((lines) => lines.length > 0)).toEqual([
    ['"status": "open"'],
    ['"status": "paid"'],
    ['"city": "York"'],
    ['"city": "Leeds"'],
    ['"paid": true'],
  ]);
  expect(rows.at(-2)?.left).toBeNull();
});

test("a field that differs is marked down to its end, and none of the same name elsewhere", () => {
  const text = (value: object) => ({ text: JSON.stringify(value, null, 2), bytes: 1, cut: false });
  const pair = madeUpPair(1, {
    left: text({ a: [{ b: 1 }, { b: 2 }], c: { b: 1 } }),
    right: text({ a: [{ b: 1 }], c: { b: 1 } }),
    fields: ["a"],
  });
  const [, a, c] = rowsOf(pair);
  expect(a?.left?.every(({ differs }) => differs)).toBe(true);
  expect(c?.left?.some(({ differs }) => differs)).toBe(false);
});

test("documents that differ in the order of their fields alone keep it", () => {
  const text = (value: object) => ({ text: JSON.stringify(value, null, 2), bytes: 1, cut: false });
  const pair = madeUpPair(1, { left: text({ a: 1, b: 2 }), right: text({ b: 2, a: 1 }), fields: [] });
  const [whole, ...more] = rowsOf(pair);
  expect(more).toEqual([]);
  expect(whole?.left?.map(({ text }) => text.trim())).toEqual(["{", '"a": 1,', '"b": 2', "}"]);
  expect(whole?.right?.map(({ text }) => text.trim())).toEqual(["{", '"b": 2,', '"a": 1', "}"]);
});

test("a walk goes on while nothing differs, and stops when a person says so", async () => {
  const step = (after: number, found: ComparedPair[], last = false): Comparison => {
    const soFar = { looked: after * 5000, same: after * 5000, differing: 0, onlyRight: 0 };
    return {
      sides: null,
      pairs: found,
      soFar,
      onlyLeft: null,
      next: last ? null : { after: String(after), soFar },
    };
  };
  const asked: (string | null)[] = [];
  const compareFinding = async (_: string, at: ComparePlace | null) => {
    asked.push(at?.after ?? null);
    if (asked.length === 3) walk.stop();
    return step(asked.length, [], asked.length === 6);
  };
  const walk = new Comparing({ compareFinding }, "half_renamed:aldgate");
  await walk.look();
  expect(asked).toEqual([null, "1", "2"]);
  expect(walk.stopped).toBe(true);
  expect(walk.soFar?.looked).toBe(15_000);
  await walk.goOn();
  expect(asked).toEqual([null, "1", "2", "3", "4", "5"]);
  expect([walk.complete, walk.stopped, walk.hasNext]).toEqual([true, false, false]);
});

test("two halves are shown with figures, indexes, and what differs page by page", async () => {
  const finding = madeUpFinding("half_renamed", "aldgate");
  const { shown, user, called } = await compare({ findings: [finding], pairs: pairs(12) });
  const [sides] = await shown.findAllByRole("table");
  expect(sides).toHaveTextContent("org_aldgate-old");
  expect(sides).toHaveTextContent("About 12");
  const only = within(sides as HTMLElement).getByText("status_1");
  expect(only.tagName).toBe("MARK");
  expect(within(sides as HTMLElement).getAllByText("created_at_1")[0]?.tagName).not.toBe("MARK");
  expect(await shown.findByText(/1,212 documents looked at: 12 differ, 1,200 the same/)).toBeVisible();
  expect(shown.getAllByRole("article")).toHaveLength(10);
  expect(shown.getByRole("button", { name: "Previous" })).toHaveAttribute("aria-disabled", "true");
  await user.click(shown.getByRole("button", { name: "Next" }));
  expect(shown.getAllByRole("article")).toHaveLength(2);
  expect(called("compare_finding")).toHaveLength(1);
  expect(shown.queryByRole("radio", { name: "Keep the left" })).toBeNull();
  expect(shown.getByRole("button", { name: "Join the halves" })).toBeVisible();
  await user.click(shown.getByRole("checkbox", { name: "Only fields that differ" }));
  expect(shown.queryByText(/Customer/)).toBeNull();
});

test("nothing is chosen at first; some are decided, and the page goes on with the others", async () => {
  const { shown, user, called, choice } = await compare({ findings: [TWINS], pairs: pairs(3) });
  expect(await shown.findAllByRole("article")).toHaveLength(3);
  for (const radio of shown.getAllByRole("radio", { name: /Keep|Take|Have/ }))
    expect(radio).not.toBeChecked();
  await user.click(choice(1, "Take the right"));
  await user.click(choice(3, "Have both"));
  const bar = within(shown.getByRole("group", { name: "What you chose" }));
  await user.click(bar.getByRole("button", { name: "Dry run" }));
  await waitFor(() => expect(called("dry_run_mend")).toHaveLength(1));
  await user.click(bar.getByRole("button", { name: "Decide 2" }));
  expect(await shown.findByText("2 documents decided")).toBeVisible();
  expect(called("mend_finding")[0]?.args).toMatchObject({
    request: {
      choices: {
        decision: null,
        twins: [
          { seen: { id: "seen-1", proof: "proof-1" }, decision: "take" },
          { seen: { id: "seen-3", proof: "proof-3" }, decision: "both" },
        ],
      },
    },
  });
  await waitFor(() => expect(shown.getAllByRole("article")).toHaveLength(1));
  expect(shown.queryByRole("button", { name: /^Decide \d/ })).toBeNull();
  expect(shown.getByRole("group", { name: "Both sides" })).toHaveFocus();
});

test("all that are left are decided at once, after those that were chosen", async () => {
  const { shown, user, called, choice } = await compare({ findings: [TWINS], pairs: pairs(3) });
  await shown.findAllByRole("article");
  await user.click(choice(2, "Keep the left"));
  await user.click(shown.getByRole("radio", { name: /Keep both, these under new ids/ }));
  const all = shown.getByRole("button", { name: "Decide all 3" });
  expect(all).toHaveAttribute("aria-disabled", "true");
  await user.click(shown.getByRole("button", { name: "Clear choices" }));
  await user.click(all);
  expect(await shown.findByText(/^Decide about the twins, /)).toBeVisible();
  expect(screen.getByRole("complementary")).toHaveFocus();
  expect(called("mend_finding")[0]?.args).toMatchObject({
    request: { choices: { decision: "both", twins: null } },
  });
});

test("what changed since it was shown is not decided, is shown again, and the other choices stay", async () => {
  const there = pairs(3);
  const { shown, user, choice } = await compare({ findings: [TWINS], pairs: there });
  await shown.findAllByRole("article");
  await user.click(choice(1, "Take the right"));
  await user.click(choice(2, "Have both"));
  there[0] = madeUpPair(1, { seen: { id: "seen-1", proof: "another" } });
  await user.click(shown.getByRole("button", { name: "Decide 2" }));
  expect(await shown.findByText("Changed since you chose. Choose again.")).toBeVisible();
  expect(choice(1, "Take the right")).not.toBeChecked();
  expect(choice(2, "Have both")).toBeChecked();
  expect(there).toHaveLength(3);
  await user.click(shown.getByRole("button", { name: "Decide 1" }));
  expect(await shown.findByText("1 document decided")).toBeVisible();
});

test("in production decisions are confirmed, and what is shown is read again afterwards", async () => {
  const { shown, user, called, choice } = await compare({ opened: "p1", findings: [TWINS], pairs: pairs(2) });
  await shown.findAllByRole("article");
  await user.click(choice(1, "Take the right"));
  await user.click(shown.getByRole("button", { name: "Decide 1" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.type(dialog.getByLabelText("Type the name to confirm"), "aldgate");
  await user.click(dialog.getByRole("button", { name: "Decide about the twins" }));
  await waitFor(() => expect(called("mend_finding")).toHaveLength(1));
  expect(await shown.findByText("1 document decided")).toBeVisible();
  expect(shown.getAllByRole("article")).toHaveLength(1);
});

test("Escape leaves the comparison before it closes the panel", async () => {
  const { shown, user } = await compare({ findings: [TWINS], pairs: pairs(1) });
  await shown.findAllByRole("article");
  await user.keyboard("{Escape}");
  expect(shown.getByRole("button", { name: "Compare" })).toBeVisible();
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("complementary")).toBeNull());
});

test("organizations of one name are shown beside each other before one is renamed", async () => {
  const ids = ["656800000000000000000001", "656800000000000000000002"];
  const organizations = ids.map((id, place) =>
    madeUpOrganization("aldgate", { id, adminEmail: `desk${place}@x.example` }),
  );
  const finding = madeUpFinding("twin_names", "aldgate", {
    organizations: ids.map((id) => ({ id, name: "aldgate", inTrash: false })),
    evidence: ids.map((organization) => ({
      what: "name",
      organization,
      metadata: "aldgate",
      storage: "org_aldgate",
    })),
  });
  const { shown, user, called } = await compare({ organizations, findings: [finding] });
  const table = within(await shown.findByRole("table"));
  expect(table.getByText("desk0@x.example").tagName).toBe("MARK");
  expect(table.getByText("desk1@x.example").tagName).toBe("MARK");
  expect(table.getAllByText("Active")[0]?.tagName).not.toBe("MARK");
  await user.selectOptions(shown.getByLabelText("Organization that gets the new name"), ids[1] ?? "");
  await user.type(shown.getByLabelText("New name"), "acme_two");
  const mend = shown.getByRole("button", { name: "Give one another name" });
  await waitFor(() => expect(mend).toHaveAccessibleDescription("Choose what becomes of the documents."));
  await user.click(shown.getByRole("radio", { name: /They go along with the renamed one/ }));
  await user.click(mend);
  await waitFor(() => expect(called("mend_finding")).toHaveLength(1));
  expect(called("mend_finding")[0]?.args).toMatchObject({
    request: {
      choices: { organization: ids[1], name: "acme_two", collection: "org_aldgate", copyToBoth: false },
    },
  });
});

test("who may not mend is shown no documents", async () => {
  installFakeBackend({ opened: "p2", signedIn: true, role: "read_only_operator", findings: [TWINS] });
  const app = new AppState();
  await app.start();
  render(DoctorPage, { context: new Map([[appContextKey, app]]) });
  await userEvent.click(await screen.findByRole("row", { name: /aldgate/ }));
  const shown = within(await screen.findByRole("complementary"));
  expect(shown.queryByRole("button", { name: "Compare" })).toBeNull();
});
