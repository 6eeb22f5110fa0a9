import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { FAKE_PASSWORD, type FakeOptions } from "$fake/backend";
import { tellSession } from "$fake/sessions";
import { button, callsOf, field, start } from "$fake/window";

const opened = { opened: "p1", signedIn: true } as const;

async function begin(options: FakeOptions = {}) {
  const started = await start({ ...opened, ...options }, { pointerEventsCheck: 0, delay: null });
  await screen.findAllByRole("timer");
  return started;
}

async function atSettings(options: FakeOptions = {}) {
  const started = await begin(options);
  await started.user.click(button("Settings"));
  await screen.findByRole("heading", { name: "Sign-in and sessions" });
  return started;
}

const ownAccount = () => screen.findByRole("dialog", { name: "Your account" });
async function openOwnAccount({ user }: Awaited<ReturnType<typeof start>>) {
  await user.click(screen.getByText("Dana Whitlock"));
  await user.click(await screen.findByRole("menuitem", { name: /account/i }));
  return ownAccount();
}

describe("the cover of a locked window", () => {
  it("keeps what was typed, refuses another password and gives way to the right one", async () => {
    const started = await begin();
    const { user } = started;
    const name = within(await openOwnAccount(started)).getByLabelText("Your name");
    await user.clear(name);
    await user.type(name, "Dana W.");
    tellSession("p1", { kind: "locked" });
    const cover = await screen.findByRole("alertdialog", { name: "Meridian is locked" });
    await user.type(within(cover).getByLabelText("Password"), "something else{Enter}");
    expect(await within(cover).findByText(/4 attempts left/)).toBeVisible();
    await user.clear(within(cover).getByLabelText("Password"));
    await user.type(within(cover).getByLabelText("Password"), `${FAKE_PASSWORD}{Enter}`);
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(within(await ownAccount()).getByLabelText("Your name")).toHaveValue("Dana W.");
  });

  it("is brought by the person's menu", async () => {
    const { backend, user } = await begin();
    await user.click(screen.getByText("Dana Whitlock"));
    await user.click(await screen.findByRole("menuitem", { name: /^Lock/ }));
    expect(await screen.findByRole("alertdialog", { name: "Meridian is locked" })).toBeVisible();
    expect(callsOf(backend, "lock_window")).toHaveLength(1);
  });
});

describe("the end of a session", () => {
  const ending = () => screen.queryByRole("dialog", { name: "Your session is about to end" });

  it("is counted down in the last minute only", async () => {
    await begin({ sessionSeconds: 63 });
    expect(ending()).toBeNull();
    vi.useFakeTimers({ now: Date.now() + 5_000, shouldAdvanceTime: true });
    try {
      await vi.advanceTimersByTimeAsync(4_000);
      await waitFor(() => expect(ending()).toHaveTextContent(/It ends in 5\d.s/));
    } finally {
      vi.useRealTimers();
    }
  });

  it("is put off by going on, without a password where the workspace permits it", async () => {
    const { backend, user } = await begin({ sessionSeconds: 50 });
    await screen.findByText(/Everything typed stays where it is/);
    await user.click(button("Go on working"));
    await waitFor(() => expect(ending()).toBeNull());
    expect(callsOf(backend, "renew_session")).toHaveLength(1);
    expect(screen.getByRole("timer")).toHaveTextContent(/30.min left/);
  });
});

