import type { BundleFactsView, ChosenBundle } from "$lib/api";

export type FileCalls = {
  chooseBundle: () => Promise<ChosenBundle | null>;
  readBundle: (source: string) => Promise<BundleFactsView>;
};

/** A bundle that a person chooses, and what it says of itself. */
export class BundleFile {
  file = $state.raw<ChosenBundle | null>(null);
  facts = $state.raw<BundleFactsView | null>(null);
  failure = $state.raw<unknown>(null);
  choosing = $state(false);
  readonly #calls: FileCalls;
  readonly #onread: (facts: BundleFactsView) => void;

  constructor(calls: FileCalls, onread: (facts: BundleFactsView) => void = () => undefined) {
    this.#calls = calls;
    this.#onread = onread;
  }

  async choose(): Promise<void> {
    this.choosing = true;
    try {
      const chosen = await this.#calls.chooseBundle();
      if (chosen === null) return;
      this.file = chosen;
      this.facts = null;
      this.failure = null;
      this.facts = await this.#calls.readBundle(chosen.source);
      this.#onread(this.facts);
    } catch (failure) {
      this.failure = failure;
    } finally {
      this.choosing = false;
    }
  }
}
