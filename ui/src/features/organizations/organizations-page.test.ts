import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { installFakeBackend, type FakeOptions } from "$fake/backend";
import { madeUpOrganizations } from "$fake/data";
import { LIMITS } from "$lib/api";
import { appContextKey, AppState } from "$lib/state";
import OrganizationsPage from "./OrganizationsPage.svelte";

// The test environment lays nothing out: a window of 5 rows stands for the real one.
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(160);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1200);
});

async function open(options: FakeOptions = {}) {
  const backend = installFakeBackend({ opened: "built-in", signedIn: true, ...options });
  const app = new AppState();
  await app.start();
  const onexport = vi.fn();
  const onbundle = vi.fn();
  const props = { onexport, onbundle, tabs: [] };
  const comeBack = () => render(OrganizationsPage, { props, context: new Map([[appContextKey, app]]) });
  const { unmount: leave } = comeBack();
  return { backend, app, onexport, onbundle, leave, comeBack, user: userEvent.setup() };
}

async function openList(options: FakeOptions = {}) {
  const opened = await open(options);
  await screen.findByRole("grid");
  return { ...opened, grid: screen.getByRole("grid") };
}

const rows = () => screen.getAllByRole("row").slice(1);
const nameIn = (row: HTMLElement) => row.querySelector(".name")?.textContent ?? "";
const rowAt = (index: number): HTMLElement => {
  const row = rows().find(({ dataset }) => dataset["index"] === String(index));
  if (row === undefined) throw new Error(`row ${index} is not drawn`);
  return row;
};

