import { describe, expect, it } from "vitest";
import { KeysetList, type KeysetRequest } from "./keyset-list.svelte";
import type { KeysetPage } from "./keyset-run";

type Row = { id: string; rank: number };
type Query = { search: string };

const ALL: Query = { search: "" };

function rowsUpTo(count: number): Row[] {
  return Array.from({ length: count }, (_, rank) => ({ id: `row-${rank}`, rank }));
}

/** A store with a keyset cursor: "after this rank", from either end. */
class Store {
  rows: Row[];
  requests: KeysetRequest<Query>[] = [];
  failure: Error | null = null;
  gates: (() => void)[] = [];
  gated = false;

  constructor(rows: Row[]) {
    this.rows = rows;
  }

  read = async (request: KeysetRequest<Query>): Promise<KeysetPage<Row>> => {
    this.requests.push(request);
    if (this.gated) await new Promise<void>((resolve) => this.gates.push(resolve));
    if (this.failure !== null) throw this.failure;
    const { backwards, start, limit, query } = request;
    const ordered = this.rows
      .filter((row) => row.id.includes(query.search))
      .sort((left, right) => (left.rank - right.rank) * (backwards ? -1 : 1));
    const past = (row: Row) =>
      start.kind === "beginning" || (start.kind === "after" && isPast(row, Number(start.cursor), backwards));
    const found =
      start.kind === "row"
        ? Math.min(start.number, Math.max(0, ordered.length - limit))
        : ordered.findIndex(past);
    const from = found === -1 ? ordered.length : found;
    const page = ordered.slice(from, from + limit);
    const cursor = (row: Row | undefined) => (row === undefined ? null : String(row.rank));
    return {
      rows: page,
      previousCursor: from > 0 ? cursor(page[0]) : null,
      nextCursor: from + limit < ordered.length ? cursor(page.at(-1)) : null,
    };
  };
}

const isPast = (row: Row, rank: number, backwards: boolean) =>
  backwards ? row.rank < rank : row.rank > rank;

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

function listOver(store: Store, limit = 10, onshift?: (rows: number) => void): KeysetList<Query, Row> {
  return new KeysetList(store.read, (row) => row.id, { limit, onshift });
}

const starts = (store: Store) => store.requests.map(({ start }) => start);

