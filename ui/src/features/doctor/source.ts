import type { DoctorFinding, FindingGroup, FindingPage, FindingQuery, Severity } from "$lib/api";
import type { ListColumn, ListFacet, ListQuery, ListSource, ListSpec, PagePlace } from "$lib/lists";
import { kindTitle, severityWord } from "$lib/findings";
import { m } from "$lib/messages";

/** A row of the list: a finding, or the row above those of its kind. */
export type FindingRow =
  | { id: string; kind: "finding"; severity: Severity; finding: DoctorFinding }
  | { id: string; kind: "group"; severity: Severity; group: FindingGroup };

export type SeverityFacet = "all" | Severity;

export type FindingListQuery = ListQuery<SeverityFacet, "severity">;

export type FindingCounts = Record<SeverityFacet, number | null> & { groups: readonly FindingGroup[] };

export type FindingCalls = {
  listFindings: (query: FindingQuery) => Promise<FindingPage>;
};

/** A part of the list: how many findings come before it, and the rows of its groups. */
type Part = { before: number; first: number; last: number; group: FindingGroup };

/** The groups of a list in their places. */
function partsOf(groups: readonly FindingGroup[]): Part[] {
  let row = 0;
  let before = 0;
  return groups.map((group) => {
    const part = { before, first: row, last: row + keptOf(group), group };
    before += keptOf(group);
    row = part.last + 1;
    return part;
  });
}

/** The findings of a group that the result kept. */
export const keptOf = ({ findings, leftOff }: FindingGroup): number => findings - leftOff;

const rowsOf = (groups: readonly FindingGroup[]): number =>
  groups.reduce((sum, group) => sum + keptOf(group) + 1, 0);

const within = (facet: SeverityFacet, groups: readonly FindingGroup[]) =>
  groups.filter(({ severity }) => facet === "all" || severity === facet);

/**
 * Findings below the rows that head their groups. The place of a finding follows from the counts of the groups before
 * it, so a page anywhere in the list is one question.
 */
export class FindingSource implements ListSource<FindingRow, FindingListQuery, FindingCounts> {
  readonly #calls: FindingCalls;
  #query: FindingListQuery | null = null;
  #groups: readonly FindingGroup[] = [];

  constructor(calls: FindingCalls) {
    this.#calls = calls;
  }

  page = async (query: FindingListQuery, place: PagePlace) => {
    if (query !== this.#query || place.start.kind === "beginning") await this.#learn(query);
    const total = rowsOf(this.#groups);
    const { from, to } = spanOf(place, total);
    const rows = await this.#between(query, from, to);
    const [start, end] = [from === 0 ? null : String(from), to === total ? null : String(to)];
    return place.backwards
      ? { rows: rows.reverse(), previousCursor: end, nextCursor: start }
      : { rows, previousCursor: start, nextCursor: end };
  };

  count = async (search: string): Promise<FindingCounts> => {
    const { groups } = await this.#calls.listFindings(asked({ search, facet: "all" }, 0, 1));
    const sum = (facet: SeverityFacet) =>
      within(facet, groups).reduce((total, { findings }) => total + findings, 0);
    return { all: sum("all"), broken: sum("broken"), drift: sum("drift"), note: sum("note"), groups };
  };

  /** The rows that head groups are not counted as findings. */
  rows = ({ groups }: FindingCounts, { facet }: FindingListQuery): number => rowsOf(within(facet, groups));

  async #learn(query: FindingListQuery): Promise<void> {
    const { groups } = await this.#calls.listFindings(asked(query, 0, 1));
    this.#query = query;
    this.#groups = within(query.facet, groups);
  }

  async #between(query: FindingListQuery, from: number, to: number): Promise<FindingRow[]> {
    const parts = partsOf(this.#groups).filter(({ first, last }) => last >= from && first < to);
    const [head, tail] = [parts[0], parts.at(-1)];
    if (head === undefined || tail === undefined) return [];
    const offset = head.before + Math.max(0, from - head.first - 1);
    const end = tail.before + Math.max(0, Math.min(to, tail.last + 1) - tail.first - 1);
    const { findings } =
      end > offset
        ? await this.#calls.listFindings(asked(query, offset, end - offset))
        : { findings: [] as DoctorFinding[] };
    return parts.flatMap(({ before, first, last, group }) => {
      const { kind, severity } = group;
      const begin = before + Math.max(0, from - first - 1);
      const stop = before + Math.max(0, Math.min(to, last + 1) - first - 1);
      const below = findings
        .slice(begin - offset, stop - offset)
        .map((finding): FindingRow => ({ id: finding.id, kind: "finding", severity, finding }));
      return first < from
        ? below
        : [{ id: `group:${kind}`, kind: "group" as const, severity, group }, ...below];
    });
  }
}

/** The rows of a page, from the first to before the last. */
function spanOf({ backwards, start, limit }: PagePlace, total: number): { from: number; to: number } {
  const at =
    start.kind === "after"
      ? Number(start.cursor)
      : start.kind === "row"
        ? start.number
        : backwards
          ? total
          : 0;
  return backwards
    ? { from: Math.max(0, at - limit), to: Math.min(at, total) }
    : { from: Math.min(at, total), to: Math.min(at + limit, total) };
}

/** A question for the findings that the list shows. */
export const asked = (
  { search, facet }: Pick<FindingListQuery, "search" | "facet">,
  offset: number,
  limit: number,
): FindingQuery => ({
  kind: null,
  severity: facet === "all" ? null : facet,
  search,
  organization: null,
  offset,
  limit,
});

export const nameOfRow = (row: FindingRow): string =>
  row.kind === "group" ? kindTitle(row.group.kind) : row.finding.subject;

const COLUMNS: ListColumn<FindingRow, "severity">[] = [
  { id: "subject", label: m.doctor_column_subject, least: 190, width: "minmax(0, 1fr)", comfort: 40 },
  { id: "detail", label: m.doctor_column_detail, least: 200, width: "minmax(0, 1.3fr)", turn: 2 },
  { id: "severity", label: m.doctor_column_severity, least: 100, condensed: 28 },
  { id: "since", label: m.doctor_column_since, least: 112, turn: 1 },
];

const NONE: Record<Severity, () => string> = {
  broken: m.doctor_none_broken,
  drift: m.doctor_none_drift,
  note: m.doctor_none_note,
};

const facet = (value: Severity): ListFacet<FindingRow, SeverityFacet> => ({
  value,
  label: () => severityWord(value),
  holds: ({ severity }) => severity === value,
  none: { icon: "circle-check", title: NONE[value], why: m.doctor_none_why },
});

/** The list of findings; `found` says how many there are, because rows that head groups are none. */
export const findingsSpec = (found: () => string): ListSpec<FindingRow, FindingListQuery> => ({
  name: "doctor",
  columns: COLUMNS,
  query: { search: "", facet: "all", sort: "severity", direction: "ascending" },
  rowName: nameOfRow,
  groups: {
    of: (row) => (row.kind === "group" ? row.group.kind : row.finding.kind),
    headed: (row) => (row.kind === "group" ? keptOf(row.group) : null),
  },
  off: (row) => row.kind === "finding" && row.finding.state.kind === "mended",
  facets: [
    { value: "all", label: m.doctor_facet_all, holds: () => true },
    facet("broken"),
    facet("drift"),
    facet("note"),
  ],
  words: {
    title: m.doctor_title,
    search: m.doctor_search,
    facets: m.doctor_facets,
    order: m.doctor_order,
    checked: m.doctor_checked,
    found,
    noMatch: (search) => m.doctor_no_match({ search }),
    forbidden: m.doctor_forbidden,
  },
});
