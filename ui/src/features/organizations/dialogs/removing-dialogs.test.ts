import { render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { OrganizationView } from "$lib/api";
import type { FakeBackend } from "$fake/backend";
import DeactivateDialog from "./DeactivateDialog.svelte";
import DeleteForeverDialog from "./DeleteForeverDialog.svelte";
import { argumentsOf, firstOf, openDialog, organizationsOf, type Environment } from "$fake/in-dialog";
import TrashDialog from "./TrashDialog.svelte";

afterEach(() => vi.useRealTimers());

async function openFor(
  dialog: typeof TrashDialog,
  environment: Environment,
  count: number,
  arrange: (backend: FakeBackend) => void = () => undefined,
) {
  const onclose = vi.fn();
  const ondone = vi.fn();
  let organizations: OrganizationView[] = [];
  const opened = await openDialog(environment, (backend, context) => {
    arrange(backend);
    organizations = organizationsOf(backend, "active").slice(0, count);
    render(dialog, { props: { organizations, onclose, ondone }, context });
  });
  return { ...opened, organizations, onclose, ondone };
}

async function openDeletion(
  environment: Environment,
  arrange: (backend: FakeBackend) => void = () => undefined,
  count = 1,
) {
  const onclose = vi.fn();
  const ondone = vi.fn();
  let organizations: OrganizationView[] = [];
  let unmount = () => {};
  const opened = await openDialog(environment, (backend, context) => {
    arrange(backend);
    organizations = organizationsOf(backend, "trashed").slice(0, count);
    ({ unmount } = render(DeleteForeverDialog, { props: { organizations, onclose, ondone }, context }));
  });
  const [organization = firstOf(opened.backend, "trashed")] = organizations;
  return { ...opened, organization, organizations, onclose, ondone, unmount };
}

const trash = () => screen.getByRole("button", { name: "Move to trash" });
const deletion = () => screen.getByRole("button", { name: /^Delete for good/ });

test("moving to the trash shows what it touches and starts on Cancel", async () => {
  const { backend, user, organizations, ondone } = await openFor(TrashDialog, "staging", 1);
  const dialog = screen.getByRole("alertdialog");
  await waitFor(() => expect(dialog).toHaveTextContent(organizations[0]?.collectionName ?? "-"));
  await waitFor(() => expect(screen.getByRole("button", { name: "Cancel" })).toHaveFocus());
  await waitFor(() => expect(trash()).not.toHaveAttribute("aria-disabled"));
  await user.click(trash());
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  expect(argumentsOf(backend, "delete_organization")).toEqual([
    { id: organizations[0]?.id, confirmation: null },
  ]);
});

function sharing(backend: FakeBackend): void {
  backend.on("preview_removal", ({ id }: { id: string }) => ({
    organization: backend.organizations.find((each) => each.id === id),
    documents: 1204,
    dataSize: 1_000,
    indexes: 3,
    collectionExists: true,
    shared: true,
    confirmationNeeded: true,
  }));
}

test("moving to the trash says that a shared collection stays", async () => {
  await openFor(TrashDialog, "local", 1, sharing);
  const dialog = screen.getByRole("alertdialog");
  await waitFor(() => expect(dialog).toHaveTextContent("Other organizations also use this collection"));
  expect(dialog).toHaveTextContent("The collection and its documents stay where they are.");
  expect(dialog).not.toHaveTextContent(/set aside/);
});

test("deleting for good says that a shared collection stays", async () => {
  await openDeletion("local", sharing);
  const dialog = screen.getByRole("alertdialog");
  await waitFor(() => expect(dialog).toHaveTextContent("Other organizations also use this collection"));
  expect(dialog).toHaveTextContent("The collection and its documents stay where they are.");
  expect(dialog).not.toHaveTextContent(/every document in it/);
});

test("in production the button waits for the typed name, and Ctrl+Enter does not press it", async () => {
  const { backend, user, organizations, ondone } = await openFor(TrashDialog, "production", 1);
  const name = organizations[0]?.name ?? "";
  const field = screen.getByLabelText("Type the organization name to confirm");
  await waitFor(() => expect(field).toHaveFocus());
  await user.type(field, name.slice(0, -1));
  await user.click(trash());
  expect(argumentsOf(backend, "delete_organization")).toHaveLength(0);
  await user.type(field, name.slice(-1));
  await user.keyboard("{Control>}{Enter}{/Control}{Enter}");
  expect(argumentsOf(backend, "delete_organization")).toHaveLength(0);
  await user.click(trash());
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  expect(argumentsOf(backend, "delete_organization")).toEqual([
    { id: organizations[0]?.id, confirmation: name },
  ]);
});

test("nothing is moved whose impact could not be read, and reading can be tried again", async () => {
  const { backend, user } = await openFor(TrashDialog, "staging", 1, (fresh) =>
    fresh.fail("preview_removal", {
      code: "unavailable",
      details: { reason: "server", path: null, cause: "no answer" },
    }),
  );
  expect(await screen.findByText("Code: unavailable")).toBeVisible();
  expect(trash()).toHaveAttribute("aria-disabled", "true");
  backend.restore("preview_removal");
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(trash()).not.toHaveAttribute("aria-disabled"));
});

