import { readPreference, writePreference } from "./preferences";

/** A single-letter key of the keyboard table. */
export type ShortcutKey = "n" | "e" | "r" | "/";

const TEXT_FIELDS =
  "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true]";
const ABOVE = "[role=dialog], [role=alertdialog], [role=menu], [role=listbox][data-state=open]";

/**
 * Single-key shortcuts. They work only while no text field has the focus and nothing is above the page, and a person
 * can turn them off: speech input types letters by accident (WCAG 2.1.4).
 */
export class ShortcutState {
  readonly #handlers: Partial<Record<string, () => void>> = {};
  #enabled = $state(readPreference("shortcuts", ["on", "off"], "on") === "on");

  get enabled(): boolean {
    return this.#enabled;
  }

  set enabled(enabled: boolean) {
    this.#enabled = enabled;
    writePreference("shortcuts", enabled ? "on" : "off");
  }

  /**
   * Gives a key to `run` until the returned function is called: `$effect(() => app.shortcuts.on("n",
   * openCreateDialog))`.
   */
  on(key: ShortcutKey, run: () => void): () => void {
    this.#handlers[key] = run;
    return () => {
      if (this.#handlers[key] === run) this.#handlers[key] = undefined;
    };
  }

  /** The window's key handler. */
  handle = (event: KeyboardEvent): void => {
    if (!this.#enabled || event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest(TEXT_FIELDS)) return;
    if (document.querySelector(ABOVE)) return;
    const run = this.#handlers[event.key.toLowerCase()];
    if (!run) return;
    event.preventDefault();
    run();
  };
}
