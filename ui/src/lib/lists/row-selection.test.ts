import { describe, expect, it } from "vitest";
import { RowSelection } from "./row-selection.svelte";

type Row = { id: string };
const rows: Row[] = Array.from({ length: 10 }, (_, index) => ({ id: `row-${index}` }));
const row = (index: number): Row => rows[index] ?? { id: "none" };

function extend(selection: RowSelection<Row>, index: number, current: number): void {
  const { first, last } = selection.spanTo(index, current);
  selection.check(rows.slice(first, last + 1));
}

describe("the row selection", () => {
  it("extends from the last toggled row", () => {
    const selection = new RowSelection<Row>();
    selection.toggle(row(2), 2);
    extend(selection, 5, 2);
    expect(selection.rows?.map(({ id }) => id)).toEqual(["row-2", "row-3", "row-4", "row-5"]);
  });

  it("extends upwards as well", () => {
    const selection = new RowSelection<Row>();
    extend(selection, 3, 4);
    expect([selection.has("row-3"), selection.has("row-4"), selection.has("row-5")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("goes on from where it was extended to, and back over the row it began at", () => {
    const selection = new RowSelection<Row>();
    selection.toggle(row(5), 5);
    extend(selection, 7, 5);
    expect(selection.spanTo(9, 7)).toEqual({ first: 7, last: 9 });
    expect(selection.spanTo(2, 9)).toEqual({ first: 2, last: 9 });
  });

  it("checks all that match, loaded or not, and leaves out what is unchecked after", () => {
    const selection = new RowSelection<Row>();
    selection.checkAllMatching();
    selection.toggle(row(1), 1);
    expect(selection.has("never-loaded")).toBe(true);
    expect(selection.has("row-1")).toBe(false);
    expect(selection.count(100_000)).toBe(99_999);
    expect(selection.rows).toBeNull();
  });

  it("is empty again after it was cleared", () => {
    const selection = new RowSelection<Row>();
    selection.checkAllMatching();
    selection.clear();
    expect(selection.empty).toBe(true);
  });
});
