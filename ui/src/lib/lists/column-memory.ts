import { OPTIONAL_COLUMNS, type OptionalColumn } from "./columns";

const KEY = "tenantry.organizations.hidden-columns";

/** The columns a person wants to see: all but those turned off, so that a column added later is seen. */
export function recallColumns(): OptionalColumn[] {
  try {
    const hidden = (localStorage.getItem(KEY) ?? "").split(" ");
    return OPTIONAL_COLUMNS.filter((column) => !hidden.includes(column));
  } catch {
    return OPTIONAL_COLUMNS;
  }
}

export function rememberColumns(wanted: ReadonlySet<OptionalColumn>): void {
  const hidden = OPTIONAL_COLUMNS.filter((column) => !wanted.has(column));
  try {
    localStorage.setItem(KEY, hidden.join(" "));
  } catch {
    // The choice then lasts as long as the page.
  }
}
