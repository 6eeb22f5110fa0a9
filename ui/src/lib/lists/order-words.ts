import { m } from "$lib/messages";
import type { ListColumn } from "./column-layout";
import type { SortDirection } from "./list";

/** What an order is by. */
export function sortLabel(column: ListColumn<never>): string {
  return column.sortLabel?.() ?? column.label();
}

export function orderLabel(column: ListColumn<never>, direction: SortDirection): string {
  const ascending = direction === "ascending";
  if (column.sort === "time") return ascending ? m.lists_order_oldest() : m.lists_order_newest();
  return ascending ? m.lists_order_a_to_z() : m.lists_order_z_to_a();
}
