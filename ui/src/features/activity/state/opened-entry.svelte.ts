import type { ActivityDetails, EntryView } from "$lib/api";
import type { ListPanel } from "$lib/lists";

export type DetailCalls = { activityEntry: (number: number) => Promise<ActivityDetails> };

/** The entry that is shown in full: the entry at once, the rest when it is read. */
export class OpenedEntry implements ListPanel<EntryView> {
  #row = $state.raw<EntryView | null>(null);
  #details = $state.raw<ActivityDetails | null>(null);
  #failure = $state.raw<unknown>(null);
  readonly #calls: DetailCalls;

  constructor(calls: DetailCalls) {
    this.#calls = calls;
  }

  get row(): EntryView | null {
    return this.#row;
  }

  /** Its operation and its undo; null until they are read, and for entries of earlier versions. */
  get details(): ActivityDetails | null {
    return this.#details?.entry.id === this.#row?.id ? this.#details : null;
  }

  get failure(): unknown {
    return this.#failure;
  }

  open(row: EntryView): void {
    if (row.id === this.#row?.id) return;
    this.#row = row;
    this.#details = null;
    void this.refresh();
  }

  close(): void {
    this.#row = null;
    this.#failure = null;
  }

  accept(): void {
    // An entry never changes.
  }

  /** Reads again whether it can be undone: something may have changed since. */
  async refresh(): Promise<void> {
    const row = this.#row;
    this.#failure = null;
    if (row === null || row.number === 0) return;
    try {
      const details = await this.#calls.activityEntry(row.number);
      if (row === this.#row) this.#details = details;
    } catch (failure) {
      if (row === this.#row) this.#failure = failure;
    }
  }
}
