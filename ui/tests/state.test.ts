import { beforeEach, describe, expect, it, vi } from "vitest";
import { api, ApiError, workspaceApi } from "$lib/api";
import { FAKE_PASSWORD, installFakeBackend, type FakeBackend } from "$fake/backend";
import { AppState, SessionState, ShortcutState, ThemeState, ToastState } from "$lib/state";

let backend: FakeBackend;
beforeEach(() => {
  backend = installFakeBackend();
});

describe("the window", () => {
  it("starts with the workspaces, then signs in, then works", async () => {
    const app = new AppState();
    expect(app.screen).toBe("starting");
    await app.start();
    expect(app.screen).toBe("workspaces");
    await app.openWorkspace("p1", null, false);
    expect(app.screen).toBe("sign-in");
    expect(app.environment).toBe("production");
    await app.session.signIn("dana@meridian.example", FAKE_PASSWORD);
    expect(app.screen).toBe("shell");
    await app.session.signOut();
    expect(app.screen).toBe("sign-in");
    await app.leaveWorkspace();
    expect(app.screen).toBe("workspaces");
    expect(app.environment).toBeNull();
  });

  it("offers to claim a workspace without operators", async () => {
    installFakeBackend({ claimed: false });
    const app = new AppState();
    await app.start();
    await app.openWorkspace("built-in", null, false);
    expect(app.screen).toBe("claim");
  });

  it("takes up an open session after a reload", async () => {
    installFakeBackend({ opened: "p1", signedIn: true });
    const app = new AppState();
    await app.start();
    expect(app.screen).toBe("shell");
  });

  it("leaves a workspace even when closing it fails, and says so", async () => {
    const app = new AppState();
    await app.openWorkspace("p1", null, false);
    backend.fail("close_workspace", {
      code: "unavailable",
      details: { reason: "server", path: null, cause: "no answer" },
    });
    await app.leaveWorkspace();
    expect(app.opened).toBeNull();
    expect(app.toasts.list).toHaveLength(1);
  });

  it("keeps the session of a workspace that is switched away from and back to", async () => {
    const app = new AppState();
    await app.openWorkspace("p1", null, false);
    const meridian = app.api;
    await app.session.signIn("dana@meridian.example", FAKE_PASSWORD);
    await app.openWorkspace("built-in", null, false);
    expect(app.session.view).toBeNull();
    await app.switchTo("p1");
    expect(app.session.view?.email).toBe("dana@meridian.example");
    expect(app.api.workspace).toBe(meridian.workspace);
  });

  it("takes back what it told of a locked workspace once unlocking has settled it", async () => {
    const app = new AppState();
    const found = await api.openWorkspace("p1", null, false);
    const warnings = ["15 indexes are missing.", "The line is not encrypted."];
    backend.on("open_workspace", () => ({ ...found, warnings }));
    await app.openWorkspace("p1", null, false);
    expect(app.toasts.list.map(({ text }) => text)).toEqual(warnings);
    backend.on("switch_workspace", () => ({ ...found, warnings: warnings.slice(1) }));
    backend.on("unlock_workspace", () => found.access);
    if (app.opened) await app.unlock(app.opened, "The yearly clean-up");
    await vi.waitFor(() => expect(app.toasts.list.map(({ text }) => text)).toEqual(warnings.slice(1)));
  });

  it("tells what an interrupted run left", async () => {
    const app = new AppState();
    const opened = await api.openWorkspace("built-in", null, false);
    backend.on("open_workspace", () => ({
      ...opened,
      warnings: ["The index could not be made."],
      recovered: [
        { act: "create", organizationName: "a", outcome: "undone" },
        { act: "rename", organizationName: "b", outcome: "needs_attention" },
      ],
    }));
    await app.openWorkspace("built-in", null, false);
    expect(app.toasts.list.map(({ kind, lifetime }) => [kind, lifetime])).toEqual([
      ["info", null],
      ["warning", null],
      ["warning", null],
    ]);
    expect(app.toasts.list[0]?.text).toBe("Creating a was interrupted. It has been undone. Nothing changed.");
  });
});

describe("a session", () => {
  const builtIn = workspaceApi("built-in");
  const view = async () => {
    await api.openWorkspace("built-in", null, false);
    return builtIn.signIn("dana@meridian.example", FAKE_PASSWORD);
  };

  it("counts down and ends, and the screen stays", async () => {
    const session = new SessionState();
    session.begin(await view());
    const end = Date.parse(session.view?.expiresAt ?? "");
    session.tick(end - 60_000);
    expect(session.remaining).toBe(60_000);
    expect(session.ended).toBeNull();
    session.tick(end);
    expect(session.ended).toBe("expired");
    expect(session.remaining).toBe(0);
    expect(session.view).not.toBeNull();
  });

  it("ends when the service says so, whatever the clock of the window", async () => {
    const app = new AppState();
    const stop = app.connect();
    const signedIn = await view();
    await app.openWorkspace("built-in", null, false);
    app.session.begin(signedIn);
    backend.fail("count_organizations", { code: "session_revoked" });
    await workspaceApi("p1")
      .countOrganizations("")
      .catch(() => undefined);
    expect(app.session.ended).toBeNull();
    await builtIn.countOrganizations("").catch(() => undefined);
    expect(app.session.ended).toBe("revoked");
    stop();
  });

  it("goes on after signing in again, and says that it is a new one", async () => {
    const session = new SessionState(builtIn);
    session.begin(await view());
    session.noticeEnd(new ApiError({ code: "session_expired" }));
    const before = session.generation;
    await session.signIn("dana@meridian.example", FAKE_PASSWORD);
    expect(session.ended).toBeNull();
    expect(session.generation).toBe(before + 1);
  });

  it("gives no rights while nobody is signed in", () => {
    expect(new SessionState().may("list")).toBe(false);
  });
});

