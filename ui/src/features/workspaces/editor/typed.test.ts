import { screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { type FakeBackend } from "$fake/backend";
import { button, edit, field, start, string } from "$fake/window";

describe("what is typed in a field of the connection", () => {
  it("goes where the caret is, and the caret stays there", async () => {
    const { user } = await start();
    await edit(user, /^Laptop MongoDB/);
    await user.type(field("Replica set"), "rs");
    await user.type(field("Replica set"), "ab", { initialSelectionStart: 1, initialSelectionEnd: 1 });
    expect(field("Replica set")).toHaveValue("rabs");
    expect(field("Replica set").selectionStart).toBe(3);
  });

  it("is all there after a change of the connection string that was still being read", async () => {
    const { backend, user } = await start();
    await edit(user, /^Laptop MongoDB/);
    await user.click(string());
    await user.paste("&w=majorit");
    const read = backend.hold("read_connection_string");
    await user.keyboard("y");
    await user.type(field("Replica set"), "production");
    expect(field("Replica set")).toHaveValue("production");
    read();
    await waitFor(() =>
      expect(string()).toHaveValue(
        "mongodb://localhost:27017/?retryWrites=true&w=majority&replicaSet=production",
      ),
    );
    expect(field("Replica set")).toHaveValue("production");
  });

  it("is all there when the connection string is typed in before the change was written", async () => {
    const { backend, user } = await start();
    await edit(user, /^Laptop MongoDB/);
    const written = backend.hold("write_connection_string");
    await user.type(field("Replica set"), "rs0");
    await user.click(string());
    await user.paste("&w=majority");
    written();
    await waitFor(() =>
      expect(string()).toHaveValue("mongodb://localhost:27017/?retryWrites=true&w=majority&replicaSet=rs0"),
    );
    expect(field("Replica set")).toHaveValue("rs0");
  });
});

describe("what was typed and not saved", () => {
  const open = { opened: "built-in", signedIn: true };

  async function showWorkspaces(user: UserEvent) {
    await user.click(await screen.findByRole("button", { name: /^On this computer, Local/ }));
    await user.click(await screen.findByRole("menuitem", { name: /^All workspaces/ }));
    await screen.findByText("Built in, no setup needed");
  }

  it("is still there after another workspace was shown, and the switcher tells of it", async () => {
    const { backend, user } = await start(open);
    await showWorkspaces(user);
    await edit(user, /^Laptop MongoDB/);
    await user.type(field("Notes"), "Reset on Mondays");
    await user.keyboard("{Alt>}1{/Alt}");
    await user.click(await screen.findByRole("button", { name: /^On this computer, Local/ }));
    const all = await screen.findByRole("menuitem", { name: /^All workspaces/ });
    expect(all).toHaveTextContent("Has unsaved connections");
    await user.click(all);
    expect(await screen.findByLabelText("Notes")).toHaveValue("Reset on Mondays");
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(backend.calls.filter(({ command }) => command === "forget_draft")).toHaveLength(1);
  });

  it("is tested no further once the screen is left", async () => {
    const { backend, user } = await start(open);
    await showWorkspaces(user);
    await edit(user, /^Laptop MongoDB/);
    const tested = backend.hold("test_connection");
    await user.click(button("Test"));
    await screen.findByRole("button", { name: "Cancel" });
    await user.keyboard("{Alt>}1{/Alt}");
    await waitFor(() => expect(backend.calls.some(({ command }) => command === "cancel_job")).toBe(true));
    tested();
  });
});

describe("what was given up in the editor", () => {
  const undo = () => screen.findByRole("button", { name: "Undo" });
  const sent = ({ calls }: FakeBackend, name: string) =>
    calls.flatMap(({ command, args }) => (command === name ? [(args as { draft: string }).draft] : []));

  it("comes back with Undo, and its secrets are kept as long as it can", async () => {
    const { backend, user } = await start();
    await edit(user, /^Laptop MongoDB/);
    const [draft] = sent(backend, "read_connection_string");
    await user.type(field("Notes"), "an hour of notes");
    await user.click(button("Discard changes"));
    expect(field("Notes")).toHaveValue("");
    await user.click(await undo());
    expect(field("Notes")).toHaveValue("an hour of notes");
    expect(sent(backend, "forget_draft")).not.toContain(draft);
    await user.click(button("Discard changes"));
    await user.click(await screen.findByRole("button", { name: "Close message" }));
    expect(sent(backend, "forget_draft")).toContain(draft);
  });

  it("gives back what was typed instead of it, in turn", async () => {
    const { user } = await start();
    await edit(user, /^Laptop MongoDB/);
    await user.type(field("Notes"), "first");
    await user.click(button("Discard changes"));
    await user.type(field("Notes"), "second");
    await user.click(await undo());
    expect(field("Notes")).toHaveValue("first");
    await user.click(await undo());
    expect(field("Notes")).toHaveValue("second");
  });

  it("is given up without a word when nothing was typed", async () => {
    const { backend, user } = await start();
    button("Add connection").focus();
    await user.keyboard("{Enter}");
    await user.click(await screen.findByText("Paste connection string", { selector: "[role=menuitem] *" }));
    await user.click(await screen.findByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(sent(backend, "forget_draft")).toHaveLength(1));
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  it("are hosts and users only as long as another choice does without them", async () => {
    const { user } = await start();
    await edit(user, /^Laptop MongoDB/);
    await user.clear(field("Hosts"));
    await user.click(field("Hosts"));
    await user.paste("one:27018\ntwo\nthree");
    await user.click(screen.getByRole("checkbox", { name: /SRV record/ }));
    await waitFor(() => expect(field("Host")).toHaveValue("one"));
    await user.click(screen.getByRole("checkbox", { name: /SRV record/ }));
    await waitFor(() => expect(field("Hosts")).toHaveValue("one:27018\ntwo\nthree"));

    await user.click(screen.getByRole("tab", { name: /Authentication/ }));
    await user.selectOptions(screen.getByRole("combobox", { name: "Authentication" }), "SCRAM-SHA-256");
    await user.click(field("User"));
    await user.paste("carol");
    await user.selectOptions(screen.getByRole("combobox", { name: "Authentication" }), "None");
    await user.selectOptions(screen.getByRole("combobox", { name: "Authentication" }), "SCRAM-SHA-256");
    expect(field("User")).toHaveValue("carol");
  });
});

describe("what is typed while something else goes on", () => {
  it("is not taken while the connection is being saved", async () => {
    const { backend, user } = await start();
    await edit(user, /^Laptop MongoDB/);
    await user.type(field("Notes"), "before");
    const answer = backend.hold("save_profile");
    await user.click(button("Save"));
    expect(field("Notes").form).toHaveProperty("inert", true);
    answer();
    await screen.findByText("Connection saved");
    expect(field("Notes").form).toHaveProperty("inert", false);
  });

  it("is kept as no number when the tab is left", async () => {
    const { user } = await start();
    await edit(user, /^Laptop MongoDB/);
    await user.click(screen.getByRole("tab", { name: /Advanced/ }));
    await user.type(screen.getByLabelText(/Connect timeout/), "2s");
    await user.click(screen.getByRole("tab", { name: /General/ }));
    expect(screen.getByRole("tab", { name: /Advanced/ })).toHaveAccessibleName(/Has a problem/);
    await user.click(screen.getByRole("tab", { name: /Advanced/ }));
    expect(screen.getByLabelText(/Connect timeout/)).toHaveValue("2s");
    expect(screen.getByLabelText(/Connect timeout/)).toBeInvalid();
  });

  it("is a password that is kept when the server does not answer, and tested with", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Meridian Staging/));
    await user.click(button("Open workspace"));
    const dialog = within(await screen.findByRole("dialog", { name: "Password for Meridian Staging" }));
    expect(dialog.getByRole("button", { name: "Open" })).toHaveAccessibleDescription(
      "Type the password first.",
    );
    backend.fail("open_workspace", {
      code: "unavailable",
      details: { reason: "server", path: null, cause: "no answer" },
    });
    await user.type(dialog.getByLabelText("Database password"), "long and typed{Enter}");
    expect(await dialog.findByText("The server is not responding")).toBeVisible();
    expect(dialog.getByLabelText("Database password")).toHaveValue("long and typed");
    const test = backend.calls.find(({ command }) => command === "test_connection");
    expect(test?.args).toMatchObject({ input: { password: "long and typed" } });
    await user.click(dialog.getByRole("button", { name: "Cancel" }));
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});