describe("a keyset list", () => {
  it("shows the first hit of a slow search while the others are looked for", async () => {
    const store = new Store(rowsUpTo(12));
    const whole = store.read;
    const list = new KeysetList<Query, Row>(
      (request) => whole(request.start.kind === "beginning" ? { ...request, limit: 1 } : request),
      (row) => row.id,
      { limit: 10 },
    );
    store.gated = true;
    list.open({ search: "row" });
    list.need(0, 9);
    await settled();
    store.gates.shift()?.();
    await settled();
    expect(list.at(0)?.id).toBe("row-0");
    expect(store.requests).toHaveLength(2);
    expect(list.at(1)).toBeUndefined();
    store.gates.shift()?.();
    await settled();
    expect(list.at(9)?.id).toBe("row-9");
  });

  it("loads only the pages the window needs", async () => {
    const store = new Store(rowsUpTo(1000));
    const list = listOver(store);
    list.open(ALL);
    list.need(0, 14);
    await settled();
    expect(store.requests).toHaveLength(2);
    expect(list.at(14)?.rank).toBe(14);
    expect(list.at(20)).toBeUndefined();
  });

  it("has the counted height before the rows are there", async () => {
    const store = new Store(rowsUpTo(1000));
    const list = listOver(store);
    list.open(ALL);
    list.expectTotal(ALL, 1000);
    await settled();
    expect(list.length).toBe(1000);
  });

  it("asks for a place far away by its number, with one page, and reads on from there by key", async () => {
    const store = new Store(rowsUpTo(100_000));
    const list = listOver(store, 200);
    list.open(ALL);
    list.expectTotal(ALL, 100_000);
    await settled();
    store.requests.length = 0;
    list.need(49_980, 50_010);
    await settled();
    expect(starts(store)).toEqual([{ kind: "row", number: 49_895, of: 100_000 }]);
    expect(list.at(50_010)?.rank).toBe(50_010);
    list.need(50_060, 50_090);
    await settled();
    list.need(49_930, 49_960);
    await settled();
    expect(starts(store).slice(1)).toEqual([
      { kind: "after", cursor: "50094" },
      { kind: "after", cursor: "49895" },
    ]);
    expect(list.at(49_800)?.rank).toBe(49_800);
    expect(list.at(50_200)?.rank).toBe(50_200);
  });

  it("holds the rows around the window, however long the list is and however far a person scrolls", async () => {
    const store = new Store(rowsUpTo(20_000));
    const list = listOver(store, 200);
    list.open(ALL);
    list.expectTotal(ALL, 20_000);
    await settled();
    let most = 0;
    for (let row = 0; row < 19_900; row += 100) {
      list.need(row, row + 33);
      await settled();
      expect(list.at(row + 33)?.rank).toBe(row + 33);
      most = Math.max(most, list.held);
    }
    expect(most).toBeLessThanOrEqual(12 * 200);
    for (let row = 19_900; row > 0; row -= 100) {
      list.need(row, row + 33);
      await settled();
      expect(list.at(row)?.rank).toBe(row);
    }
    expect(list.held).toBeLessThanOrEqual(12 * 200);
    expect(starts(store).some(({ kind }) => kind === "row")).toBe(false);
  });

  it("asks only for the last place while the scroll bar is dragged, and drops what it was asked before", async () => {
    const store = new Store(rowsUpTo(100_000));
    const list = listOver(store, 200);
    list.open(ALL);
    list.expectTotal(ALL, 100_000);
    await settled();
    store.requests.length = 0;
    store.gated = true;
    for (const row of [10_000, 20_000, 30_000, 40_000, 50_000]) list.need(row, row + 33);
    store.gated = false;
    store.gates.forEach((open) => open());
    await settled();
    expect(starts(store).map((start) => start.kind === "row" && start.number)).toEqual([9_917, 49_917]);
    expect(list.at(10_000)).toBeUndefined();
    expect(list.at(50_000)?.rank).toBe(50_000);
  });

  it("keeps the rows on screen where they are when the numbers of a place turn out wrong", async () => {
    const store = new Store(rowsUpTo(1_000));
    let shifted = 0;
    const list = listOver(store, 200, (rows) => (shifted += rows));
    list.open(ALL);
    list.expectTotal(ALL, 1_000);
    await settled();
    list.need(480, 500);
    await settled();
    store.rows = store.rows.slice(40);
    let top = 480;
    while (top > 0) {
      const before = shifted;
      const row = list.at(top);
      list.need(top, top + 20);
      await settled();
      top += shifted - before;
      expect(list.at(top)).toBe(row);
      top = Math.max(0, top - 40);
    }
    expect(shifted).toBe(-40);
    expect(list.at(0)?.rank).toBe(40);
  });

  it("reads the end of a long list with one page from the other side", async () => {
    const store = new Store(rowsUpTo(100_000));
    const list = listOver(store, 200);
    list.open(ALL);
    list.expectTotal(ALL, 100_000);
    await settled();
    store.requests.length = 0;
    list.need(99_960, 99_999);
    await settled();
    expect(store.requests.map((request) => request.backwards)).toEqual([true]);
    expect(list.at(99_999)?.rank).toBe(99_999);
    expect(list.at(99_960)?.rank).toBe(99_960);
    expect(list.at(50_000)).toBeUndefined();
  });

  it("fills the middle from the nearer end and becomes exact when the runs meet", async () => {
    const store = new Store(rowsUpTo(100));
    const list = listOver(store);
    list.open(ALL);
    list.expectTotal(ALL, 104);
    await settled();
    list.need(90, 103);
    await settled();
    list.need(0, 103);
    await settled();
    expect(list.length).toBe(100);
    expect(Array.from({ length: 100 }, (_, index) => list.at(index)?.rank)).toEqual(
      rowsUpTo(100).map((row) => row.rank),
    );
  });

  it("drops the answer to a query that was replaced", async () => {
    const store = new Store(rowsUpTo(50));
    const list = listOver(store);
    store.gated = true;
    list.open(ALL);
    const narrowed = { search: "row-4" };
    list.open(narrowed);
    const [first, second] = store.gates;
    second?.();
    await settled();
    first?.();
    await settled();
    expect(list.at(0)?.id).toBe("row-4");
    expect(list.length).toBe(11);
  });

  it("keeps the rows of the old query until the new ones are here", async () => {
    const store = new Store(rowsUpTo(50));
    const list = listOver(store);
    list.open(ALL);
    await settled();
    store.gated = true;
    list.open({ search: "row-4" });
    expect(list.outdated).toBe(true);
    expect(list.at(0)?.id).toBe("row-0");
    store.gates.forEach((open) => open());
    await settled();
    expect(list.outdated).toBe(false);
    expect(list.at(0)?.id).toBe("row-4");
  });

  it("keeps what is loaded when a page fails, and goes on from there on retry", async () => {
    const store = new Store(rowsUpTo(50));
    const list = listOver(store);
    list.open(ALL);
    await settled();
    store.failure = new Error("no answer");
    list.need(10, 19);
    await settled();
    expect(list.problem).toBe(store.failure);
    expect(list.at(9)?.rank).toBe(9);
    store.failure = null;
    list.retry();
    await settled();
    expect(list.problem).toBeNull();
    expect(list.at(19)?.rank).toBe(19);
  });

  it("does not ask again by itself after a failure", async () => {
    const store = new Store(rowsUpTo(50));
    store.failure = new Error("no answer");
    const list = listOver(store);
    list.open(ALL);
    await settled();
    list.need(0, 5);
    list.need(0, 6);
    await settled();
    expect(store.requests).toHaveLength(1);
  });

  it("keeps the window's place when it refreshes", async () => {
    const store = new Store(rowsUpTo(50));
    const list = listOver(store);
    list.open(ALL);
    list.need(20, 29);
    await settled();
    store.rows = store.rows.map((row) => ({ ...row, id: `${row.id}-new` }));
    list.refresh();
    await settled();
    expect(list.at(25)?.id).toBe("row-25-new");
  });

  it("closes the gap when a row is removed", async () => {
    const store = new Store(rowsUpTo(20));
    const list = listOver(store);
    list.open(ALL);
    list.expectTotal(ALL, 20);
    list.need(0, 9);
    await settled();
    list.remove("row-3");
    expect(list.at(3)?.id).toBe("row-4");
    expect(list.length).toBe(19);
  });

  it("shows a row once when it moved between two pages", async () => {
    const store = new Store(rowsUpTo(20));
    const list = listOver(store);
    list.open(ALL);
    list.need(0, 9);
    await settled();
    store.rows = store.rows.map((row) => (row.id === "row-2" ? { ...row, rank: 12.5 } : row));
    list.need(10, 18);
    await settled();
    const ids = Array.from({ length: list.length }, (_, index) => list.at(index)?.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is empty, not loading for ever, when nothing matches", async () => {
    const list = listOver(new Store([]));
    list.open(ALL);
    list.expectTotal(ALL, 0);
    await settled();
    expect(list.ready).toBe(true);
    expect(list.length).toBe(0);
    expect(list.loading).toBe(false);
  });

  it("takes new rows above the others, which stay where they are on screen", async () => {
    const shifts: number[] = [];
    const store = new Store(rowsUpTo(100));
    const list = listOver(store, 10, (rows) => shifts.push(rows));
    list.open(ALL);
    list.need(4, 9);
    await settled();
    expect(list.counted).toBe(false);
    const fresh = [
      { id: "new-1", rank: -1 },
      { id: "row-0", rank: 0 },
    ];
    expect(list.prepend(fresh)).toBe(1);
    expect(shifts).toEqual([1]);
    expect([list.at(0)?.id, list.at(1)?.id]).toEqual(["new-1", "row-0"]);
    expect(list.prepend(fresh)).toBe(0);
  });

  it("leaves new rows to a later reading while it is far from its beginning", async () => {
    const store = new Store(rowsUpTo(100));
    const list = listOver(store);
    list.open(ALL);
    list.expectTotal(ALL, 100);
    list.need(0, 5);
    await settled();
    list.need(60, 65);
    await settled();
    expect(list.prepend([{ id: "new-1", rank: -1 }])).toBe(0);
    expect(list.at(60)?.id).toBe("row-60");
  });
});
