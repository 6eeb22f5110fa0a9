import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import App from "../src/App.svelte";
import { FAKE_PASSWORD, installFakeBackend, type FakeOptions } from "$lib/api/testing";

async function start(options: FakeOptions = {}) {
  const backend = installFakeBackend(options);
  render(App);
  const user = userEvent.setup();
  if (!options.opened) await screen.findByText("Built in, no setup needed");
  return { backend, user };
}
const button = (name: string | RegExp) => screen.getByRole("button", { name });

describe("the workspaces", () => {
  it("show the built-in one first and open it", async () => {
    const { user } = await start();
    await user.click(button("Open workspace"));
    expect(await screen.findByRole("heading", { name: "Sign in to On this computer" })).toBeVisible();
  });

  it("keep what was typed when saving is refused, and show the problem at its field", async () => {
    const { user } = await start();
    await user.click(button("Add workspace"));
    await user.type(screen.getByLabelText("Connection string"), "mongodb://localhost");
    await user.click(button("Save and open"));
    await vi.waitFor(() =>
      expect(screen.getByLabelText("Name")).toHaveAccessibleDescription("A name is needed."),
    );
    expect(screen.getByLabelText("Connection string")).toHaveValue("mongodb://localhost");
  });

  it("keep a draft while another workspace is looked at", async () => {
    const { user } = await start();
    await user.click(button("Add workspace"));
    await user.type(screen.getByLabelText("Name"), "Rig");
    await user.click(button(/^Meridian meridian-prod/));
    expect(screen.getByLabelText("Name")).toHaveValue("Meridian");
    await user.click(button("Add workspace"));
    expect(screen.getByLabelText("Name")).toHaveValue("Rig");
  });

  it("send the signing secret only when one was typed, and never show a saved password", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Meridian meridian-prod/));
    expect(screen.getByLabelText("Database password")).toHaveValue("");
    await user.type(screen.getByLabelText("Name"), " 2");
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    const saved = backend.calls.find(({ command }) => command === "save_profile");
    expect(saved?.args).toMatchObject({ input: { id: "p1", name: "Meridian 2", signingSecret: null } });
  });

  it("ask for a password that is not stored, and again when the server refuses it", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Staging/));
    await user.click(button("Open workspace"));
    const dialog = within(await screen.findByRole("dialog", { name: "Password for Meridian Staging" }));
    await user.type(dialog.getByLabelText("Database password"), "wrong{Enter}");
    expect(await dialog.findByRole("alert")).toHaveTextContent("workspace_refused");
    expect(dialog.getByLabelText("Database password")).toHaveValue("wrong");
    await user.clear(dialog.getByLabelText("Database password"));
    await user.type(dialog.getByLabelText("Database password"), `${FAKE_PASSWORD}{Enter}`);
    expect(await screen.findByRole("heading", { name: "Sign in to Meridian Staging" })).toBeVisible();
  });

  it("explain in place why one cannot be opened, and offer to try again", async () => {
    const { user } = await start();
    await user.click(button(/^Integration rig/));
    await user.click(button("Open workspace"));
    expect(await screen.findByRole("alert")).toHaveTextContent("The server does not answer");
    expect(button("Try again")).toBeVisible();
  });

  it("are removed only after a question", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Laptop MongoDB/));
    await user.click(button("Remove"));
    const dialog = within(await screen.findByRole("alertdialog", { name: "Remove Laptop MongoDB" }));
    expect(backend.calls.some(({ command }) => command === "remove_profile")).toBe(false);
    await user.click(dialog.getByRole("button", { name: "Remove connection" }));
    await screen.findByText("Connection removed");
    expect(screen.queryByText("Laptop MongoDB")).toBeNull();
  });

  it("say plainly when passwords are asked for each time", async () => {
    const backend = installFakeBackend();
    backend.on("list_workspaces", () => ({
      workspaces: [],
      secrets: { keeper: "ask_every_time", reason: "No keychain answers." },
      notices: ["The profile file was damaged and is kept aside."],
    }));
    render(App);
    expect(await screen.findByText(/asked for each time a workspace is opened/)).toBeVisible();
    expect(screen.getByText(/No keychain answers/)).toBeVisible();
    expect(screen.getByText(/kept aside/)).toBeVisible();
  });
});

