import type {
  ChosenFile,
  ExportColumn,
  ExportedList,
  ExportFormat,
  ExportInput,
  ExportScope,
  OrganizationFilter,
  SortField,
} from "$lib/api";
import { CsvChoices } from "./csv-choice.svelte";
import { COLUMNS_AT_FIRST, COLUMNS_READ_ONE_BY_ONE, EXPORT_COLUMNS } from "./export-columns";

export type RowChoice = ExportScope["kind"];

export type ExportList = {
  filter: OrganizationFilter;
  selectedIds: string[];
  sort: SortField;
  direction: "ascending" | "descending";
};

export type FileChooser = {
  defaultExportFile: (list: ExportedList, format: ExportFormat) => Promise<ChosenFile>;
  chooseExportFile: (list: ExportedList, format: ExportFormat) => Promise<ChosenFile | null>;
};

/** The choices for an export, until it starts. */
export class ExportDraft {
  rows = $state<RowChoice>("all");
  choosing = $state(false);
  placeFailure = $state.raw<unknown>(null);
  readonly csv = new CsvChoices();
  #format = $state<ExportFormat>("csv");
  #columns = $state.raw<readonly ExportColumn[]>(COLUMNS_AT_FIRST);
  // One place per format: its name has the format's ending, and switching back loses nothing.
  #places = $state.raw<Partial<Record<ExportFormat, ChosenFile>>>({});
  readonly #list: ExportList;
  readonly #chooser: FileChooser;

  constructor(list: ExportList, chooser: FileChooser) {
    this.#list = list;
    this.#chooser = chooser;
    if (list.selectedIds.length > 0) this.rows = "selected";
    else if (isNarrowed(list.filter)) this.rows = "filtered";
  }

  get format(): ExportFormat {
    return this.#format;
  }

  set format(format: ExportFormat) {
    this.#format = format;
    void this.suggestPlace();
  }

  get columns(): ExportColumn[] {
    return EXPORT_COLUMNS.filter((column) => this.has(column));
  }

  get place(): ChosenFile | null {
    return this.#places[this.#format] ?? null;
  }

  get readsEachCollection(): boolean {
    return COLUMNS_READ_ONE_BY_ONE.some((column) => this.has(column));
  }

  has(column: ExportColumn): boolean {
    return this.#columns.includes(column);
  }

  toggle(column: ExportColumn): void {
    this.#columns = this.has(column)
      ? this.#columns.filter((chosen) => chosen !== column)
      : [...this.#columns, column];
  }

  /** Suggests a free file name if the person has not chosen one for this format. */
  async suggestPlace(): Promise<void> {
    const format = this.#format;
    if (this.#places[format]) return;
    try {
      const place = await this.#chooser.defaultExportFile("organizations", format);
      this.#places = { [format]: place, ...this.#places };
      this.placeFailure = null;
    } catch (failure) {
      this.placeFailure = failure;
    }
  }

  /** Asks for a place with the platform's save dialog, which also asks before replacing a file. */
  async choosePlace(): Promise<void> {
    const format = this.#format;
    this.choosing = true;
    try {
      const place = await this.#chooser.chooseExportFile("organizations", format);
      if (place) this.#places = { ...this.#places, [format]: place };
      this.placeFailure = null;
    } catch (failure) {
      this.placeFailure = failure;
    } finally {
      this.choosing = false;
    }
  }

  /** The command's input, or null without a place or a column. */
  inputFor(job: string): ExportInput | null {
    const place = this.place;
    if (!place || this.#columns.length === 0) return null;
    return {
      job,
      scope: this.#scope(),
      columns: this.columns,
      format: this.#format,
      csv: this.csv.layout,
      target: place.target,
      sort: this.#list.sort,
      direction: this.#list.direction,
    };
  }

  #scope(): ExportScope {
    switch (this.rows) {
      case "all":
        return { kind: "all" };
      case "filtered":
        return { kind: "filtered", filter: this.#list.filter };
      case "selected":
        return { kind: "selected", ids: this.#list.selectedIds };
    }
  }
}

export function isNarrowed(filter: OrganizationFilter): boolean {
  return filter.search !== "" || filter.status !== "all";
}
