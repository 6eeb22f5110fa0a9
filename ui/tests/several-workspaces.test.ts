import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { button, callsOf, startWithList } from "$fake/window";

const firstRow = () => {
  const row = screen.getAllByRole("row")[1];
  if (!row) throw new Error("no row is drawn");
  return row;
};

describe("several open workspaces", () => {
  const two = { opened: "p1", alsoOpened: ["built-in"] };

  it("are switched in the sidebar without signing in again", async () => {
    const { backend, user } = await startWithList(two);
    await user.click(button(/^Meridian, Production/));
    const menu = within(await screen.findByRole("menu", { name: "Workspaces" }));
    const there = menu.getByRole("menuitemradio", { name: /^On this computer/ });
    expect(there).toHaveTextContent(/Local, Dana Whitlock, 30.min left/);
    expect(there).toHaveTextContent("Alt+1");
    await user.click(there);
    expect(await screen.findByRole("button", { name: /^On this computer, Local/ })).toBeVisible();
    expect(document.title).toBe("On this computer (Local) - Tenantry");
    expect(document.documentElement).toHaveAttribute("data-env", "local");
    expect(await screen.findByRole("grid")).toBeVisible();
    expect(callsOf(backend, "sign_in")).toEqual([]);
    expect(callsOf(backend, "list_organizations").at(-1)?.args).toMatchObject({ workspace: "built-in" });
  });

  it("are switched by keyboard, and each is found as it was left", async () => {
    const { user } = await startWithList(two);
    await user.type(screen.getByRole("searchbox"), "freight");
    await waitFor(() => expect(firstRow()).toHaveTextContent(/freight/i));
    firstRow().focus();
    await user.keyboard(" ");
    await screen.findByRole("toolbar");
    await user.keyboard("{Alt>}1{/Alt}");
    await screen.findByRole("button", { name: /^On this computer, Local/ });
    expect(screen.getByRole("searchbox")).toHaveValue("");
    expect(screen.queryByRole("toolbar")).toBeNull();
    await user.keyboard("{Control>},{/Control}");
    await screen.findByRole("heading", { name: "Settings", level: 1 });
    await user.keyboard("{Control>}{Tab}{/Control}");
    await screen.findByRole("button", { name: /^Meridian, Production/ });
    expect(screen.getByRole("searchbox")).toHaveValue("freight");
    expect(await screen.findByRole("toolbar")).toHaveTextContent("1 selected");
    await user.keyboard("{Control>}{Shift>}{Tab}{/Shift}{/Control}");
    expect(await screen.findByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
  });

  it("are not switched while a dialog is open, so that nothing typed is lost", async () => {
    const { backend, user } = await startWithList(two);
    await user.click(button("New organization"));
    const dialog = within(await screen.findByRole("dialog"));
    await user.type(dialog.getByLabelText("Name"), "harbourline");
    await user.keyboard("{Alt>}1{/Alt}");
    expect(callsOf(backend, "switch_workspace")).toEqual([]);
    expect(dialog.getByLabelText("Name")).toHaveValue("harbourline");
  });

  it("ask for the password again only where the session is over", async () => {
    const { backend, user } = await startWithList(two);
    backend.on("current_session", (({ workspace }: { workspace: string }) =>
      workspace === "built-in"
        ? null
        : {
            ...callsOf(backend, "sign_in"),
            role: "operator",
            name: "",
            email: "dana@meridian.example",
            may: [],
          }) as never);
    await user.keyboard("{Alt>}1{/Alt}");
    expect(await screen.findByRole("heading", { name: "Sign in to On this computer" })).toBeVisible();
    await user.keyboard("{Alt>}2{/Alt}");
    expect(await screen.findByRole("button", { name: /^Meridian, Production/ })).toBeVisible();
  });

  it("are closed one by one, and the others stay", async () => {
    const { backend, user } = await startWithList(two);
    await user.click(button(/^Meridian, Production/));
    await user.click(await screen.findByRole("menuitem", { name: "Close Meridian" }));
    await waitFor(() => expect(screen.queryByRole("navigation", { name: "Workspace" })).toBeNull());
    expect(callsOf(backend, "close_workspace").map(({ args }) => args)).toEqual([{ workspace: "p1" }]);
    await user.keyboard("{Alt>}1{/Alt}");
    expect(await screen.findByRole("button", { name: /^On this computer, Local/ })).toBeVisible();
  });

  it("stay open behind the list of all workspaces", async () => {
    const { backend, user } = await startWithList(two);
    await user.click(button(/^Meridian, Production/));
    await user.click(await screen.findByRole("menuitem", { name: "All workspaces" }));
    await waitFor(() => expect(screen.queryByRole("navigation", { name: "Workspace" })).toBeNull());
    await waitFor(() => expect(document.documentElement).not.toHaveAttribute("data-env", "production"));
    await user.keyboard("{Alt>}2{/Alt}");
    expect(await screen.findByRole("grid")).toBeVisible();
    expect(callsOf(backend, "close_workspace")).toEqual([]);
  });

  it("are opened from the menu too; one that needs a password is asked for it in the list", async () => {
    const { backend, user } = await startWithList();
    await user.click(button(/^Meridian, Production/));
    await user.click(await screen.findByRole("menuitem", { name: /^Laptop MongoDB/ }));
    expect(await screen.findByRole("heading", { name: "Sign in to Laptop MongoDB" })).toBeVisible();
    await user.keyboard("{Alt>}1{/Alt}");
    await user.click(await screen.findByRole("button", { name: /^Meridian, Production/ }));
    await user.click(await screen.findByRole("menuitem", { name: /^Meridian Staging/ }));
    await waitFor(() => expect(screen.queryByRole("navigation", { name: "Workspace" })).toBeNull());
    expect(callsOf(backend, "open_workspace").map(({ args }) => args)).toMatchObject([
      { id: "p4" },
      { id: "p2", password: null },
    ]);
  });
});
