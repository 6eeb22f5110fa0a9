import { SvelteMap } from "svelte/reactivity";
import type { StatisticsSummary } from "$lib/api";

export type SummaryReading =
  | {
      state: "read";
      documents: number;
      /** Counted, not estimated. */
      exact: boolean;
      /** Null if the store does not say. */
      dataSize: number | null;
      /** What is missing and why. */
      note: string | null;
      readAt: string;
    }
  | { state: "unavailable"; reason: string };

type Timing = { settleMilliseconds: number; keepMilliseconds: number; now: () => number };

type Kept = { reading: SummaryReading; keptAt: number };

/** Rows per call: few, so that rows that were scrolled away are not read. */
const BATCH = 8;

/**
 * Documents and sizes of the rows on screen. Reads a few rows at a time once scrolling has settled, and each row
 * again after a minute. Keeps the last figures while it reads again.
 */
export class StatisticsCache {
  readonly #summarize: (ids: string[]) => Promise<StatisticsSummary[]>;
  readonly #timing: Timing;
  readonly #describe: (problem: unknown) => string;
  #kept = new SvelteMap<string, Kept>();
  /** Rows on screen that are still to be read. */
  #queue: string[] = [];
  #asking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    summarize: (ids: string[]) => Promise<StatisticsSummary[]>,
    describe: (problem: unknown) => string,
    timing: Partial<Timing> = {},
  ) {
    this.#summarize = summarize;
    this.#describe = describe;
    this.#timing = { settleMilliseconds: 120, keepMilliseconds: 60_000, now: () => Date.now(), ...timing };
  }

  reading(id: string): SummaryReading | undefined {
    return this.#kept.get(id)?.reading;
  }

  /** The sum of the known sizes, and whether all were known. */
  totalDataSize(ids: string[]): { bytes: number; complete: boolean } {
    let bytes = 0;
    let complete = true;
    for (const id of ids) {
      const reading = this.reading(id);
      if (reading?.state === "read" && reading.dataSize !== null) bytes += reading.dataSize;
      else complete = false;
    }
    return { bytes, complete };
  }

  /** The rows on screen now. Replaces the rows that were wanted before and not read yet. */
  want(ids: string[]): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#queue = ids;
      void this.#askOn();
    }, this.#timing.settleMilliseconds);
  }

  /** Reads these again the next time they are wanted. */
  forget(id: string): void {
    this.#kept.delete(id);
  }

  /** Reads everything again when wanted, and keeps it visible until then. */
  expire(): void {
    for (const [id, kept] of this.#kept) this.#kept.set(id, { ...kept, keptAt: Number.NEGATIVE_INFINITY });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue = [];
  }

  async #askOn(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    for (let ids = this.#next(); ids.length > 0; ids = this.#next()) await this.#ask(ids);
    this.#asking = false;
  }

  #next(): string[] {
    const missing = this.#queue.filter((id) => !this.#fresh(id));
    this.#queue = missing.slice(BATCH);
    return missing.slice(0, BATCH);
  }

  #fresh(id: string): boolean {
    const kept = this.#kept.get(id);
    return kept !== undefined && this.#timing.now() - kept.keptAt < this.#timing.keepMilliseconds;
  }

  async #ask(ids: string[]): Promise<void> {
    try {
      const summaries = await this.#summarize(ids);
      for (const summary of summaries) this.#keep(summary.id, this.#readingOf(summary));
    } catch (problem) {
      const reason = this.#describe(problem);
      // Old figures stay: they are older, not wrong.
      for (const id of ids) {
        if (this.#kept.get(id)?.reading.state !== "read") this.#keep(id, { state: "unavailable", reason });
      }
    }
  }

  #keep(id: string, reading: SummaryReading): void {
    this.#kept.set(id, { reading, keptAt: this.#timing.now() });
  }

  #readingOf({ documents, exact, dataSize, note, readAt, problem }: StatisticsSummary): SummaryReading {
    return documents === null
      ? { state: "unavailable", reason: this.#describe(problem) }
      : { state: "read", documents, exact, dataSize, note, readAt };
  }
}
