import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { installFakeBackend } from "$fake/backend";
import { add, button, items, showWindow, start } from "$fake/window";

describe("the list of workspaces", () => {
  it("shows the built-in one first and opens it", async () => {
    const { user } = await start();
    await user.click(button("Open workspace"));
    expect(await screen.findByRole("heading", { name: "Sign in to On this computer" })).toBeVisible();
  });

  it("is searched by name, host and notes", async () => {
    const { user } = await start();
    await user.type(screen.getByPlaceholderText("Search by name, host or notes"), "sunday");
    expect(items()).toEqual(["Meridian Staging"]);
    await user.clear(screen.getByPlaceholderText("Search by name, host or notes"));
    await user.type(screen.getByPlaceholderText("Search by name, host or notes"), "10.20.4.19");
    expect(items()).toEqual(["Integration rig"]);
    await user.type(screen.getByPlaceholderText("Search by name, host or notes"), "nothing");
    expect(screen.getByText(/No workspace matches/)).toBeVisible();
  });

  it("leaves the keys of an input method to it", async () => {
    await start();
    const search = screen.getByPlaceholderText("Search by name, host or notes");
    await fireEvent.input(search, { target: { value: "mer" } });
    await fireEvent.keyDown(search, { key: "Escape", isComposing: true });
    expect(search).toHaveValue("mer");
    await fireEvent.keyDown(search, { key: "Escape" });
    expect(search).toHaveValue("");
  });

  it("is put in order by Alt and an arrow key", async () => {
    const { backend, user } = await start();
    button(/^Laptop MongoDB/).focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    expect(items()).toEqual([
      "On this computer",
      "Meridian",
      "Meridian Staging",
      "Laptop MongoDB",
      "Integration rig",
    ]);
    const sent = backend.calls.find(({ command }) => command === "arrange_profiles");
    expect(sent?.args).toEqual({ ids: ["p1", "p2", "p4", "p3"] });
    expect(document.activeElement).toBe(button(/^Laptop MongoDB/));
  });

  it("keeps its order when the program refuses another one", async () => {
    const { backend, user } = await start();
    backend.fail("arrange_profiles", "no");
    button(/^Laptop MongoDB/).focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    await screen.findByRole("alert");
    expect(items().at(-1)).toBe("Laptop MongoDB");
  });

  it("puts favourites above the others", async () => {
    const { user } = await start();
    await fireEvent.contextMenu(button(/^Laptop MongoDB/), { clientX: 40, clientY: 40 });
    await user.click(await screen.findByRole("menuitem", { name: "Add to favourites" }));
    await waitFor(() => expect(items()[1]).toBe("Laptop MongoDB"));
    expect(screen.getByRole("list", { name: "Favourites" })).toHaveTextContent("Laptop MongoDB");
  });

  it("duplicates a connection", async () => {
    const { user } = await start();
    await fireEvent.contextMenu(button(/^Laptop MongoDB/), { clientX: 40, clientY: 40 });
    await user.click(await screen.findByRole("menuitem", { name: "Duplicate" }));
    expect(await screen.findByRole("heading", { name: "Edit Laptop MongoDB (copy)" })).toBeVisible();
  });

  it("gives back what was removed, with what was typed in it", async () => {
    const { user } = await start();
    await user.click(button(/^Integration rig/));
    await user.type(await screen.findByLabelText("Notes"), "Reset on Mondays");
    await user.click(button("Remove"));
    await waitFor(() => expect(items()).not.toContain("Integration rig"));
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(() => expect(items()[3]).toBe("Integration rig"));
    expect(await screen.findByLabelText("Notes")).toHaveValue("Reset on Mondays");
  });

  it("says when it is too late to give it back", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Integration rig/));
    await user.click(button("Remove"));
    const undo = await screen.findByRole("button", { name: "Undo" });
    backend.fail("restore_profile", { code: "not_found", details: { what: "workspace" } });
    await user.click(undo);
    expect(await screen.findByText(/not_found/)).toBeVisible();
  });

  it("shows what was begun and not saved, until it is discarded", async () => {
    const { user } = await start();
    await add(user);
    await user.type(screen.getByLabelText("Name"), "Rig");
    await user.click(button(/^Meridian Locked/));
    expect(screen.getByLabelText("Name")).toHaveValue("Meridian");
    await user.click(button(/^Rig/));
    expect(screen.getByLabelText("Name")).toHaveValue("Rig");
    await user.click(button("Cancel"));
    await waitFor(() => expect(items()).not.toContain("Rig"));
  });

  it("colours the window with the environment that is looked at", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    await waitFor(() => expect(document.documentElement).toHaveAttribute("data-env", "production"));
    await user.click(screen.getByRole("radio", { name: "Staging" }));
    await waitFor(() => expect(document.documentElement).toHaveAttribute("data-env", "staging"));
  });

  it("tells what the program found wrong with the profile file", async () => {
    const backend = installFakeBackend();
    backend.on("list_workspaces", () => ({
      workspaces: [],
      secrets: { keeper: "ask_every_time", reason: "no_keychain" },
      notices: [{ kind: "damaged", saved: 1, aside: "~/profiles.damaged.json" }],
    }));
    showWindow();
    const list = (await screen.findByRole("heading", { name: "Tenantry" })).closest("section");
    expect(within(list as HTMLElement).getByText(/1 connection in it could still be read/)).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    expect(screen.queryByText(/1 connection in it could still be read/)).toBeNull();
  });
});
