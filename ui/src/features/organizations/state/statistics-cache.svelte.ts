import { SvelteMap } from "svelte/reactivity";
import type { StatisticsSummary } from "$lib/api";

export type SummaryReading =
  | {
      state: "read";
      documents: number;
      /** Counted, not estimated. */
      exact: boolean;
      /** Null where the store does not say. */
      dataSize: number | null;
      /** What is missing and why. */
      note: string | null;
      readAt: string;
    }
  | { state: "unavailable"; reason: string };

type Timing = { settleMilliseconds: number; keepMilliseconds: number; now: () => number };

type Kept = { reading: SummaryReading; keptAt: number };

/** Rows that are asked for at a time: few, so that those that were scrolled away meanwhile are not asked for. */
const BATCH = 8;

/**
 * Documents and sizes of the rows on screen. It asks only once scrolling has settled, a few rows after the others, and
 * asks again for a row after a minute. What was read stays visible while it is read again.
 */
export class StatisticsCache {
  readonly #summarize: (ids: string[]) => Promise<StatisticsSummary[]>;
  readonly #timing: Timing;
  readonly #describe: (problem: unknown) => string;
  #kept = new SvelteMap<string, Kept>();
  /** Rows on screen that are still to be asked for. */
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

  /** Sum of the known sizes, and whether every one of them was known. */
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

  /** The rows on screen now. Replaces the previous wish as far as that was not asked yet. */
  want(ids: string[]): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#queue = ids;
      void this.#askOn();
    }, this.#timing.settleMilliseconds);
  }

  /** The next wish reads these again. */
  forget(id: string): void {
    this.#kept.delete(id);
  }

  /** Everything is read again when wanted, and stays visible until then. */
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
      for (const summary of summaries) this.#keep(summary.id, readingOf(summary));
    } catch (problem) {
      const reason = this.#describe(problem);
      // Figures that were read stay: they are older, not wrong.
      for (const id of ids) {
        if (this.#kept.get(id)?.reading.state !== "read") this.#keep(id, { state: "unavailable", reason });
      }
    }
  }

  #keep(id: string, reading: SummaryReading): void {
    this.#kept.set(id, { reading, keptAt: this.#timing.now() });
  }
}

function readingOf({ documents, exact, dataSize, note, readAt, problem }: StatisticsSummary): SummaryReading {
  return documents === null
    ? { state: "unavailable", reason: problem ?? "" }
    : { state: "read", documents, exact, dataSize, note, readAt };
}