describe("claiming", () => {
  it("lets the admin of an organization in a database without operators sign in instead", async () => {
    const { user } = await start({ claimed: false });
    await user.click(button(/^Meridian meridian-prod/));
    await user.click(button("Open workspace"));
    await user.click(await screen.findByRole("button", { name: "Sign in instead" }));
    expect(screen.getByRole("heading", { name: "Sign in to Meridian" })).toBeVisible();
    await user.click(button("Claim workspace"));
    expect(screen.getByRole("heading", { name: "Claim this workspace" })).toBeVisible();
  });

  it("names the next missing thing, then makes the first operator", async () => {
    const { user } = await start({ claimed: false });
    await user.click(button("Open workspace"));
    await screen.findByRole("heading", { name: "Claim this workspace" });
    const claim = button("Claim workspace");
    expect(claim).toHaveAccessibleDescription("Type your name to continue.");
    await user.type(screen.getByLabelText("Your name"), "Dana");
    await user.type(screen.getByLabelText("Email"), "dana@meridian.example");
    await user.type(screen.getByLabelText("Password"), "weak");
    expect(claim).toHaveAccessibleDescription("The password does not meet every rule yet.");
    await user.clear(screen.getByLabelText("Password"));
    await user.type(screen.getByLabelText("Password"), FAKE_PASSWORD);
    await user.type(screen.getByLabelText("Repeat password"), "Other-2026");
    await user.tab();
    expect(screen.getByLabelText("Repeat password")).toBeInvalid();
    await user.clear(screen.getByLabelText("Repeat password"));
    await user.type(screen.getByLabelText("Repeat password"), `${FAKE_PASSWORD}{Enter}`);
    expect(await screen.findByRole("navigation", { name: "Workspace" })).toBeVisible();
  });
});

describe("signing in", () => {
  async function atSignIn() {
    const started = await start();
    await started.user.click(button("Open workspace"));
    await screen.findByRole("heading", { name: /^Sign in to/ });
    return started;
  }

  it("keeps address and password when they are refused", async () => {
    const { user } = await atSignIn();
    await user.type(screen.getByLabelText("Email"), "dana@meridian.example");
    await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("4 tries left");
    expect(screen.getByLabelText("Email")).toHaveValue("dana@meridian.example");
    expect(screen.getByLabelText("Password")).toHaveValue("wrong");
  });

  it("is held off as long as the service says", async () => {
    const { backend, user } = await atSignIn();
    backend.fail("sign_in", { code: "throttled", message: "", details: { waitSeconds: 60 } });
    await user.type(screen.getByLabelText("Email"), "dana@meridian.example");
    await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
    expect(await screen.findByText(/The pause ends in/)).toBeVisible();
    const tries = backend.calls.filter(({ command }) => command === "sign_in").length;
    await user.click(screen.getByRole("button", { name: /^Sign in/ }));
    expect(backend.calls.filter(({ command }) => command === "sign_in")).toHaveLength(tries);
  });

  it("is honest about what it protects", async () => {
    await atSignIn();
    expect(screen.getByText(/does not protect the database/)).toBeVisible();
  });
});

describe("the shell", () => {
  const opened = { opened: "p1", signedIn: true } as const;

  it("shows who is signed in and for how long", async () => {
    await start(opened);
    expect(await screen.findByRole("timer")).toHaveTextContent(/30.min left/);
    expect(screen.getByText("Dana Whitlock")).toBeVisible();
  });

  it("asks again when the session ends, above the page that stays", async () => {
    const { backend, user } = await start(opened);
    await user.click(await screen.findByRole("button", { name: "Health" }));
    await screen.findByText("The server answers");
    backend.fail("workspace_health", { code: "session_expired", message: "" });
    await user.click(button("Check again"));
    const dialog = within(await screen.findByRole("alertdialog", { name: "Sign in again" }));
    expect(screen.getByText("MongoDB 8.0.4", { selector: "dd" })).toBeInTheDocument();
    backend.restore("workspace_health");
    await user.type(dialog.getByLabelText("Password"), `${FAKE_PASSWORD}{Enter}`);
    await vi.waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(await screen.findByText("The server answers")).toBeVisible();
  });

  it("does not offer health to those who may not see it", async () => {
    await start({ ...opened, role: "organization_admin" });
    await screen.findByRole("timer");
    expect(screen.queryByRole("button", { name: "Health" })).toBeNull();
  });

  it("goes from page to page by Ctrl and a number", async () => {
    const { user } = await start(opened);
    await screen.findByRole("timer");
    await user.keyboard("{Control>}3{/Control}");
    expect(await screen.findByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
    expect(button("Settings")).toHaveAttribute("aria-current", "page");
  });

  it("names its commands and its version", async () => {
    const { user } = await start(opened);
    await user.click(await screen.findByRole("button", { name: "About" }));
    expect(await screen.findByText("create_organization")).toBeVisible();
    expect(screen.getByText("0.1.0")).toBeVisible();
  });

  it("changes the theme in the settings", async () => {
    const { user } = await start(opened);
    await user.click(await screen.findByRole("button", { name: "Settings" }));
    await user.click(await screen.findByRole("radio", { name: "Dark" }));
    expect(document.documentElement).toHaveAttribute("data-theme", "dark");
  });

  it("carries the environment on the window", async () => {
    await start(opened);
    await screen.findByRole("timer");
    expect(document.documentElement).toHaveAttribute("data-env", "production");
    expect(document.title).toBe("Meridian (Production) - Tenantry");
  });

  it("signs out to the sign-in screen", async () => {
    const { user } = await start(opened);
    await user.click(await screen.findByRole("button", { name: "Sign out" }));
    expect(await screen.findByRole("heading", { name: "Sign in to Meridian" })).toBeVisible();
  });
});
