/**
 * The part of the made-up program that knows connections: connection strings, the staged test, profiles and
 * secrets. It reads the connection strings that a screen needs, not every one that the driver accepts.
 */
import type { Channel } from "@tauri-apps/api/core";
import {
  SECRET_MASK,
  type AuthenticationKind,
  type CertificateFile,
  type ConnectionFields,
  type ConnectionProblem,
  type ConnectionReading,
  type ConnectionReport,
  type Finding,
  type FindingCode,
  type ImportReport,
  type ImportSource,
  type ReadPreferenceMode,
  type SecretKeeper,
  type SecretKeeping,
  type StageName,
  type TestInput,
  type TestStage,
  type WireError,
  type WorkspaceSummary,
} from "../src/lib/bindings";

/** Hosts whose first part is one of these fail the test in that way: "refused.example". */
const FAILING: Record<string, [FindingCode, StageName, Finding["tab"]]> = {
  unknown: ["host_unknown", "look_up", "general"],
  refused: ["connection_refused", "reach", "general"],
  silent: ["connection_silent", "reach", "general"],
  expired: ["certificate_expired", "tls", "tls"],
  authsource: ["wrong_auth_source", "sign_in", "authentication"],
  rights: ["no_privilege", "permissions", "authentication"],
};

export const FAKE_PASSPHRASE = "correct horse battery";

const MECHANISMS: Record<string, AuthenticationKind> = {
  "SCRAM-SHA-256": "scram_sha256",
  "SCRAM-SHA-1": "scram_sha1",
  "MONGODB-X509": "x509",
};
const READ: Record<string, ReadPreferenceMode> = {
  primary: "primary",
  primaryPreferred: "primary_preferred",
  secondary: "secondary",
  secondaryPreferred: "secondary_preferred",
  nearest: "nearest",
};
const nameOf = <Value>(table: Record<string, Value>, value: Value) =>
  Object.keys(table).find((key) => table[key] === value);

function problem(
  text: string,
  part: ConnectionProblem["part"],
  message: string,
  bad: string,
): ConnectionProblem {
  const start = Math.max(0, bad === "" ? text.length : text.indexOf(bad));
  return { message, part, tab: "general", option: null, start, end: start + bad.length };
}