test("more than ten in production are confirmed by typing how many they are", async () => {
  const { user, ondone } = await openFor(TrashDialog, "production", 12);
  const field = screen.getByLabelText("Type the number of organizations to confirm");
  await user.type(field, "1");
  expect(trash()).toHaveAttribute("aria-disabled", "true");
  await user.type(field, "2");
  await waitFor(() => expect(trash()).not.toHaveAttribute("aria-disabled"));
  await user.click(trash());
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  expect(ondone.mock.calls[0]?.[0].changed).toHaveLength(12);
});

test("those of several that failed are named with their reason and tried again alone", async () => {
  const { backend, user, organizations, ondone } = await openFor(DeactivateDialog, "staging", 3);
  const second = organizations[1];
  backend.on("deactivate_organization", ({ id }: { id: string }) => {
    if (id === second?.id) throw { code: "busy", details: { act: "rename" } };
    return backend.organizations.find((organization) => organization.id === id);
  });
  await user.click(screen.getByRole("button", { name: "Deactivate" }));
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("1 of 3 could not be changed. The others are done.");
  expect(within(alert).getByText(second?.displayName ?? "-")).toBeVisible();
  expect(alert).toHaveTextContent("Code: busy");
  expect(ondone).not.toHaveBeenCalled();

  backend.restore("deactivate_organization");
  await user.click(await screen.findByRole("button", { name: "Try the remaining 1 again" }));
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  const asked = argumentsOf(backend, "deactivate_organization").map((args) => (args as { id: string }).id);
  expect(asked).toEqual([...organizations.map(({ id }) => id), second?.id]);
});

test("a dialog left after a partial failure still hands back what was changed", async () => {
  const { backend, user, organizations, onclose, ondone } = await openFor(DeactivateDialog, "staging", 2);
  backend.on("deactivate_organization", ({ id }: { id: string }) => {
    if (id === organizations[1]?.id) throw { code: "busy", details: { act: "rename" } };
    return backend.organizations.find((organization) => organization.id === id);
  });
  await user.click(screen.getByRole("button", { name: "Deactivate" }));
  await screen.findByRole("alert");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  expect(ondone.mock.calls[0]?.[0].changed).toHaveLength(1);
  expect(ondone.mock.calls[0]?.[0].failed).toHaveLength(1);
  expect(onclose).not.toHaveBeenCalled();
});

