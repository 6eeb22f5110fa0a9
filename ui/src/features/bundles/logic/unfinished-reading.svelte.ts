import type { UnfinishedMoveView } from "$lib/api";
import { m } from "$lib/messages";
import type { ToastState } from "$lib/state";

type Calls = { listUnfinishedMoves: () => Promise<UnfinishedMoveView[]> };

/** Tells of moves that stopped half-way, one at a time. */
export class UnfinishedReading {
  #told: number | null = null;
  readonly #calls: Calls;
  readonly #toasts: ToastState;
  readonly #show: (move: UnfinishedMoveView) => void;

  constructor(calls: Calls, toasts: ToastState, show: (move: UnfinishedMoveView) => void) {
    this.#calls = calls;
    this.#toasts = toasts;
    this.#show = show;
  }

  async look(): Promise<void> {
    try {
      const [move] = await this.#calls.listUnfinishedMoves();
      if (!move || this.#told !== null) return;
      this.#told = this.#toasts.warning(m.bundles_unfinished_title({ name: move.sourceName }), {
        text: m.bundles_unfinished_text({ source: move.source, target: move.target }),
        action: { label: m.bundles_unfinished_show(), run: () => this.#show(move) },
        ongone: () => (this.#told = null),
      });
    } catch {
      // The next sign-in looks again; nothing is lost meanwhile.
    }
  }
}
