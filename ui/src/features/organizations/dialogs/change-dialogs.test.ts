import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import AdminDialog from "./AdminDialog.svelte";
import RenameDialog from "./RenameDialog.svelte";
import RestoreDialog from "./RestoreDialog.svelte";
import type { OrganizationView, UpdateInput } from "$lib/api";
import { refuse } from "$fake/world";
import { argumentsOf, firstOf, openDialog, type Environment } from "$fake/in-dialog";

type Changing = typeof RenameDialog | typeof AdminDialog | typeof RestoreDialog;

async function open(dialog: Changing, environment: Environment = "production") {
  const onclose = vi.fn();
  const ondone = vi.fn();
  const onkept = vi.fn();
  const opened = await openDialog(environment, (backend, context) => {
    const organization = firstOf(backend, dialog === RestoreDialog ? "trashed" : "active");
    render(dialog as typeof AdminDialog, { props: { organization, onclose, ondone, onkept }, context });
  });
  return { ...opened, onclose, ondone, onkept };
}

async function typeNewName(user: Awaited<ReturnType<typeof open>>["user"], text: string) {
  const field = screen.getByLabelText("New name");
  await user.clear(field);
  await user.type(field, text);
}

test("a rename shows what moves and that nobody is signed out", async () => {
  const { user } = await open(RenameDialog, "local");
  await typeNewName(user, "northmark_logistics");
  const dialog = screen.getByRole("dialog");
  await waitFor(() => expect(dialog).toHaveTextContent("org_northmark_logistics"));
  await waitFor(() => expect(dialog).toHaveTextContent(/kept in place, none copied/));
  expect(dialog).toHaveTextContent("3 kept, no rebuild");
  expect(dialog).toHaveTextContent("No one is signed out.");
  expect(screen.queryByRole("checkbox")).toBeNull();
});

const sharedPreview = {
  from: "acme",
  to: "northmark",
  fromCollection: "org_acme",
  toCollection: "org_northmark",
  documents: 1204,
  indexes: 3,
  shared: true,
  available: true,
  problems: [],
};

test("a rename says that a shared collection stays and what the renamed one begins with", async () => {
  const { backend, user, ondone } = await open(RenameDialog, "local");
  backend.on("preview_rename", () => sharedPreview);
  await typeNewName(user, "northmark");
  const dialog = screen.getByRole("dialog");
  await waitFor(() => expect(dialog).toHaveTextContent("Other organizations also use this collection"));
  expect(dialog).toHaveTextContent("Its documents stay in org_acme.");
  expect(dialog).toHaveTextContent("starts with an empty collection, org_northmark");
  expect(dialog).not.toHaveTextContent(/kept in place/);
  await user.click(screen.getByRole("button", { name: "Rename organization" }));
  await waitFor(() => expect(ondone).toHaveBeenCalledWith(expect.anything(), "org_acme"));
});

test("in production a rename says that jobs go on reading a collection that is shared", async () => {
  const { backend, user } = await open(RenameDialog);
  backend.on("preview_rename", () => sharedPreview);
  const dialog = screen.getByRole("dialog");
  expect(dialog).toHaveTextContent("Jobs that use the old collection name stop working.");
  await typeNewName(user, "northmark");
  await waitFor(() =>
    expect(dialog).toHaveTextContent("Jobs that read the old collection miss new documents."),
  );
  expect(dialog, "the old collection is still there").not.toHaveTextContent("stop working");
});

test("a restore says that what was shared stayed", async () => {
  const opened = await openDialog("local", (backend, context) => {
    const organization = { ...firstOf(backend, "trashed"), leftShared: true, collectionName: "org_acme" };
    render(RestoreDialog, { props: { organization, onclose: vi.fn(), ondone: vi.fn() }, context });
  });
  expect(opened.app).toBeDefined();
  expect(screen.getByRole("dialog")).toHaveTextContent("Its documents stayed in org_acme");
});

