import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import App from "../src/App.svelte";
import type { ProfileInput } from "$lib/api";
import { FAKE_PASSWORD, installFakeBackend, type FakeOptions } from "$fake/backend";
import { FAKE_PASSPHRASE } from "$fake/backend";

async function start(options: FakeOptions = {}) {
  const backend = installFakeBackend(options);
  render(App);
  // A menu is placed where its button is, and without a layout that counts as out of sight.
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  await screen.findByText("Built in, no setup needed");
  return { backend, user };
}
type User = Awaited<ReturnType<typeof start>>["user"];

const button = (name: string | RegExp) => screen.getByRole("button", { name });
const string = () => screen.getByLabelText<HTMLTextAreaElement>("Connection string");
const tab = (name: RegExp) => screen.getByRole("tab", { name });
const items = () =>
  [...document.querySelectorAll("[data-item] .name")].map((item) => item.firstElementChild?.textContent);

async function choose(user: User, name: string) {
  button("Add connection").focus();
  await user.keyboard("{Enter}");
  await user.click(await screen.findByText(name, { selector: "[role=menuitem] *" }));
}
async function add(user: User, choice = "Paste connection string") {
  await choose(user, choice);
  await screen.findByLabelText("Connection string");
}
async function write(user: User, text: string) {
  await user.clear(string());
  await user.click(string());
  await user.paste(text);
}
const saved = (backend: ReturnType<typeof installFakeBackend>) =>
  backend.calls.flatMap(({ command, args }) =>
    command === "save_profile" ? [(args as { input: ProfileInput }).input] : [],
  );

