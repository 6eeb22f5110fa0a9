/**
 * A program behind the window that lives in memory: for tests, and for `npm run dev` in a plain browser. It
 * keeps the wire contract and the rules a screen depends on; it is no second implementation of the service.
 * Sign in with any address and the password "Meridian-2026"; `open_workspace` on "p2" asks for that password too.
 */
import { mockIPC } from "@tauri-apps/api/mocks";
import type { Channel } from "@tauri-apps/api/core";
import type {
  Access,
  CreateInput,
  ExportInput,
  FieldProblem,
  JobProgress,
  OrganizationQuery,
  OrganizationView,
  ProfileInput,
  Restriction,
  SecretKeeper,
  SessionView,
  UnsettledAct,
  UpdateInput,
  WireError,
  WorkspaceSummary,
} from "../src/lib/bindings";
import { connectionHandlers, readingOf } from "./connections";
import { accessOf, placeHandlers, summaryOf, type Place } from "./places";
import {
  healthFacts,
  idFor,
  madeUpOrganizations,
  madeUpWorkspaces,
  openedWorkspace,
  silentHealth,
} from "./data";

export const FAKE_PASSWORD = "Meridian-2026";

export interface FakeOptions {
  /** Milliseconds each answer takes. */
  delay?: number;
  organizations?: OrganizationView[];
  workspaces?: WorkspaceSummary[];
  /** Whether workspaces have an operator already. */
  claimed?: boolean;
  role?: SessionView["role"];
  /** Where secrets are kept; a sealed file starts locked. */
  keeper?: SecretKeeper;
  /** How long a session lasts. */
  sessionSeconds?: number;
  /** Start with this workspace open, and with somebody signed in. */
  opened?: string;
  /** These are open as well, behind it. */
  alsoOpened?: string[];
  signedIn?: boolean;
  /** How every workspace may be changed. Without it, those open from the start are writable, others as listed. */
  access?: Access;
  /** What the database user may not do. */
  restrictions?: Restriction[];
  /** What every admin's stored hash is, where it can't be verified. */
  unverifiableHash?: string;
  /** Interrupted changes that wait for a decision. */
  unsettled?: UnsettledAct[];
}

type Handler = (args: never) => unknown;

/** Installed in place of Tauri; `fail` and `on` change what one command answers. */
export interface FakeBackend {
  /** Every call so far, with its arguments. */
  readonly calls: { command: string; args: unknown }[];
  readonly organizations: OrganizationView[];
  /** Makes the next calls of a command fail until {@link FakeBackend.restore}. */
  fail(command: string, error: WireError | string): void;
  /** Answers a command in another way. */
  on(command: string, handler: (args: never) => unknown): void;
  restore(command: string): void;
  /** Keeps the next answer of a command back until the returned function is called. */
  hold(command: string): () => void;
  /** The server behind the workspaces stops answering, and answers again. */
  disconnect(): void;
  reconnect(): void;
}

/** Commands that fail while the server is silent. */
const ASKS_SERVER = /organization|unsettled|statistics|preview|check_admin|sign_in|load_sample|role_command/;

const refuse = (error: WireError): never => {
  throw error;
};
const notFound = () =>
  refuse({ code: "not_found", message: "Not found.", details: { what: "organization" } });

function nameProblems(name: string): FieldProblem[] {
  const problem = (rule: FieldProblem["rule"], message: string): FieldProblem[] => [
    { field: "name", rule, message },
  ];
  if (name.length === 0) return problem("required", "A name is needed.");
  if (name.length < 3) return problem("too_short", "A name has at least 3 characters.");
  if (name.length > 50) return problem("too_long", "A name has at most 50 characters.");
  if (!/^[A-Za-z0-9_-]+$/.test(name))
    return problem("characters", "Letters without accents, digits, _ and - are allowed.");
  return [];
}

