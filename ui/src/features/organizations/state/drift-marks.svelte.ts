import { SvelteMap } from "svelte/reactivity";
import type { DriftOfRow } from "$lib/api";

const SETTLE_MILLISECONDS = 120;

/** What the doctor's last run found about organizations, asked for once for the rows on screen. */
export class DriftMarks {
  readonly #ask: (ids: string[]) => Promise<DriftOfRow[]>;
  readonly #known = new SvelteMap<string, DriftOfRow | null>();
  #wanted: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ask: (ids: string[]) => Promise<DriftOfRow[]>) {
    this.#ask = ask;
  }

  of(id: string): DriftOfRow | null {
    return this.#known.get(id) ?? null;
  }

  /** The rows on screen now. */
  want(ids: string[]): void {
    this.#wanted = ids;
    this.stop();
    this.#timer = setTimeout(() => void this.#read(), SETTLE_MILLISECONDS);
  }

  /** There may be another result: what is shown stays until it is read. */
  expire(): void {
    const shown = this.#wanted;
    for (const id of this.#known.keys()) if (!shown.includes(id)) this.#known.delete(id);
    void this.#read(true);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #read(again = false): Promise<void> {
    const ids = this.#wanted.filter((id) => again || !this.#known.has(id));
    if (ids.length === 0) return;
    try {
      const found = Object.fromEntries((await this.#ask(ids)).map((one) => [one.id, one]));
      for (const id of ids) this.#known.set(id, found[id] ?? null);
    } catch {
      // A row without a mark is complete; the doctor's own page says what is wrong.
    }
  }
}