describe("the list of workspaces", () => {
  it("shows the built-in one first and opens it", async () => {
    const { user } = await start();
    await user.click(button("Open workspace"));
    expect(await screen.findByRole("heading", { name: "Sign in to On this computer" })).toBeVisible();
  });

  it("is searched by name, host and notes", async () => {
    const { user } = await start();
    await user.type(screen.getByPlaceholderText("Search by name, host or notes"), "sunday");
    expect(items()).toEqual(["Meridian Staging"]);
    await user.clear(screen.getByPlaceholderText("Search by name, host or notes"));
    await user.type(screen.getByPlaceholderText("Search by name, host or notes"), "10.20.4.19");
    expect(items()).toEqual(["Integration rig"]);
    await user.type(screen.getByPlaceholderText("Search by name, host or notes"), "nothing");
    expect(screen.getByText(/No workspace matches/)).toBeVisible();
  });

  it("leaves the keys of an input method to it", async () => {
    await start();
    const search = screen.getByPlaceholderText("Search by name, host or notes");
    await fireEvent.input(search, { target: { value: "mer" } });
    await fireEvent.keyDown(search, { key: "Escape", isComposing: true });
    expect(search).toHaveValue("mer");
    await fireEvent.keyDown(search, { key: "Escape" });
    expect(search).toHaveValue("");
  });

  it("is put in order by Alt and an arrow key", async () => {
    const { backend, user } = await start();
    button(/^Laptop MongoDB/).focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    expect(items()).toEqual([
      "On this computer",
      "Meridian",
      "Meridian Staging",
      "Laptop MongoDB",
      "Integration rig",
    ]);
    const sent = backend.calls.find(({ command }) => command === "arrange_profiles");
    expect(sent?.args).toEqual({ ids: ["p1", "p2", "p4", "p3"] });
    expect(document.activeElement).toBe(button(/^Laptop MongoDB/));
  });

  it("keeps its order when the program refuses another one", async () => {
    const { backend, user } = await start();
    backend.fail("arrange_profiles", "no");
    button(/^Laptop MongoDB/).focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    await screen.findByRole("alert");
    expect(items().at(-1)).toBe("Laptop MongoDB");
  });

  it("puts favourites above the others", async () => {
    const { user } = await start();
    await fireEvent.contextMenu(button(/^Laptop MongoDB/), { clientX: 40, clientY: 40 });
    await user.click(await screen.findByRole("menuitem", { name: "Add to favourites" }));
    await waitFor(() => expect(items()[1]).toBe("Laptop MongoDB"));
    expect(screen.getByRole("list", { name: "Favourites" })).toHaveTextContent("Laptop MongoDB");
  });

  it("duplicates a connection", async () => {
    const { user } = await start();
    await fireEvent.contextMenu(button(/^Laptop MongoDB/), { clientX: 40, clientY: 40 });
    await user.click(await screen.findByRole("menuitem", { name: "Duplicate" }));
    expect(await screen.findByRole("heading", { name: "Edit Laptop MongoDB (copy)" })).toBeVisible();
  });

  it("gives back what was removed, with what was typed in it", async () => {
    const { user } = await start();
    await user.click(button(/^Integration rig/));
    await user.type(await screen.findByLabelText("Notes"), "Reset on Mondays");
    await user.click(button("Remove"));
    await waitFor(() => expect(items()).not.toContain("Integration rig"));
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(() => expect(items()[3]).toBe("Integration rig"));
    expect(await screen.findByLabelText("Notes")).toHaveValue("Reset on Mondays");
  });

  it("says when it is too late to give it back", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Integration rig/));
    await user.click(button("Remove"));
    const undo = await screen.findByRole("button", { name: "Undo" });
    backend.fail("restore_profile", { code: "not_found", details: { what: "workspace" } });
    await user.click(undo);
    expect(await screen.findByText(/not_found/)).toBeVisible();
  });

  it("shows what was begun and not saved, until it is discarded", async () => {
    const { user } = await start();
    await add(user);
    await user.type(screen.getByLabelText("Name"), "Rig");
    await user.click(button(/^Meridian Locked/));
    expect(screen.getByLabelText("Name")).toHaveValue("Meridian");
    await user.click(button(/^Rig/));
    expect(screen.getByLabelText("Name")).toHaveValue("Rig");
    await user.click(button("Cancel"));
    await waitFor(() => expect(items()).not.toContain("Rig"));
  });

  it("colours the window with the environment that is looked at", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    await waitFor(() => expect(document.documentElement).toHaveAttribute("data-env", "production"));
    await user.click(screen.getByRole("radio", { name: "Staging" }));
    await waitFor(() => expect(document.documentElement).toHaveAttribute("data-env", "staging"));
  });

  it("tells what the program found wrong with the profile file", async () => {
    const backend = installFakeBackend();
    backend.on("list_workspaces", () => ({
      workspaces: [],
      secrets: { keeper: "ask_every_time", reason: "no_keychain" },
      notices: [{ kind: "damaged", saved: 1, aside: "~/profiles.damaged.json" }],
    }));
    render(App);
    const list = (await screen.findByRole("heading", { name: "Tenantry" })).closest("section");
    expect(within(list as HTMLElement).getByText(/1 connection in it could still be read/)).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    expect(screen.queryByText(/1 connection in it could still be read/)).toBeNull();
  });
});

