import type { Channel } from "@tauri-apps/api/core";
import type {
  ActivityExportInput,
  ActivityFilter,
  ActivityKind,
  ActivityQuery,
  ArchiveInput,
  EntryView,
  JobProgress,
} from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { madeUpEntry } from "./entries";
import { now, refuse, type World } from "./world";

const FACETS: Record<ActivityFilter["facet"], (entry: EntryView) => boolean> = {
  all: () => true,
  changes: ({ kind }) => /^(organization|operator_|person_|permits|workspace_[ul]|setting)/.test(kind),
  sign_ins: ({ kind }) => /^(signed|session|token|sign_in)/.test(kind),
  exports: ({ kind }) => /exported|archived|documents/.test(kind),
  refused: ({ outcome }) => outcome === "refused",
};

/** The record: its pages, its undo, its proof. */
export function activityHandlers(world: World): Handlers {
  const { entries } = world;
  const record = (kind: ActivityKind, change: Partial<EntryView> = {}) =>
    void entries.push(madeUpEntry(entries.length + 1, { at: now(), kind, ...change }));
  const holds = (filter: ActivityFilter) => (entry: EntryView) =>
    FACETS[filter.facet](entry) &&
    (filter.person === null || entry.actor === filter.person || entry.subject === filter.person) &&
    (filter.organization === null || entry.organizationId === filter.organization) &&
    (filter.outcome === null || entry.outcome === filter.outcome) &&
    (filter.from === null || entry.at >= filter.from) &&
    (filter.until === null || entry.at < filter.until) &&
    JSON.stringify([entry.actor, entry.organizationName, entry.changes, entry.detail, entry.reason])
      .toLowerCase()
      .includes(filter.search.toLowerCase());
  const find = (number: number) =>
    entries.find((entry) => entry.number === number) ??
    refuse({ code: "not_found", details: { what: "entry" } });
  const UNDONE: Partial<Record<ActivityKind, ActivityKind>> = {
    organization_renamed: "organization_renamed",
    organization_changed: "organization_changed",
    organization_deactivated: "organization_reactivated",
    organization_restored: "organization_trashed",
  };
  const undone = new Set<number>();

  return {
    list_activity: ({ query }: { query: ActivityQuery }) => {
      const { filter, cursor, newerThan, limit } = query;
      const found = entries
        .filter(holds(filter))
        .filter(({ number }) => number > (newerThan ?? 0))
        .filter(({ number }) => cursor === null || number < Number(cursor))
        .reverse();
      const page = found.slice(0, limit);
      return { entries: page, next: page.length < found.length ? String(page.at(-1)?.number) : null };
    },
    activity_entry: ({ number }: { number: number }) => {
      const entry = find(number);
      const undo = () => {
        if (!UNDONE[entry.kind] || entry.outcome !== "done") return null;
        if (undone.has(number)) return { kind: "refused", reason: "changed" } as const;
        const passwordStays = entry.changes.some(({ field }) => field === "password");
        return { kind: "possible", passwordStays, trashes: entry.kind === "organization_restored" } as const;
      };
      return { entry, operation: [], undo: undo() };
    },
    undo_activity: ({ number }: { number: number }) => {
      const { kind, organizationId, organizationName, changes } = find(number);
      undone.add(number);
      record(UNDONE[kind] ?? kind, {
        organizationId,
        organizationName,
        changes: changes.map(({ field, before, after }) => ({ field, before: after, after: before })),
        reason: `undo of entry ${number}`,
      });
      return null;
    },
    record_anchor: () => null,
    verify_record: async (args: { job: string; progress: Channel<JobProgress> }) => {
      await world.work(args.job, entries.length, args.progress);
      const count = entries.length;
      record("record_verified", { detail: `${count} entries` });
      return { entries: count, at: now(), broken: null };
    },
    export_activity: async (args: { input: ActivityExportInput; progress: Channel<JobProgress> }) => {
      const { job, filter, format } = args.input;
      const rows = entries.filter(holds(filter)).length;
      await world.work(job, rows, args.progress);
      record("record_exported", { detail: `as ${format}` });
      return {
        path: `~/Downloads/activity.${format}`,
        rows,
        cutCells: 0,
        unshowable: 0,
        bytes: rows * 512,
        milliseconds: 90,
      };
    },
    preview_archive: ({ months }: { months: number }) => {
      const old = entries.slice(0, months > 12 ? 0 : Math.floor(entries.length / 2));
      const [first, last] = [old[0], old.at(-1)];
      if (!first || !last) return null;
      return {
        entries: old.length,
        from: first.at,
        until: last.at,
        last: { number: last.number, hash: last.hash },
      };
    },
    archive_activity: async (args: { input: ArchiveInput; progress: Channel<JobProgress> }) => {
      const { job, last } = args.input;
      const old = entries.filter(({ number }) => number <= last.number);
      await world.work(job, old.length, args.progress);
      const next = entries.length + 1;
      entries.splice(0, old.length);
      entries.push(
        madeUpEntry(next, { at: now(), kind: "record_archived", subject: "activity-archive.ndjson" }),
      );
      return {
        path: "~/Downloads/activity-archive.ndjson",
        rows: old.length,
        cutCells: 0,
        unshowable: 0,
        bytes: old.length * 640,
        milliseconds: 120,
      };
    },
  };
}
