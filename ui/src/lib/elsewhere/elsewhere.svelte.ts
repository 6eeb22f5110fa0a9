import type { Difference } from "$lib/api";
import { m } from "$lib/messages";

type Field = Difference["field"];

/** A field that is stored with another value than was shown. Texts are as a person reads them. */
export type ElsewhereRow = {
  field: Field;
  label: string;
  /** When the person began. */
  seen: string;
  /** Now. */
  stored: string;
  /** What the person wants; null for a field that they do not change, but that matters to the change. */
  mine: string | null;
};

/** The choice between what somebody else stored meanwhile and what is typed, field by field. */
export class Elsewhere {
  #rows = $state.raw<readonly ElsewhereRow[]>([]);
  #choices = $state.raw<Partial<Record<Field, "stored" | "mine">>>({});

  get rows(): readonly ElsewhereRow[] {
    return this.#rows;
  }

  /** Whether there is something to choose. */
  get open(): boolean {
    return this.#rows.length > 0;
  }

  /** Why the act has to wait, or null. */
  get blocked(): string | null {
    const isOpen = this.#rows.some(({ field }) => this.#choices[field] === undefined);
    return isOpen ? m.nets_elsewhere_choose() : null;
  }

  /** Shows both versions; nothing is chosen yet. */
  show(rows: readonly ElsewhereRow[]): void {
    this.#rows = rows;
    this.#choices = {};
  }

  chosen(field: Field): "stored" | "mine" | null {
    return this.#choices[field] ?? null;
  }

  choose(field: Field, choice: "stored" | "mine"): void {
    this.#choices = { ...this.#choices, [field]: choice };
  }

  /** Whether what is stored stays. */
  leaves(field: Field): boolean {
    return this.#choices[field] === "stored";
  }
}
