import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StatisticsSummary } from "$lib/api";
import { StatisticsCache } from "./statistics-cache.svelte";

function summary(id: string, change: Partial<StatisticsSummary> = {}): StatisticsSummary {
  return {
    id,
    documents: 5,
    exact: true,
    dataSize: 100,
    note: null,
    readAt: "2026-11-23T10:00:00Z",
    problem: null,
    ...change,
  };
}

let asked: string[][] = [];
let now = 0;
const answer = async (ids: string[]): Promise<StatisticsSummary[]> => {
  asked.push(ids);
  return ids.map((id) => summary(id));
};

function cache(summarize = answer): StatisticsCache {
  return new StatisticsCache(
    summarize,
    (problem) => (problem instanceof Error ? "no answer" : "not allowed"),
    { now: () => now },
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  now = 0;
});
afterEach(() => vi.useRealTimers());

describe("the statistics of the rows on screen", () => {
  it("are asked for only once scrolling has settled", async () => {
    const statistics = cache();
    statistics.want(["a", "b"]);
    await vi.advanceTimersByTimeAsync(100);
    statistics.want(["c", "d"]);
    await vi.advanceTimersByTimeAsync(120);
    expect(asked).toEqual([["c", "d"]]);
    expect(statistics.reading("c")).toMatchObject({ state: "read", documents: 5, dataSize: 100 });
  });

  it("are kept for a minute", async () => {
    const statistics = cache();
    statistics.want(["a"]);
    await vi.advanceTimersByTimeAsync(120);
    now = 59_000;
    statistics.want(["a"]);
    await vi.advanceTimersByTimeAsync(120);
    expect(asked).toHaveLength(1);
    now = 61_000;
    statistics.want(["a"]);
    await vi.advanceTimersByTimeAsync(120);
    expect(asked).toHaveLength(2);
  });

  it("are asked for a few at a time", async () => {
    const statistics = cache();
    statistics.want(Array.from({ length: 20 }, (_, index) => String(index)));
    await vi.advanceTimersByTimeAsync(120);
    expect(asked.map((ids) => ids.length)).toEqual([8, 8, 4]);
  });

  it("are not asked for when their rows were scrolled away before their turn", async () => {
    const slow = async (ids: string[]) => {
      asked.push(ids);
      await new Promise((done) => setTimeout(done, 1000));
      return ids.map((id) => summary(id));
    };
    const statistics = cache(slow);
    statistics.want(Array.from({ length: 50 }, (_, index) => `above-${index}`));
    await vi.advanceTimersByTimeAsync(500);
    statistics.want(["above-0", "below"]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(asked.map((ids) => ids.length)).toEqual([8, 1]);
    expect(asked[1]).toEqual(["below"]);
  });

  it("say that they are not available, and why", async () => {
    const statistics = cache(async (ids) =>
      ids.map((id) => summary(id, { documents: null, dataSize: null, problem: { code: "forbidden" } })),
    );
    statistics.want(["a"]);
    await vi.advanceTimersByTimeAsync(120);
    expect(statistics.reading("a")).toEqual({ state: "unavailable", reason: "not allowed" });
  });

  it("keep the count where only the size is unknown", async () => {
    const unknown = { dataSize: null, exact: false, note: "Sizes are not known." };
    const statistics = cache(async (ids) => ids.map((id) => summary(id, unknown)));
    statistics.want(["a"]);
    await vi.advanceTimersByTimeAsync(120);
    expect(statistics.reading("a")).toMatchObject({ state: "read", documents: 5, ...unknown });
    expect(statistics.totalDataSize(["a"])).toEqual({ bytes: 0, complete: false });
  });

  it("are not available when the call fails", async () => {
    const statistics = cache(async () => {
      throw new Error("gone");
    });
    statistics.want(["a"]);
    await vi.advanceTimersByTimeAsync(120);
    expect(statistics.reading("a")).toEqual({ state: "unavailable", reason: "no answer" });
  });

  it("stay visible while they are read again", async () => {
    const statistics = cache();
    statistics.want(["a"]);
    await vi.advanceTimersByTimeAsync(120);
    statistics.expire();
    expect(statistics.reading("a")?.state).toBe("read");
    statistics.want(["a"]);
    await vi.advanceTimersByTimeAsync(120);
    expect(asked).toHaveLength(2);
  });

  it("sum only what is known, and say so", async () => {
    const statistics = cache();
    statistics.want(["a"]);
    await vi.advanceTimersByTimeAsync(120);
    expect(statistics.totalDataSize(["a"])).toEqual({ bytes: 100, complete: true });
    expect(statistics.totalDataSize(["a", "b"])).toEqual({ bytes: 100, complete: false });
  });
});