function emailProblems(email: string): FieldProblem[] {
  if (/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)) return [];
  return [{ field: "email", rule: "address", message: "This is not an email address." }];
}

function passwordRules(password: string) {
  return {
    length: password.length >= 8,
    upper: /\p{Lu}/u.test(password),
    lower: /\p{Ll}/u.test(password),
    digit: /\d/.test(password),
    bytes: new TextEncoder().encode(password).length <= 72,
  };
}

export function installFakeBackend(options: FakeOptions = {}): FakeBackend {
  const organizations = options.organizations ?? madeUpOrganizations(200);
  const workspaces = structuredClone(options.workspaces ?? madeUpWorkspaces);
  const unsettled = [...(options.unsettled ?? [])];
  const calls: FakeBackend["calls"] = [];
  const changed = new Map<string, Handler>();
  const held = new Map<string, Promise<void>>();
  const cancelled = new Set<string>();
  let claimed = options.claimed ?? true;
  let reachable = true;
  /** In the order in which they were opened. */
  const places: Place[] = [];
  let current: Place | null = null;
  /** Where the call that is being answered goes. */
  let place: Place | null = null;

  function openPlace(workspace: WorkspaceSummary, access = workspace.access): Place {
    const known = places.find((each) => each.workspace.id === workspace.id);
    if (known) return known;
    const opened = { workspace, session: null, access: options.access ?? access, unlock: null };
    places.push(opened);
    return opened;
  }
  const placeOf = (id: string) => places.find((each) => each.workspace.id === id) ?? null;
  const here = () => place ?? refuse({ code: "no_workspace", message: "That workspace is not open." });
  const show = (shown: Place) => {
    current = shown;
    const found = openedWorkspace(shown.workspace, claimed, accessOf(shown), options.restrictions ?? []);
    const recovered = unsettled.map(({ act, organizationName }) => ({
      act,
      organizationName,
      outcome: "needs_attention" as const,
    }));
    return { ...found, recovered };
  };

  const now = () => new Date().toISOString();
  const find = (nameOrId: string) =>
    organizations.find((each) => each.id === nameOrId || each.name === nameOrId.toLowerCase()) ?? notFound();
  const change = (id: string, fields: Partial<OrganizationView>) =>
    Object.assign(find(id), fields, { updatedAt: now() });
  const documents = (organization: OrganizationView) =>
    (Number.parseInt(organization.id.slice(-4), 16) * 7919) % 190_000;

  function begin(email: string, name = "Dana Whitlock"): SessionView {
    const role = options.role ?? "operator";
    const operator = role === "operator";
    const session: SessionView = {
      role,
      name,
      email,
      organizationId: operator ? null : (organizations[0]?.id ?? null),
      expiresAt: new Date(Date.now() + (options.sessionSeconds ?? 1800) * 1000).toISOString(),
      rights: {
        createOrganization: operator,
        renameAny: role !== "viewer",
        deactivate: operator,
        trash: role !== "viewer",
        restore: operator,
        deleteForever: operator,
        listAll: operator,
        changeAdmin: role !== "viewer",
        health: operator,
      },
    };
    here().session = session;
    return session;
  }
  for (const id of [...(options.alsoOpened ?? []), options.opened]) {
    const workspace = workspaces.find((each) => each.id === id);
    if (!workspace) continue;
    current = place = openPlace(workspace, "read_write");
    if (options.signedIn) begin("dana@meridian.example");
  }

  function visible(filter: OrganizationQuery["filter"]): OrganizationView[] {
    const needle = filter.search.trim().toLowerCase();
    const session = place?.session ?? null;
    const own = session?.rights.listAll === false ? session.organizationId : null;
    return organizations.filter(
      (each) =>
        (own === null || each.id === own) &&
        (filter.status === "all" ? each.status !== "trashed" : each.status === filter.status) &&
        [each.name, each.displayName ?? "", each.adminEmail].some((text) =>
          text.toLowerCase().includes(needle),
        ),
    );
  }

  function sorted(list: OrganizationView[], query: Pick<OrganizationQuery, "sort" | "direction">) {
    const sign = query.direction === "ascending" ? 1 : -1;
    return list.sort(
      (a, b) => sign * (a[query.sort] ?? "").localeCompare(b[query.sort] ?? "") || a.id.localeCompare(b.id),
    );
  }

  /** Counts up in steps, telling each; a cancelled job throws. */
  async function work(job: string, total: number, progress: Channel<JobProgress>) {
    for (let done = 0; done < total; done += Math.max(1, Math.round(total / 20))) {
      progress.onmessage({ done, total, perSecond: 4200 });
      await new Promise((resolve) => setTimeout(resolve, options.delay ?? 0));
      if (cancelled.has(job)) refuse({ code: "cancelled", message: "Cancelled." });
    }
    progress.onmessage({ done: total, total, perSecond: 4200 });
  }

  const connections = connectionHandlers({
    workspaces,
    keeper: options.keeper ?? "keychain",
    delay: options.delay ?? 0,
    cancelled,
    password: FAKE_PASSWORD,
    refuse,
  });

  const handlers: Record<string, Handler> = {
    about: () => ({
      name: "Tenantry",
      version: "0.1.0",
      status: "ready",
      commands: [
        {
          name: "create_organization",
          description: "Makes an organization with its collection and its admin.",
        },
        { name: "list_organizations", description: "A page of the list, searched, filtered and sorted." },
        { name: "sign_in", description: "Starts a session of an operator or an organization admin." },
      ],
      logFile: "~/.local/state/tenantry/tenantry.log",
    }),
    report_ui_problem: () => null,
    ...connections,
    list_workspaces: () => ({
      workspaces: workspaces.map((each) => ({ ...each, isOpen: placeOf(each.id) !== null })),
      secrets: connections.secret_keeping?.(undefined as never),
      notices: [],
    }),
    save_profile: ({ input }: { input: ProfileInput }) => {
      const problems: FieldProblem[] = [];
      if (!input.name.trim())
        problems.push({ field: "profileName", rule: "required", message: "A name is needed." });
      if (!input.database.trim())
        problems.push({ field: "database", rule: "required", message: "A database name is needed." });
      if (problems.length > 0)
        refuse({ code: "invalid_input", message: "Some fields are wrong.", details: { fields: problems } });
      if (!/^mongodb(\+srv)?:\/\/.+/.test(input.connectionString))
        refuse({
          code: "connection_string_invalid",
          message: "The connection string cannot be read.",
          details: { problem: "It must start with mongodb:// or mongodb+srv://." },
        });
      const reading = readingOf(input.connectionString);
      const before = workspaces.find((each) => each.id === input.id);
      const saved: WorkspaceSummary = {
        id: input.id ?? `p${workspaces.length + 1}`,
        kind: reading.kind,
        name: input.name.trim(),
        environment: input.environment,
        address: reading.fields?.hosts.join(",") ?? "",
        database: input.database,
        lastOpenedAt: before?.lastOpenedAt ?? null,
        passwordStored:
          input.remember &&
          (input.password === null
            ? (reading.fields?.hasPassword ?? false) || (before?.passwordStored ?? false)
            : input.password !== ""),
        passwordNeeded: reading.needsPassword,
        connectionString: reading.text,
        hasSigningSecret:
          input.signingSecret === null ? (before?.hasSigningSecret ?? false) : input.signingSecret !== "",
        notes: input.notes,
        favorite: before?.favorite ?? false,
        access: input.access,
        decided: null,
        isOpen: false,
      };
      const index = workspaces.findIndex((each) => each.id === saved.id);
      if (index < 0) workspaces.push(saved);
      else workspaces[index] = saved;
      return saved;
    },
    open_workspace: ({ id, password }: { id: string; password: string | null }) => {
      const workspace = workspaces.find((each) => each.id === id);
      if (!workspace) return notFound();
      if (workspace.passwordNeeded && !workspace.passwordStored && password === null)
        refuse({ code: "workspace_password_needed", message: "The password is needed." });
      if (password !== null && password !== FAKE_PASSWORD)
        refuse({ code: "workspace_refused", message: "The server refused this user and password." });
      if (id === "p3")
        refuse({
          code: "unavailable",
          message: "No server answered.",
          details: { reason: "server", path: null },
        });
      return show(openPlace(workspace));
    },
    switch_workspace: ({ id }: { id: string }) =>
      show(placeOf(id) ?? refuse({ code: "no_workspace", message: "That workspace is not open." })),
    open_workspaces: () => places.map(summaryOf),
    current_workspace: () => current && show(current),
    close_workspace: ({ workspace }: { workspace: string }) => {
      const index = places.findIndex((each) => each.workspace.id === workspace);
      if (index >= 0) places.splice(index, 1);
      current = places.at(-1) ?? null;
      return null;
    },
    ...placeHandlers(
      here,
      () => reachable,
      () => options.restrictions ?? [],
      refuse,
    ),
    claim_workspace: ({ name, email }: { name: string; email: string }) => {
      claimed = true;
      return begin(email, name);
    },
    workspace_health: () => {
      const opened = openedWorkspace(here().workspace, claimed, accessOf(here()), []);
      if (!reachable) return silentHealth(opened.server, now());
      return {
        status: "up",
        checkedAt: now(),
        server: opened.server,
        organizations: { total: organizations.length, exact: true },
        databaseUser: opened.server.product === "SQLite" ? null : "tenantry_admin",
        privileges: [
          { act: "read_organizations", needs: "find on organizations", allowed: true },
          {
            act: "rename_collections",
            needs: "renameCollectionSameDB on organization_management",
            allowed: true,
          },
          { act: "read_sizes", needs: "collStats on organization_management", allowed: false },
          { act: "delete_collections", needs: "dropCollection on organization_management", allowed: null },
        ],
        warnings: ["addresses_not_indexed"],
        problem: null,
        ...healthFacts(opened.server, organizations.length),
      };
    },
    list_unsettled: () => [...unsettled],
    decide_unsettled: ({ organizationId, seen }: { organizationId: string; seen: string }) => {
      const index = unsettled.findIndex((each) => each.organizationId === organizationId);
      if (unsettled[index]?.seen !== seen)
        refuse({ code: "facts_changed", message: "Something else is there now." });
      unsettled.splice(index, 1);
      return null;
    },
    load_sample_organizations: async (args: { progress: Channel<JobProgress>; job: string }) => {
      await work(args.job, 60, args.progress);
      if (organizations.length === 0) organizations.push(...madeUpOrganizations(60));
      return { created: 60, alreadyThere: 0, password: "Sample-Password-1" };
    },
    sign_in: ({ email, password }: { email: string; password: string }) =>
      password === FAKE_PASSWORD
        ? begin(email)
        : refuse({ code: "credentials_refused", message: "No match.", details: { triesLeft: 4 } }),
    sign_out: () => {
      here().session = null;
      return null;
    },
    current_session: () => here().session,
    copy_token: () => null,
    copy_password: () => null,
    list_organizations: ({ query }: { query: OrganizationQuery }) => {
      const list = sorted(visible(query.filter), query);
      const start = query.cursor === null ? 0 : Number(query.cursor);
      const end = start + query.limit;
      return { organizations: list.slice(start, end), nextCursor: end < list.length ? String(end) : null };
    },
    count_organizations: ({ search }: { search: string }) => {
      const of = (status: OrganizationQuery["filter"]["status"]) => visible({ search, status }).length;
      return {
        all: of("all"),
        active: of("active"),
        deactivated: of("deactivated"),
        trashed: of("trashed"),
        exact: true,
        unshowable: { live: 0, trashed: 0, idTypes: [] },
      };
    },
    get_organization: ({ nameOrId }: { nameOrId: string }) => ({
      ...find(nameOrId),
      unverifiableHash: options.unverifiableHash ?? null,
    }),
    check_organization_name: ({ name, forId }: { name: string; forId: string | null }) => {
      const problems = nameProblems(name);
      const lower = name.toLowerCase();
      const taken = organizations.some((each) => each.name === lower && each.id !== forId);
      if (taken) problems.push({ field: "name", rule: "taken", message: "That name is taken." });
      return {
        valid: problems.length === 0,
        available: problems.length === 0 || taken ? !taken : null,
        name: lower,
        collectionName: problems.length === 0 || taken ? `org_${lower}` : null,
        problems,
      };
    },
    check_admin_email: ({ email, forId }: { email: string; forId: string | null }) => {
      const problems = emailProblems(email);
      if (organizations.some((each) => each.adminEmail === email.toLowerCase() && each.id !== forId))
        problems.push({ field: "email", rule: "taken", message: "That address is taken." });
      return { valid: problems.length === 0, problems };
    },
    check_password: ({ password }: { password: string }) => passwordRules(password),
    create_organization: ({ input }: { input: CreateInput }) => {
      const fields = [...nameProblems(input.name), ...emailProblems(input.email)];
      if (fields.length > 0)
        refuse({ code: "invalid_input", message: "Some fields are wrong.", details: { fields } });
      if (organizations.some((each) => each.name === input.name.toLowerCase()))
        refuse({ code: "conflict", message: "That name is taken.", details: { field: "name" } });
      const name = input.name.toLowerCase();
      const made: OrganizationView = {
        id: idFor(10_000 + organizations.length),
        name,
        displayName: input.displayName,
        status: "active",
        adminEmail: input.email,
        collectionName: `org_${name}`,
        createdAt: now(),
        updatedAt: now(),
        trashedAt: null,
        trashedBy: null,
        leftShared: false,
      };
      organizations.push(made);
      return made;
    },
    update_organization: ({ input }: { input: UpdateInput }) =>
      change(input.id, {
        ...(input.name
          ? { name: input.name.toLowerCase(), collectionName: `org_${input.name.toLowerCase()}` }
          : {}),
        ...(input.displayName === null ? {} : { displayName: input.displayName || null }),
        ...(input.email ? { adminEmail: input.email } : {}),
      }),
    preview_rename: ({ id, name }: { id: string; name: string }) => {
      const organization = find(id);
      const taken = organizations.some((each) => each.name === name.toLowerCase() && each.id !== id);
      return {
        from: organization.name,
        to: name.toLowerCase(),
        fromCollection: organization.collectionName,
        toCollection: `org_${name.toLowerCase()}`,
        documents: documents(organization),
        indexes: 3,
        shared: false,
        available: !taken,
        problems: nameProblems(name),
      };
    },
    deactivate_organization: ({ id }: { id: string }) => change(id, { status: "deactivated" }),
    reactivate_organization: ({ id }: { id: string }) => change(id, { status: "active" }),
    preview_removal: ({ id }: { id: string }) => {
      const organization = find(id);
      return {
        organization,
        documents: documents(organization),
        dataSize: documents(organization) * 2311,
        indexes: 3,
        collectionExists: true,
        shared: false,
        confirmationNeeded:
          place?.workspace.environment === "production" || organization.status === "trashed",
      };
    },
    delete_organization: ({ id, confirmation }: { id: string; confirmation: string | null }) =>
      place?.workspace.environment === "production" && confirmation !== find(id).name
        ? refuse({ code: "confirmation_mismatch", message: "The name does not match." })
        : change(id, { status: "trashed", trashedAt: now(), trashedBy: place?.session?.email ?? null }),
    restore_organization: ({ id, name }: { id: string; name: string | null }) =>
      change(id, {
        status: "active",
        trashedAt: null,
        trashedBy: null,
        ...(name ? { name, collectionName: `org_${name}` } : {}),
      }),
    delete_organization_forever: ({ id, confirmation }: { id: string; confirmation: string }) => {
      const organization = find(id);
      if (confirmation !== organization.name)
        refuse({ code: "confirmation_mismatch", message: "The name does not match." });
      organizations.splice(organizations.indexOf(organization), 1);
      return null;
    },
    collection_statistics: ({ id }: { id: string }) => {
      const organization = find(id);
      const count = documents(organization);
      const size = count * 2311;
      return {
        collection: organization.collectionName,
        exists: true,
        documents: count,
        dataSize: size,
        averageDocument: count > 0 ? 2311 : null,
        storageSize: Math.round(size * 0.36),
        indexes: [
          { name: "_id_", size: count * 31 },
          { name: "created_at_1", size: count * 22 },
          { name: "updated_at_1", size: count * 22 },
        ],
        indexSize: count * 75,
        exact: true,
        readAt: now(),
        command: "$collStats",
        note: null,
      };
    },
    summarize_statistics: ({ ids }: { ids: string[] }) =>
      ids.map((id) => ({
        id,
        documents: documents(find(id)),
        exact: true,
        dataSize: documents(find(id)) * 2311,
        note: null,
        readAt: now(),
        problem: null,
      })),
    choose_export_file: ({ format }: { format: string }) => ({
      target: "chosen",
      displayPath: `~/Documents/organizations.${format}`,
      exists: false,
    }),
    default_export_file: ({ format }: { format: string }) => ({
      target: "default",
      displayPath: `~/Downloads/organizations.${format}`,
      exists: false,
    }),
    export_organizations: async (args: { input: ExportInput; progress: Channel<JobProgress> }) => {
      const { scope } = args.input;
      const rows =
        scope.kind === "selected"
          ? scope.ids.length
          : visible(scope.kind === "filtered" ? scope.filter : { search: "", status: "all" }).length;
      await work(args.input.job, rows, args.progress);
      return {
        path: `~/Downloads/organizations.${args.input.format}`,
        rows,
        cutCells: 0,
        unshowable: 0,
        bytes: rows * 143,
        milliseconds: 480,
      };
    },
    reveal_file: () => null,
    cancel_job: ({ job }: { job: string }) => {
      cancelled.add(job);
      return null;
    },
  };

  mockIPC(async (command, args) => {
    if (command.startsWith("plugin:")) return null;
    calls.push({ command, args });
    if (options.delay) await new Promise((resolve) => setTimeout(resolve, options.delay));
    const { workspace } = (args ?? {}) as { workspace?: string };
    place = workspace === undefined ? current : placeOf(workspace);
    if (workspace !== undefined && place === null && command !== "close_workspace")
      refuse({ code: "no_workspace", message: "That workspace is not open." });
    if (!reachable && ASKS_SERVER.test(command))
      refuse({
        code: "unavailable",
        message: "No server answered.",
        details: { reason: "server", path: null },
      });
    const handler = changed.get(command) ?? handlers[command];
    if (!handler) throw new Error(`Command ${command} not found`);
    // Answers are copied, as the wire does: a screen must not share objects with the store.
    const waiting = held.get(command);
    held.delete(command);
    try {
      return structuredClone(await handler(args as never));
    } finally {
      await waiting;
    }
  });

  return {
    calls,
    organizations,
    fail(command, error) {
      changed.set(command, () => {
        throw error;
      });
    },
    on: (command, handler) => void changed.set(command, handler),
    restore: (command) => void changed.delete(command),
    hold(command) {
      let release!: () => void;
      held.set(command, new Promise((resolve) => (release = resolve)));
      return release;
    },
    disconnect: () => void (reachable = false),
    reconnect: () => void (reachable = true),
  };
}