test("in production a rename waits for the checkbox and sends the name alone", async () => {
  const { backend, user, ondone } = await open(RenameDialog);
  await typeNewName(user, "northmark_logistics");
  const button = screen.getByRole("button", { name: "Rename organization" });
  await user.click(button);
  expect(argumentsOf(backend, "update_organization")).toHaveLength(0);
  await user.click(screen.getByRole("checkbox"));
  await user.click(button);
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  const id = firstOf(backend, "active").id;
  expect(argumentsOf(backend, "update_organization")).toEqual([
    {
      input: {
        id,
        name: "northmark_logistics",
        displayName: null,
        email: null,
        password: null,
        seen: expect.objectContaining({ passwordMark: null }),
      },
    },
  ]);
});

test("a taken name shows no impact and blocks the rename", async () => {
  const { backend, user } = await open(RenameDialog, "local");
  const taken = backend.organizations[1]?.name ?? "";
  await typeNewName(user, taken);
  await waitFor(() => expect(screen.getByLabelText("New name")).toBeInvalid());
  expect(argumentsOf(backend, "preview_rename")).toHaveLength(0);
  expect(screen.getByRole("button", { name: "Rename organization" })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
});

test("the present name cannot be given again", async () => {
  await open(RenameDialog, "local");
  const button = screen.getByRole("button", { name: "Rename organization" });
  expect(button).toHaveAccessibleDescription("This is already its name.");
});

test("only what was changed of the administrator is sent, and an emptied display name clears it", async () => {
  const { backend, user, ondone } = await open(AdminDialog);
  const save = screen.getByRole("button", { name: "Save changes" });
  expect(save).toHaveAccessibleDescription("Nothing has changed yet.");
  await user.clear(screen.getByLabelText("Display name"));
  await user.click(save);
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  const id = firstOf(backend, "active").id;
  expect(argumentsOf(backend, "update_organization")).toEqual([
    { input: { id, name: null, displayName: "", email: null, password: null, seen: expect.anything() } },
  ]);
});

test("a new password tells that other sessions end", async () => {
  const { user } = await open(AdminDialog);
  await user.type(screen.getByLabelText("New password"), "Meridian-2027");
  expect(screen.getByText("A new password signs the admin out everywhere else.")).toBeVisible();
});

test("an organization whose name was taken meanwhile is restored under another one", async () => {
  const { backend, user, ondone } = await open(RestoreDialog);
  backend.fail("restore_organization", {
    code: "conflict",
    details: { field: "name" },
  });
  await user.click(screen.getByRole("button", { name: "Restore organization" }));
  const field = await screen.findByLabelText("Restore under the name");
  await waitFor(() => expect(field).toHaveFocus());
  expect(field).not.toBeInvalid();

  backend.restore("restore_organization");
  await user.type(field, "cobalt_again");
  await user.click(screen.getByRole("button", { name: "Restore organization" }));
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  expect(
    argumentsOf(backend, "restore_organization").map((args) => (args as { name: unknown }).name),
  ).toEqual([null, "cobalt_again"]);
});

test("an address that was taken meanwhile is said plainly, and no name is asked for", async () => {
  const { backend, user } = await open(RestoreDialog);
  backend.fail("restore_organization", { code: "conflict", details: { field: "email" } });
  await user.click(screen.getByRole("button", { name: "Restore organization" }));
  const address = firstOf(backend, "trashed").adminEmail;
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent(`Another account now signs in with ${address}.`);
  expect(alert).toHaveTextContent("Code: conflict");
  expect(screen.queryByLabelText("Restore under the name")).toBeNull();
});

test("an operator whose change finds another one unfinished can see what is left of it", async () => {
  const { app, backend, user } = await open(AdminDialog, "local");
  backend.fail("update_organization", { code: "busy", details: { act: "rename" } });
  await user.clear(screen.getByLabelText("Display name"));
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  await user.click(await screen.findByRole("button", { name: "See what is left" }));
  expect(app.question).toBe("attention");
});

test("a decision about what was under way takes the failure away that told of it", async () => {
  const { app, backend, user, ondone } = await open(RenameDialog, "local");
  backend.fail("update_organization", { code: "busy", details: { act: "rename" } });
  await typeNewName(user, "northmark_logistics");
  const rename = screen.getByRole("button", { name: "Rename organization" });
  await user.click(rename);
  expect(await screen.findByRole("alert")).toHaveTextContent("Code: busy");
  await app.noteDecided(app.opened ?? expect.fail("no workspace is open"));
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  await user.click(rename);
  expect(await screen.findByRole("alert")).toHaveTextContent("Code: busy");
  backend.restore("update_organization");
  await user.click(rename);
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
});

test("a change that was done in part does not claim that nothing happened", async () => {
  const { backend, user } = await open(AdminDialog, "local");
  backend.fail("update_organization", {
    code: "partly_done",
    details: { done: ["name"], notDone: [], unclear: ["displayName"], cause: { code: "forbidden" } },
  });
  await user.clear(screen.getByLabelText("Display name"));
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("Changed: name. Possibly changed: display name.");
  expect(alert).not.toHaveTextContent(/was not|nothing/i);
});

/** Somebody else changes what the dialog was opened with, so that the first try is refused. */
function changeElsewhere(
  { backend }: Awaited<ReturnType<typeof open>>,
  fields: {
    field: "name" | "displayName" | "email" | "password";
    seen: string | null;
    stored: string | null;
  }[],
  stored: Partial<OrganizationView>,
) {
  const organization = { ...firstOf(backend, "active"), ...stored };
  backend.on("get_organization", () => ({ ...organization, unverifiableHash: null, passwordMark: "newer" }));
  let first = true;
  backend.on("update_organization", () => {
    if (!first) return { ...organization, act: "act" };
    first = false;
    return refuse({ code: "changed_elsewhere", details: { fields } });
  });
}

test("what somebody else changed meanwhile is shown in three columns, and nothing is chosen", async () => {
  const opened = await open(AdminDialog, "local");
  const { backend, user, ondone } = opened;
  const { adminEmail } = firstOf(backend, "active");
  const email = screen.getByLabelText("Admin email");
  await user.clear(email);
  await user.type(email, "mine@example.com");
  changeElsewhere(
    opened,
    [
      { field: "displayName", seen: null, stored: "Theirs" },
      { field: "email", seen: adminEmail, stored: "theirs@example.com" },
    ],
    { displayName: "Theirs", adminEmail: "theirs@example.com" },
  );
  const save = screen.getByRole("button", { name: "Save changes" });
  await user.click(save);
  const table = await screen.findByRole("table");
  for (const text of [
    "When you began",
    "Stored now",
    "Yours",
    adminEmail,
    "theirs@example.com",
    "mine@example.com",
  ])
    expect(table).toHaveTextContent(text);
  for (const radio of screen.getAllByRole("radio")) expect(radio).not.toBeChecked();
  await user.click(save);
  expect(argumentsOf(backend, "update_organization"), "nothing is sent before a choice").toHaveLength(1);

  await user.click(screen.getByRole("radio", { name: /Display name: keep/ }));
  await user.click(screen.getByRole("radio", { name: /Admin email: store mine@example.com/ }));
  await user.click(save);
  await waitFor(() => expect(ondone).toHaveBeenCalled());
  const { input } = argumentsOf(backend, "update_organization").at(-1) as { input: UpdateInput };
  expect(input.email).toBe("mine@example.com");
  expect(input.seen, "on top of what was shown as stored").toMatchObject({
    displayName: "Theirs",
    email: "theirs@example.com",
    passwordMark: "newer",
  });
});

test("who keeps what is stored writes nothing", async () => {
  const opened = await open(RenameDialog, "local");
  const { backend, user, onkept } = opened;
  const { name } = firstOf(backend, "active");
  await typeNewName(user, "mine_corp");
  changeElsewhere(opened, [{ field: "name", seen: name, stored: "theirs" }], { name: "theirs" });
  const rename = screen.getByRole("button", { name: "Rename organization" });
  await user.click(rename);
  await user.click(await screen.findByRole("radio", { name: /Name: keep theirs/ }));
  await user.click(rename);
  await waitFor(() => expect(onkept).toHaveBeenCalledWith(expect.objectContaining({ name: "theirs" })));
  expect(argumentsOf(backend, "update_organization")).toHaveLength(1);
});
