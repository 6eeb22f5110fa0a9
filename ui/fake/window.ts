/** The whole window on the fake, and what tests of it ask for again and again. */
import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { expect, vi } from "vitest";
import type { ProfileInput } from "$lib/api";
import App from "../src/App.svelte";
import { installFakeBackend, type FakeBackend, type FakeOptions } from "./backend";

type Setup = Parameters<typeof userEvent.setup>[0];

// A menu is placed where its button is, and without a layout that counts as out of sight.
const NO_LAYOUT: Setup = { pointerEventsCheck: 0 };

export const showWindow = () => render(App);

/** Starts with the list of workspaces, where no workspace is open. */
export async function start(options: FakeOptions = {}, setup = NO_LAYOUT) {
  const backend = installFakeBackend(options);
  showWindow();
  const user = userEvent.setup(setup);
  if (!options.opened) await screen.findByText("Built in, no setup needed");
  return { backend, user };
}

/** Starts with the list of organizations of "p1", signed in; 5 rows are in sight. */
export async function startWithList(options: FakeOptions = {}) {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(160);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1200);
  const list = { opened: "p1", signedIn: true, ...options };
  const opened = await start(list, { ...NO_LAYOUT, delay: null });
  await screen.findByRole("grid");
  return opened;
}

export const callsOf = (backend: FakeBackend, command: string) =>
  backend.calls.filter((call) => call.command === command);
export const button = (name: string | RegExp) => screen.getByRole("button", { name });
export const tab = (name: RegExp) => screen.getByRole("tab", { name });
export const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);

/** The names in the list of workspaces. */
export const items = () =>
  [...document.querySelectorAll("[data-item] .name")].map((item) => item.firstElementChild?.textContent);

/** Chooses from the menu of the button "Add connection". */
export async function choose(user: UserEvent, name: string) {
  button("Add connection").focus();
  await user.keyboard("{Enter}");
  await user.click(await screen.findByText(name, { selector: "[role=menuitem] *" }));
}

/** The field of the connection editor. */
export const string = () => screen.getByLabelText<HTMLTextAreaElement>("Connection string");

/** Begins a connection. */
export async function add(user: UserEvent, choice = "Paste connection string") {
  await choose(user, choice);
  await screen.findByLabelText("Connection string");
}

/** Shows a saved connection in the editor. */
export async function edit(user: UserEvent, name: RegExp) {
  await user.click(button(name));
  await waitFor(() => expect(field("Hosts").value).not.toBe(""));
}

/** Puts a connection string in the place of the one that is there. */
export async function write(user: UserEvent, text: string) {
  await user.clear(string());
  await user.click(string());
  await user.paste(text);
}

/** Every connection that was saved. */
export const saved = (backend: FakeBackend) =>
  callsOf(backend, "save_profile").map(({ args }) => (args as { input: ProfileInput }).input);
