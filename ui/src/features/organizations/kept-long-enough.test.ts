import { render, screen, waitFor, within } from "@testing-library/svelte";
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

const trashed = (name: string, keptUntil: string) =>
  madeUpOrganization(name, { status: "trashed", trashedAt: "2020-01-01T00:00:00Z", keptUntil });

async function openTrash(options: FakeOptions = {}) {
  const organizations = [
    madeUpOrganization("aldgate"),
    trashed("borough", "2020-03-01T00:00:00Z"),
    trashed("camden", "2020-02-01T00:00:00Z"),
    trashed("dalston", "2999-01-01T00:00:00Z"),
  ];
  const backend = installFakeBackend({ opened: "built-in", signedIn: true, organizations, ...options });
  const app = new AppState();
  await app.start();
  const props = { onexport: vi.fn(), onbundle: vi.fn(), tabs: [] };
  render(OrganizationsPage, { props, context: new Map([[appContextKey, app]]) });
  await screen.findByRole("grid");
  const user = userEvent.setup();
  const enter = () => user.click(screen.getByRole("button", { name: /^Trash/ }));
  return { backend, user, enter };
}

test("the trash offers what was kept long enough, the longest first, each with its own preview", async () => {
  const { user, enter, backend } = await openTrash();
  expect(screen.queryByText(/for as long as the settings say/)).toBeNull();
  await enter();
  expect(await screen.findByText(/^2 organizations have been in the trash/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Review 2" }));
  const dialog = await screen.findByRole("alertdialog", { name: "Delete 2 organizations for good?" });
  const names = within(within(dialog).getByRole("list", { name: "Organizations" })).getAllByRole("listitem");
  expect(names.map((name) => name.textContent)).toEqual([
    expect.stringContaining("camden"),
    expect.stringContaining("borough"),
  ]);
  expect(backend.calls.some(({ command }) => command === "erase_organization")).toBe(false);
});

test("one that has left the trash is not offered again", async () => {
  const { user, enter } = await openTrash();
  await enter();
  await screen.findByText(/^2 organizations have been in the trash/);
  await user.click(screen.getByText("camden"));
  await user.click(await screen.findByRole("button", { name: "Delete for good" }));
  const dialog = await screen.findByRole("alertdialog", { name: /camden/ });
  await user.type(within(dialog).getByRole("textbox"), "camden");
  const button = within(dialog).getByRole("button", { name: /^Delete/ });
  await waitFor(() => expect(button).not.toHaveAttribute("aria-disabled", "true"));
  await user.click(button);
  await user.click(await screen.findByRole("button", { name: "Done" }));
  expect(await screen.findByText(/^1 organization has been in the trash/)).toBeVisible();
  expect(screen.getByRole("button", { name: "Delete borough for good" })).toBeVisible();
});

test("a person who may not delete for good is asked for nothing", async () => {
  const { enter, backend } = await openTrash({ role: "read_only_operator" });
  await enter();
  await screen.findByText("borough");
  expect(backend.calls.some(({ command }) => command === "list_kept_long_enough")).toBe(false);
});
