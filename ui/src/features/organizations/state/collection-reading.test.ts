import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CollectionStatistics } from "$lib/api";
import { CollectionReading } from "./collection-reading.svelte";

function statisticsOf(collection: string): CollectionStatistics {
  return {
    collection,
    exists: true,
    documents: 3,
    dataSize: 300,
    averageDocument: 100,
    storageSize: 4096,
    indexes: [],
    indexSize: 0,
    exact: true,
    readAt: "2026-11-23T10:00:00Z",
    command: "$collStats",
    note: null,
  };
}

let answers: {
  id: string;
  give: (statistics: CollectionStatistics) => void;
  refuse: (problem: unknown) => void;
}[] = [];
const read = (id: string): Promise<CollectionStatistics> =>
  new Promise((give, refuse) => answers.push({ id, give, refuse }));

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
});
afterEach(() => vi.useRealTimers());

describe("the reading of a collection", () => {
  it("is asked for only the row on which the choice settles", async () => {
    const reading = new CollectionReading(read);
    reading.show("a");
    reading.show("b");
    reading.show("c");
    await vi.advanceTimersByTimeAsync(120);
    expect(answers.map(({ id }) => id)).toEqual(["c"]);
  });

  it("drops the answer for an organization that is no longer shown", async () => {
    const reading = new CollectionReading(read);
    reading.show("a");
    await vi.advanceTimersByTimeAsync(120);
    reading.show("b");
    await vi.advanceTimersByTimeAsync(120);
    answers[1]?.give(statisticsOf("org_b"));
    await vi.advanceTimersByTimeAsync(0);
    answers[0]?.give(statisticsOf("org_a"));
    await vi.advanceTimersByTimeAsync(0);
    expect(reading.statistics?.collection).toBe("org_b");
  });

  it("keeps the last figures when reading again fails", async () => {
    const reading = new CollectionReading(read);
    reading.show("a");
    await vi.advanceTimersByTimeAsync(120);
    answers[0]?.give(statisticsOf("org_a"));
    await vi.advanceTimersByTimeAsync(0);
    void reading.refresh();
    answers[1]?.refuse(new Error("gone"));
    await vi.advanceTimersByTimeAsync(0);
    expect(reading.statistics?.collection).toBe("org_a");
    expect(reading.problem).toBeInstanceOf(Error);
  });
});
