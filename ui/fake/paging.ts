import type { PageStart } from "../src/lib/bindings";

type Place = { backwards: boolean; start: PageStart; limit: number };

/** A page of a list that is in order. A cursor is the id of a row. */
export function pageOf<Row extends { id: string }>(list: Row[], place: Place) {
  const walked = place.backwards ? [...list].reverse() : list;
  const first = firstOf(walked, place);
  const end = first + place.limit;
  const rows = walked.slice(first, end);
  return {
    rows,
    previousCursor: first > 0 ? (rows[0]?.id ?? null) : null,
    nextCursor: end < walked.length ? (rows.at(-1)?.id ?? null) : null,
  };
}

function firstOf(walked: { id: string }[], { backwards, start, limit }: Place): number {
  if (start.kind === "beginning") return 0;
  if (start.kind === "after") return walked.findIndex(({ id }) => id === start.cursor) + 1;
  const first = backwards ? walked.length - 1 - start.number : start.number;
  return first < walked.length ? Math.max(first, 0) : Math.max(walked.length - limit, 0);
}
