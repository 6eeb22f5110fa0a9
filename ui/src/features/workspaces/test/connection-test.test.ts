import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { FAKE_PASSWORD } from "$fake/backend";
import { add, button, start, string, tab, write } from "$fake/window";

describe("the connection test", () => {
  it("shows every stage with what it found, and opens what passed", async () => {
    const { user } = await start();
    await add(user);
    await user.type(screen.getByLabelText("Name"), "Rig");
    await write(user, `mongodb+srv://ann:${FAKE_PASSWORD}@rig.example`);
    await user.click(button("Test and open"));
    expect(await screen.findByRole("heading", { name: "Sign in to Rig" })).toBeVisible();
  });

  it("shows before the first run what it would try, and folds its result", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    const panel = within(screen.getByRole("complementary", { name: "Connection test" }));
    expect(panel.getAllByText("Not run")).toHaveLength(7);
    const fold = panel.getByRole("button", { name: "Hide the result", hidden: true });
    await user.click(fold);
    expect(fold).toHaveAttribute("aria-expanded", "false");
    await user.click(button("Test"));
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
    expect(fold).toHaveAttribute("aria-expanded", "true");
  });

  it("says what each stage found", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(button("Test"));
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
    expect(screen.getByText("TLS 1.3")).toBeVisible();
    expect(
      screen.getByText("R11, issued by ISRG Root X1, valid from 13 Mar 2024 until 12 Mar 2027"),
    ).toBeVisible();
    expect(screen.getByText(/MongoDB 8.0.4, Replica set/)).toBeVisible();
  });

  it("stops at a refused password, in words, and leads to the field", async () => {
    const { backend, user } = await start();
    await add(user);
    await user.type(screen.getByLabelText("Name"), "Rig");
    await write(user, "mongodb://ann:wro%25ng@rig.example");
    await user.click(button("Test and open"));
    const note = within(await screen.findByRole("alert"));
    expect(note.getByText("The server refused this user and password")).toBeVisible();
    expect(note.getByText(/This password contains %/)).toBeVisible();
    expect(tab(/Authentication/)).toHaveAccessibleName(/Has a problem/);
    expect(backend.calls.some(({ command }) => command === "save_profile")).toBe(false);
    const scrolled = vi.spyOn(Element.prototype, "scrollIntoView");
    await user.click(note.getByRole("button", { name: "Edit password" }));
    await waitFor(() => expect(screen.getByLabelText("Database password")).toHaveFocus());
    expect(scrolled.mock.contexts).toContain(screen.getByLabelText("Database password"));
    await user.type(screen.getByLabelText("Database password"), FAKE_PASSWORD);
    await user.click(button("Test again"));
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
  });

  it("offers what most likely puts it right", async () => {
    const { backend, user } = await start();
    await add(user);
    await write(user, "mongodb://ann:x@authsource.example");
    await user.click(button("Test"));
    await user.click(await screen.findByRole("button", { name: "Use admin and test" }));
    await waitFor(() => expect(string().value).toContain("authSource=admin"));
    expect(backend.calls.filter(({ command }) => command === "test_connection")).toHaveLength(2);
  });

  it("copies the report", async () => {
    const { user } = await start();
    const copied = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    await add(user);
    await write(user, "mongodb://refused.example");
    await user.click(button("Test"));
    await user.click(await screen.findByRole("button", { name: "Copy report" }));
    expect(copied).toHaveBeenCalledWith(expect.stringContaining("reach: failed"));
  });

  it("shows the role that gives a user the missing rights, and tests again from there", async () => {
    const { backend, user } = await start();
    await add(user);
    await write(user, `mongodb://ann:${FAKE_PASSWORD}@rights.example`);
    await user.click(button("Test"));
    await user.click(await screen.findByRole("button", { name: "Show required role" }));
    const dialog = within(
      await screen.findByRole("dialog", { name: "The smallest role that allows everything" }),
    );
    expect(dialog.getByText("find on organizations")).toBeVisible();
    expect(dialog.queryByText(/renameCollection/)).toBeNull();
    expect(dialog.getByLabelText("Command to paste")).toHaveTextContent("db.createRole({})");
    await user.click(dialog.getByRole("button", { name: "Test again" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(backend.calls.filter(({ command }) => command === "test_connection")).toHaveLength(2);
  });

  it("offers no role where no right is missing", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(button("Test"));
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Show required role" })).toBeNull();
  });

  it("is cancelled", async () => {
    const { user } = await start({ delay: 30 });
    await user.click(await screen.findByRole("button", { name: /^Meridian Locked/ }));
    await user.click(button("Test"));
    await user.click(await screen.findByRole("button", { name: "Cancel" }));
    expect(await screen.findByText(/The test was cancelled/)).toBeVisible();
    expect(button("Test again")).toBeVisible();
  });

  it("runs by itself when the database user may not open the workspace", async () => {
    const { backend, user } = await start();
    backend.fail("open_workspace", {
      code: "denied_by_database",
      details: { action: "find", namespace: "tenants.console_operations" },
    });
    await user.click(button(/^Integration rig/));
    await user.click(button("Open workspace"));
    expect(await screen.findByText("The database does not allow this")).toBeVisible();
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
    expect(backend.calls.filter(({ command }) => command === "test_connection")).toHaveLength(1);
  });

  it("runs by itself when a workspace cannot be opened", async () => {
    const { user } = await start();
    await user.click(button(/^Integration rig/));
    await user.click(button("Open workspace"));
    expect(await screen.findByText("The server is not responding")).toBeVisible();
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
    expect(button("Try again")).toBeVisible();
  });
});
