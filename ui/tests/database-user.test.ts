import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { type FakeOptions } from "$fake/backend";
import { button, callsOf, startWithList } from "$fake/window";

const firstRow = () => {
  const row = screen.getAllByRole("row")[1];
  if (!row) throw new Error("no row is drawn");
  return row;
};

describe("what the database user may not do", () => {
  const needs = "renameCollectionSameDB on organization_management";
  const restrictions: FakeOptions["restrictions"] = [
    { act: "rename", needs },
    { act: "create", needs: "createCollection on organization_management" },
  ];

  it("is switched off with the reason, in the header, the panel and the menu, and by key", async () => {
    const { user } = await startWithList({ restrictions });
    expect(button("New organization")).toHaveAccessibleDescription(
      "Needs createCollection on organization_management",
    );
    await user.keyboard("n");
    expect(screen.queryByRole("dialog")).toBeNull();
    firstRow().focus();
    await user.keyboard("{F2}");
    expect(await screen.findByText("The database user cannot do this")).toBeVisible();
    expect(screen.queryByRole("dialog")).toBeNull();
    firstRow().focus();
    await user.keyboard("{Enter}");
    const panel = within(await screen.findByRole("complementary"));
    const rename = panel.getByRole("button", { name: "Rename" });
    expect(rename).toHaveAttribute("aria-disabled", "true");
    expect(rename).toHaveAccessibleDescription(`Needs ${needs}`);
    rename.focus();
    expect(rename).toHaveFocus();
    expect(panel.getByRole("button", { name: "Deactivate" })).not.toHaveAttribute("aria-disabled");
    await user.click(panel.getByRole("button", { name: "More actions" }));
    const item = await screen.findByRole("menuitem", { name: /^Rename/ });
    expect(item).toHaveAttribute("aria-disabled", "true");
    expect(item).toHaveAccessibleDescription(`Needs ${needs}`);
    await user.click(item);
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(screen.getByRole("menuitem", { name: "Show required role" })).toBeVisible();
  });

  it("is granted by a role that is shown to be pasted, and looked for again", async () => {
    const { backend, user } = await startWithList({ restrictions });
    await user.click(button("Permissions missing"));
    const dialog = within(await screen.findByRole("dialog", { name: /smallest role/ }));
    expect(await dialog.findByText(/^atlas customDbRoles create/)).toBeVisible();
    await user.click(dialog.getByRole("radio", { name: "MongoDB shell" }));
    expect(dialog.getByText(/createRole/)).toBeVisible();
    await user.click(dialog.getByRole("button", { name: "Check again" }));
    expect(await dialog.findByText("Some permissions are still missing.")).toBeInTheDocument();
    restrictions.length = 0;
    await user.click(dialog.getByRole("button", { name: "Check again" }));
    expect(await dialog.findByText("Nothing is missing")).toBeVisible();
    expect(callsOf(backend, "workspace_health")).toHaveLength(2);
    await user.click(dialog.getAllByRole("button", { name: "Close" })[0] as HTMLElement);
    await waitFor(() => expect(screen.queryByRole("button", { name: "Permissions missing" })).toBeNull());
    expect(button("New organization")).not.toHaveAttribute("aria-disabled");
  });
});
