import { beforeEach, describe, expect, it, vi } from "vitest";
import { api, ApiError, explain, fieldSentence, newJob, observeCalls, workspaceApi } from "$lib/api";
import type { FieldProblem, FileKind, FileProblem, UnavailableReason, WireError } from "$lib/api";
import { FAKE_PASSWORD, installFakeBackend, type FakeBackend } from "$fake/backend";

let backend: FakeBackend;
const builtIn = workspaceApi("built-in");
beforeEach(() => {
  backend = installFakeBackend({ opened: "built-in", signedIn: true });
});

const thrownBy = (call: Promise<unknown>) =>
  call.then(
    () => {
      throw new Error("the call did not fail");
    },
    (error: unknown) => error as ApiError,
  );

describe("a call", () => {
  it("answers with data", async () => {
    const page = await builtIn.listOrganizations({
      filter: { search: "freight", status: "all" },
      sort: "name",
      direction: "ascending",
      backwards: false,
      start: { kind: "beginning" },
      limit: 50,
    });
    expect(page.organizations.every(({ name }) => name.includes("freight"))).toBe(true);
  });

  it("throws the service's error as it is", async () => {
    const error = await thrownBy(builtIn.getOrganization("nobody"));
    expect(error).toBeInstanceOf(ApiError);
    expect(error.code).toBe("not_found");
  });

  it.each([
    ["bare text of the framework", "invalid args `id` for command"],
    ["a code that does not exist", { code: "surprise" } as unknown as WireError],
    ["an error without a code", { message: "?" } as unknown as WireError],
  ])("turns %s into an internal error", async (_, rejection) => {
    backend.fail("about", rejection as string);
    expect((await thrownBy(api.about())).code).toBe("internal");
  });

  it("tells the observer when the session is over", async () => {
    const sessionEnded = vi.fn();
    const stop = observeCalls({
      sessionEnded,
      serverReached: vi.fn(),
      writeRefused: vi.fn(),
      windowLocked: vi.fn(),
      secretsLocked: vi.fn(),
    });
    backend.fail("count_organizations", { code: "session_expired" });
    await thrownBy(builtIn.countOrganizations(""));
    expect(sessionEnded).toHaveBeenCalledExactlyOnceWith("built-in", expect.any(ApiError));
    stop();
    await thrownBy(builtIn.countOrganizations(""));
    expect(sessionEnded).toHaveBeenCalledOnce();
  });

  it("tells the observer whether the server answers", async () => {
    const serverReached = vi.fn();
    const stop = observeCalls({
      sessionEnded: vi.fn(),
      serverReached,
      writeRefused: vi.fn(),
      windowLocked: vi.fn(),
      secretsLocked: vi.fn(),
    });
    backend.fail("count_organizations", {
      code: "unavailable",
      details: { reason: "server", path: null, cause: "no answer" },
    });
    await thrownBy(builtIn.countOrganizations(""));
    backend.restore("count_organizations");
    await builtIn.countOrganizations("");
    backend.disconnect();
    expect((await builtIn.workspaceHealth()).status).toBe("down");
    expect(serverReached.mock.calls).toEqual([
      ["built-in", false],
      ["built-in", true],
      ["built-in", false],
    ]);
    stop();
  });
});

describe("a call into a workspace", () => {
  it("goes to the workspace it was made for, whatever is shown when it is sent", async () => {
    const meridian = workspaceApi("p1");
    await api.openWorkspace("p1", null, false);
    await api.switchWorkspace("built-in");
    await meridian.countOrganizations("");
    await builtIn.loadSampleOrganizations(newJob(), vi.fn());
    const sent = backend.calls.slice(2).map(({ args }) => (args as { workspace: string }).workspace);
    expect(sent).toEqual(["p1", "built-in"]);
  });
});

