import type { IconName } from "./icons";

/** A row of a menu that can be chosen. */
export interface MenuEntry {
  label: string;
  /** Small print under the label. */
  detail?: string;
  icon?: IconName;
  /** The square mark of an environment in the icon's place; its word belongs into the detail. */
  environment?: "local" | "development" | "staging" | "production";
  /** The key that does the same. */
  kbd?: string;
  danger?: boolean;
  /** Given for a choice: exactly one of a group is checked or, with `several`, each by itself. */
  checked?: boolean;
  /** Several can be checked: the menu stays open for the next. */
  several?: boolean;
  disabled?: boolean;
  /** Why it cannot be chosen now. The row keeps its place for the keyboard and shows the reason. */
  disabledReason?: string | null;
  onselect: () => void;
}

/** One row of a menu; "separator" draws a rule, and a heading names the rows below it. */
export type MenuItem = MenuEntry | { heading: string } | "separator";

/** The rows of an open menu that the focus can go to. */
export function rowsOf(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>("[role^=menuitem]:not([data-disabled])") ?? [])];
}

/** Letters typed within this time are one word. */
const WORD_MILLISECONDS = 1_000;

/** Where keys lead in an open menu: along the rows, to their ends, and to rows that begin with the typed letters. */
export class MenuKeys {
  #typed = "";
  #typedAt = 0;

  /** The row that a key leads to; null for any other key. */
  rowFor({ key, ctrlKey, metaKey, altKey }: KeyboardEvent, rows: readonly HTMLElement[]): HTMLElement | null {
    const current = rows.findIndex((row) => row === document.activeElement);
    switch (key) {
      case "ArrowDown":
        return rows[(current + 1) % rows.length] ?? null;
      case "ArrowUp":
        return rows.at(current < 0 ? -1 : current - 1) ?? null;
      case "Home":
        return rows[0] ?? null;
      case "End":
        return rows.at(-1) ?? null;
    }
    return key.length === 1 && !ctrlKey && !metaKey && !altKey ? this.#find(key, rows, current) : null;
  }

  /** The first row after the focused one that begins with the typed letters. */
  #find(key: string, rows: readonly HTMLElement[], current: number): HTMLElement | null {
    const now = performance.now();
    this.#typed = (now - this.#typedAt < WORD_MILLISECONDS ? this.#typed : "") + key.toLowerCase();
    this.#typedAt = now;
    const from = this.#typed.length > 1 ? current : current + 1;
    const after = [...rows.slice(from), ...rows.slice(0, from)];
    return after.find(({ dataset }) => dataset.label?.toLowerCase().startsWith(this.#typed)) ?? null;
  }
}
