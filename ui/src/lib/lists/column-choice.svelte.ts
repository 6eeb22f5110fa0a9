import { SvelteSet } from "svelte/reactivity";
import { readPreferenceText, writePreference } from "$lib/state";
import type { ListColumn } from "./column-layout";

/** The columns a person wants to see: all except those turned off, so that a column added later is shown. */
export class ColumnChoice<Column extends ListColumn<never>> {
  /** Those that can be turned off. */
  readonly optional: Column[];
  readonly wanted: SvelteSet<string>;
  readonly #key: string;

  constructor(list: string, columns: Column[]) {
    this.optional = columns.filter(({ turn }) => turn !== undefined);
    this.#key = `${list}.hidden-columns`;
    const hidden = (readPreferenceText(this.#key) ?? "").split(" ");
    this.wanted = new SvelteSet(this.optional.map(({ id }) => id).filter((id) => !hidden.includes(id)));
  }

  toggle(id: string): void {
    if (!this.wanted.delete(id)) this.wanted.add(id);
    const hidden = this.optional.map((column) => column.id).filter((column) => !this.wanted.has(column));
    writePreference(this.#key, hidden.join(" "));
  }
}
