import { ApiError, type SomebodyView } from "$lib/api";
import type { ListPanel } from "$lib/lists";

/** Somebody in the panel, with all of their memberships once those are read. */
export class OpenedSomebody implements ListPanel<SomebodyView> {
  readonly #load: (id: string) => Promise<SomebodyView>;
  #row = $state.raw<SomebodyView | null>(null);
  #details = $state.raw<SomebodyView | null>(null);

  constructor(load: (id: string) => Promise<SomebodyView>) {
    this.#load = load;
  }

  get row(): SomebodyView | null {
    return this.#row;
  }

  /** What a list does not tell; null until it is read. */
  get details(): SomebodyView | null {
    return this.#details;
  }

  open(somebody: SomebodyView): void {
    if (somebody.id !== this.#row?.id) this.#details = null;
    this.#row = somebody;
    void this.refresh();
  }

  close(): void {
    this.#row = null;
    this.#details = null;
  }

  accept(somebodies: SomebodyView[]): void {
    const read = somebodies.find(({ id }) => id === this.#row?.id);
    if (read) this.#row = read;
  }

  async refresh(): Promise<void> {
    const id = this.#row?.id;
    if (id === undefined) return;
    try {
      const details = await this.#load(id);
      if (this.#row?.id === id) this.#details = details;
    } catch (problem) {
      // The list reports a store that does not respond; somebody who is gone leaves the panel.
      if (ApiError.from(problem).code === "not_found" && this.#row?.id === id) this.close();
    }
  }
}
