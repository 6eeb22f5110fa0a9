import type { Channel } from "@tauri-apps/api/core";
import type {
  Depth,
  DoctorFinding,
  FindingGroup,
  FindingKind,
  FindingQuery,
  JobProgress,
  MendKind,
  MendRequest,
  PassSummary,
  Severity,
  Template,
} from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { comparisons, madeUpPair } from "./comparing";
import { madeUpEntry } from "./entries";
import { now, type World } from "./world";

/** What the fake knows of the kinds that its findings have. */
const KINDS: Partial<Record<FindingKind, [Severity, MendKind[]]>> = {
  missing_collection: ["broken", ["create_collection", "attach_collection"]],
  half_renamed: ["broken", ["join_halves"]],
  twin_names: ["broken", ["separate_twins"]],
  interrupted_operation: ["broken", ["decide_operation"]],
  ownerless_collection: ["drift", ["attach_collection", "create_organization", "set_aside"]],
  collection_name_differs: ["drift", ["set_collection_name"]],
  unreadable_date: ["drift", ["correct_dates"]],
  index_missing: ["drift", ["create_indexes", "accept_as_is"]],
  kept_twins: ["note", ["decide_twins"]],
  view_collection: ["note", []],
};
const ORDER = Object.keys(KINDS) as FindingKind[];
const severityOf = (kind: FindingKind): Severity => KINDS[kind]?.[0] ?? "note";

/** The one place where tests write down every field of a finding. */
export function madeUpFinding(
  kind: FindingKind,
  name: string,
  change: Partial<DoctorFinding> = {},
): DoctorFinding {
  const nobody = kind === "ownerless_collection";
  return {
    id: `${kind}:${name}`,
    kind,
    subject: nobody ? `org_${name}` : name,
    organizations: nobody ? [] : [{ id: name, name, inTrash: false }],
    collections: [`org_${name}`],
    evidence: [
      {
        what: "collection",
        organization: nobody ? null : name,
        metadata: nobody ? null : `org_${name}`,
        storage: nobody ? `org_${name}` : null,
      },
    ],
    since: "2026-11-26T09:12:00Z",
    state: { kind: "open" },
    ...change,
  };
}

/** A few of several kinds, about organizations that the fake has. */
export function madeUpFindings(world: Pick<World, "organizations">): DoctorFinding[] {
  const of = (index: number) => {
    const { id, name } = world.organizations[index] ?? { id: "", name: "" };
    const change = { organizations: [{ id, name, inTrash: false }] };
    return [name, change] as const;
  };
  return [
    madeUpFinding("missing_collection", ...of(2)),
    madeUpFinding("missing_collection", ...of(6)),
    madeUpFinding("missing_collection", ...of(9)),
    madeUpFinding("half_renamed", ...of(11)),
    madeUpFinding("ownerless_collection", "harbour_lights"),
    madeUpFinding("ownerless_collection", "old_mill_bakery"),
    madeUpFinding("collection_name_differs", ...of(4)),
    madeUpFinding("kept_twins", ...of(13)),
    madeUpFinding("view_collection", ...of(15)),
  ];
}

export function groupsOf(findings: readonly DoctorFinding[]): FindingGroup[] {
  return ORDER.flatMap((kind) => {
    const all = findings.filter((finding) => finding.kind === kind);
    if (all.length === 0) return [];
    const open = all.filter(({ state }) => state.kind === "open").length;
    const [severity, mends] = KINDS[kind] ?? ["note", []];
    const depth = kind === "index_missing" ? "deep" : "quick";
    return [{ kind, severity, findings: all.length, open, leftOff: 0, mends, depth }];
  });
}

