import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { installFakeBackend, type FakeOptions } from "$fake/backend";
import { madeUpOrganization } from "$fake/data";
import { appContextKey, AppState } from "$lib/state";
import OrganizationsPage from "./OrganizationsPage.svelte";

// The test environment lays nothing out.
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(160);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1200);
});

async function openTrashed(options: FakeOptions) {
  const trashed = madeUpOrganization("camden", { status: "trashed", trashedAt: "2026-11-02T10:00:00Z" });
  installFakeBackend({
    opened: "built-in",
    signedIn: true,
    organizations: [madeUpOrganization("aldgate"), trashed],
    ...options,
  });
  const app = new AppState();
  await app.start();
  const props = { onexport: vi.fn(), onbundle: vi.fn(), tabs: [] };
  render(OrganizationsPage, { props, context: new Map([[appContextKey, app]]) });
  const user = userEvent.setup({ delay: null });
  await screen.findByRole("grid");
  await user.click(screen.getByRole("button", { name: /^Trash/ }));
  await user.click(await screen.findByText("camden"));
  return { user, panel: within(await screen.findByRole("complementary", { name: "camden" })) };
}

test("an organization that was moved says where it went, and restoring it warns of the one there", async () => {
  const movedTo = { workspace: "Meridian Berlin", name: "camden-2", at: "2026-11-02T09:59:00Z" };
  const { user, panel } = await openTrashed({ movedTo });
  expect(await panel.findByText(/^Moved to Meridian Berlin on /)).toBeVisible();
  expect(panel.getByText(/It goes on there as camden-2/)).toBeVisible();
  await user.click(panel.getByRole("button", { name: "Restore" }));
  const dialog = await screen.findByRole("dialog", { name: "Restore camden?" });
  expect(await within(dialog).findByText(/camden-2 stays live in Meridian Berlin/)).toBeVisible();
});

test("one that was not moved says only that it is in the trash", async () => {
  const { user, panel } = await openTrashed({});
  expect(await panel.findByText("In the trash")).toBeVisible();
  await user.click(panel.getByRole("button", { name: "Restore" }));
  const dialog = await screen.findByRole("dialog", { name: "Restore camden?" });
  expect(within(dialog).queryByText(/stays live/)).toBeNull();
});
