import type { ExportColumn, ExportInput, ExportScope, OrganizationFilter, SortField } from "$lib/api";
import { FileDraft, type FileChooser } from "$lib/exports";
import { COLUMNS_AT_FIRST, COLUMNS_READ_ONE_BY_ONE, EXPORT_COLUMNS } from "./export-columns";

export type RowChoice = ExportScope["kind"];

export type ExportList = {
  filter: OrganizationFilter;
  selectedIds: string[];
  sort: SortField;
  direction: "ascending" | "descending";
};

/** The choices for an export, until it starts. */
export class ExportDraft extends FileDraft {
  rows = $state<RowChoice>("all");
  #columns = $state.raw<readonly ExportColumn[]>(COLUMNS_AT_FIRST);
  readonly #list: ExportList;

  constructor(list: ExportList, chooser: FileChooser) {
    super("organizations", chooser);
    this.#list = list;
    if (list.selectedIds.length > 0) this.rows = "selected";
    else if (isNarrowed(list.filter)) this.rows = "filtered";
  }

  get columns(): ExportColumn[] {
    return EXPORT_COLUMNS.filter((column) => this.has(column));
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

  /** The command's input for a file at a chosen place. */
  inputFor(job: string, target: string): ExportInput {
    return {
      job,
      scope: this.#scope(),
      columns: this.columns,
      format: this.format,
      csv: this.csv.layout,
      target,
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
