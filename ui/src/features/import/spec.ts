import type { ImportFacet } from "$lib/api";
import type { ListColumn, ListFacet, ListSpec } from "$lib/lists";
import { formatCount } from "$lib/format";
import { m } from "$lib/messages";
import { problemsOf, passwordWord } from "./words";
import type { Row, RowsQuery } from "./source";

type Column = ListColumn<Row, "number">;
type Facet = ListFacet<Row, ImportFacet>;

const COLUMNS: Column[] = [
  { id: "number", label: m.import_column_row, text: ({ number }) => formatCount(number), least: 76 },
  { id: "name", label: m.import_field_name, least: 150, width: "minmax(0, 1fr)" },
  { id: "displayName", label: m.import_field_display_name, least: 130, width: "minmax(0, 0.9fr)", turn: 2 },
  { id: "email", label: m.import_field_email, least: 150, width: "minmax(0, 1.1fr)", turn: 1 },
  { id: "status", label: m.import_field_status, least: 104, turn: 4 },
  { id: "password", label: m.import_field_password, text: passwordWord, least: 92, turn: 3 },
  { id: "plan", label: m.import_column_plan, least: 190, width: "minmax(0, 1.4fr)" },
];

const none = { icon: "inbox", title: m.import_none_title, why: m.import_none_why } as const;
const is = (value: "create" | "change" | "skip", label: () => string): Facet => ({
  value,
  label,
  holds: ({ plan }) => plan.kind === value,
  none,
});
const ALL: Facet = { value: "all", label: m.import_facet_all, holds: () => true };
const MEND: Facet = {
  value: "mend",
  label: m.import_facet_mend,
  holds: (row) => problemsOf(row).length > 0,
  none,
};
const SKIP = is("skip", m.import_facet_skip);
const done = ({ result }: Row) => result?.kind === "created" || result?.kind === "changed";

const CHECKED: ListSpec<Row, RowsQuery>["facets"] = [
  ALL,
  is("create", m.import_facet_create),
  is("change", m.import_facet_change),
  SKIP,
  MEND,
];
const CARRIED_OUT: ListSpec<Row, RowsQuery>["facets"] = [
  ALL,
  { value: "done", label: m.import_facet_done, holds: done, none },
  { value: "failed", label: m.import_facet_failed, holds: (row) => row.result !== null && !done(row), none },
  SKIP,
  MEND,
];

/** The one table of all steps; once rows were carried out, it tells them apart by what became of them. */
export function specOf(carriedOut: () => boolean): ListSpec<Row, RowsQuery> {
  return {
    name: "import",
    columns: COLUMNS,
    get facets() {
      return carriedOut() ? CARRIED_OUT : CHECKED;
    },
    query: { search: "", facet: "all", sort: "number", direction: "ascending" },
    rowName: ({ name, number }) => name || formatCount(number),
    off: ({ plan }) => plan.kind === "skip",
    words: {
      title: m.import_title,
      search: m.import_search,
      facets: m.import_facets,
      order: m.import_order,
      found: m.import_found,
      noMatch: (search) => m.import_no_match({ search }),
      forbidden: m.import_forbidden,
    },
  };
}