describe("long work", () => {
  it("tells its progress", async () => {
    const progress = vi.fn();
    await builtIn.loadSampleOrganizations(newJob(), progress);
    const bytes = { bytes: 21_600, bytesPerSecond: 1_512_000 };
    const last = { step: "whole", done: 60, total: 60, perSecond: 4200, ...bytes };
    expect(progress).toHaveBeenLastCalledWith(last);
  });

  it("ends with the code cancelled when it is cancelled", async () => {
    const job = newJob();
    const error = await thrownBy(builtIn.loadSampleOrganizations(job, () => void api.cancelJob(job)));
    expect(error.code).toBe("cancelled");
  });
});

/** Every word of a type, by a table that the compiler holds complete. */
const wordsOf = <Word extends string>(table: Record<Word, true>) => Object.keys(table) as Word[];

const fileKinds = wordsOf<FileKind>({ export: true, workspace: true, secrets: true, profiles: true });
const fileReasons = wordsOf<FileProblem>({
  full: true,
  denied: true,
  exists: true,
  missing: true,
  busy: true,
  too_many_rows: true,
  other: true,
});
const unavailableReasons = wordsOf<UnavailableReason>({
  server: true,
  took_too_long: true,
  file_busy: true,
  file_missing: true,
  file_refused: true,
  keychain: true,
});

/** The rules that each field has in Rust. */
const rules: Record<FieldProblem["field"], FieldProblem["rule"][]> = {
  name: [
    "required",
    "too_short",
    "too_long",
    "too_many_bytes",
    "characters",
    "taken",
    "collection_taken",
    "twin",
  ],
  displayName: ["too_long", "characters"],
  email: ["required", "too_many_bytes", "at_sign", "address", "taken"],
  password: ["required", "too_short", "no_upper", "no_lower", "no_digit", "too_many_bytes", "nul"],
  status: ["unknown_word"],
  personName: ["required", "too_long", "characters"],
  profileName: ["required", "too_long"],
  connectionString: ["required"],
  database: ["required", "too_many_bytes", "characters"],
  signingSecret: [],
  notes: ["too_long"],
  reason: ["required", "too_short", "too_long"],
  passphrase: ["required", "too_short"],
  sessionMinutes: ["range"],
  idleLockMinutes: ["range"],
  keepRecordMonths: ["range"],
  keepTrashDays: ["range"],
  role: [],
  indexName: ["required", "too_many_bytes", "characters", "taken"],
  expireAfterSeconds: ["range", "characters"],
  index: ["required", "too_long", "characters", "taken"],
};

