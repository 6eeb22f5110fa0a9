import type { ImportFacet, ImportRow, ImportRowsQuery } from "$lib/api";
import type { ListQuery, ListSource } from "$lib/lists";

/** A row with a name that a list knows it by. */
export type Row = ImportRow & { id: string };
export type RowsQuery = ListQuery<ImportFacet, "number">;
export type RowCounts = Record<ImportFacet, number>;

type Read = (query: ImportRowsQuery) => Promise<{ total: number; rows: ImportRow[] }>;

/** The rows of a file by their place: they keep it, whatever becomes of them. A cursor is the place of a row. */
export function rowsSource(
  read: Read,
  counts: () => RowCounts | null,
): ListSource<Row, RowsQuery, RowCounts> {
  return {
    count: () => {
      const found = counts();
      return found === null ? Promise.reject(new Error("no file is chosen")) : Promise.resolve(found);
    },
    // What is found with a search is not counted by facet.
    rows: (found, { facet, search }) => (search === "" ? found[facet] : null),
    async page({ facet, search }, { backwards, start, limit }) {
      const between = async (first: number, count: number) => {
        const { total, rows } = await read({ facet, search, start: first, limit: count });
        return { total, rows: rows.map((row): Row => ({ ...row, id: String(row.row) })) };
      };
      if (!backwards) {
        const { total } = start.kind === "row" ? await between(0, 0) : { total: Infinity };
        const first =
          start.kind === "beginning"
            ? 0
            : start.kind === "after"
              ? Number(start.cursor) + 1
              : Math.max(0, Math.min(start.number, total - limit));
        const page = await between(first, limit);
        const end = first + page.rows.length;
        return {
          rows: page.rows,
          previousCursor: first === 0 || page.rows.length === 0 ? null : String(first),
          nextCursor: end < page.total ? String(end - 1) : null,
        };
      }
      const { total } = await between(0, 0);
      const end =
        start.kind === "beginning"
          ? total
          : start.kind === "after"
            ? Number(start.cursor)
            : Math.min(start.number + 1, total);
      const first = Math.max(0, end - limit);
      const { rows } = await between(first, end - first);
      return {
        rows: rows.reverse(),
        previousCursor: end < total ? String(end - 1) : null,
        nextCursor: first > 0 ? String(first) : null,
      };
    },
  };
}
