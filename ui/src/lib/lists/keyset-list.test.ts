import { describe, expect, it, vi } from "vitest";
import { KeysetList, type KeysetRequest } from "./keyset-list.svelte";

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

  read = async (request: KeysetRequest<Query>): Promise<{ rows: Row[]; nextCursor: string | null }> => {
    this.requests.push(request);
    if (this.gated) await new Promise<void>((resolve) => this.gates.push(resolve));
    if (this.failure !== null) throw this.failure;
    const matching = this.rows.filter((row) => row.id.includes(request.query.search));
    const ordered = [...matching].sort(
      (left, right) => (left.rank - right.rank) * (request.reversed ? -1 : 1),
    );
    const start = request.cursor === null ? 0 : ordered.findIndex((row) => isPast(row, request));
    const from = start === -1 ? ordered.length : start;
    const page = ordered.slice(from, from + request.limit);
    const more = from + request.limit < ordered.length;
    return { rows: page, nextCursor: more ? String(page.at(-1)?.rank) : null };
  };
}

function isPast(row: Row, request: KeysetRequest<Query>): boolean {
  const cursor = Number(request.cursor);
  return request.reversed ? row.rank < cursor : row.rank > cursor;
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

function listOver(store: Store, near = 10, far = near): KeysetList<Query, Row> {
  return new KeysetList(store.read, (row) => row.id, { near, far });
}

describe("a keyset list", () => {
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

  it("takes larger pages on the way to the middle of a long list, and small ones near what it has", async () => {
    const store = new Store(rowsUpTo(10_000));
    const list = listOver(store, 200, 500);
    list.open(ALL);
    list.expectTotal(ALL, 10_000);
    await settled();
    list.need(4_980, 5_010);
    await vi.waitFor(() => expect(list.at(5_010)?.rank).toBe(5_010));
    const limits = store.requests.map(({ limit }) => limit);
    expect(limits).toEqual([200, ...Array<number>(10).fill(500)]);
    list.need(5_150, 5_220);
    await vi.waitFor(() => expect(list.at(5_220)?.rank).toBe(5_220));
    expect(store.requests.at(-1)?.limit).toBe(200);
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
    expect(store.requests.map((request) => request.reversed)).toEqual([true]);
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
});
