import { beforeEach, describe, expect, it, vi } from "vitest";
import { api, ApiError, workspaceApi } from "$lib/api";
import { FAKE_PASSWORD, installFakeBackend, type FakeBackend } from "$fake/backend";
import { AppState, SessionState, SignInFlow } from "$lib/state";

const signIn = (app: AppState) =>
  new SignInFlow(app.api, (view) => app.session.begin(view)).signIn("dana@meridian.example", FAKE_PASSWORD);

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
    await signIn(app);
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
    await signIn(app);
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
    const answer = await builtIn.signIn("dana@meridian.example", FAKE_PASSWORD, null);
    if (answer.kind !== "session") throw new Error(answer.kind);
    return answer.session;
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

  it("is looked at once a minute, and by the second in its last one; nobody's session not at all", async () => {
    const session = new SessionState();
    expect(session.pace).toBeNull();
    session.begin(await view());
    const end = Date.parse(session.view?.expiresAt ?? "");
    session.tick(end - 20 * 60_000);
    expect(session.pace).toBe(60);
    session.tick(end - 90_000);
    expect([session.pace, session.countsDown]).toEqual([30, false]);
    session.tick(end - 60_000);
    expect([session.pace, session.countsDown]).toEqual([1, true]);
    session.tick(end);
    expect(session.pace).toBeNull();
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
    session.begin(await view());
    expect(session.ended).toBeNull();
    expect(session.generation).toBe(before + 1);
  });

  it("gives no rights while nobody is signed in", () => {
    expect(new SessionState().may("list")).toBe(false);
  });
});
