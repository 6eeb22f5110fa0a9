import type { SvelteSet } from "svelte/reactivity";
import { ApiError } from "$lib/api";
import type { ListRow } from "./list";

export type BulkFailure<Row> = { row: Row; error: ApiError };

/** The outcome of an act on several rows; `left` are those that were not tried. */
export type BulkResult<Row> = { changed: Row[]; failed: BulkFailure<Row>[]; left: Row[] };

/** One act on each of several rows, one after the other: what is done stays done, and the rest can be tried again. */
export class BulkRun<Row extends ListRow> {
  readonly rows: Row[];
  readonly #busy: SvelteSet<string> | undefined;
  readonly #changed: Row[] = [];
  #failed: BulkFailure<Row>[] = [];
  #left: Row[] = [];
  #remaining = $state.raw<Row[]>([]);
  #stopped = $state(false);
  #done = $state(0);

  /** `busy` holds the rows that are still to be done, while it runs. */
  constructor(rows: Row[], busy?: SvelteSet<string>) {
    this.rows = rows;
    this.#busy = busy;
    this.#remaining = rows;
  }

  /** How many were tried, successfully or not. */
  get done(): number {
    return this.#done;
  }

  /** Those on which the act is not done after the last run. */
  get remaining(): Row[] {
    return this.#remaining;
  }

  /** Whether the person stopped it before the last one. */
  get stopped(): boolean {
    return this.#stopped;
  }

  get result(): BulkResult<Row> {
    void this.#done;
    return { changed: this.#changed, failed: this.#failed, left: this.#left };
  }

  /** Stops after the current row. */
  stop(): void {
    this.#stopped = true;
  }

  /** Acts on the remaining rows. */
  async run(act: (row: Row) => Promise<Row>): Promise<BulkResult<Row>> {
    const asked = this.#remaining;
    this.#failed = [];
    this.#left = [];
    this.#stopped = false;
    this.#done = this.#changed.length;
    for (const { id } of asked) this.#busy?.add(id);
    for (const [index, row] of asked.entries()) {
      if (this.#stopped) {
        this.#left = asked.slice(index);
        break;
      }
      try {
        this.#changed.push(await act(row));
      } catch (cause) {
        const error = ApiError.from(cause);
        const all = concernsAll(error);
        for (const failed of all ? asked.slice(index) : [row]) this.#failed.push({ row: failed, error });
        if (all) break;
      }
      this.#busy?.delete(row.id);
      this.#done += 1;
    }
    for (const { id } of asked) this.#busy?.delete(id);
    this.#done = this.#changed.length + this.#failed.length;
    this.#remaining = [...this.#failed.map(({ row }) => row), ...this.#left];
    return this.result;
  }
}

/** Whether the next row would meet the same failure. */
function concernsAll(error: ApiError): boolean {
  switch (error.code) {
    case "unavailable":
    case "no_workspace":
    case "not_signed_in":
    case "session_expired":
    case "session_revoked":
      return true;
    default:
      return false;
  }
}
