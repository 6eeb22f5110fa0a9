import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { FAKE_PASSPHRASE, FAKE_PASSWORD } from "$fake/backend";
import { button, start } from "$fake/window";

describe("opening", () => {
  it("asks for a password that is not stored, and again when the server refuses it", async () => {
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

  it("asks for the passphrase of sealed secrets and goes on with what was asked", async () => {
    const { backend, user } = await start({ keeper: "sealed_file" });
    let locked = true;
    backend.on("open_workspace", () => {
      if (locked) throw { code: "secrets_locked" };
      backend.restore("open_workspace");
      throw { code: "workspace_password_needed" };
    });
    await user.click(button(/^Meridian Locked/));
    await user.click(button("Open workspace"));
    const dialog = within(await screen.findByRole("dialog", { name: "Unlock secrets" }));
    await user.type(dialog.getByLabelText("Passphrase"), "wrong one{Enter}");
    expect(await dialog.findByText("This passphrase does not open it.")).toBeVisible();
    locked = false;
    await user.clear(dialog.getByLabelText("Passphrase"));
    await user.type(dialog.getByLabelText("Passphrase"), `${FAKE_PASSPHRASE}{Enter}`);
    expect(await screen.findByRole("dialog", { name: "Password for Meridian" })).toBeVisible();
    expect(screen.queryByRole("dialog", { name: "Unlock secrets" })).toBeNull();
  });

  it("gives up when the passphrase is not given", async () => {
    const { backend, user } = await start({ keeper: "sealed_file" });
    backend.fail("open_workspace", { code: "secrets_locked" });
    await user.click(button(/^Meridian Locked/));
    await user.click(button("Open workspace"));
    const dialog = within(await screen.findByRole("dialog", { name: "Unlock secrets" }));
    await user.click(dialog.getByRole("button", { name: "Cancel" }));
    expect(await screen.findByText(/secrets_locked/)).toBeVisible();
  });
});

describe("secrets", () => {
  it("say which keeper is in use and why", async () => {
    await start({ keeper: "ask_every_time" });
    expect(await screen.findByText("You are asked each time you open a workspace.")).toBeVisible();
    await userEvent.click(screen.getByText("Why"));
    expect(screen.getByText(/^The .* is not responding\.$/)).toBeVisible();
  });

  it("move into a sealed file once the passphrase was typed twice", async () => {
    const { backend, user } = await start({ keeper: "ask_every_time" });
    await user.click(await screen.findByRole("button", { name: "Change" }));
    expect(screen.getByRole("radio", { name: /GNOME Keyring/ })).toBeDisabled();
    await user.click(screen.getByRole("radio", { name: /sealed with a passphrase/ }));
    const move = button("Move secrets there");
    expect(move).toHaveAccessibleDescription(/at least 10 characters/);
    await user.type(screen.getByLabelText("New passphrase"), FAKE_PASSPHRASE);
    await user.type(screen.getByLabelText("Repeat passphrase"), "something else");
    expect(move).toHaveAccessibleDescription("The two passphrases differ.");
    await user.clear(screen.getByLabelText("Repeat passphrase"));
    await user.type(screen.getByLabelText("Repeat passphrase"), FAKE_PASSPHRASE);
    await user.click(move);
    expect(await screen.findByText("3 secrets moved")).toBeVisible();
    expect(screen.getByText("Unlocked")).toBeVisible();
    const sent = backend.calls.find(({ command }) => command === "choose_secret_keeper");
    expect(sent?.args).toEqual({ keeper: "sealed_file", passphrase: FAKE_PASSPHRASE });
  });
});