describe("the connection editor", () => {
  it("starts from a template, and its fields follow", async () => {
    const { user } = await start();
    await add(user, "Replica set");
    await waitFor(() =>
      expect(screen.getByLabelText("Hosts")).toHaveValue(
        "db1.example.com:27017\ndb2.example.com:27017\ndb3.example.com:27017",
      ),
    );
    expect(screen.getByLabelText("Replica set")).toHaveValue("rs0");
    expect(screen.getByLabelText("Name")).toHaveValue("Replica set");
  });

  it("fills the fields from the string, and the string from the fields", async () => {
    const { user } = await start();
    await add(user);
    await write(user, "mongodb://db.example:27018/?replicaSet=rs1&w=majority");
    await waitFor(() => expect(screen.getByLabelText("Hosts")).toHaveValue("db.example:27018"));
    await user.clear(screen.getByLabelText("Replica set"));
    await user.type(screen.getByLabelText("Replica set"), "rs2");
    await waitFor(() =>
      expect(string()).toHaveValue("mongodb://db.example:27018/?w=majority&replicaSet=rs2"),
    );
    await user.click(tab(/Advanced/));
    expect(screen.getByLabelText("Option")).toHaveValue("w");
    await user.type(screen.getByLabelText(/Connect timeout/), "2500");
    await waitFor(() => expect(string().value).toContain("connectTimeoutMS=2500"));
  });

  it("keeps the fields as they were while the string cannot be read, and marks the place", async () => {
    const { user } = await start();
    await user.click(button(/^Laptop MongoDB/));
    await waitFor(() => expect(screen.getByLabelText("Hosts")).toHaveValue("localhost:27017"));
    await write(user, "postgres://localhost");
    await waitFor(() => expect(string()).toBeInvalid());
    expect(string()).toHaveAccessibleDescription(/must begin with mongodb/);
    expect(screen.getByLabelText("Hosts")).toHaveValue("localhost:27017");
    expect(document.querySelector(".wrong")).toHaveTextContent("postgres");
    expect(tab(/General/)).toHaveAccessibleName(/Has a problem/);
  });

  it("masks a password as soon as the caret has left it, and never sends it in the string", async () => {
    const { backend, user } = await start();
    await add(user);
    await write(user, `mongodb://ann:${FAKE_PASSWORD}@db.example`);
    await waitFor(() => expect(string()).toHaveValue("mongodb://ann:••••••••@db.example"));
    expect(document.querySelector(".drawn")?.textContent).not.toContain(FAKE_PASSWORD);
    await user.type(screen.getByLabelText("Name"), "Rig");
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(saved(backend)[0]).toMatchObject({
      connectionString: "mongodb://ann:••••••••@db.example",
      password: null,
    });
  });

  it("leaves a password alone while it is being typed, drawn as dots", async () => {
    const { user } = await start();
    await add(user);
    await write(user, "mongodb://ann:@db.example");
    string().setSelectionRange(14, 14);
    await user.type(string(), "s3cret", { initialSelectionStart: 14, initialSelectionEnd: 14 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(string()).toHaveValue("mongodb://ann:s3cret@db.example");
    expect(document.querySelector(".drawn .secret")).toHaveTextContent("••••••");
    await user.tab();
    expect(string()).toHaveValue("mongodb://ann:••••••••@db.example");
  });

  it("never shows a saved password, keeps it when none is typed, and forgets it when told to", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(tab(/Authentication/));
    expect(screen.getByLabelText("Database password")).toHaveValue("");
    expect(screen.getByLabelText("Database password")).toHaveAttribute("placeholder", "••••••••");
    await user.click(tab(/General/));
    await user.type(screen.getByLabelText("Name"), " 2");
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(saved(backend)[0]).toMatchObject({ id: "p1", password: null, signingSecret: null });
    await user.click(tab(/Authentication/));
    await user.click(button("Forget: Database password"));
    await waitFor(() => expect(string().value).toContain("tenantry_admin@"));
    await user.click(button("Save"));
    await waitFor(() => expect(saved(backend)[1]).toMatchObject({ password: "" }));
  });

  it("shows whether the password is remembered, and says when it is not to be any more", async () => {
    const { backend, user } = await start();
    const remember = () => screen.getByRole("checkbox", { name: /Remember the password/ });
    await user.click(button(/^Meridian Staging/));
    await user.click(tab(/Authentication/));
    expect(remember()).not.toBeChecked();
    await user.click(button(/^Meridian Locked/));
    await user.click(tab(/Authentication/));
    expect(remember()).toBeChecked();
    await user.click(remember());
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(saved(backend)[0]).toMatchObject({ password: null, remember: false });
    expect(remember()).not.toBeChecked();
  });

  it("forgets the password of a client certificate's key with its place in the string", async () => {
    const { backend, user } = await start();
    await add(user);
    await user.type(screen.getByLabelText("Name"), "With a certificate");
    await write(
      user,
      "mongodb://db.example/?tls=true&tlsCertificateKeyFile=/a.pem&tlsCertificateKeyFilePassword=••••••••",
    );
    await user.click(tab(/TLS/));
    await user.click(await screen.findByRole("button", { name: "Forget: Key password" }));
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(saved(backend)[0]?.connectionString).not.toContain("Password");
    expect(screen.getByLabelText(/Key password/)).not.toHaveAttribute("placeholder");
  });

  it("forgets the service's signing secret when told to, and not when another is typed", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(tab(/Authentication/));
    const secret = () => screen.getByLabelText("Service signing secret");
    await user.click(button("Forget: Service signing secret"));
    expect(secret()).not.toHaveAttribute("placeholder");
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(saved(backend)[0]).toMatchObject({ signingSecret: "" });
    expect(screen.queryByRole("button", { name: "Forget: Service signing secret" })).toBeNull();
    await user.type(secret(), "another");
    await user.click(button("Save"));
    await waitFor(() => expect(saved(backend)[1]).toMatchObject({ signingSecret: "another" }));
  });

  it("shows the mask in the string for a password that is typed beside it", async () => {
    const { user } = await start();
    await add(user);
    await write(user, "mongodb://ann@db.example");
    await user.click(tab(/Authentication/));
    await waitFor(() => expect(screen.getByLabelText("User")).toHaveValue("ann"));
    await user.type(screen.getByLabelText("Database password"), "pw");
    await waitFor(() => expect(string()).toHaveValue("mongodb://ann:••••••••@db.example"));
  });

  it("suggests to lock what is new and in production, unless the person said something else", async () => {
    const { user } = await start();
    await add(user, "Local MongoDB");
    await user.click(screen.getByRole("radio", { name: "Production" }));
    expect(screen.getByRole("radio", { name: "Locked" })).toBeChecked();
    await user.click(screen.getByRole("radio", { name: "Read-only" }));
    await user.click(screen.getByRole("radio", { name: "Local" }));
    expect(screen.getByRole("radio", { name: "Read-only" })).toBeChecked();
  });

  it("converts a name that is looked up to the hosts behind it", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(await screen.findByRole("button", { name: "Convert to seed list" }));
    await waitFor(() =>
      expect(screen.getByLabelText<HTMLInputElement>("Hosts").value).toContain("shard-00-02"),
    );
    expect(string().value).toMatch(/^mongodb:\/\//);
  });

  it("takes a certificate file that was chosen on this computer", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(tab(/TLS/));
    await user.click(await screen.findByLabelText("CA file"));
    await user.paste("/etc/old.pem");
    await user.click(button("CA file: choose on this computer"));
    await waitFor(() =>
      expect(screen.getByLabelText("CA file")).toHaveValue("/home/olga/certificates/authorities.pem"),
    );
    expect(backend.calls.find(({ command }) => command === "choose_certificate_file")?.args).toEqual({
      file: "authorities",
      current: "/etc/old.pem",
    });
    await waitFor(() => expect(string().value).toContain("tlsCAFile="));
  });

  it("warns in plain words when the server is not checked", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(tab(/TLS/));
    await user.click(await screen.findByRole("checkbox", { name: /Check the certificate/ }));
    expect(await screen.findByText("The server is not checked")).toBeVisible();
    await waitFor(() => expect(string().value).toContain("tlsAllowInvalidCertificates=true"));
  });

  it("keeps what was typed when saving is refused, and shows the problem at its field", async () => {
    const { user } = await start();
    await add(user);
    await write(user, "mongodb://localhost");
    await user.click(button("Save"));
    await waitFor(() => expect(screen.getByLabelText("Name")).toHaveAccessibleDescription("Enter a value."));
    expect(string()).toHaveValue("mongodb://localhost");
    expect(tab(/General/)).toHaveAccessibleName(/Has a problem/);
  });
});

