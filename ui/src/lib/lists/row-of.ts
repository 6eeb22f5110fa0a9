export type RowPart = { index: number; part: string | undefined };

/** The row, and the part of it, of an event. One listener serves all rows, drawn or to be drawn. */
export function rowOf(event: Event): RowPart | null {
  if (!(event.target instanceof Element)) return null;
  const row = event.target.closest<HTMLElement>("[data-index]");
  if (row === null) return null;
  return {
    index: Number(row.dataset["index"]),
    part: event.target.closest<HTMLElement>("[data-part]")?.dataset["part"],
  };
}
