import type { ListQuery, ListRow, ListSource } from "./list";

/** Every row that a query matches, except some, page by page: for an act on rows that were never on screen. */
export async function gatherMatching<Row extends ListRow, Query extends ListQuery>(
  source: Pick<ListSource<Row, Query>, "page">,
  query: Query,
  excludedIds: string[],
  limit: number,
): Promise<Row[]> {
  const excluded = new Set(excludedIds);
  const gathered: Row[] = [];
  let cursor: string | null = null;
  do {
    const { rows, nextCursor } = await source.page(query, { backwards: false, cursor, limit });
    gathered.push(...rows.filter(({ id }) => !excluded.has(id)));
    cursor = nextCursor;
  } while (cursor !== null);
  return gathered;
}
