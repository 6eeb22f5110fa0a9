import { SvelteSet } from "svelte/reactivity";
import {
  ApiError,
  LIMITS,
  newJob,
  type ImportChange,
  type ImportField,
  type ImportResult,
  type ImportView,
  type JobProgress,
  type WorkspaceApi,
} from "$lib/api";
import { ListState } from "$lib/lists";
import { rowsSource, type Row, type RowCounts, type RowsQuery } from "../source";
import { specOf } from "../spec";

export const STEPS = ["file", "columns", "check", "result"] as const;
export type Step = (typeof STEPS)[number];

export type ImportHost = {
  /** A failure that is not about the file or its rows. */
  report: (problem: unknown) => void;
  /** The plan is another one than was shown: it is shown again. */
  planChanged: () => void;
  /** Rows were carried out. */
  finished: (result: ImportResult) => void;
};

/** The cell that is being corrected. */
export type Editing = { row: string; field: ImportField; text: string };

/** One import from the file to its result. It outlives its page, so that rows go on while another one is shown. */
export class ImportState {
  readonly list: ListState<Row, RowsQuery, RowCounts>;
  view = $state.raw<ImportView | null>(null);
  step = $state<Step>("file");
  reading = $state(false);
  /** Why the last file could not be read. */
  refusal = $state.raw<unknown>(null);
  editing = $state.raw<Editing | null>(null);
  result = $state.raw<ImportResult | null>(null);
  progress = $state.raw<Pick<JobProgress, "done" | "total"> | null>(null);
  cancelling = $state(false);
  /** Whether something was corrected that leaving would lose. */
  touched = $state(false);
  #job = $state<string | null>(null);
  readonly #busy = new SvelteSet<string>();
  readonly #api: WorkspaceApi;
  readonly #host: ImportHost;

  constructor(api: WorkspaceApi, host: ImportHost) {
    this.#api = api;
    this.#host = host;
    const source = rowsSource(
      (query) => api.listImportRows(this.view?.id ?? "", query),
      () => this.view?.counts ?? null,
    );
    this.list = new ListState(
      specOf(() => this.result !== null),
      source,
    );
  }

  get running(): boolean {
    return this.#job !== null;
  }

  isBusy(row: Row): boolean {
    return this.#busy.has(row.id);
  }

  /** Whether leaving loses something. */
  get unfinished(): boolean {
    return this.running || (this.touched && this.result === null);
  }

  choose(): Promise<void> {
    return this.#read(() => this.#api.chooseOrganizationsFile());
  }

  /** Reads a file that was dropped on the window. */
  drop(file: File): Promise<void> {
    return this.#read(async () => {
      if (file.size > LIMITS.importBytesMax)
        throw new ApiError({ code: "list_refused", details: { problem: "too_many_bytes", row: null } });
      return this.#api.readOrganizationsFile(file.name, await base64Of(file));
    });
  }

  async #read(read: () => Promise<ImportView | null>): Promise<void> {
    if (this.reading || this.running) return;
    this.reading = true;
    this.refusal = null;
    try {
      const view = await read();
      if (view === null) return;
      this.#take(view);
      this.result = null;
      this.touched = false;
      this.step = "columns";
      this.list.browser.open();
    } catch (problem) {
      this.refusal = problem;
      this.view = null;
      this.step = "file";
    } finally {
      this.reading = false;
    }
  }

  /** Changes the import; its rows are planned again. */
  async change(change: ImportChange, row: string | null = null): Promise<void> {
    const id = this.view?.id;
    if (id === undefined || this.running) return;
    if (row !== null) this.#busy.add(row);
    try {
      this.#take(await this.#api.changeImport(id, change));
      this.touched = this.touched || change.kind !== "again";
      // What became of rows before is about another plan.
      if (this.result !== null) {
        this.result = null;
        this.step = "check";
        this.list.browser.showAll();
      }
      this.list.refresh();
    } catch (problem) {
      this.#fail(problem);
    } finally {
      if (row !== null) this.#busy.delete(row);
    }
  }

  edit(row: Row, field: ImportField): void {
    if (this.running || row.plan.kind === "skip") return;
    // A password is not shown: a new one is typed over it.
    const text = field === "password" ? "" : row[field];
    this.editing = { row: row.id, field, text };
  }

  /** Takes what was typed into the cell. */
  async commit(): Promise<void> {
    const { editing } = this;
    this.editing = null;
    if (editing === null || (editing.field === "password" && editing.text === "")) return;
    const { row, field, text } = editing;
    await this.change({ kind: "cell", row: Number(row), field, text }, row);
  }

  goTo(step: Step): void {
    if (this.view === null || this.running) return;
    this.editing = null;
    this.step = step;
  }

  /** Carries out what is planned. A place for generated passwords is asked for first. */
  async run(): Promise<void> {
    const { view } = this;
    if (view === null || this.running) return;
    const { create, change, generated } = view.counts;
    const job = newJob();
    this.#job = job;
    try {
      const place = generated > 0 ? await this.#api.chooseExportFile("generated_passwords", "csv") : null;
      if (generated > 0 && place === null) return;
      this.progress = { done: 0, total: create + change };
      this.list.browser.showAll();
      const input = { id: view.id, job, create, change, passwords: place?.target ?? null };
      const result = await this.#api.runImport(input, (progress) => (this.progress = progress));
      this.result = result;
      this.#take(result.import);
      this.step = "result";
      this.#host.finished(result);
    } catch (problem) {
      if (ApiError.from(problem).code === "facts_changed") {
        this.#job = null;
        this.#host.planChanged();
        await this.change({ kind: "again" });
      } else this.#fail(problem);
    } finally {
      this.#job = null;
      this.progress = null;
      this.cancelling = false;
      this.list.refresh();
    }
  }

  async cancel(): Promise<void> {
    if (this.#job === null || this.cancelling) return;
    this.cancelling = true;
    await this.#api.cancelJob(this.#job).catch(() => (this.cancelling = false));
  }

  /** Writes the rows to mend; returns the path, null if the person changed their mind. */
  async saveFailed(): Promise<string | null> {
    const id = this.view?.id;
    if (id === undefined) return null;
    try {
      const place = await this.#api.chooseExportFile("failed_rows", "csv");
      return place === null ? null : (await this.#api.saveFailedRows(id, place.target)).path;
    } catch (problem) {
      this.#fail(problem);
      return null;
    }
  }

  /** Lets go of the file. */
  close(): void {
    const id = this.view?.id;
    if (id !== undefined) void this.#api.closeImport(id).catch(() => undefined);
    this.view = null;
    this.result = null;
    this.refusal = null;
    this.touched = false;
    this.step = "file";
  }

  /** Its person has gone: nothing of it is left. */
  stop(): void {
    void this.cancel();
    this.list.stop();
  }

  #fail(problem: unknown): void {
    // Its file has gone with the session that chose it.
    if (ApiError.from(problem).code === "not_found") this.close();
    this.#host.report(problem);
  }

  #take(view: ImportView): void {
    this.view = view;
  }
}

/** The content of a file, as a call can carry it. */
function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    // `data:text/csv;base64,…`; an empty file has nothing behind the comma.
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () =>
      reject(new ApiError({ code: "list_refused", details: { problem: "unreadable", row: null } }));
    reader.readAsDataURL(file);
  });
}