test("work on several is stopped after the one under way, and tells what was done and what not", async () => {
  const { backend, user, ondone } = await openFor(DeactivateDialog, "staging", 3);
  let release = () => {};
  backend.on("deactivate_organization", async ({ id }: { id: string }) => {
    await new Promise<void>((resolve) => (release = resolve));
    return backend.organizations.find((organization) => organization.id === id);
  });
  await user.click(screen.getByRole("button", { name: "Deactivate" }));
  await user.click(await screen.findByRole("button", { name: "Stop" }));
  release();
  expect(await screen.findByText("Stopped. 1 of 3 are done.")).toBeVisible();
  expect(screen.getByText("2 were not changed.")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull();
  expect(argumentsOf(backend, "deactivate_organization")).toHaveLength(1);

  backend.restore("deactivate_organization");
  await user.click(screen.getByRole("button", { name: "Continue with the remaining 2" }));
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  expect(argumentsOf(backend, "deactivate_organization")).toHaveLength(3);
});

test("Cancel says why it waits while one organization is acted on", async () => {
  const { backend, user } = await openFor(DeactivateDialog, "staging", 1);
  backend.on("deactivate_organization", () => new Promise(() => {}));
  await user.click(screen.getByRole("button", { name: "Deactivate" }));
  const cancel = screen.getByRole("button", { name: "Cancel" });
  await waitFor(() => expect(cancel).toHaveAttribute("aria-disabled", "true"));
  expect(cancel).toHaveAccessibleDescription("This can no longer be stopped.");
});

test("deleting for good asks for the typed name in every environment", async () => {
  const { backend, user, organization, onclose, ondone } = await openDeletion("local");
  const field = screen.getByLabelText("Type the organization name to confirm");
  await waitFor(() => expect(field).toHaveFocus());
  await user.click(deletion());
  expect(argumentsOf(backend, "erase_organization")).toHaveLength(0);
  const dialog = screen.getByRole("alertdialog");
  for (const text of ["Last write", "An estimate", "Live sessions", "drop()"])
    await waitFor(() => expect(dialog).toHaveTextContent(text));
  expect(
    screen.getByRole("checkbox", { name: /backup/ }),
    "on by default in production only",
  ).not.toBeChecked();
  await user.type(field, organization.name);
  await user.click(deletion());
  const done = await screen.findByRole("button", { name: "Done" });
  expect(screen.getByRole("dialog")).toHaveTextContent("entries of the record stay");
  expect(ondone).toHaveBeenCalledExactlyOnceWith(expect.anything(), true);
  expect(onclose).not.toHaveBeenCalled();
  await user.click(done);
  expect(onclose).toHaveBeenCalledOnce();
  expect(argumentsOf(backend, "erase_organization")[0]).toMatchObject({
    input: { backup: null, collection: organization.collectionName },
  });
});

test("in production a backup is written first, into the chosen folder", async () => {
  const { user, organization, backend } = await openDeletion("production");
  await waitFor(() => expect(screen.getByRole("checkbox", { name: /backup/ })).toBeChecked());
  vi.useFakeTimers({ shouldAdvanceTime: true });
  await user.type(screen.getByLabelText("Type the organization name to confirm"), organization.name);
  await vi.advanceTimersByTimeAsync(3_000);
  await waitFor(() => expect(deletion()).not.toHaveAttribute("aria-disabled"));
  deletion().click();
  await waitFor(() => expect(screen.getByRole("dialog")).toHaveTextContent("The backup is in"));
  const [{ input }] = argumentsOf(backend, "erase_organization") as [{ input: { backup: string } }];
  expect(input.backup).not.toBe("");
});

test("a name the service does not accept keeps what was typed", async () => {
  const { backend, user, organization } = await openDeletion("local");
  backend.fail("erase_organization", { code: "confirmation_mismatch" });
  const field = screen.getByLabelText("Type the organization name to confirm");
  await user.type(field, organization.name);
  await user.click(deletion());
  expect(await screen.findByText("Code: confirmation_mismatch")).toBeVisible();
  expect(field).toHaveValue(organization.name);
  expect(deletion()).not.toHaveAttribute("aria-disabled");
});

test("in production deleting for good holds off three seconds after the name is typed", async () => {
  const { backend, user, organization } = await openDeletion("production");
  const field = screen.getByLabelText("Type the organization name to confirm");
  await waitFor(() => expect(screen.getByRole("alertdialog")).not.toHaveTextContent("Loading"));
  await user.type(field, organization.name.slice(0, -1));
  vi.useFakeTimers();
  await user
    .setup({ advanceTimers: (by) => void vi.advanceTimersByTime(by) })
    .type(field, organization.name.slice(-1));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(deletion()).toHaveTextContent("Delete for good (1)");
  deletion().click();
  expect(argumentsOf(backend, "erase_organization")).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(deletion()).not.toHaveAttribute("aria-disabled");
});

test("a backup under way shows its progress, and cancelling it deletes nothing", async () => {
  const { backend, user, organization, ondone } = await openDeletion("local");
  let fail = (_: unknown) => {};
  backend.on("erase_organization", ({ progress }: { progress: { onmessage: (told: unknown) => void } }) => {
    const bytes = { bytes: 4_000_000, bytesPerSecond: 2_000_000 };
    progress.onmessage({ step: "writing", done: 250, total: 1000, perSecond: 125, ...bytes });
    return new Promise((_, reject) => (fail = reject));
  });
  await user.click(await screen.findByRole("checkbox", { name: /backup/ }));
  await user.type(screen.getByLabelText("Type the organization name to confirm"), organization.name);
  await waitFor(() => expect(deletion()).not.toHaveAttribute("aria-disabled"));
  await user.click(deletion());
  const dialog = screen.getByRole("alertdialog");
  for (const text of ["Writing the backup", "250 of 1,000 documents", "25%", "MB/s", "About 6"])
    await waitFor(() => expect(dialog).toHaveTextContent(text));
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  const [{ input }] = argumentsOf(backend, "erase_organization") as [{ input: { job: string } }];
  const cancelled = () => backend.calls.filter(({ command }) => command === "cancel_job");
  await waitFor(() => expect(cancelled().map(({ args }) => args)).toEqual([{ job: input.job }]));
  fail({ code: "cancelled" });
  expect(await screen.findByText("Code: cancelled")).toBeVisible();
  expect(deletion()).toHaveTextContent("Delete for good");
  expect(ondone).not.toHaveBeenCalled();
});

test("several are deleted one after the other, each with its own backup and certificate", async () => {
  const { backend, user, organizations, ondone } = await openDeletion("production", () => undefined, 3);
  await waitFor(() => expect(screen.getByRole("checkbox", { name: /backup/ })).toBeChecked());
  vi.useFakeTimers({ shouldAdvanceTime: true });
  await user.type(screen.getByLabelText("Type the number of organizations to confirm"), "3");
  await vi.advanceTimersByTimeAsync(3_000);
  await waitFor(() => expect(deletion()).not.toHaveAttribute("aria-disabled"));
  backend.on("erase_organization", () => {
    throw { code: "busy", details: { act: "restore" } };
  });
  deletion().click();
  expect(await screen.findByRole("alert")).toHaveTextContent("None of the 3 organizations was changed.");
  backend.restore("erase_organization");
  (await screen.findByRole("button", { name: "Try the remaining 3 again" })).click();
  const list = await screen.findByRole("list", { name: "Deleted organizations" });
  await waitFor(() => expect(within(list).getAllByRole("listitem")).toHaveLength(3));
  expect(await screen.findByRole("dialog", { name: "3 organizations are deleted" })).toBeVisible();
  const inputs = argumentsOf(backend, "erase_organization") as {
    input: { id: string; confirmation: string; backup: string };
  }[];
  expect(inputs.slice(-3).map(({ input: { id, confirmation } }) => ({ id, confirmation }))).toEqual(
    organizations.map(({ id, name }) => ({ id, confirmation: name })),
  );
  expect(inputs.every(({ input }) => input.backup === "default")).toBe(true);
  await waitFor(() => expect(ondone.mock.calls.at(-1)?.[0].changed).toHaveLength(3));
});

test("cancelling keeps what was deleted, and the rest is as it was", async () => {
  const { backend, user, organizations, ondone } = await openDeletion("local", () => undefined, 3);
  await user.type(screen.getByLabelText("Type the number of organizations to confirm"), "3");
  await waitFor(() => expect(deletion()).not.toHaveAttribute("aria-disabled"));
  let fail = (_: unknown) => {};
  const second = organizations[1]?.id;
  const whole = { backup: null, certificate: null, problem: { code: "busy", details: { act: "restore" } } };
  backend.on("erase_organization", ({ input }: { input: { id: string } }) =>
    input.id === second ? new Promise((_, reject) => (fail = reject)) : whole,
  );
  await user.click(deletion());
  expect(await screen.findByRole("progressbar", { name: /^Deleting: .*, 2 of 3$/ })).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  fail({ code: "cancelled" });
  expect(await screen.findByText("Stopped. 1 of 3 are done.")).toBeVisible();
  expect(screen.getByText("2 were not changed.")).toBeVisible();
  const [{ changed, left }] = ondone.mock.calls[0] as [{ changed: unknown[]; left: unknown[] }];
  expect([changed.length, left.length]).toEqual([1, 2]);
  expect(screen.getByRole("button", { name: "Continue with the remaining 2" })).toBeVisible();
});

test("closed while it runs, it goes on and tells its outcome elsewhere", async () => {
  const { backend, user, organization, onclose, ondone, unmount } = await openDeletion("local");
  let end = (_: unknown) => {};
  backend.on("erase_organization", () => new Promise((resolve) => (end = resolve)));
  await user.type(screen.getByLabelText("Type the organization name to confirm"), organization.name);
  await waitFor(() => expect(deletion()).not.toHaveAttribute("aria-disabled"));
  await user.click(deletion());
  await user.click(screen.getByRole("button", { name: "Close" }));
  expect(onclose).toHaveBeenCalledOnce();
  unmount();
  expect(ondone).not.toHaveBeenCalled();
  end({ backup: null, certificate: null, problem: null });
  await waitFor(() => expect(ondone).toHaveBeenCalledExactlyOnceWith(expect.anything(), false));
});
