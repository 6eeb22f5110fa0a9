import type { ListQuery, ListRow, ListSource, PagePlace } from "./list";

type Pages<Row, Query extends ListQuery> = Pick<ListSource<Row, Query>, "page">;

/** Every row that a query matches, except some, page by page: for an act on rows that were never on screen. */
export async function gatherMatching<Row extends ListRow, Query extends ListQuery>(
  source: Pages<Row, Query>,
  query: Query,
  excludedIds: string[],
  limit: number,
): Promise<Row[]> {
  const excluded = new Set(excludedIds);
  const rows = await gather(source, query, { kind: "beginning" }, Infinity, limit);
  return rows.filter(({ id }) => !excluded.has(id));
}

/** The rows between two numbers, for a selection that reaches over rows that are not in memory. */
export function gatherBetween<Row extends ListRow, Query extends ListQuery>(
  source: Pages<Row, Query>,
  query: Query,
  { first, last, of }: { first: number; last: number; of: number },
  limit: number,
): Promise<Row[]> {
  return gather(source, query, { kind: "row", number: first, of }, last - first + 1, limit);
}

async function gather<Row extends ListRow, Query extends ListQuery>(
  source: Pages<Row, Query>,
  query: Query,
  from: PagePlace["start"],
  count: number,
  limit: number,
): Promise<Row[]> {
  const gathered: Row[] = [];
  for (let start: PagePlace["start"] | null = from; start !== null && gathered.length < count;) {
    const { rows, nextCursor } = await source.page(query, { backwards: false, start, limit });
    gathered.push(...rows);
    start = nextCursor === null ? null : { kind: "after", cursor: nextCursor };
  }
  return gathered.slice(0, count);
}
