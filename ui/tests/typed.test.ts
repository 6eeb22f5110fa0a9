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
