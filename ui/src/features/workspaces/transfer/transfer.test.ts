import { fireEvent, screen, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { FAKE_PASSPHRASE } from "$fake/backend";
import { button, choose, items, start } from "$fake/window";

describe("moving connections", () => {
  it("in tells of every one of them what became of it", async () => {
    const { user } = await start();
    await choose(user, "Import connections");
    const dialog = within(await screen.findByRole("dialog", { name: "Import connections" }));
    await user.click(dialog.getByRole("radio", { name: "List of connection strings" }));
    await user.click(dialog.getByLabelText("Connection strings"));
    await user.paste("mongodb://one.example\nmongodb://ann@two.example\nhttp://three.example");
    await user.click(dialog.getByRole("button", { name: "Import" }));
    expect(await dialog.findByText("2 connections imported")).toBeVisible();
    expect(dialog.getByRole("img", { name: "Imported without its password" })).toBeVisible();
    expect(dialog.getByRole("img", { name: "Not imported" })).toBeVisible();
    await user.click(dialog.getByRole("button", { name: "Done" }));
    expect(items()).toContain("two.example");
  });

  it("in asks for the passphrase of a sealed file", async () => {
    const { user } = await start();
    await choose(user, "Import connections");
    const dialog = within(await screen.findByRole("dialog", { name: "Import connections" }));
    expect(dialog.getByRole("button", { name: "Import" })).toHaveAccessibleDescription(
      "Choose a file first.",
    );
    await user.click(dialog.getByRole("button", { name: "Choose file" }));
    await user.type(await dialog.findByLabelText("Passphrase"), "wrong one{Enter}");
    expect(await dialog.findByText("This passphrase does not open it.")).toBeVisible();
    await user.clear(dialog.getByLabelText("Passphrase"));
    await user.type(dialog.getByLabelText("Passphrase"), `${FAKE_PASSPHRASE}{Enter}`);
    expect(await dialog.findByText("2 connections imported")).toBeVisible();
  });

  it("out leaves secrets behind, or seals them", async () => {
    const { backend, user } = await start();
    await fireEvent.contextMenu(button(/^Laptop MongoDB/), { clientX: 40, clientY: 40 });
    await user.click(await screen.findByRole("menuitem", { name: "Export" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Export connections" }));
    expect(dialog.getByRole("checkbox", { name: /Laptop MongoDB/ })).toBeChecked();
    expect(dialog.getByRole("checkbox", { name: /Integration rig/ })).not.toBeChecked();
    await user.click(dialog.getByRole("checkbox", { name: /Integration rig/ }));
    await user.click(dialog.getByRole("radio", { name: "Sealed with a passphrase" }));
    expect(dialog.getByRole("button", { name: "Export 2 connections" })).toHaveAccessibleDescription(
      /at least 10 characters/,
    );
    await user.type(dialog.getByLabelText("Export file passphrase"), FAKE_PASSPHRASE);
    await user.type(dialog.getByLabelText("Repeat passphrase"), FAKE_PASSPHRASE);
    await user.click(dialog.getByRole("button", { name: "Export 2 connections" }));
    expect(await screen.findByText("2 connections exported")).toBeVisible();
    const sent = backend.calls.find(({ command }) => command === "export_profiles");
    expect(sent?.args).toMatchObject({ ids: ["p3", "p4"], passphrase: FAKE_PASSPHRASE });
  });
});
