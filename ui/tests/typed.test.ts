import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import App from "../src/App.svelte";
import { installFakeBackend, type FakeOptions } from "$lib/api/testing";

async function start(options: FakeOptions = {}) {
  const backend = installFakeBackend(options);
  render(App);
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  await screen.findByText("Built in, no setup needed");
  return { backend, user };
}
type User = Awaited<ReturnType<typeof start>>["user"];

const button = (name: string | RegExp) => screen.getByRole("button", { name });
const string = () => screen.getByLabelText<HTMLTextAreaElement>("Connection string");
const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);

async function edit(user: User, name: RegExp) {
  await user.click(button(name));
  await waitFor(() => expect(field("Hosts").value).not.toBe(""));
}

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
    const { user } = await start({ delay: 80 });
    await edit(user, /^Laptop MongoDB/);
    await user.type(string(), "&w=majority");
    await user.type(field("Replica set"), "production");
    expect(field("Replica set")).toHaveValue("production");
    await waitFor(() =>
      expect(string()).toHaveValue(
        "mongodb://localhost:27017/?replicaSet=production&retryWrites=true&w=majority",
      ),
    );
    expect(field("Replica set")).toHaveValue("production");
  });

  it("is all there when the connection string is typed in before the change was written", async () => {
    const { user } = await start({ delay: 80 });
    await edit(user, /^Laptop MongoDB/);
    await user.type(field("Replica set"), "rs0");
    await user.click(string());
    await user.paste("&w=majority");
    await waitFor(() =>
      expect(string()).toHaveValue("mongodb://localhost:27017/?replicaSet=rs0&retryWrites=true&w=majority"),
    );
    expect(field("Replica set")).toHaveValue("rs0");
  });
});

describe("what was typed and not saved", () => {
  const open = { opened: "built-in", signedIn: true };

  async function showWorkspaces(user: User) {
    await user.click(await screen.findByRole("button", { name: /^On this computer, Local/ }));
    await user.click(await screen.findByRole("menuitem", { name: /^All workspaces/ }));
    await screen.findByText("Built in, no setup needed");
  }

  it("is still there after another workspace was shown, and the switcher tells of it", async () => {
    const backend = installFakeBackend(open);
    render(App);
    const user = userEvent.setup({ pointerEventsCheck: 0 });
    await showWorkspaces(user);
    await edit(user, /^Laptop MongoDB/);
    await user.type(field("Notes"), "Reset on Mondays");
    await user.keyboard("{Alt>}1{/Alt}");
    await user.click(await screen.findByRole("button", { name: /^On this computer, Local/ }));
    const all = await screen.findByRole("menuitem", { name: /^All workspaces/ });
    expect(all).toHaveTextContent("Holds something that is not saved");
    await user.click(all);
    expect(await screen.findByLabelText("Notes")).toHaveValue("Reset on Mondays");
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(backend.calls.filter(({ command }) => command === "forget_draft")).toHaveLength(1);
  });

  it("is tested no further once the screen is left", async () => {
    const backend = installFakeBackend({ ...open, delay: 30 });
    render(App);
    const user = userEvent.setup({ pointerEventsCheck: 0 });
    await showWorkspaces(user);
    await edit(user, /^Laptop MongoDB/);
    await user.click(button("Test"));
    await screen.findByRole("button", { name: "Cancel" });
    await user.keyboard("{Alt>}1{/Alt}");
    await waitFor(() => expect(backend.calls.some(({ command }) => command === "cancel_job")).toBe(true));
  });
});