describe("keys of one letter", () => {
  const press = (target: Element, key: string, more: KeyboardEventInit = {}) =>
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));

  function shortcuts() {
    const state = new ShortcutState();
    const run = vi.fn();
    state.on("n", run);
    document.body.innerHTML = `<input id="field" /><input id="box" type="checkbox" /><p id="text"></p>`;
    document.body.onkeydown = state.handle;
    const at = (id: string) => document.getElementById(id) as Element;
    return { state, run, at };
  }

  it("work outside of text fields", () => {
    const { run, at } = shortcuts();
    press(at("text"), "n");
    press(at("box"), "N");
    expect(run).toHaveBeenCalledTimes(2);
  });

  it("are letters in text fields", () => {
    const { run, at } = shortcuts();
    press(at("field"), "n");
    expect(run).not.toHaveBeenCalled();
  });

  it("leave combinations alone", () => {
    const { run, at } = shortcuts();
    press(at("text"), "n", { ctrlKey: true });
    expect(run).not.toHaveBeenCalled();
  });

  it("do nothing under a dialog", () => {
    const { run, at } = shortcuts();
    document.body.insertAdjacentHTML("beforeend", `<div role="dialog"></div>`);
    press(at("text"), "n");
    expect(run).not.toHaveBeenCalled();
  });

  it("can be turned off, and stay off", () => {
    const { state, run, at } = shortcuts();
    state.enabled = false;
    press(at("text"), "n");
    expect(run).not.toHaveBeenCalled();
    expect(new ShortcutState().enabled).toBe(false);
  });

  it("are given back", () => {
    const state = new ShortcutState();
    const run = vi.fn();
    state.on("e", run)();
    state.handle(new KeyboardEvent("keydown", { key: "e" }));
    expect(run).not.toHaveBeenCalled();
  });
});

describe("the theme", () => {
  it("follows the system until one is chosen, which is remembered", () => {
    vi.spyOn(window, "matchMedia").mockReturnValue({
      matches: true,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    } as unknown as MediaQueryList);
    const theme = new ThemeState();
    theme.follow();
    expect(theme.shown).toBe("dark");
    theme.choice = "light";
    expect(theme.shown).toBe("light");
    expect(new ThemeState().choice).toBe("light");
  });
});

describe("toasts", () => {
  it("go once their action was taken, unless they are to stay", () => {
    const toasts = new ToastState();
    const run = vi.fn(() => expect(toasts.list).toHaveLength(1));
    toasts.info("Trashed", { action: { label: "Undo", run } });
    toasts.list[0]?.action?.run();
    expect(run).toHaveBeenCalledOnce();
    expect(toasts.list).toEqual([]);
    toasts.info("Exported", { action: { label: "Show", run, stays: true } });
    toasts.list[0]?.action?.run();
    expect(toasts.list).toHaveLength(1);
  });

  it("are at most four, the newest last", () => {
    const toasts = new ToastState();
    for (const title of ["1", "2", "3", "4", "5"]) toasts.warning(title);
    expect(toasts.list.map(({ title }) => title)).toEqual(["2", "3", "4", "5"]);
  });

  it("make room by what would go by itself, then by the oldest told, and never by work that can be cancelled", () => {
    const toasts = new ToastState();
    const titles = () => toasts.list.map(({ title }) => title);
    toasts.info("Exporting", { lifetime: null, progress: { part: null } });
    toasts.danger("Failed");
    toasts.success("Saved");
    toasts.warning("Found");
    toasts.info("Trashed");
    expect(titles()).toEqual(["Exporting", "Failed", "Found", "Trashed"]);
    toasts.warning("Lost");
    toasts.info("Renamed");
    expect(titles()).toEqual(["Exporting", "Found", "Lost", "Renamed"]);
  });

  it("can be changed and taken away", () => {
    const toasts = new ToastState();
    const id = toasts.info("Exporting");
    toasts.update(id, { progress: { part: 0.5 } });
    expect(toasts.list[0]?.progress?.part).toBe(0.5);
    toasts.dismiss(id);
    expect(toasts.list).toEqual([]);
  });
});
