import { screen, waitFor, within } from "@testing-library/svelte";
import type userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { button, callsOf, startWithList } from "$fake/window";

const firstRow = () => {
  const row = screen.getAllByRole("row")[1];
  if (!row) throw new Error("no row is drawn");
  return row;
};

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
    const { user } = await startWithList(locked);
    expect(screen.queryByRole("button", { name: "New organization" })).toBeNull();
    expect(screen.getByText("Locked")).toBeVisible();
    firstRow().focus();
    await user.keyboard("{Delete}{F2}{Enter}");
    const panel = await screen.findByRole("complementary");
    for (const act of ["Rename", "Deactivate", "Move to trash"])
      expect(within(panel).queryByRole("button", { name: act })).toBeNull();
    expect(screen.queryByRole("alertdialog")).toBeNull();
  });

  it("waits for the answer to its unlocking, which changes nothing", async () => {
    const { backend, user } = await startWithList(locked);
    backend.on("unlock_workspace", () => new Promise(() => {}));
    const dialog = await unlock(user);
    const cancel = dialog.getByRole("button", { name: "Cancel" });
    await waitFor(() => expect(cancel).toHaveAttribute("aria-disabled", "true"));
    expect(cancel).toHaveAccessibleDescription("Waiting for the answer.");
  });

  it("is unlocked with a reason for ten minutes, counted down, and locked again by hand", async () => {
    const { backend, user } = await startWithList(locked);
    const dialog = await unlock(user, "x");
    await waitFor(() =>
      expect(dialog.getByLabelText("Reason")).toHaveAccessibleDescription("Use at least 3 characters."),
    );
    await user.type(dialog.getByLabelText("Reason"), " for CHG-2041{Control>}{Enter}{/Control}");
    expect(await screen.findByRole("button", { name: "New organization" })).toBeVisible();
    expect(callsOf(backend, "unlock_workspace").at(-1)?.args).toEqual({
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
    const { user } = await startWithList(locked);
    await unlock(user);
    const bar = within(screen.getByRole("contentinfo", { name: "Server" }));
    expect(await bar.findByRole("timer")).toHaveTextContent(/^Unlocked, (10:00|9:5\d) left$/);
    await user.click(button("Lock now"));
    expect(await bar.findByText("Locked")).toBeVisible();
  });

  it("keeps what is typed in a dialog when it locks itself, and is unlocked from there", async () => {
    const { backend, user } = await startWithList(locked);
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
    expect(callsOf(backend, "create_organization")).toHaveLength(2);
  });

  it("is not unlocked by those who are no operators", async () => {
    await startWithList({ ...locked, role: "organization_admin" });
    expect(screen.getByText("Locked")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Unlock for changes" })).toBeNull();
  });

  it("cannot be unlocked at all where the connection is read-only", async () => {
    await startWithList({ access: "read_only" });
    expect(screen.getByText("Read-only")).toHaveAttribute("title", expect.stringContaining("read-only"));
    expect(screen.queryByRole("button", { name: "Unlock for changes" })).toBeNull();
    expect(screen.queryByRole("button", { name: "New organization" })).toBeNull();
  });
});
