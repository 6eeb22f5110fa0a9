import type { ActivityFilter, ActivityPage, ActivityQuery, EntryView, Outcome, RecordFacet } from "$lib/api";
import type { ListColumn, ListFacet, ListQuery, ListSource, ListSpec } from "$lib/lists";
import { m } from "$lib/messages";
import { plainSentence } from "./entry-words";

/** An organization or a person that the list is narrowed to. */
export type Narrowing = { person?: string; organization?: string };

export type ActivityListQuery = ListQuery<RecordFacet, "at"> &
  Narrowing & {
    /** The organization as the person named it. */
    organizationName?: string;
    outcome?: Outcome;
    /** Days, as a calendar writes them: 2026-03-05. */
    firstDay?: string;
    lastDay?: string;
  };

export type ActivityCalls = { listActivity: (query: ActivityQuery) => Promise<ActivityPage> };

/** The filter in the service's form. A day begins and ends where the person is. */
export function filterOf(query: ActivityListQuery): ActivityFilter {
  const day = (text: string | undefined, after: number) => {
    if (!text) return null;
    const [year = 0, month = 1, date = 1] = text.split("-").map(Number);
    return new Date(year, month - 1, date + after).toISOString();
  };
  return {
    facet: query.facet,
    search: query.search,
    person: query.person ?? null,
    organization: query.organization ?? null,
    outcome: query.outcome ?? null,
    from: day(query.firstDay, 0),
    until: day(query.lastDay, 1),
  };
}

/** The number below which a page begins, from its cursor; entries of earlier versions have none. */
const numberOf = (cursor: string) => (cursor.startsWith("earlier:") ? 0 : Number(cursor));

/** Pages of the record. The service reads towards older entries only; the way back is over pages that were read. */
export class ActivitySource implements ListSource<EntryView, ActivityListQuery> {
  /** The number of the newest entry that was read; null before the first page. */
  newest: number | null = null;
  readonly #calls: ActivityCalls;
  #query: ActivityListQuery | null = null;
  /** Where the page before each cursor begins. */
  #before = new Map<string, string | null>();

  constructor(calls: ActivityCalls) {
    this.#calls = calls;
  }

  page: ListSource<EntryView, ActivityListQuery>["page"] = async (query, { backwards, start, limit }) => {
    if (query !== this.#query) {
      this.#query = query;
      this.#before.clear();
    }
    const cursor = start.kind === "after" ? start.cursor : null;
    if (backwards && cursor !== null) return this.#above(query, cursor, limit);
    const { entries, next } = await this.#read(query, cursor, limit);
    if (next !== null) this.#before.set(next, cursor);
    if (cursor === null) this.newest = entries[0]?.number ?? 0;
    return { rows: entries, previousCursor: cursor, nextCursor: next };
  };

  /** Entries that came since the newest one that was read; null if there are more than `limit`. */
  async arrived(query: ActivityListQuery, limit: number): Promise<EntryView[] | null> {
    const { newest } = this;
    if (newest === null) return [];
    const filter = filterOf(query);
    const page = await this.#calls.listActivity({ filter, cursor: null, newerThan: newest, limit });
    if (newest !== this.newest || query !== this.#query) return [];
    if (page.next !== null && page.entries.length >= limit) return null;
    this.newest = page.entries[0]?.number ?? newest;
    return page.entries;
  }

  /** The page above a cursor, from its last row on. */
  async #above(query: ActivityListQuery, cursor: string, limit: number) {
    const begin = this.#before.get(cursor) ?? null;
    const rows: EntryView[] = [];
    let at: string | null = begin;
    // What came since begins before the first page: then it takes several to reach the cursor.
    do {
      const { entries, next }: ActivityPage = await this.#read(query, at, limit);
      rows.push(...entries.filter(({ number }) => number >= numberOf(cursor)));
      at = next;
    } while (at !== null && at !== cursor && numberOf(at) > numberOf(cursor));
    return { rows: rows.reverse(), previousCursor: cursor, nextCursor: begin };
  }

  #read(query: ActivityListQuery, cursor: string | null, limit: number): Promise<ActivityPage> {
    return this.#calls.listActivity({ filter: filterOf(query), cursor, newerThan: null, limit });
  }
}

export const COLUMNS: ListColumn<EntryView, "at">[] = [
  { id: "time", label: m.activity_column_at, least: 112, condensed: 96 },
  { id: "entry", label: m.activity_column_entry, least: 240, width: "minmax(0, 1fr)" },
  { id: "organization", label: m.activity_column_organization, least: 180, turn: 2 },
  { id: "device", label: m.activity_column_device, least: 160, turn: 3 },
  { id: "outcome", label: m.activity_column_outcome, least: 104, turn: 1 },
];

function facet(value: RecordFacet, label: () => string): ListFacet<EntryView, RecordFacet> {
  const none = {
    icon: "activity",
    title: m.activity_none_facet_title,
    why: m.activity_none_facet_why,
  } as const;
  // An entry never changes, so it never leaves its facet.
  return { value, label, holds: () => true, none };
}

export const ACTIVITY: ListSpec<EntryView, ActivityListQuery> = {
  name: "activity",
  columns: COLUMNS,
  query: { search: "", facet: "all", sort: "at", direction: "descending" },
  rowName: plainSentence,
  facets: [
    facet("all", m.activity_facet_all),
    facet("changes", m.activity_facet_changes),
    facet("sign_ins", m.activity_facet_sign_ins),
    facet("exports", m.activity_facet_exports),
    facet("refused", m.activity_facet_refused),
  ],
  words: {
    title: m.activity_title,
    search: m.activity_search,
    facets: m.activity_facets,
    found: m.activity_found,
    order: m.activity_order,
    noMatch: (search) => m.activity_no_match({ search }),
    noneFiltered: m.activity_no_match_filter,
    forbidden: m.activity_forbidden,
  },
};
