import { configure, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import App from "../src/App.svelte";
import { installFakeBackend, type FakeOptions } from "$fake/backend";

configure({ asyncUtilTimeout: 5_000 });

// The test environment lays nothing out: a window of 5 rows stands for the real one.
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(160);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1200);
});

async function start(options: FakeOptions = {}) {
  const backend = installFakeBackend({ opened: "p1", signedIn: true, ...options });
  render(App);
  await screen.findByRole("grid");
  return { backend, user: userEvent.setup({ delay: null, pointerEventsCheck: 0 }) };
}
const button = (name: string | RegExp) => screen.getByRole("button", { name });
const calls = (backend: Awaited<ReturnType<typeof start>>["backend"], command: string) =>
  backend.calls.filter((call) => call.command === command);
const firstRow = () => {
  const row = screen.getAllByRole("row")[1];
  if (!row) throw new Error("no row is drawn");
  return row;
};

describe("several open workspaces", () => {
  const two = { opened: "p1", alsoOpened: ["built-in"] };

  it("are switched in the sidebar without signing in again", async () => {
    const { backend, user } = await start(two);
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
    expect(calls(backend, "sign_in")).toEqual([]);
    expect(calls(backend, "list_organizations").at(-1)?.args).toMatchObject({ workspace: "built-in" });
  });

  it("are switched by keyboard, and each is found as it was left", async () => {
    const { user } = await start(two);
    await user.type(screen.getByRole("searchbox"), "freight");
    await waitFor(() => expect(firstRow()).toHaveTextContent(/freight/i));
    firstRow().focus();
    await user.keyboard(" ");
    await screen.findByRole("toolbar");
    await user.keyboard("{Alt>}1{/Alt}");
    await screen.findByRole("button", { name: /^On this computer, Local/ });
    expect(screen.getByRole("searchbox")).toHaveValue("");
    expect(screen.queryByRole("toolbar")).toBeNull();
    await user.keyboard("{Control>}3{/Control}");
    await screen.findByRole("heading", { name: "Settings", level: 1 });
    await user.keyboard("{Control>}{Tab}{/Control}");
    await screen.findByRole("button", { name: /^Meridian, Production/ });
    expect(screen.getByRole("searchbox")).toHaveValue("freight");
    expect(await screen.findByRole("toolbar")).toHaveTextContent("1 selected");
    await user.keyboard("{Control>}{Shift>}{Tab}{/Shift}{/Control}");
    expect(await screen.findByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
  });

  it("are not switched while a dialog is open, so that nothing typed is lost", async () => {
    const { backend, user } = await start(two);
    await user.click(button("New organization"));
    const dialog = within(await screen.findByRole("dialog"));
    await user.type(dialog.getByLabelText("Name"), "harbourline");
    await user.keyboard("{Alt>}1{/Alt}");
    expect(calls(backend, "switch_workspace")).toEqual([]);
    expect(dialog.getByLabelText("Name")).toHaveValue("harbourline");
  });

  it("ask for the password again only where the session is over", async () => {
    const { backend, user } = await start(two);
    backend.on("current_session", (({ workspace }: { workspace: string }) =>
      workspace === "built-in"
        ? null
        : {
            ...calls(backend, "sign_in"),
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
    const { backend, user } = await start(two);
    await user.click(button(/^Meridian, Production/));
    await user.click(await screen.findByRole("menuitem", { name: "Close Meridian" }));
    await waitFor(() => expect(screen.queryByRole("navigation", { name: "Workspace" })).toBeNull());
    expect(calls(backend, "close_workspace").map(({ args }) => args)).toEqual([{ workspace: "p1" }]);
    await user.keyboard("{Alt>}1{/Alt}");
    expect(await screen.findByRole("button", { name: /^On this computer, Local/ })).toBeVisible();
  });

  it("stay open behind the list of all workspaces", async () => {
    const { backend, user } = await start(two);
    await user.click(button(/^Meridian, Production/));
    await user.click(await screen.findByRole("menuitem", { name: "All workspaces" }));
    await waitFor(() => expect(screen.queryByRole("navigation", { name: "Workspace" })).toBeNull());
    await waitFor(() => expect(document.documentElement).not.toHaveAttribute("data-env", "production"));
    await user.keyboard("{Alt>}2{/Alt}");
    expect(await screen.findByRole("grid")).toBeVisible();
    expect(calls(backend, "close_workspace")).toEqual([]);
  });

  it("are opened from the menu too; one that needs a password is asked for it in the list", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Meridian, Production/));
    await user.click(await screen.findByRole("menuitem", { name: /^Laptop MongoDB/ }));
    expect(await screen.findByRole("heading", { name: "Sign in to Laptop MongoDB" })).toBeVisible();
    await user.keyboard("{Alt>}1{/Alt}");
    await user.click(await screen.findByRole("button", { name: /^Meridian, Production/ }));
    await user.click(await screen.findByRole("menuitem", { name: /^Meridian Staging/ }));
    await waitFor(() => expect(screen.queryByRole("navigation", { name: "Workspace" })).toBeNull());
    expect(calls(backend, "open_workspace").map(({ args }) => args)).toMatchObject([
      { id: "p4" },
      { id: "p2", password: null },
    ]);
  });
});

describe("a line that is lost", () => {
  async function lose(options: FakeOptions = {}) {
    const started = await start(options);
    started.backend.disconnect();
    await started.user.keyboard("{Control>}r{/Control}");
    await screen.findByText("Meridian is not responding");
    return started;
  }

  it("is told once with what is known, and the rows stay with their time", async () => {
    await lose();
    expect(screen.getAllByRole("alert")).toHaveLength(1);
    expect(screen.getByRole("alert")).toHaveTextContent(
      /No host of the replica set answered for 5 seconds\. Showing data loaded \d\d:\d\d:\d\d\./,
    );
    expect(screen.getByText(/Attempt 1\.$/)).toBeVisible();
    expect(firstRow()).toHaveTextContent("acacia_aerospace");
    expect(screen.getByText("Disconnected")).toBeVisible();
    expect(screen.getByText(/^Last response \d\d:\d\d:\d\d$/)).toBeVisible();
  });

  it("comes back by itself: the banner goes, the list is read again, and it is said", async () => {
    const { backend } = await lose();
    const read = calls(backend, "list_organizations").length;
    backend.reconnect();
    await waitFor(() => expect(screen.queryByText("Meridian is not responding")).toBeNull());
    expect(await screen.findByText("Meridian is responding again.")).toBeInTheDocument();
    await waitFor(() => expect(calls(backend, "list_organizations").length).toBeGreaterThan(read));
    expect(screen.getByText("Connected")).toBeVisible();
  });

  it("is as quick as the last check found it", async () => {
    const { backend, user } = await start();
    expect(screen.getByText(/^Replica set, 12.ms$/)).toBeInTheDocument();
    const view = { reachable: true, problem: null, primary: null, members: 3, checkedAt: "" };
    backend.on("check_line", () => ({ ...view, roundTripMilliseconds: 0 }));
    backend.fail("list_organizations", {
      code: "unavailable",
      details: { reason: "server", path: null, cause: "no answer" },
    });
    await user.keyboard("{Control>}r{/Control}");
    expect(await screen.findByText(/^Replica set, <1.ms$/)).toBeInTheDocument();
  });

  it("keeps a form that is being filled in", async () => {
    const { backend, user } = await start();
    await user.click(button("New organization"));
    const dialog = within(await screen.findByRole("dialog"));
    await user.type(dialog.getByLabelText("Name"), "harbourline");
    backend.disconnect();
    await user.type(dialog.getByLabelText("Admin email"), "m@harbourline.example");
    await screen.findByText("Meridian is not responding");
    backend.reconnect();
    await waitFor(() => expect(screen.queryByText("Meridian is not responding")).toBeNull());
    expect(dialog.getByLabelText("Name")).toHaveValue("harbourline");
    expect(dialog.getByLabelText("Admin email")).toHaveValue("m@harbourline.example");
  });

  it("leads to the connection test, and is asked at once on wish", async () => {
    const { backend, user } = await lose();
    const before = calls(backend, "check_line").length;
    await user.click(button("Retry now"));
    await waitFor(() => expect(calls(backend, "check_line").length).toBeGreaterThan(before));
    await user.click(button("Run connection test"));
    await waitFor(() => expect(screen.queryByRole("navigation", { name: "Workspace" })).toBeNull());
    await waitFor(() => expect(calls(backend, "test_connection")).toHaveLength(1));
    expect(calls(backend, "test_connection")[0]?.args).toMatchObject({ input: { id: "p1" } });
  });
});

describe("a locked workspace", () => {
  const locked = { access: "locked" } as const;

  async function unlock(user: ReturnType<typeof userEvent.setup>, reason = "CHG-2041") {
    await user.click(button("Unlock for changes"));
    const dialog = within(await screen.findByRole("dialog", { name: "Unlock Meridian for changes" }));
    await user.type(dialog.getByLabelText("Reason"), reason);
    await user.click(dialog.getByRole("button", { name: "Unlock for ten minutes" }));
    return dialog;
  }

  it("offers nothing that changes and says why", async () => {
    const { user } = await start(locked);
    expect(screen.queryByRole("button", { name: "New organization" })).toBeNull();
    expect(screen.getByText("Locked")).toBeVisible();
    firstRow().focus();
    await user.keyboard("{Delete}{F2}{Enter}");
    const panel = await screen.findByRole("complementary");
    for (const act of ["Rename", "Deactivate", "Move to trash"])
      expect(within(panel).queryByRole("button", { name: act })).toBeNull();
    expect(screen.queryByRole("alertdialog")).toBeNull();
  });

  it("is unlocked with a reason for ten minutes, counted down, and locked again by hand", async () => {
    const { backend, user } = await start(locked);
    const dialog = await unlock(user, "x");
    await waitFor(() =>
      expect(dialog.getByLabelText("Reason")).toHaveAccessibleDescription("Use at least 3 characters."),
    );
    await user.type(dialog.getByLabelText("Reason"), " for CHG-2041{Control>}{Enter}{/Control}");
    expect(await screen.findByRole("button", { name: "New organization" })).toBeVisible();
    expect(calls(backend, "unlock_workspace").at(-1)?.args).toEqual({
      workspace: "p1",
      reason: "x for CHG-2041",
    });
    const counted = /^Unlocked, (10:00|9:5\d) left$/;
    expect(within(screen.getByRole("navigation")).getByText(counted)).toBeVisible();
    expect(within(screen.getByRole("contentinfo", { name: "Server" })).getByText("Unlocked")).toBeVisible();
    expect(screen.getAllByText(counted)).toHaveLength(1);
    await user.click(button("Lock now"));
    await waitFor(() => expect(screen.queryByRole("button", { name: "New organization" })).toBeNull());
    expect(await screen.findByText("Meridian is locked again.")).toBeInTheDocument();
  });

  it("is counted down and locked in the status bar where the sidebar has no room for it", async () => {
    const wide = window.matchMedia;
    vi.spyOn(window, "matchMedia").mockImplementation((query) => ({
      ...wide(query),
      matches: query.includes("799px"),
    }));
    const { user } = await start(locked);
    await unlock(user);
    const bar = within(screen.getByRole("contentinfo", { name: "Server" }));
    expect(await bar.findByRole("timer")).toHaveTextContent(/^Unlocked, (10:00|9:5\d) left$/);
    await user.click(button("Lock now"));
    expect(await bar.findByText("Locked")).toBeVisible();
  });

  it("keeps what is typed in a dialog when it locks itself, and is unlocked from there", async () => {
    const { backend, user } = await start(locked);
    await unlock(user);
    await user.click(await screen.findByRole("button", { name: "New organization" }));
    const dialog = within(await screen.findByRole("dialog", { name: "New organization" }));
    await user.type(dialog.getByLabelText("Name"), "harbourline");
    await user.type(dialog.getByLabelText("Admin email"), "m@harbourline.example");
    await user.type(dialog.getByLabelText("Password"), "Meridian-2026");
    const lockedNow = { code: "read_only", details: { unlockable: true } } as const;
    backend.fail("create_organization", lockedNow);
    backend.on("access_state", () => ({
      access: "locked",
      writable: false,
      unlockedUntil: null,
      locksWhenIdleAt: null,
      reason: null,
    }));
    const create = dialog.getByRole("button", { name: "Create organization" });
    await waitFor(() => expect(create).not.toHaveAttribute("aria-disabled"));
    await user.click(create);
    expect(await dialog.findByText(/What you typed is kept/)).toBeVisible();
    expect(create).toHaveAccessibleDescription("The workspace is locked");
    backend.restore("create_organization");
    await user.click(dialog.getByRole("button", { name: "Unlock for changes" }));
    const unlocking = within(await screen.findByRole("dialog", { name: "Unlock Meridian for changes" }));
    await user.type(unlocking.getByLabelText("Reason"), "CHG-2041");
    await user.click(unlocking.getByRole("button", { name: "Unlock for ten minutes" }));
    await waitFor(() => expect(screen.queryByText(/What you typed is kept/)).toBeNull());
    expect(dialog.getByLabelText("Name")).toHaveValue("harbourline");
    await user.click(dialog.getByRole("button", { name: "Create organization" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(calls(backend, "create_organization")).toHaveLength(2);
  });

  it("is not unlocked by those who are no operators", async () => {
    await start({ ...locked, role: "organization_admin" });
    expect(screen.getByText("Locked")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Unlock for changes" })).toBeNull();
  });

  it("cannot be unlocked at all where the connection is read-only", async () => {
    await start({ access: "read_only" });
    expect(screen.getByText("Read-only")).toHaveAttribute("title", expect.stringContaining("read-only"));
    expect(screen.queryByRole("button", { name: "Unlock for changes" })).toBeNull();
    expect(screen.queryByRole("button", { name: "New organization" })).toBeNull();
  });
});

describe("what the database user may not do", () => {
  const needs = "renameCollectionSameDB on organization_management";
  const restrictions: FakeOptions["restrictions"] = [
    { act: "rename", needs },
    { act: "create", needs: "createCollection on organization_management" },
  ];

  it("is switched off with the reason, in the header, the panel and the menu, and by key", async () => {
    const { user } = await start({ restrictions });
    expect(button("New organization")).toHaveAccessibleDescription(
      "Needs createCollection on organization_management",
    );
    await user.keyboard("n");
    expect(screen.queryByRole("dialog")).toBeNull();
    firstRow().focus();
    await user.keyboard("{F2}");
    expect(await screen.findByText("The database user cannot do this")).toBeVisible();
    expect(screen.queryByRole("dialog")).toBeNull();
    firstRow().focus();
    await user.keyboard("{Enter}");
    const panel = within(await screen.findByRole("complementary"));
    const rename = panel.getByRole("button", { name: "Rename" });
    expect(rename).toHaveAttribute("aria-disabled", "true");
    expect(rename).toHaveAccessibleDescription(`Needs ${needs}`);
    rename.focus();
    expect(rename).toHaveFocus();
    expect(panel.getByRole("button", { name: "Deactivate" })).not.toHaveAttribute("aria-disabled");
    await user.click(panel.getByRole("button", { name: "More actions" }));
    const item = await screen.findByRole("menuitem", { name: /^Rename/ });
    expect(item).toHaveAttribute("aria-disabled", "true");
    expect(item).toHaveAccessibleDescription(`Needs ${needs}`);
    await user.click(item);
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(screen.getByRole("menuitem", { name: "Show required role" })).toBeVisible();
  });

  it("is granted by a role that is shown to be pasted, and looked for again", async () => {
    const { backend, user } = await start({ restrictions });
    await user.click(button("Permissions missing"));
    const dialog = within(await screen.findByRole("dialog", { name: /smallest role/ }));
    expect(await dialog.findByText(/^atlas customDbRoles create/)).toBeVisible();
    await user.click(dialog.getByRole("radio", { name: "MongoDB shell" }));
    expect(dialog.getByText(/createRole/)).toBeVisible();
    await user.click(dialog.getByRole("button", { name: "Check again" }));
    expect(await dialog.findByText("Some permissions are still missing.")).toBeInTheDocument();
    restrictions.length = 0;
    await user.click(dialog.getByRole("button", { name: "Check again" }));
    expect(await dialog.findByText("Nothing is missing")).toBeVisible();
    expect(calls(backend, "workspace_health")).toHaveLength(2);
    await user.click(dialog.getAllByRole("button", { name: "Close" })[0] as HTMLElement);
    await waitFor(() => expect(screen.queryByRole("button", { name: "Permissions missing" })).toBeNull());
    expect(button("New organization")).not.toHaveAttribute("aria-disabled");
  });
});
