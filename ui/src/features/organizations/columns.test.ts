import { describe, expect, it } from "vitest";
import { layoutColumns } from "$lib/lists/column-layout";
import { ORGANIZATION_COLUMNS } from "./columns";

const every = new Set(ORGANIZATION_COLUMNS.map(({ id }) => id));

function layoutAt(width: number, wanted: ReadonlySet<string>) {
  const { columns, ...layout } = layoutColumns(ORGANIZATION_COLUMNS, width, wanted);
  return { ...layout, columns: columns.map(({ id }) => id) };
}

describe("the column layout", () => {
  it("condenses to name, status mark and size beside the panel at 960 px", () => {
    const layout = layoutAt(960 - 200 - 368, every);
    expect(layout.columns).toEqual(["name", "status", "dataSize"]);
    expect(layout.condensed).toBe(true);
  });

  it("gives both names of an organization room at 960 px when the panel is closed", () => {
    const layout = layoutAt(960 - 200, every);
    expect(layout.columns).toEqual(["name", "status", "documents", "dataSize"]);
    expect(layout.condensed).toBe(false);
  });

  it("shows whole addresses at 1280 px, at the cost of the second date", () => {
    const layout = layoutAt(1280 - 208, every);
    expect(layout.columns).toEqual(["name", "adminEmail", "status", "documents", "dataSize", "updatedAt"]);
  });

  it("shows everything where there is room", () => {
    expect(layoutAt(1600 - 240, every).columns).toHaveLength(8);
  });

  it("gives the room of an unwanted column to the next one", () => {
    const wanted = new Set([...every].filter((column) => column !== "adminEmail"));
    expect(layoutAt(960 - 200, wanted).columns).toContain("updatedAt");
  });

  it("has a track for the check box, each column and the row menu", () => {
    const layout = layoutAt(1200, new Set());
    expect(layout.template).toBe("44px minmax(0, 1.6fr) 100px 32px");
  });
});
