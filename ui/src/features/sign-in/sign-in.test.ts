import { screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { FAKE_PASSWORD, type FakeOptions } from "$fake/backend";
import { button, start } from "$fake/window";

const begin = (options: FakeOptions = {}) => start(options, {});

describe("claiming", () => {
  it("lets the admin of an organization in a database without operators sign in instead", async () => {
    const { user } = await begin({ claimed: false });
    await user.click(button(/^Meridian Locked/));
    await user.click(button("Open workspace"));
    await user.click(await screen.findByRole("button", { name: "Sign in instead" }));
    expect(screen.getByRole("heading", { name: "Sign in to Meridian" })).toBeVisible();
    await user.click(button("Claim workspace"));
    expect(screen.getByRole("heading", { name: "Claim this workspace" })).toBeVisible();
  });

  it("names the next missing thing, then makes the first operator", async () => {
    const { user } = await begin({ claimed: false });
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
    expect(await screen.findByRole("heading", { name: "Keep your recovery code" })).toBeVisible();
    expect(screen.getByText("ABCD")).toBeVisible();
    expect(screen.queryByRole("navigation", { name: "Workspace" })).not.toBeInTheDocument();
    await user.click(button("Save to a file"));
    expect(await screen.findByText("~/Documents/tenantry-recovery-code.txt")).toBeVisible();
    await user.click(button("I have kept it"));
    expect(await screen.findByRole("navigation", { name: "Workspace" })).toBeVisible();
    expect(screen.queryByText("ABCD")).not.toBeInTheDocument();
  });
});

describe("signing in", () => {
  async function atSignIn(options: FakeOptions = {}) {
    const started = await begin(options);
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

  it("asks which account is meant, and says what it is", async () => {
    const accounts = [
      { account: "person:1:1", role: "viewer" as const, organizationName: "Aldgate" },
      { account: "person:1:2", role: "organization_admin" as const, organizationName: "Baltic" },
    ];
    const { backend, user } = await atSignIn({ accounts });
    await user.type(screen.getByLabelText("Email"), "dana@meridian.example");
    await user.type(screen.getByLabelText("Password"), `${FAKE_PASSWORD}{Enter}`);
    await screen.findByRole("heading", { name: "Where do you want to work?" });
    backend.fail("sign_in", { code: "throttled", details: { waitSeconds: 60 } });
    await user.click(button(/Baltic.*Organization admin/));
    expect(await screen.findByRole("alert")).toBeVisible();
    backend.restore("sign_in");
    await user.click(button(/Baltic/));
    expect(await screen.findByRole("navigation", { name: "Workspace" })).toBeVisible();
    expect(backend.calls.filter(({ command }) => command === "sign_in").at(-1)?.args).toMatchObject({
      account: "person:1:2",
      password: FAKE_PASSWORD,
    });
  });

  it("asks for a password of one's own in place of a one-time password", async () => {
    const { backend, user } = await atSignIn({ mustChange: true });
    await user.type(screen.getByLabelText("Email"), "dana@meridian.example");
    await user.type(screen.getByLabelText("Password"), `${FAKE_PASSWORD}{Enter}`);
    await screen.findByRole("heading", { name: "Choose your own password" });
    const act = button("Change password and sign in");
    expect(act).toHaveAccessibleDescription("Choose a password to continue.");
    await user.type(screen.getByLabelText("New password"), FAKE_PASSWORD);
    await user.type(screen.getByLabelText("Repeat password"), FAKE_PASSWORD);
    backend.fail("sign_in_with_new_password", { code: "throttled", details: { waitSeconds: 60 } });
    await user.click(act);
    expect(await screen.findByRole("alert")).toBeVisible();
    expect(screen.getByLabelText("New password")).toHaveValue(FAKE_PASSWORD);
    backend.restore("sign_in_with_new_password");
    await user.click(act);
    expect(await screen.findByRole("navigation", { name: "Workspace" })).toBeVisible();
  });

  it("lets an owner in by the recovery code, and tells everybody else whom to ask", async () => {
    const { user } = await atSignIn();
    await user.type(screen.getByLabelText("Email"), "dana@meridian.example");
    await user.click(button("Forgot your password?"));
    expect(screen.getByText(/can set a one-time password for you/)).toBeVisible();
    expect(screen.getByLabelText("Email")).toHaveValue("dana@meridian.example");
    await user.type(screen.getByLabelText("New password"), FAKE_PASSWORD);
    await user.type(screen.getByLabelText("Repeat password"), FAKE_PASSWORD);
    await user.type(screen.getByLabelText("Recovery code"), "wrong");
    await user.click(button("Set password and sign in"));
    expect(await screen.findByRole("alert")).toBeVisible();
    const code = screen.getByLabelText("Recovery code");
    expect(code).toHaveValue("wrong");
    await user.clear(code);
    await user.type(code, "abcd efgh ijkl mnop qrst uvwx yz");
    await user.click(button("Set password and sign in"));
    await screen.findByRole("heading", { name: "Keep your new recovery code" });
    await user.click(button("I have kept it"));
    expect(await screen.findByRole("navigation", { name: "Workspace" })).toBeVisible();
  });

  it("is honest about what it protects", async () => {
    await atSignIn();
    expect(screen.getByText(/does not protect the database/)).toBeVisible();
  });
});
