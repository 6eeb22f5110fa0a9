import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type { StatisticsSummary } from "$lib/api";

export type SummaryReading =
  | { state: "read"; documents: number; dataSize: number; readAt: string }
  | { state: "unavailable"; reason: string };

type Timing = { settleMilliseconds: number; keepMilliseconds: number; now: () => number };

type Kept = { reading: SummaryReading; keptAt: number };

/**
 * Documents and sizes of the rows on screen. It asks only once scrolling has settled, in batches, and asks again for a
 * row after a minute. What was read stays visible while it is read again.
 */
export class StatisticsCache {
  readonly #summarize: (ids: string[]) => Promise<StatisticsSummary[]>;
  readonly #batch: number;
  readonly #timing: Timing;
  readonly #describe: (problem: unknown) => string;
  #kept = new SvelteMap<string, Kept>();
  #asked = new SvelteSet<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    summarize: (ids: string[]) => Promise<StatisticsSummary[]>,
    describe: (problem: unknown) => string,
    batch: number,
    timing: Partial<Timing> = {},
  ) {
    this.#summarize = summarize;
    this.#describe = describe;
    this.#batch = batch;
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
      if (reading?.state === "read") bytes += reading.dataSize;
      else complete = false;
    }
    return { bytes, complete };
  }

  /** The rows on screen now. Replaces the previous wish if that was not asked yet. */
  want(ids: string[]): void {
    clearTimeout(this.#timer);
    const missing = ids.filter((id) => !this.#fresh(id) && !this.#asked.has(id));
    if (missing.length === 0) return;
    this.#timer = setTimeout(() => {
      for (let start = 0; start < missing.length; start += this.#batch) {
        void this.#ask(missing.slice(start, start + this.#batch));
      }
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
  }

  #fresh(id: string): boolean {
    const kept = this.#kept.get(id);
    return kept !== undefined && this.#timing.now() - kept.keptAt < this.#timing.keepMilliseconds;
  }

  async #ask(ids: string[]): Promise<void> {
    for (const id of ids) this.#asked.add(id);
    try {
      const summaries = await this.#summarize(ids);
      for (const summary of summaries) this.#keep(summary.id, readingOf(summary));
    } catch (problem) {
      const reason = this.#describe(problem);
      // Figures that were read stay: they are older, not wrong.
      for (const id of ids) {
        if (this.#kept.get(id)?.reading.state !== "read") this.#keep(id, { state: "unavailable", reason });
      }
    } finally {
      for (const id of ids) this.#asked.delete(id);
    }
  }

  #keep(id: string, reading: SummaryReading): void {
    this.#kept.set(id, { reading, keptAt: this.#timing.now() });
  }
}

function readingOf(summary: StatisticsSummary): SummaryReading {
  if (summary.documents === null || summary.dataSize === null) {
    return { state: "unavailable", reason: summary.problem ?? "" };
  }
  return { state: "read", documents: summary.documents, dataSize: summary.dataSize, readAt: summary.readAt };
}