describe("the organizations page", () => {
  it("draws only the rows near the window, and tells how many there are", async () => {
    const { grid } = await openList();
    expect(rows().length).toBeLessThan(30);
    expect(Number(grid.getAttribute("aria-rowcount"))).toBeGreaterThan(150);
  });

  it("says how many documents no row stands for, and why, on the list they are missing from", async () => {
    const { backend, user } = await openList();
    const unshowable = { live: 2, trashed: 0, idTypes: ["int", "string"] };
    backend.on("count_organizations", () => ({
      all: 3,
      active: 3,
      deactivated: 0,
      trashed: 1,
      exact: true,
      unshowable,
    }));
    await user.type(screen.getByRole("searchbox"), "a");
    const told = /^2 documents cannot be shown: their _id is not an ObjectId \(found: int, string\)/;
    expect(await screen.findByText(told)).toBeVisible();
    await user.click(screen.getByRole("button", { name: /^(In t|T)rash/ }));
    await waitFor(() => expect(screen.queryByText(told)).toBeNull());
  });

  it("says of a date that is not known, and makes none up", async () => {
    const organizations = madeUpOrganizations(3).map((each) => ({ ...each, updatedAt: null }));
    await open({ organizations });
    expect(await screen.findAllByText("Not known")).not.toHaveLength(0);
  });

  it("walks the rows with the arrow keys, one stop for Tab", async () => {
    const { user } = await openList();
    rowAt(0).focus();
    await user.keyboard("{ArrowDown}{ArrowDown}");
    await waitFor(() => expect(rowAt(2)).toHaveFocus());
    expect(rows().filter(({ tabIndex }) => tabIndex === 0)).toEqual([rowAt(2)]);
  });

  it("is left alone by keys that belong to an input method in the search", async () => {
    await openList();
    const search = screen.getByRole("searchbox");
    search.focus();
    await fireEvent.keyDown(search, { key: "Enter", isComposing: true });
    expect(search).toHaveFocus();
    await fireEvent.keyDown(search, { key: "Enter" });
    await waitFor(() => expect(search).not.toHaveFocus());
  });

  it("opens the panel with Enter, moves the focus into it, and Escape brings it back", async () => {
    const { user } = await openList();
    rowAt(1).focus();
    await user.keyboard("{ArrowDown}{Enter}");
    const name = nameIn(rowAt(1));
    const panel = await screen.findByRole("complementary", { name });
    await waitFor(() => expect(panel).toHaveFocus());
    await user.keyboard("{Escape}");
    await waitFor(() => expect(rowAt(1)).toHaveFocus());
    expect(screen.queryByRole("complementary")).toBeNull();
  });

  it("says in the panel that an admin's stored hash can't be verified, and no longer once it can", async () => {
    const { user, backend } = await openList({ unverifiableHash: "argon2id" });
    rowAt(1).focus();
    await user.keyboard("{Enter}");
    const panel = await screen.findByRole("complementary");
    await waitFor(() => expect(panel).toHaveTextContent("(argon2id)"));
    backend.on("get_organization", (({ nameOrId }: { nameOrId: string }) => ({
      ...backend.organizations.find(({ id }) => id === nameOrId),
      unverifiableHash: null,
    })) as never);
    rowAt(2).focus();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.getByRole("complementary")).not.toHaveTextContent("argon2id"));
  });

  it("promises no documents to or from an organization whose collection stayed with others", async () => {
    const organizations = madeUpOrganizations(29).map((each) => ({ ...each, leftShared: true }));
    const { user } = await openList({ organizations });
    await user.click(screen.getByRole("button", { name: /^(In t|T)rash/ }));
    await waitFor(() => expect(rows()).toHaveLength(1));
    rowAt(0).focus();
    await user.keyboard("{Enter}");
    const panel = await screen.findByRole("complementary");
    await waitFor(() => expect(panel).toHaveTextContent("Removes it. The collection it shared stays."));
    expect(panel).toHaveTextContent("Puts it back in the list.");
    expect(panel, "they are the others' too").not.toHaveTextContent("with all its documents");
  });

  it("checks with Space, extends with Shift, and Escape clears", async () => {
    const { user } = await openList();
    rowAt(0).focus();
    await user.keyboard(" {Shift>}{ArrowDown}{ArrowDown}{/Shift}");
    expect(await screen.findByRole("toolbar")).toHaveTextContent("3 selected");
    expect(rowAt(2)).toHaveAttribute("aria-selected", "true");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("toolbar")).toBeNull());
  });

  it("turns the order around with a second click on a column's header", async () => {
    const { user } = await openList();
    const header = screen.getByRole("columnheader", { name: "Admin" });
    await user.click(within(header).getByRole("button"));
    await user.click(within(header).getByRole("button"));
    expect(header).toHaveAttribute("aria-sort", "descending");
  });

  it("shows what trashing touches in a local workspace too, and Undo puts it back", async () => {
    const { user, app, backend } = await openList();
    const name = nameIn(rowAt(0));
    rowAt(0).focus();
    await user.keyboard("{Delete}");
    const dialog = await screen.findByRole("alertdialog");
    await waitFor(() => expect(dialog).toHaveTextContent(/Documents ?\d/));
    expect(backend.calls.map(({ command }) => command)).not.toContain("delete_organization");
    await user.click(within(dialog).getByRole("button", { name: "Move to trash" }));
    await waitFor(() => expect(app.toasts.list[0]?.title).toBe(`${name} moved to trash`));
    expect(nameIn(rowAt(0))).not.toBe(name);
    app.toasts.list[0]?.action?.run();
    await waitFor(() => expect(nameIn(rowAt(0))).toBe(name));
    expect(backend.calls.map(({ command }) => command)).toContain("undo_act");
  });

  it("asks before it trashes in production", async () => {
    const { user, backend } = await openList({ opened: "p1" });
    rowAt(0).focus();
    await user.keyboard("{Delete}");
    expect(await screen.findByRole("alertdialog")).toBeVisible();
    expect(backend.calls.map(({ command }) => command)).not.toContain("delete_organization");
  });

  it("tells organization admins that trashing their own ends their session, and offers them no Undo", async () => {
    const { user, app } = await openList({ role: "organization_admin" });
    rowAt(0).focus();
    await user.keyboard("{Delete}");
    const dialog = await screen.findByRole("alertdialog");
    expect(dialog).toHaveTextContent("Your session will end.");
    const trash = within(dialog).getByRole("button", { name: "Move to trash" });
    await waitFor(() => expect(trash).not.toHaveAttribute("aria-disabled"));
    await user.click(trash);
    await waitFor(() => expect(app.toasts.list[0]?.title).toMatch(/moved to trash$/));
    expect(app.toasts.list[0]?.action).toBeUndefined();
  });

  it("tells what part of a bulk act failed, shows the details, and tries that part again", async () => {
    const { user, app, backend } = await openList();
    const refused = backend.organizations.find(({ displayName, name }) =>
      [displayName, name].includes(nameIn(rowAt(1))),
    );
    backend.on("deactivate_organization", (({ id }: { id: string }) => {
      if (id === refused?.id) throw { code: "busy", details: { act: "rename" } };
      return { ...backend.organizations.find((each) => each.id === id), status: "deactivated" };
    }) as never);
    rowAt(0).focus();
    await user.keyboard(" {Shift>}{ArrowDown}{ArrowDown}{/Shift}");
    await user.click(within(await screen.findByRole("toolbar")).getByRole("button", { name: "Deactivate" }));
    await waitFor(() => expect(app.toasts.list[0]?.title).toBe("2 of 3 deactivated"));
    app.toasts.list[0]?.action?.run();
    const dialog = await screen.findByRole("dialog", { name: "Some organizations were not changed" });
    const asked = () => backend.calls.filter(({ command }) => command === "deactivate_organization");
    const before = asked().length;
    backend.restore("deactivate_organization");
    await user.click(within(dialog).getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(app.toasts.list.at(-1)?.title).toBe(`${nameIn(rowAt(1))} deactivated`));
    expect(asked().slice(before)).toHaveLength(1);
    expect(asked().at(-1)?.args).toMatchObject({ id: refused?.id });
  });

  it("shows how far an act on many has come, and stops it", async () => {
    const { user, app, backend } = await openList();
    await user.click(screen.getByRole("button", { name: /^Deactivated/ }));
    await waitFor(() => expect(rowAt(0)).toHaveTextContent("Deactivated"));
    rowAt(0).focus();
    await user.keyboard("{Control>}a{/Control}");
    const bar = await screen.findByRole("toolbar");
    const release: (() => void)[] = [];
    backend.on("reactivate_organization", (async ({ id }: { id: string }) => {
      await new Promise<void>((resolve) => release.push(resolve));
      return { ...backend.organizations.find((each) => each.id === id), status: "active" };
    }) as never);
    const all = Number(/\d+/.exec(bar.textContent ?? "")?.[0]);
    expect(all).toBeGreaterThan(10);
    await user.click(within(bar).getByRole("button", { name: "Reactivate" }));
    await waitFor(() => expect(bar).toHaveTextContent(`0 of ${all} done`));
    await waitFor(() => expect(release).toHaveLength(1));
    release[0]?.();
    await waitFor(() => expect(bar).toHaveTextContent(`1 of ${all} done`));
    const started = 1 + LIMITS.bulkAtOnce;
    await waitFor(() => expect(release).toHaveLength(started));
    await user.click(within(bar).getByRole("button", { name: "Stop" }));
    for (const one of release) one();
    await waitFor(() => expect(app.toasts.list.at(-1)?.title).toBe(`${started} organizations reactivated`));
    expect(release).toHaveLength(started);
    expect(screen.getByRole("toolbar")).toHaveTextContent(`${all - started} selected`);
  });

  it("takes the checks away once the checked rows were acted on", async () => {
    const { user, app } = await openList({ opened: "p1" });
    rowAt(0).focus();
    await user.keyboard("{Control>}a{/Control}");
    await user.click(within(await screen.findByRole("toolbar")).getByRole("button", { name: "Deactivate" }));
    const dialog = await screen.findByRole("alertdialog");
    const count = screen.getByLabelText("Type the number of organizations to confirm");
    await user.type(count, count.getAttribute("placeholder") ?? "");
    await user.click(within(dialog).getByRole("button", { name: "Deactivate" }));
    await waitFor(() => expect(app.toasts.list[0]?.title).toMatch(/organizations deactivated$/));
    expect(screen.queryByRole("toolbar")).toBeNull();
    expect(rows().filter((row) => row.ariaSelected === "true")).toEqual([]);
  });

  it("shows in the panel what a refresh read, and closes it for an organization that is gone", async () => {
    const { user, app, backend } = await openList();
    rowAt(0).focus();
    await user.keyboard("{Enter}");
    const name = nameIn(rowAt(0));
    const panel = await screen.findByRole("complementary", { name });
    const index = backend.organizations.findIndex((each) => [each.displayName, each.name].includes(name));
    const before = backend.organizations[index];
    if (before === undefined) throw new Error(`${name} is not in the store`);
    backend.organizations[index] = { ...before, adminEmail: "somebody.else@example.test" };
    await user.keyboard("{Control>}r{/Control}");
    expect(await within(panel).findByText("somebody.else@example.test")).toBeVisible();
    backend.organizations.splice(index, 1);
    await user.keyboard("{Control>}r{/Control}");
    await waitFor(() => expect(screen.queryByRole("complementary")).toBeNull());
    expect(app.toasts.list[0]?.title).toBe(`${name} is gone`);
  });

  it("leaves the focus where the person was: in the panel after an act, on the row after Undo", async () => {
    const { user, app } = await openList();
    rowAt(0).focus();
    await user.keyboard("{Enter}");
    const panel = await screen.findByRole("complementary");
    await user.click(await within(panel).findByRole("button", { name: "Deactivate" }));
    await waitFor(() => expect(within(panel).getByRole("button", { name: "Reactivate" })).toBeVisible());
    await waitFor(() => expect(panel).toHaveFocus());
    await user.keyboard("{Escape}");
    await waitFor(() => expect(rowAt(0)).toHaveFocus());
    rowAt(0).blur();
    app.toasts.list[0]?.action?.run();
    await waitFor(() => expect(rowAt(0)).toHaveFocus());
  });

  it("puts the focus on the row when the bar of checked rows is closed", async () => {
    const { user } = await openList();
    rowAt(0).focus();
    await user.keyboard("{ArrowDown} ");
    const bar = await screen.findByRole("toolbar");
    await user.click(within(bar).getByRole("button", { name: "Clear selection" }));
    await waitFor(() => expect(rowAt(1)).toHaveFocus());
    await user.keyboard("{ArrowDown}");
    await waitFor(() => expect(rowAt(2)).toHaveFocus());
  });

  it("sorts with Space on a column's header, and checks no row", async () => {
    const { user } = await openList();
    const header = screen.getByRole("columnheader", { name: "Admin" });
    within(header).getByRole("button").focus();
    await user.keyboard(" ");
    expect(header).toHaveAttribute("aria-sort", "ascending");
    expect(screen.queryByRole("toolbar")).toBeNull();
  });

  it("shows by which name the list is sorted beside what people call an organization", async () => {
    const { backend } = await openList();
    const named = backend.organizations.find(({ displayName }) => displayName === nameIn(rowAt(1)));
    expect(rowAt(1)).toHaveTextContent(`${named?.displayName} ${named?.name}`);
    expect(screen.getByText("Name, A to Z")).toBeVisible();
  });

  it("leads from the pencil beside a panel's title to the display name", async () => {
    const { user } = await openList();
    rowAt(0).focus();
    await user.keyboard("{ArrowDown}{Enter}");
    const name = nameIn(rowAt(1));
    await user.click(await screen.findByRole("button", { name: `Edit ${name}` }));
    expect(await screen.findByLabelText("Display name")).toHaveValue(name);
  });

  it("offers a viewer nothing that changes", async () => {
    const { user } = await openList({ role: "viewer" });
    expect(screen.queryByRole("button", { name: "New organization" })).toBeNull();
    rowAt(0).focus();
    await user.keyboard("{Enter}");
    const panel = await screen.findByRole("complementary");
    for (const act of ["Rename", "Deactivate", "Move to trash", /^Edit/, /^Change the admin/]) {
      expect(within(panel).queryByRole("button", { name: act })).toBeNull();
    }
  });

  it("exports what is checked, in the order of the list", async () => {
    const { user, onexport } = await openList();
    rowAt(0).focus();
    await user.keyboard(" ");
    await user.click(screen.getAllByRole("button", { name: "Export" })[0] as HTMLElement);
    await waitFor(() => expect(onexport).toHaveBeenCalledOnce());
    expect(onexport.mock.lastCall?.[0]).toMatchObject({
      selectedIds: [expect.any(String)],
      sort: "name",
      direction: "ascending",
    });
  });

  it("finds while typing, and says so when nothing matches", async () => {
    const { user } = await openList();
    await user.type(screen.getByRole("searchbox"), "no such thing");
    expect(await screen.findByText("Nothing matches")).toBeVisible();
    await user.click(screen.getAllByRole("button", { name: "Clear search" })[0] as HTMLElement);
    expect(await screen.findByRole("grid")).toBeVisible();
  });

  it("keeps the last rows behind a failure and offers to try again", async () => {
    const { user, backend } = await openList();
    backend.fail("list_organizations", {
      code: "denied_by_database",
      details: { action: "find", namespace: null },
    });
    await user.click(screen.getByRole("button", { name: /^Deactivated/ }));
    const again = await screen.findByRole("button", { name: "Retry now" });
    expect(screen.getByRole("grid")).toBeInTheDocument();
    backend.restore("list_organizations");
    await user.click(again);
    await waitFor(() => expect(screen.queryByRole("button", { name: "Retry now" })).toBeNull());
  });

  it("fills an empty built-in workspace with samples and tells their password", async () => {
    const { user, leave, comeBack } = await open({ organizations: [] });
    await user.click(await screen.findByRole("button", { name: "Load sample organizations" }));
    expect(await screen.findByText(/sample organizations loaded/)).toBeVisible();
    expect(screen.getByText("Every sample admin signs in with the password", { exact: false })).toBeVisible();
    expect(await screen.findByRole("grid")).toBeVisible();
    leave();
    comeBack();
    expect(screen.getByText("Sample-Password-1")).toBeVisible();
  });

  it("tells from which command the statistics come, and reads them again", async () => {
    const { user, backend } = await openList();
    rowAt(0).focus();
    await user.keyboard("{Enter}");
    await user.click(await screen.findByRole("tab", { name: "Collection" }));
    expect(await screen.findByText("Source")).toBeVisible();
    const readings = () => backend.calls.filter(({ command }) => command === "collection_statistics").length;
    const before = readings();
    await user.click(screen.getByRole("button", { name: "Reload the statistics" }));
    await waitFor(() => expect(readings()).toBe(before + 1));
  });
});