describe("the settings of a workspace", () => {
  it("are refused at their field, which keeps what was typed", async () => {
    const { backend, user } = await atSettings();
    const minutes = await screen.findByLabelText("Session, in minutes");
    await user.clear(minutes);
    await user.type(minutes, "3");
    await user.click(button("Save"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Type a whole number from 5 to 720.");
    expect(callsOf(backend, "change_workspace_settings")).toHaveLength(0);
    await user.type(minutes, "0");
    const issue = { field: "idleLockMinutes", rule: "range", message: "" } as const;
    backend.fail("change_workspace_settings", { code: "invalid_input", details: { fields: [issue] } });
    await user.type(field("Lock an idle window after, in minutes"), "15");
    await user.click(button("Save"));
    await waitFor(() => expect(field("Lock an idle window after, in minutes")).toBeInvalid());
    expect(minutes).toHaveValue("30");
    expect(field("Lock an idle window after, in minutes")).toHaveValue("15");
    backend.restore("change_workspace_settings");
    await user.click(screen.getByRole("switch", { name: "Sessions go on while somebody works" }));
    await user.click(button("Save"));
    expect(await screen.findByText("Settings saved")).toBeVisible();
    expect(callsOf(backend, "change_workspace_settings").at(-1)?.args).toMatchObject({
      seen: { sessionMinutes: 30, renewWhileWorking: true, idleLockMinutes: null, keepRecordMonths: null },
      next: { sessionMinutes: 30, renewWhileWorking: false, idleLockMinutes: 15, keepRecordMonths: null },
    });
  });

  it("that somebody else changed are shown beside what was typed, and what was left alone follows", async () => {
    const { backend, user } = await atSettings();
    const minutes = await screen.findByLabelText("Session, in minutes");
    await user.clear(minutes);
    await user.type(minutes, "45");
    const theirs = {
      sessionMinutes: 60,
      renewWhileWorking: true,
      idleLockMinutes: 10,
      keepRecordMonths: null,
    };
    backend.fail("change_workspace_settings", { code: "facts_changed" });
    backend.on("workspace_settings", () => theirs);
    await user.click(button("Save"));
    expect(await screen.findByText("Somebody else changed this to 60.")).toBeVisible();
    expect(minutes).toHaveValue("45");
    expect(field("Lock an idle window after, in minutes")).toHaveValue("10");
    backend.on("change_workspace_settings", ({ next }: { next: object }) => next);
    await user.click(button("Save"));
    expect(await screen.findByText("Settings saved")).toBeVisible();
    expect(callsOf(backend, "change_workspace_settings").at(-1)?.args).toMatchObject({
      seen: theirs,
      next: { ...theirs, sessionMinutes: 45 },
    });
  });

  it("are values to read for everybody but owners", async () => {
    await atSettings({ role: "operator" });
    expect(await screen.findByText("30 minutes")).toBeVisible();
    expect(screen.queryByLabelText("Session, in minutes")).toBeNull();
    expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
  });
});

describe("failed sign-ins", () => {
  it("are listed with the time left, and cleared by those who may", async () => {
    const { user } = await atSettings();
    const row = await screen.findByRole("row", { name: /lee.chen@meridian.example.*8.*42.s/ });
    expect(screen.getByRole("row", { name: /Unknown address.*3.*None/ })).toBeVisible();
    await user.click(within(row).getByRole("button"));
    await waitFor(() =>
      expect(screen.queryByText("lee.chen@meridian.example", { selector: "td *" })).toBeNull(),
    );
    expect(screen.getByText("Any account")).toBeVisible();
  });

  it("are not cleared by a read-only operator, and not known to others", async () => {
    await atSettings({ role: "read_only_operator" });
    await screen.findByText("Any account");
    expect(screen.queryByRole("button", { name: /^Clear the failed/ })).toBeNull();
  });

  it("are no concern of an organization", async () => {
    await atSettings({ role: "organization_admin" });
    expect(screen.queryByRole("heading", { name: "Failed sign-ins" })).toBeNull();
    expect(screen.queryByRole("heading", { name: "Live sessions" })).toBeNull();
  });
});

describe("live sessions", () => {
  it("end one by one without a question, and all after one", async () => {
    const { backend, user } = await atSettings();
    await user.click(await screen.findByRole("button", { name: /^End the session of Lee Chen/ }));
    await waitFor(() => expect(screen.queryByText(/Lee Chen/)).toBeNull());
    expect(callsOf(backend, "end_sessions").at(-1)?.args).toMatchObject({
      whose: { kind: "one", id: "lee" },
    });
    // One other is left: there is nothing to end together.
    expect(screen.queryByRole("button", { name: "End all other sessions" })).toBeNull();
  });

  it("end together after a question that names whose they are", async () => {
    const { backend, user } = await atSettings();
    await user.click(await screen.findByRole("button", { name: "End all other sessions" }));
    const dialog = within(await screen.findByRole("alertdialog", { name: "End all other sessions?" }));
    expect(dialog.getByText("Everybody in Meridian")).toBeVisible();
    expect(callsOf(backend, "end_sessions")).toHaveLength(0);
    await user.click(dialog.getByRole("button", { name: "End sessions" }));
    expect(await screen.findByText("2 sessions were ended")).toBeVisible();
    expect(callsOf(backend, "end_sessions").at(-1)?.args).toMatchObject({ whose: { kind: "everybody" } });
    await waitFor(() => expect(screen.queryByText(/Ada Okafor/)).toBeNull());
    expect(screen.getByText("This session")).toBeVisible();
  });

  it("of others are not ended by a read-only operator", async () => {
    await atSettings({ role: "read_only_operator" });
    await screen.findByText(/Lee Chen/);
    expect(screen.queryByRole("button", { name: /^End/ })).toBeNull();
  });

  it("of one's own stand in the own account", async () => {
    const started = await begin();
    const dialog = within(await openOwnAccount(started));
    expect(await dialog.findByText("dana on mars, Linux")).toBeVisible();
    expect(callsOf(started.backend, "list_sessions").at(-1)?.args).toMatchObject({ whose: { kind: "own" } });
  });
});
