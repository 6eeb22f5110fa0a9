import type { ExportReport, JobProgress, PeopleColumn, WorkspaceApi } from "$lib/api";
import { ListDraft } from "$lib/exports";
import { m } from "$lib/messages";
import type { Directory } from "./directory";
import type { ExportWish } from "./state/people-state.svelte";

const COLUMN_WORDS: Record<PeopleColumn, () => string> = {
  id: m.people_export_id,
  name: m.people_name,
  email: m.people_email,
  role: m.people_column_role,
  organizations: m.people_column_organizations,
  status: m.people_column_status,
  lastSignIn: m.people_column_last_sign_in,
  oneTimeUntil: m.people_export_one_time,
  createdAt: m.people_export_created,
};

const operatorWords = () =>
  Object.fromEntries(
    Object.entries(COLUMN_WORDS).filter(([column]) => column !== "organizations"),
  ) as typeof COLUMN_WORDS;
const AT_FIRST: PeopleColumn[] = ["name", "email", "role", "organizations", "status", "lastSignIn"];

/** The choices for an export of operators or people. */
export class PeopleExport extends ListDraft<PeopleColumn> {
  readonly #wish: ExportWish;
  readonly #kind: Directory["kind"];
  readonly #own: string | null;
  readonly #api: WorkspaceApi;

  /** `own` is the one organization that the session may know of. */
  constructor(wish: ExportWish, kind: Directory["kind"], own: string | null, api: WorkspaceApi) {
    const words = kind === "people" ? COLUMN_WORDS : operatorWords();
    super(kind, api, words, AT_FIRST);
    [this.#wish, this.#kind, this.#own, this.#api] = [wish, kind, own, api];
    const { query, selected } = wish;
    const narrowed = query.search !== "" || query.facet !== "all" || query.organization !== null;
    this.rows = selected.length > 0 ? "selected" : narrowed ? "filtered" : "all";
  }

  write(job: string, target: string, onprogress: (progress: JobProgress) => void): Promise<ExportReport> {
    const { query, selected } = this.#wish;
    const filtered = this.rows === "filtered";
    const input = {
      search: filtered ? query.search : "",
      status: filtered && query.facet !== "all" ? query.facet : null,
      ids: this.rows === "selected" ? selected.map(({ id }) => id) : null,
      sort: query.sort,
      direction: query.direction,
      columns: this.columns,
      file: { job, format: this.format, csv: this.csv.layout, target },
    };
    if (this.#kind === "operators") return this.#api.exportOperators(input, onprogress);
    const looked = filtered ? (query.organization?.id ?? null) : null;
    return this.#api.exportPeople({ ...input, organizationId: looked ?? this.#own }, onprogress);
  }
}