function fieldsOf(text: string): ConnectionFields | null {
  const parts = /^(mongodb(?:\+srv)?):\/\/(?:([^@/]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(text);
  if (!parts?.[3]) return null;
  const [, scheme, credentials, hosts, database, query] = parts;
  const [user, password] = (credentials ?? "").split(":");
  const options = new Map<string, string>();
  const otherOptions: ConnectionFields["otherOptions"] = [];
  for (const pair of (query ?? "").split("&").filter(Boolean)) {
    const [name = "", value = ""] = pair.split("=");
    options.set(name.toLowerCase(), decodeURIComponent(value));
    if (!KNOWN.has(name.toLowerCase())) otherOptions.push({ name, value: decodeURIComponent(value) });
  }
  const text_ = (name: string) => options.get(name) ?? null;
  const number = (name: string) => (options.has(name) ? Number(options.get(name)) : null);
  const flag = (name: string) => options.get(name) === "true";
  return {
    srv: scheme === "mongodb+srv",
    hosts: hosts.split(","),
    defaultDatabase: database || null,
    replicaSet: text_("replicaset"),
    directConnection: options.has("directconnection") ? flag("directconnection") : null,
    authentication: MECHANISMS[options.get("authmechanism") ?? ""] ?? (user ? "scram" : "none"),
    user: user ? decodeURIComponent(user) : null,
    hasPassword: password !== undefined,
    authSource: text_("authsource"),
    tls: options.has("tls") ? (flag("tls") ? "on" : "off") : "default",
    tlsCaFile: text_("tlscafile"),
    tlsCertificateKeyFile: text_("tlscertificatekeyfile"),
    hasCertificateKeyPassword: options.has("tlscertificatekeyfilepassword"),
    tlsAllowInvalidCertificates: flag("tlsallowinvalidcertificates"),
    tlsAllowInvalidHostnames: flag("tlsallowinvalidhostnames"),
    connectTimeoutMilliseconds: number("connecttimeoutms"),
    serverSelectionTimeoutMilliseconds: number("serverselectiontimeoutms"),
    socketTimeoutMilliseconds: number("sockettimeoutms"),
    maxPoolSize: number("maxpoolsize"),
    minPoolSize: number("minpoolsize"),
    readPreference: READ[options.get("readpreference") ?? ""] ?? null,
    appName: text_("appname"),
    compressors: (options.get("compressors")?.split(",") ?? []) as ConnectionFields["compressors"],
    otherOptions,
  };
}

const KNOWN = new Set(
  (
    "replicaset directconnection authmechanism authsource tls tlscafile tlscertificatekeyfile tlscertificatekeyfilepassword " +
    "tlsallowinvalidcertificates tlsallowinvalidhostnames connecttimeoutms serverselectiontimeoutms sockettimeoutms " +
    "maxpoolsize minpoolsize readpreference appname compressors"
  ).split(" "),
);

function textOf(fields: ConnectionFields): string {
  const options: [string, string | number | boolean | null | undefined][] = [
    ["replicaSet", fields.replicaSet],
    ["directConnection", fields.directConnection],
    ["authMechanism", nameOf(MECHANISMS, fields.authentication)],
    ["authSource", fields.authSource],
    ["tls", fields.tls === "default" ? null : fields.tls === "on"],
    ["tlsCAFile", fields.tlsCaFile],
    ["tlsCertificateKeyFile", fields.tlsCertificateKeyFile],
    ["tlsCertificateKeyFilePassword", fields.hasCertificateKeyPassword ? SECRET_MASK : null],
    ["tlsAllowInvalidCertificates", fields.tlsAllowInvalidCertificates || null],
    ["tlsAllowInvalidHostnames", fields.tlsAllowInvalidHostnames || null],
    ["connectTimeoutMS", fields.connectTimeoutMilliseconds],
    ["serverSelectionTimeoutMS", fields.serverSelectionTimeoutMilliseconds],
    ["socketTimeoutMS", fields.socketTimeoutMilliseconds],
    ["maxPoolSize", fields.maxPoolSize],
    ["minPoolSize", fields.minPoolSize],
    ["readPreference", fields.readPreference && nameOf(READ, fields.readPreference)],
    ["appName", fields.appName],
    ["compressors", fields.compressors.join(",") || null],
    ...fields.otherOptions.map(({ name, value }): [string, string] => [name, value]),
  ];
  const query = options
    .filter(([name, value]) => name !== "" && value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join("&");
  const user = fields.user
    ? `${encodeURIComponent(fields.user)}${fields.hasPassword ? `:${SECRET_MASK}` : ""}@`
    : "";
  const path = fields.defaultDatabase || query ? `/${fields.defaultDatabase ?? ""}` : "";
  return `mongodb${fields.srv ? "+srv" : ""}://${user}${fields.hosts.join(",")}${path}${query ? `?${query}` : ""}`;
}

export function readingOf(typed: string, tookSecrets = false): ConnectionReading {
  const text = typed.trim();
  const fields = fieldsOf(text);
  const problems: ConnectionProblem[] = [];
  if (!/^mongodb(\+srv)?:\/\//.test(text))
    problems.push(
      problem(text, "scheme", "It must start with mongodb:// or mongodb+srv://.", text.split(":")[0] ?? ""),
    );
  else if (!fields) problems.push(problem(text, "hosts", "A host is missing after the two slashes.", ""));
  else {
    if (fields.hosts.some((host) => host === ""))
      problems.push(problem(text, "hosts", "A host is missing.", ","));
    const bad = fields.hosts.find((host) => /:\D/.test(host));
    if (bad) problems.push(problem(text, "hosts", `The port of ${bad} is not a number.`, bad));
    if (fields.srv && fields.tls === "off")
      problems.push({
        ...problem(text, "options", "Atlas accepts connections over TLS only.", "tls=false"),
        tab: "tls",
        option: "tls",
      });
  }
  return {
    text,
    extracted: false,
    fields,
    problems,
    kind: fields?.srv && fields.hosts[0]?.endsWith(".mongodb.net") ? "atlas" : "mongodb",
    needsPassword: fields?.user !== null && fields?.user !== undefined && fields.authentication !== "x509",
    tookSecrets,
  };
}

function listFromText(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

export interface ConnectionsContext {
  readonly workspaces: WorkspaceSummary[];
  readonly keeper: SecretKeeper;
  readonly delay: number;
  readonly cancelled: ReadonlySet<string>;
  readonly password: string;
  refuse(error: WireError): never;
}

export function connectionHandlers(context: ConnectionsContext): Record<string, (args: never) => unknown> {
  const { workspaces, refuse } = context;
  const removed = new Map<string, { workspace: WorkspaceSummary; place: number }>();
  const secrets = new Map<string, string>();
  let passphrase = FAKE_PASSPHRASE;
  let keeping: SecretKeeping = {
    keeper: context.keeper,
    reason: context.keeper === "keychain" ? null : "keychain_silent",
    keychainAvailable: context.keeper === "keychain",
    keychainName: "GNOME Keyring",
    sealedFile: context.keeper === "sealed_file" ? "locked" : "none",
    chosen: false,
  };

  const find = (id: string) =>
    workspaces.find((each) => each.id === id) ??
    refuse({ code: "not_found", message: "Not found.", details: { what: "workspace" } });
  const unlocked = () => {
    if (keeping.keeper === "sealed_file" && keeping.sealedFile === "locked")
      refuse({ code: "secrets_locked", message: "The secrets are sealed." });
  };
  const add = (name: string, connectionString: string): WorkspaceSummary => {
    const reading = readingOf(connectionString.replace(/:[^/@]+@/, `:${SECRET_MASK}@`));
    const workspace: WorkspaceSummary = {
      id: `p${workspaces.length + removed.size + 1}`,
      kind: reading.kind,
      name,
      environment: "development",
      address: reading.fields?.hosts.join(",") ?? "",
      database: reading.fields?.defaultDatabase ?? "organization_management",
      lastOpenedAt: null,
      passwordStored: false,
      passwordNeeded: reading.needsPassword,
      connectionString: reading.text,
      hasSigningSecret: false,
      notes: "",
      favorite: false,
      access: "read_write",
      decided: null,
      isOpen: false,
    };
    workspaces.push(workspace);
    return workspace;
  };

  async function test({
    input,
    job,
    progress,
  }: {
    input: TestInput;
    job: string;
    progress: Channel<TestStage>;
  }) {
    const reading = readingOf(input.connectionString);
    const hosts = reading.fields?.hosts ?? [];
    const secure = reading.fields?.srv === true || reading.fields?.tls === "on";
    const password = input.password ?? secrets.get(input.draft) ?? context.password;
    const failing: [FindingCode, StageName, Finding["tab"]] | undefined =
      reading.problems.length > 0
        ? ["string_malformed", "read", "general"]
        : (FAILING[hosts[0]?.split(".")[0] ?? ""] ??
          (reading.needsPassword && password !== context.password
            ? ["credentials_refused", "sign_in", "authentication"]
            : undefined));
    const mayRead = failing?.[0] !== "no_privilege";
    const facts: Record<StageName, TestStage["facts"]> = {
      read: { kind: "read", hosts, srv: reading.fields?.srv ?? false },
      look_up: {
        kind: "look_up",
        hosts,
        srvRecords: reading.fields?.srv ? 3 : 0,
        addresses: 3,
        txtOptions: [],
      },
      reach: { kind: "reach", reached: 3, hosts: 3 },
      tls: {
        kind: "tls",
        version: "TLS 1.3",
        chain: [
          {
            subject: hosts[0] ?? "",
            names: hosts,
            issuer: "R11",
            validFrom: "2026-10-14T00:00:00Z",
            validUntil: "2027-01-12T00:00:00Z",
            endsSoon: false,
          },
          {
            subject: "R11",
            names: [],
            issuer: "ISRG Root X1",
            validFrom: "2024-03-13T00:00:00Z",
            validUntil: "2027-03-12T00:00:00Z",
            endsSoon: false,
          },
        ],
        trusted: true,
        leftOut: [],
      },
      handshake: {
        kind: "handshake",
        product: "MongoDB",
        version: "8.0.4",
        topology: secure ? "replica_set" : "standalone",
        wireVersion: 25,
        primary: hosts[0] ?? null,
        endOfLife: null,
      },
      sign_in: {
        kind: "sign_in",
        user: reading.fields?.user ?? "",
        mechanism: "SCRAM-SHA-256",
        authSource: "admin",
      },
      permissions: {
        kind: "permissions",
        tried: false,
        role: mayRead ? null : { user: "console", shell: "db.createRole({})", atlas: null },
        privileges: [
          { act: "read_organizations", needs: "find on organizations", allowed: mayRead },
          {
            act: "rename_collections",
            needs: "renameCollectionSameDB on organization_management",
            allowed: true,
          },
        ],
      },
    };
    const skipped: StageName[] = [
      ...(secure ? [] : ["tls" as const]),
      ...(reading.needsPassword ? [] : ["sign_in" as const]),
    ];
    const stages: TestStage[] = [];
    let total = 0;
    let failed = false;
    for (const [index, stage] of (Object.keys(facts) as StageName[]).entries()) {
      if (failed) {
        stages.push({ stage, state: "not_run", milliseconds: null, facts: null });
        continue;
      }
      if (skipped.includes(stage)) {
        stages.push({ stage, state: "skipped", milliseconds: null, facts: null });
        progress.onmessage(stages.at(-1) as TestStage);
        continue;
      }
      progress.onmessage({ stage, state: "running", milliseconds: null, facts: null });
      await new Promise((resolve) => setTimeout(resolve, context.delay * 3));
      if (context.cancelled.has(job)) refuse({ code: "cancelled", message: "Cancelled." });
      failed = failing?.[1] === stage;
      const milliseconds = 9 + index * 8;
      total += milliseconds;
      stages.push({
        stage,
        state: failed ? "failed" : "passed",
        milliseconds,
        facts: failed && stage !== "permissions" ? null : facts[stage],
      });
      progress.onmessage(stages.at(-1) as TestStage);
    }
    const report: ConnectionReport = {
      stages,
      finding: failing
        ? {
            code: failing[0],
            stage: failing[1],
            tab: failing[2],
            technical: `${failing[0]}: code 18 (AuthenticationFailed)`,
            facts: {
              host: hosts[0] ?? null,
              database: input.database,
              user: reading.fields?.user ?? null,
              authSource: reading.fields?.authSource ?? "meridian",
              otherAuthSource: failing[0] === "wrong_auth_source" ? "admin" : null,
              certificate: {
                subject: hosts[0] ?? "",
                names: hosts,
                issuer: "Meridian Internal CA",
                validFrom: "2025-01-12T00:00:00Z",
                validUntil: "2026-01-12T00:00:00Z",
                endsSoon: true,
              },
              version: null,
              domain: null,
              foreignHost: null,
              problem: reading.problems[0]?.message ?? null,
              start: reading.problems[0]?.start ?? null,
              end: reading.problems[0]?.end ?? null,
              missing:
                failing[0] === "no_privilege" ? ["renameCollectionSameDB on organization_management"] : [],
              percentInPassword: password.includes("%"),
              atlas: reading.kind === "atlas",
            },
          }
        : null,
      milliseconds: total,
      report: `Tenantry connection test\n${stages.map(({ stage, state }) => `${stage}: ${state}`).join("\n")}`,
    };
    return report;
  }

  return {
    read_connection_string: ({ draft, text }: { draft: string; text: string }) => {
      let took = false;
      const masked = text.replace(
        /^(mongodb(?:\+srv)?:\/\/[^:@/]+):([^@/]+)@/,
        (whole, before: string, secret: string) => {
          if (secret === SECRET_MASK) return whole;
          secrets.set(draft, decodeURIComponent(secret.replaceAll(SECRET_MASK, "")));
          took = true;
          return `${before}:${SECRET_MASK}@`;
        },
      );
      return readingOf(masked, took);
    },
    write_connection_string: ({ fields }: { fields: ConnectionFields }) => {
      const text = textOf(fields);
      return { ...readingOf(text), text };
    },
    forget_draft: ({ draft }: { draft: string }) => {
      secrets.delete(draft);
      return null;
    },
    connection_templates: () => [
      { id: "local", connectionString: "mongodb://localhost:27017" },
      {
        id: "atlas",
        connectionString: "mongodb+srv://tenantry@cluster0.example.mongodb.net/?retryWrites=true",
      },
      {
        id: "replica_set",
        connectionString: "mongodb://host1:27017,host2:27017,host3:27017/?replicaSet=rs0",
      },
    ],
    seed_list: ({ connectionString }: { connectionString: string }) => {
      const fields = fieldsOf(connectionString) as ConnectionFields;
      const name = (fields.hosts[0] ?? "").split(".");
      const hosts = [0, 1, 2].map(
        (at) => `${[`${name[0]}-shard-00-0${at}`, ...name.slice(1)].join(".")}:27017`,
      );
      return readingOf(
        textOf({
          ...fields,
          srv: false,
          hosts,
          tls: "on",
          replicaSet: "atlas-abc-shard-0",
          authSource: "admin",
        }),
      );
    },
    choose_certificate_file: ({ file }: { file: CertificateFile }) => `/home/olga/certificates/${file}.pem`,
    test_connection: test,

    duplicate_profile: ({ id }: { id: string }) => {
      const copy = { ...find(id), id: `p${workspaces.length + removed.size + 1}`, lastOpenedAt: null };
      copy.name = `${copy.name} (copy)`;
      workspaces.push(copy);
      return copy;
    },
    remove_profile: ({ id }: { id: string }) => {
      const workspace = find(id);
      const place = workspaces.indexOf(workspace);
      workspaces.splice(place, 1);
      removed.set(id, { workspace, place });
      return null;
    },
    restore_profile: ({ id }: { id: string }) => {
      const back =
        removed.get(id) ?? refuse({ code: "not_found", message: "Gone.", details: { what: "workspace" } });
      workspaces.splice(back.place, 0, back.workspace);
      removed.delete(id);
      return back.workspace;
    },
    arrange_profiles: ({ ids }: { ids: string[] }) => {
      workspaces.sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id));
      return null;
    },
    mark_favorite: ({ id, favorite }: { id: string; favorite: boolean }) =>
      Object.assign(find(id), { favorite }),
    choose_import_file: () => ({
      path: "~/Downloads/connections.json",
      name: "connections.json",
      sealed: true,
      kind: "compass",
    }),
    import_profiles: (args: { source: ImportSource; passphrase: string | null }): ImportReport => {
      if (args.source.kind === "file" && args.passphrase !== FAKE_PASSPHRASE)
        refuse({ code: "passphrase_refused", message: "The passphrase does not open this file." });
      const lines =
        args.source.kind === "text"
          ? listFromText(args.source.text)
          : ["mongodb+srv://ops@rig.k3x9f.mongodb.net", "mongodb://rig.example:27017"];
      if (lines.length === 0)
        refuse({
          code: "import_refused",
          message: "Nothing can be imported.",
          details: { problem: "There is no connection string in this text." },
        });
      const entries = lines.map((line): ImportReport["entries"][number] => {
        const reading = readingOf(line);
        const name = reading.fields?.hosts[0] ?? line.slice(0, 24);
        if (reading.problems[0])
          return { name, outcome: "refused", notes: [{ kind: "no_connection_string" }], workspaceId: null };
        if (workspaces.some((each) => each.connectionString === reading.text))
          return {
            name,
            outcome: "already_there",
            notes: [{ kind: "same", name }],
            workspaceId: null,
          };
        const { id } = add(name, line);
        return reading.needsPassword && !reading.fields?.hasPassword
          ? {
              name,
              outcome: "imported_without_secret",
              notes: [{ kind: "password_asked" }],
              workspaceId: id,
            }
          : { name, outcome: "imported", notes: [], workspaceId: id };
      });
      return { imported: entries.filter(({ workspaceId }) => workspaceId !== null).length, entries };
    },
    choose_profiles_file: () => "~/Documents/tenantry-connections.json",
    export_profiles: ({
      path,
      ids,
      passphrase: sealing,
    }: {
      path: string;
      ids: string[];
      passphrase: string | null;
    }) => ({
      path,
      profiles: ids.length,
      secrets: sealing === null ? 0 : ids.length,
    }),

    secret_keeping: () => keeping,
    look_for_keychain: () => keeping,
    choose_secret_keeper: ({
      keeper,
      passphrase: chosen,
    }: {
      keeper: SecretKeeper;
      passphrase: string | null;
    }) => {
      unlocked();
      if (keeper === "sealed_file") passphrase = chosen ?? passphrase;
      keeping = {
        ...keeping,
        keeper,
        chosen: true,
        sealedFile: keeper === "sealed_file" ? "unlocked" : "none",
      };
      return { keeping, moved: 3, problems: [] };
    },
    unlock_secrets: ({ passphrase: typed }: { passphrase: string }) => {
      if (typed !== passphrase) refuse({ code: "passphrase_refused", message: "Wrong passphrase." });
      keeping = { ...keeping, sealedFile: "unlocked" };
      return keeping;
    },
    lock_secrets: () => {
      keeping = { ...keeping, sealedFile: "locked" };
      return keeping;
    },
    change_passphrase: ({ current, next }: { current: string; next: string }) => {
      if (current !== passphrase) refuse({ code: "passphrase_refused", message: "Wrong passphrase." });
      passphrase = next;
      return null;
    },
  };
}
