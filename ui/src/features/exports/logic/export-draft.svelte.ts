import type { ExportColumn, ExportInput, ExportScope, OrganizationFilter, SortField } from "$lib/api";
import { ListDraft, type FileChooser } from "$lib/exports";
import { COLUMN_WORDS, COLUMNS_AT_FIRST, COLUMNS_READ_ONE_BY_ONE } from "./export-columns";

export type ExportList = {
  filter: OrganizationFilter;
  withFindings: boolean;
  selectedIds: string[];
  sort: SortField;
  direction: "ascending" | "descending";
};

/** The choices for an export, until it starts. */
export class ExportDraft extends ListDraft<ExportColumn> {
  readonly #list: ExportList;

  constructor(list: ExportList, chooser: FileChooser) {
    super("organizations", chooser, COLUMN_WORDS, COLUMNS_AT_FIRST);
    this.#list = list;
    if (list.selectedIds.length > 0) this.rows = "selected";
    else if (list.withFindings || isNarrowed(list.filter)) this.rows = "filtered";
  }

  get readsEachCollection(): boolean {
    return COLUMNS_READ_ONE_BY_ONE.some((column) => this.has(column));
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
        return { kind: "filtered", filter: this.#list.filter, withFindings: this.#list.withFindings };
      case "selected":
        return { kind: "selected", ids: this.#list.selectedIds };
    }
  }
}

export function isNarrowed(filter: OrganizationFilter): boolean {
  return filter.search !== "" || filter.status !== "all";
}
