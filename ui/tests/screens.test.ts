import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import App from "../src/App.svelte";
import { FAKE_PASSWORD, installFakeBackend, type FakeOptions } from "$fake/backend";

async function start(options: FakeOptions = {}) {
  const backend = installFakeBackend(options);
  render(App);
  const user = userEvent.setup();
  if (!options.opened) await screen.findByText("Built in, no setup needed");
  return { backend, user };
}
const button = (name: string | RegExp) => screen.getByRole("button", { name });

describe("claiming", () => {
  it("lets the admin of an organization in a database without operators sign in instead", async () => {
    const { user } = await start({ claimed: false });
    await user.click(button(/^Meridian Locked/));
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
    expect(claim).toHaveAccessibleDescription("Choose a password to continue.");
    await user.type(screen.getByLabelText("Password"), "weak");
    expect(claim).toHaveAccessibleDescription("The password does not meet every rule.");
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

  it("asks at each field for what it lacks, until something is typed there", async () => {
    const { backend, user } = await atSignIn();
    await user.keyboard("{Enter}");
    const email = screen.getByLabelText("Email");
    const password = screen.getByLabelText("Password");
    expect(email).toHaveFocus();
    expect(email).toHaveAccessibleDescription("Type your email.");
    expect(password).toHaveAccessibleDescription("Type your password.");
    await user.type(email, "d");
    expect(email).not.toHaveAttribute("aria-invalid");
    expect(password).toBeInvalid();
    await user.type(password, FAKE_PASSWORD[0] ?? "");
    expect(password).toBeValid();
    expect(backend.calls.filter(({ command }) => command === "sign_in")).toEqual([]);
  });

  it("keeps address and password when they are refused", async () => {
    const { user } = await atSignIn();
    await user.type(screen.getByLabelText("Email"), "dana@meridian.example");
    await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("4 attempts left");
    expect(screen.getByLabelText("Email")).toHaveValue("dana@meridian.example");
    expect(screen.getByLabelText("Password")).toHaveValue("wrong");
  });

  it("is held off as long as the service says", async () => {
    const { backend, user } = await atSignIn();
    backend.fail("sign_in", { code: "throttled", details: { waitSeconds: 60 } });
    await user.type(screen.getByLabelText("Email"), "dana@meridian.example");
    await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
    expect(await screen.findByText(/You can try again in/)).toBeVisible();
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
    await screen.findByText("The server is responding");
    backend.fail("workspace_health", { code: "session_expired" });
    await user.click(button("Check again"));
    const dialog = within(await screen.findByRole("alertdialog", { name: "Sign in again" }));
    expect(screen.getByText("MongoDB 8.0.4", { selector: "dd" })).toBeInTheDocument();
    backend.restore("workspace_health");
    await user.type(dialog.getByLabelText("Password"), `${FAKE_PASSWORD}{Enter}`);
    await vi.waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(await screen.findByText("The server is responding")).toBeVisible();
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

  it("lists what it is made of, with the licences", async () => {
    const list = {
      parts: [
        { name: "bson", version: "3.1.0", licence: "MIT", text: 1 },
        { name: "svelte", version: "5.57.3", licence: "MIT", text: 0 },
      ],
      texts: ["Copyright (c) Svelte Contributors", "Copyright (c) 2015 Y. T. Chung"],
    };
    vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(JSON.stringify(list)));
    const { user } = await start(opened);
    await user.click(await screen.findByRole("button", { name: "About" }));
    await user.click(await screen.findByRole("button", { name: "Show licences" }));
    await user.click(await screen.findByText("svelte"));
    expect(await screen.findByText("Copyright (c) Svelte Contributors")).toBeVisible();
    expect(screen.queryByText("Copyright (c) 2015 Y. T. Chung")).toBeNull();
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