describe("an explanation", () => {
  const wires: WireError[] = [
    { code: "invalid_input", details: { fields: [{ field: "name", rule: "required", message: "" }] } },
    { code: "conflict", details: { field: "name" } },
    { code: "conflict", details: { field: "email" } },
    { code: "conflict", details: { field: "collection" } },
    { code: "conflict", details: { field: "id" } },
    { code: "not_found", details: { what: "organization" } },
    { code: "not_signed_in" },
    { code: "session_expired" },
    { code: "session_revoked" },
    { code: "forbidden" },
    { code: "credentials_refused", details: { triesLeft: null } },
    { code: "credentials_refused", details: { triesLeft: 1 } },
    { code: "organization_inactive" },
    { code: "account_inactive" },
    { code: "one_time_password_expired" },
    { code: "last_owner" },
    { code: "throttled", details: { waitSeconds: 90 } },
    { code: "already_claimed" },
    { code: "busy", details: { act: "rename" } },
    {
      code: "partly_done",
      details: { done: ["name"], notDone: [], unclear: ["email"], cause: { code: "forbidden" } },
    },
    { code: "facts_changed" },
    { code: "confirmation_mismatch" },
    { code: "no_workspace" },
    { code: "other_workspace_closed" },
    { code: "workspace_password_needed" },
    { code: "workspace_refused" },
    { code: "workspace_damaged", details: { path: "/f" } },
    { code: "workspace_newer", details: { found: 9, supported: 2 } },
    { code: "connection_string_invalid", details: { problem: "No host." } },
    ...unavailableReasons.map((reason): WireError => ({
      code: "unavailable",
      details: { reason, path: reason.startsWith("file") ? "/f" : null, cause: "no route" },
    })),
    { code: "denied_by_database", details: { action: "find", namespace: null } },
    { code: "denied_by_database", details: { action: "find", namespace: "a.b" } },
    { code: "read_only", details: { unlockable: true } },
    { code: "read_only", details: { unlockable: false } },
    { code: "secrets_locked" },
    { code: "passphrase_refused" },
    { code: "import_refused", details: { problem: "No connection string." } },
    { code: "data_missing", details: { collection: "org_a" } },
    { code: "data_corrupt", details: { what: "admin_email" } },
    { code: "database_full" },
    ...fileKinds.flatMap((what) =>
      fileReasons.map((reason): WireError => ({
        code: "file_not_written",
        details: { what, path: "/f", reason },
      })),
    ),
    { code: "cancelled" },
    { code: "internal", details: { incident: "7f3a" } },
    { code: "internal", details: { incident: "" } },
  ];

  it.each(wires)("of $code says what, why and what next, with its code in small print", (wire) => {
    const { title, text, remedy, small } = explain(new ApiError(wire));
    expect([title, text, remedy].every((sentence) => sentence.length > 0)).toBe(true);
    expect(title).not.toContain(wire.code);
    expect(small).toContain(wire.code);
  });

  it("of an update that was done in part says of each field what became of it", () => {
    const { text } = explain(
      new ApiError({
        code: "partly_done",
        details: {
          done: ["name"],
          notDone: ["displayName"],
          unclear: ["email", "password"],
          cause: { code: "unavailable", details: { reason: "took_too_long", path: null, cause: null } },
        },
      }),
    );
    expect(text).toBe(
      "Changed: name. Not changed: display name. Possibly changed: email address, password. " +
        "The response was lost. The server took too long to respond. The request may have been carried out anyway.",
    );
  });

  it.each(fileKinds.flatMap((what) => fileReasons.map((reason) => [what, reason] as const)))(
    "of a file that was not written (%s, %s) promises only what holds for such a file",
    (what, reason) => {
      const error = { code: "file_not_written", details: { what, path: "/f", reason } } as const;
      const { text, remedy } = explain(new ApiError(error));
      expect(text.includes("No partial file")).toBe(what === "export");
      expect(text).toContain("/f");
      if (what !== "export") expect(remedy).not.toMatch(/choose/i);
    },
  );

  it.each(unavailableReasons)(
    "of what is out of reach (%s) blames the server only where there is one",
    (reason) => {
      const { title, text, remedy } = explain(
        new ApiError({ code: "unavailable", details: { reason, path: "/f", cause: "no route" } }),
      );
      expect(/server|network/i.test(title + text + remedy)).toBe(
        ["server", "took_too_long"].includes(reason),
      );
    },
  );

  it.each(Object.entries(rules).flatMap(([field, all]) => all.map((rule) => [field, rule] as const)))(
    "of a field (%s: %s) is in the catalogs' words and not in Rust's",
    (field, rule) => {
      const problem = { field, rule, message: "Rust's words." } as FieldProblem;
      expect(fieldSentence(problem)).not.toBe("Rust's words.");
    },
  );

  it("counts the tries that are left", () => {
    const error = { code: "credentials_refused", details: { triesLeft: 1 } } as const;
    expect(explain(new ApiError(error)).text).toContain("1 attempt left");
  });

  it("names the incident of an internal error", () => {
    const error = { code: "internal", details: { incident: "7f3a" } } as const;
    expect(explain(new ApiError(error)).small).toContain("7f3a");
  });

  it("never shows the raw text of a failure", () => {
    const { title, text, remedy, small } = explain(new Error("mongodb://user:secret@host"));
    expect([title, text, remedy, small].join(" ")).not.toContain("secret");
  });
});

describe("the in-memory backend", () => {
  it("refuses a wrong password", async () => {
    expect((await thrownBy(builtIn.signIn("a@b.example", "wrong", null))).code).toBe("credentials_refused");
    expect(await builtIn.signIn("a@b.example", FAKE_PASSWORD, null)).toMatchObject({
      session: { email: "a@b.example" },
    });
  });
});