describe("the connection test", () => {
  it("shows every stage with what it found, and opens what passed", async () => {
    const { user } = await start();
    await add(user);
    await user.type(screen.getByLabelText("Name"), "Rig");
    await write(user, `mongodb+srv://ann:${FAKE_PASSWORD}@rig.example`);
    await user.click(button("Test and open"));
    expect(await screen.findByRole("heading", { name: "Sign in to Rig" })).toBeVisible();
  });

  it("shows before the first run what it would try, and folds its result", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    const panel = within(screen.getByRole("complementary", { name: "Connection test" }));
    expect(panel.getAllByText("Not run")).toHaveLength(7);
    const fold = panel.getByRole("button", { name: "Hide the result", hidden: true });
    await user.click(fold);
    expect(fold).toHaveAttribute("aria-expanded", "false");
    await user.click(button("Test"));
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
    expect(fold).toHaveAttribute("aria-expanded", "true");
  });

  it("says what each stage found", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(button("Test"));
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
    expect(screen.getByText("TLS 1.3")).toBeVisible();
    expect(
      screen.getByText("R11, issued by ISRG Root X1, valid from 13 Mar 2024 until 12 Mar 2027"),
    ).toBeVisible();
    expect(screen.getByText(/MongoDB 8.0.4, Replica set/)).toBeVisible();
  });

  it("stops at a refused password, in words, and leads to the field", async () => {
    const { backend, user } = await start();
    await add(user);
    await user.type(screen.getByLabelText("Name"), "Rig");
    await write(user, "mongodb://ann:wro%25ng@rig.example");
    await user.click(button("Test and open"));
    const note = within(await screen.findByRole("alert"));
    expect(note.getByText("The server refused this user and password")).toBeVisible();
    expect(note.getByText(/This password contains %/)).toBeVisible();
    expect(tab(/Authentication/)).toHaveAccessibleName(/Has a problem/);
    expect(backend.calls.some(({ command }) => command === "save_profile")).toBe(false);
    const scrolled = vi.spyOn(Element.prototype, "scrollIntoView");
    await user.click(note.getByRole("button", { name: "Edit password" }));
    await waitFor(() => expect(screen.getByLabelText("Database password")).toHaveFocus());
    expect(scrolled.mock.contexts).toContain(screen.getByLabelText("Database password"));
    await user.type(screen.getByLabelText("Database password"), FAKE_PASSWORD);
    await user.click(button("Test again"));
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
  });

  it("offers what most likely puts it right", async () => {
    const { backend, user } = await start();
    await add(user);
    await write(user, "mongodb://ann:x@authsource.example");
    await user.click(button("Test"));
    await user.click(await screen.findByRole("button", { name: "Use admin and test" }));
    await waitFor(() => expect(string().value).toContain("authSource=admin"));
    expect(backend.calls.filter(({ command }) => command === "test_connection")).toHaveLength(2);
  });

  it("copies the report", async () => {
    const { user } = await start();
    const copied = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    await add(user);
    await write(user, "mongodb://refused.example");
    await user.click(button("Test"));
    await user.click(await screen.findByRole("button", { name: "Copy report" }));
    expect(copied).toHaveBeenCalledWith(expect.stringContaining("reach: failed"));
  });

  it("shows the role that gives a user the missing rights, and tests again from there", async () => {
    const { backend, user } = await start();
    await add(user);
    await write(user, `mongodb://ann:${FAKE_PASSWORD}@rights.example`);
    await user.click(button("Test"));
    await user.click(await screen.findByRole("button", { name: "Show required role" }));
    const dialog = within(
      await screen.findByRole("dialog", { name: "The smallest role that allows everything" }),
    );
    expect(dialog.getByText("find on organizations")).toBeVisible();
    expect(dialog.queryByText(/renameCollection/)).toBeNull();
    expect(dialog.getByLabelText("Command to paste")).toHaveTextContent("db.createRole({})");
    await user.click(dialog.getByRole("button", { name: "Test again" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(backend.calls.filter(({ command }) => command === "test_connection")).toHaveLength(2);
  });

  it("offers no role where no right is missing", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(button("Test"));
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Show required role" })).toBeNull();
  });

  it("is cancelled", async () => {
    const { user } = await start({ delay: 30 });
    await user.click(await screen.findByRole("button", { name: /^Meridian Locked/ }));
    await user.click(button("Test"));
    await user.click(await screen.findByRole("button", { name: "Cancel" }));
    expect(await screen.findByText(/The test was cancelled/)).toBeVisible();
    expect(button("Test again")).toBeVisible();
  });

  it("runs by itself when the database user may not open the workspace", async () => {
    const { backend, user } = await start();
    backend.fail("open_workspace", {
      code: "denied_by_database",
      details: { action: "find", namespace: "tenants.console_operations" },
    });
    await user.click(button(/^Integration rig/));
    await user.click(button("Open workspace"));
    expect(await screen.findByText("The database does not allow this")).toBeVisible();
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
    expect(backend.calls.filter(({ command }) => command === "test_connection")).toHaveLength(1);
  });

  it("runs by itself when a workspace cannot be opened", async () => {
    const { user } = await start();
    await user.click(button(/^Integration rig/));
    await user.click(button("Open workspace"));
    expect(await screen.findByText("The server is not responding")).toBeVisible();
    expect(await screen.findByText(/Every step passed/)).toBeVisible();
    expect(button("Try again")).toBeVisible();
  });
});

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
