import { screen, within } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { FAKE_PASSWORD, type FakeOptions } from "$fake/backend";
import { button, start } from "$fake/window";

const begin = (options: FakeOptions = {}) => start(options, {});

describe("the shell", () => {
  const opened = { opened: "p1", signedIn: true } as const;

  it("shows who is signed in and for how long", async () => {
    await begin(opened);
    expect(await screen.findByRole("timer")).toHaveTextContent(/30.min left/);
    expect(screen.getByText("Dana Whitlock")).toBeVisible();
  });

  it("asks again when the session ends, above the page that stays", async () => {
    const { backend, user } = await begin(opened);
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
    await begin({ ...opened, role: "organization_admin" });
    await screen.findByRole("timer");
    expect(screen.queryByRole("button", { name: "Health" })).toBeNull();
  });

  it("goes from page to page by Ctrl and a number", async () => {
    const { user } = await begin(opened);
    await screen.findByRole("timer");
    await user.keyboard("{Control>}2{/Control}");
    expect(await screen.findByRole("heading", { name: "People", level: 1 })).toBeVisible();
    expect(button("People")).toHaveAttribute("aria-current", "page");
  });

  it("names its commands and its version", async () => {
    const { user } = await begin(opened);
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
    const { user } = await begin(opened);
    await user.click(await screen.findByRole("button", { name: "About" }));
    await user.click(await screen.findByRole("button", { name: "Show licences" }));
    await user.click(await screen.findByText("svelte"));
    expect(await screen.findByText("Copyright (c) Svelte Contributors")).toBeVisible();
    expect(screen.queryByText("Copyright (c) 2015 Y. T. Chung")).toBeNull();
  });

  it("changes the theme in the settings", async () => {
    const { user } = await begin(opened);
    await user.click(await screen.findByRole("button", { name: "Settings" }));
    await user.click(await screen.findByRole("radio", { name: "Dark" }));
    expect(document.documentElement).toHaveAttribute("data-theme", "dark");
  });

  it("carries the environment on the window", async () => {
    await begin(opened);
    await screen.findByRole("timer");
    expect(document.documentElement).toHaveAttribute("data-env", "production");
    expect(document.title).toBe("Meridian (Production) - Tenantry");
  });

  it("signs out to the sign-in screen", async () => {
    const { user } = await begin(opened);
    await user.click(await screen.findByRole("button", { name: "Sign out" }));
    expect(await screen.findByRole("heading", { name: "Sign in to Meridian" })).toBeVisible();
  });
});
