import type { ExportedList } from "$lib/api";
import { FileDraft, type FileChooser } from "./file-draft.svelte";

/** All rows of a list, those that its filter shows, or those that were selected in it. */
export type RowChoice = "all" | "filtered" | "selected";

/** How many rows a choice would write. */
export type RowCount = { rows: number; exact: boolean };

/** The choices for the export of a list: beside the file, its rows and columns. */
export class ListDraft<Column extends string> extends FileDraft {
  rows = $state<RowChoice>("all");
  #chosen = $state.raw<readonly Column[]>([]);
  readonly #words: Record<Column, () => string>;

  /** `words` has every column in the order of the file, whatever the order of selection. */
  constructor(
    list: ExportedList,
    chooser: FileChooser,
    words: Record<Column, () => string>,
    atFirst: readonly Column[],
  ) {
    super(list, chooser);
    this.#words = words;
    this.#chosen = atFirst;
  }

  get all(): Column[] {
    return Object.keys(this.#words) as Column[];
  }

  get columns(): Column[] {
    return this.all.filter((column) => this.has(column));
  }

  wordOf(column: Column): string {
    return this.#words[column]();
  }

  has(column: Column): boolean {
    return this.#chosen.includes(column);
  }

  toggle(column: Column): void {
    this.#chosen = this.has(column)
      ? this.#chosen.filter((chosen) => chosen !== column)
      : [...this.#chosen, column];
  }
}