/** The doctor: a result that is kept, its pages, dry runs and mends. */
export function doctorHandlers(world: World) {
  const found = structuredClone(world.options.findings ?? madeUpFindings(world));
  let kept: { at: string; depth: Depth; deepAt: string | null; findings: DoctorFinding[] } | null =
    world.options.findings === undefined
      ? null
      : { at: now(), depth: "quick", deepAt: world.options.deepCheckedAt ?? null, findings: found };
  const inOrder = () =>
    [...(kept?.findings ?? [])].sort(
      (one, other) =>
        ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind) || (one.subject < other.subject ? -1 : 1),
    );
  const summary = (): PassSummary | null => {
    if (kept === null) return null;
    const groups = groupsOf(kept.findings);
    return {
      checkedAt: kept.at,
      milliseconds: 1840,
      depth: kept.depth,
      deepCheckedAt: kept.deepAt,
      organizations: world.organizations.length,
      trashed: 6,
      collections: world.organizations.length,
      groups,
      open: groups.reduce((sum, { open }) => sum + open, 0),
      worst: groups.find(({ open }) => open > 0)?.severity ?? null,
      affected: new Set(kept.findings.flatMap(({ organizations }) => organizations.map(({ id }) => id))).size,
    };
  };
  const find = (id: string) => kept?.findings.find((finding) => finding.id === id) ?? null;

  const handlers: Handlers = {
    doctor_summary: summary,
    run_doctor: async (args: { job: string; depth: Depth; progress: Channel<JobProgress> }) => {
      await world.work(args.job, world.organizations.length, args.progress);
      const findings = found.map((finding) => ({ ...finding, state: { kind: "open" as const } }));
      const deepAt = args.depth === "deep" ? now() : (kept?.deepAt ?? null);
      kept = { at: now(), depth: args.depth, deepAt, findings };
      return summary() as PassSummary;
    },
    list_findings: ({ query }: { query: FindingQuery }) => {
      const { kind, severity, search, organization, offset, limit } = query;
      const matching = inOrder().filter(
        (finding) =>
          (kind === null || finding.kind === kind) &&
          (severity === null || severityOf(finding.kind) === severity) &&
          (organization === null || finding.organizations.some(({ id }) => id === organization)) &&
          JSON.stringify([finding.subject, finding.collections]).includes(search.toLowerCase()),
      );
      const findings = matching.slice(offset, offset + limit);
      return { findings, total: matching.length, groups: groupsOf(matching) };
    },
    get_finding: ({ id }: { id: string }) => find(id),
    organization_drift: ({ ids }: { ids: string[] }) =>
      ids.flatMap((id) => {
        const kinds = inOrder()
          .filter((finding) => finding.state.kind === "open")
          .filter((finding) => finding.organizations.some((one) => one.id === id))
          .map(({ kind }) => kind);
        const [first] = kinds;
        return first === undefined ? [] : [{ id, worst: severityOf(first), kinds }];
      }),
  };
  const pairs = world.options.pairs ?? Array.from({ length: 14 }, (_, number) => madeUpPair(number + 1));
  const { decide, ...comparing } = comparisons(pairs, find);
  let template: Template = { indexes: [] };
  return {
    ...handlers,
    ...comparing,
    get_template: () => template,
    change_template: ({ next }: { next: Template }) => (template = next),
    dry_run_mend: ({ request }: { request: { finding: string; mend: MendKind } }) => ({
      commands: [`db.createCollection("${find(request.finding)?.collections[0] ?? ""}")`],
      canBeUndone: true,
    }),
    mend_finding: ({ request }: { request: MendRequest }) => {
      const isDone = request.mend !== "decide_twins" || decide(request.choices);
      const finding = find(request.finding);
      const entry = world.entries.length + 1;
      world.entries.push(madeUpEntry(entry, { at: now(), kind: "organization_changed" }));
      if (finding && isDone) finding.state = { kind: "mended", mend: request.mend, at: now(), entry };
      const path = `~/Downloads/${finding?.collections[0] ?? ""}-2026-11-28.tenant`;
      return {
        entry,
        oneTimePassword: request.mend === "set_one_time_password" ? "k7-Qm4-Rt9" : null,
        file: request.mend === "set_aside" ? { path, bytes: 98_304, documents: 1_204 } : null,
      };
    },
  };
}
