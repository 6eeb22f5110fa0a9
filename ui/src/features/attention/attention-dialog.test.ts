import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { UnsettledAct } from "$lib/api";
import { installFakeBackend, type FakeOptions } from "$fake/backend";
import { madeUpUnsettled } from "$fake/data";
import { appContextKey, AppState } from "$lib/state";
import AttentionDialog from "./AttentionDialog.svelte";

async function open(unsettled: UnsettledAct[], options: FakeOptions = {}) {
  const backend = installFakeBackend({ opened: "p1", signedIn: true, unsettled, ...options });
  const app = new AppState();
  await app.start();
  const { opened } = app;
  if (!opened) throw new Error("the workspace is open");
  const onclose = vi.fn();
  render(AttentionDialog, { props: { opened, onclose }, context: new Map([[appContextKey, app]]) });
  const decisions = () => backend.calls.filter(({ command }) => command === "decide_unsettled");
  return { app, backend, opened, decisions, user: userEvent.setup() };
}

const other: UnsettledAct = {
  ...madeUpUnsettled,
  organizationId: "65f0000000000000000000ff",
  organizationName: "acme",
  act: "trash",
  newName: null,
  liveName: null,
  trashedName: "acme",
  reason: null,
  seen: "facts-2",
  places: [
    { collectionName: "org_acme", exists: true, documents: null, isOriginal: null, belongsTo: "acme" },
    { collectionName: "console_trash_1", exists: false, documents: null, isOriginal: null, belongsTo: null },
  ],
  choices: [
    {
      id: "trash, none",
      destination: "trash",
      name: null,
      data: "none",
      collectionName: null,
      left: [],
    },
  ],
};

describe("the dialog of interrupted changes", () => {
  it("shows what the change was, who began it, and what exists under both names", async () => {
    await open([madeUpUnsettled]);
    const part = await screen.findByRole("region", {
      name: "Renaming northmark-freight to northmark-logistics",
    });
    expect(part).toHaveTextContent(/Started by dana@meridian\.example/);
    expect(part).toHaveTextContent(/because org_northmark-freight was made anew meanwhile/);
    expect(part).toHaveTextContent("The organization is in the list as northmark-freight.");
    const rows = within(part).getAllByRole("row").slice(1);
    expect(rows[0]).toHaveTextContent(/org_northmark-freight\s*12\s*Created after the change started/);
    expect(rows[1]).toHaveTextContent(/org_northmark-logistics\s*48,213\s*Here when the change started/);
  });

  it("says of each choice which documents it keeps and what it leaves", async () => {
    await open([madeUpUnsettled]);
    expect(
      await screen.findByRole("radio", {
        name: /In the list as northmark-logistics With the documents in org_northmark-logistics\. org_northmark-freight stays as it is\./,
      }),
    ).not.toBeChecked();
    expect(screen.getAllByRole("radio")).toHaveLength(2);
  });

  it("ends a change as it was chosen, and only then, and makes the screens load again", async () => {
    const { app, opened, decisions, user } = await open([madeUpUnsettled, other]);
    const part = within(await screen.findByRole("region", { name: /^Renaming/ }));
    await user.click(part.getByRole("button", { name: "End this change" }));
    expect(decisions()).toHaveLength(0);
    await user.click(part.getByRole("radio", { name: /In the list as northmark-freight/ }));
    await user.click(part.getByRole("button", { name: "End this change" }));
    await waitFor(() => expect(screen.queryByRole("region", { name: /^Renaming/ })).toBeNull());
    expect(decisions()[0]?.args).toMatchObject({
      workspace: "p1",
      organizationId: madeUpUnsettled.organizationId,
      choice: "live northmark-freight, in place",
      seen: "facts-1",
    });
    expect(screen.getByRole("region", { name: "Moving acme to the trash" })).toBeVisible();
    await waitFor(() => expect(opened.decisions).toBe(1));
    await waitFor(() => expect(opened.found.recovered).toHaveLength(1));
    expect(app.toasts.list.map(({ title }) => title)).toContain(
      "The interrupted change of northmark-freight has ended",
    );
  });

  it("shows what is there now when it has changed, with the refusal, and nothing chosen", async () => {
    const { backend, user } = await open([madeUpUnsettled]);
    await user.click(await screen.findByRole("radio", { name: /In the list as northmark-freight/ }));
    const changed = {
      ...madeUpUnsettled,
      seen: "facts-9",
      places: madeUpUnsettled.places.map((place) => ({ ...place, documents: 77 })),
    };
    backend.on("decide_unsettled", () => {
      throw { code: "facts_changed" };
    });
    backend.on("list_unsettled", () => [changed]);
    await user.click(screen.getByRole("button", { name: "End this change" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("The data has changed since it was shown");
    expect(screen.getAllByRole("cell", { name: "77" })).toHaveLength(2);
    expect(screen.getByRole("radio", { name: /In the list as northmark-freight/ })).not.toBeChecked();
  });

  it("says what belongs to another organization, what does not exist and what is not known", async () => {
    await open([other]);
    const rows = (await screen.findAllByRole("row")).slice(1);
    expect(rows[0]).toHaveTextContent("Belongs to acme");
    expect(rows[1]).toHaveTextContent("Does not exist");
    expect(screen.getByRole("radio", { name: "In the trash Without a collection." })).toBeVisible();
  });

  it("waits in a locked workspace until it is unlocked", async () => {
    const { decisions, user } = await open([madeUpUnsettled], { access: "locked" });
    await user.click(await screen.findByRole("radio", { name: /In the list as northmark-freight/ }));
    await user.click(screen.getByRole("button", { name: "End this change" }));
    expect(decisions()).toHaveLength(0);
    expect(screen.getByRole("button", { name: /^Unlock/ })).toBeVisible();
  });

  it("says when nothing waits", async () => {
    await open([]);
    expect(await screen.findByText("Nothing is waiting for a decision")).toBeVisible();
  });
});

describe("what was left when a workspace was opened", () => {
  it("has a way to the decision in its message", async () => {
    const backend = installFakeBackend({ unsettled: [madeUpUnsettled] });
    const app = new AppState();
    await app.start();
    await app.openWorkspace("p1", null, false);
    const toast = app.toasts.list.find(({ action }) => action !== undefined);
    expect(toast?.action?.label).toBe("See what is left");
    toast?.action?.run();
    expect(app.question).toBe("attention");
    expect(app.toasts.list).toHaveLength(0);
    expect(backend.calls.length).toBeGreaterThan(0);
  });
});
