import type { Channel } from "@tauri-apps/api/core";
import type {
  Certificate,
  ConnectionReading,
  ConnectionReport,
  Finding,
  FindingCode,
  StageName,
  TestInput,
  TestStage,
} from "../src/lib/bindings";
import { readingOf } from "./recorded";
import { FAKE_PASSWORD, type World } from "./world";

type Failure = Pick<Finding, "code" | "stage" | "tab">;
type Facts = Record<StageName, TestStage["facts"]>;

/** Hosts whose first part is one of these fail the test in that way: "refused.example". */
const FAILING: Record<string, [FindingCode, StageName, Finding["tab"]]> = {
  unknown: ["host_unknown", "look_up", "general"],
  refused: ["connection_refused", "reach", "general"],
  silent: ["connection_silent", "reach", "general"],
  expired: ["certificate_expired", "tls", "tls"],
  authsource: ["wrong_auth_source", "sign_in", "authentication"],
  rights: ["no_privilege", "permissions", "authentication"],
};

/** The password of the test: typed beside the string, or somewhere in the string that was typed. */
function failureOf(reading: ConnectionReading, password: string): Failure | null {
  const byHost = FAILING[reading.fields?.hosts[0]?.split(".")[0] ?? ""];
  const refused = reading.needsPassword && !password.includes(FAKE_PASSWORD);
  const [code, stage, tab] =
    reading.problems.length > 0
      ? (["string_malformed", "read", "general"] as const)
      : (byHost ?? (refused ? (["credentials_refused", "sign_in", "authentication"] as const) : []));
  return code && stage && tab ? { code, stage, tab } : null;
}

function certificate(
  subject: string,
  names: string[],
  issuer: string,
  from: string,
  until: string,
): Certificate {
  const midnight = (day: string) => `${day}T00:00:00Z`;
  return {
    subject,
    names,
    issuer,
    validFrom: midnight(from),
    validUntil: midnight(until),
    endsSoon: false,
  };
}

function factsOf(reading: ConnectionReading, secure: boolean, mayRead: boolean): Facts {
  const { hosts, srv, user } = { hosts: [], srv: false, user: null, ...reading.fields };
  const [host = ""] = hosts as string[];
  return {
    read: { kind: "read", hosts, srv },
    look_up: { kind: "look_up", hosts, srvRecords: srv ? 3 : 0, addresses: 3, txtOptions: [] },
    reach: { kind: "reach", reached: 3, hosts: 3 },
    tls: {
      kind: "tls",
      version: "TLS 1.3",
      chain: [
        certificate(host, hosts, "R11", "2026-10-14", "2027-01-12"),
        certificate("R11", [], "ISRG Root X1", "2024-03-13", "2027-03-12"),
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
      primary: host || null,
      endOfLife: null,
    },
    sign_in: { kind: "sign_in", user: user ?? "", mechanism: "SCRAM-SHA-256", authSource: "admin" },
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
}

function findingOf(failure: Failure, reading: ConnectionReading, input: TestInput, typed: string): Finding {
  const hosts = reading.fields?.hosts ?? [];
  const [problem] = reading.problems;
  return {
    ...failure,
    technical: `${failure.code}: code 18 (AuthenticationFailed)`,
    facts: {
      host: hosts[0] ?? null,
      database: input.database,
      user: reading.fields?.user ?? null,
      authSource: reading.fields?.authSource ?? "meridian",
      otherAuthSource: failure.code === "wrong_auth_source" ? "admin" : null,
      certificate: certificate(hosts[0] ?? "", hosts, "Meridian Internal CA", "2025-01-12", "2026-01-12"),
      version: null,
      domain: null,
      foreignHost: null,
      problem: problem?.message ?? null,
      start: problem?.start ?? null,
      end: problem?.end ?? null,
      missing: failure.code === "no_privilege" ? ["renameCollectionSameDB on organization_management"] : [],
      percentInPassword: typed.includes("%"),
      atlas: reading.kind === "atlas",
    },
  };
}

/** The staged test: one stage after another up to the one that fails. */
export function testConnection(world: World) {
  return async (args: {
    input: TestInput;
    job: string;
    progress: Channel<TestStage>;
  }): Promise<ConnectionReport> => {
    const { input, job, progress } = args;
    const reading = readingOf(input.connectionString);
    const secure = reading.fields?.srv === true || reading.fields?.tls === "on";
    const password = input.password ?? world.typedSecrets.get(input.draft) ?? FAKE_PASSWORD;
    const failure = failureOf(reading, password);
    const facts = factsOf(reading, secure, failure?.code !== "no_privilege");
    const skipped: Partial<Record<StageName, boolean>> = { tls: !secure, sign_in: !reading.needsPassword };
    const stages: TestStage[] = [];
    const tell = (stage: StageName, state: TestStage["state"], rest: Partial<TestStage> = {}) => {
      const told = { stage, state, milliseconds: null, facts: null, ...rest };
      progress.onmessage(told);
      return told;
    };
    let failed = false;
    for (const [index, stage] of (Object.keys(facts) as StageName[]).entries()) {
      if (failed) stages.push({ stage, state: "not_run", milliseconds: null, facts: null });
      else if (skipped[stage]) stages.push(tell(stage, "skipped"));
      else {
        tell(stage, "running");
        await world.pause(3);
        world.stopIfCancelled(job);
        failed = failure?.stage === stage;
        stages.push(
          tell(stage, failed ? "failed" : "passed", {
            milliseconds: 9 + index * 8,
            facts: failed && stage !== "permissions" ? null : facts[stage],
          }),
        );
      }
    }
    return {
      stages,
      finding: failure && findingOf(failure, reading, input, password),
      milliseconds: stages.reduce((total, { milliseconds }) => total + (milliseconds ?? 0), 0),
      report: `Tenantry connection test\n${stages.map(({ stage, state }) => `${stage}: ${state}`).join("\n")}`,
    };
  };
}
