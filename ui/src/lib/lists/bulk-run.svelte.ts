import type { SvelteSet } from "svelte/reactivity";
import { ApiError, LIMITS } from "$lib/api";
import type { ListRow } from "./list";

export type BulkFailure<Row> = { row: Row; error: ApiError };

/** The outcome of an act on several rows; `left` are those that were not tried. */
export type BulkResult<Row> = { changed: Row[]; failed: BulkFailure<Row>[]; left: Row[] };

/** One act on each of several rows, a few at a time: what is done stays done, and the rest can be tried again. */
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
    void this.#remaining;
    return { changed: this.#changed, failed: this.#failed, left: this.#left };
  }

  /** Stops after the rows under way. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Acts on the remaining rows. The first goes alone: if it meets a failure that every row would meet, no other is
   * tried. `atOnce` is how many at most, for acts that are hard on a server.
   */
  async run(act: (row: Row) => Promise<Row>, atOnce: number = LIMITS.bulkAtOnce): Promise<BulkResult<Row>> {
    const asked = this.#remaining;
    this.#failed = [];
    this.#left = [];
    const cancelled: Row[] = [];
    this.#stopped = false;
    this.#done = this.#changed.length;
    for (const { id } of asked) this.#busy?.add(id);
    let next = 0;
    let ofAll: ApiError | null = null;
    const goOn = async (): Promise<boolean> => {
      const row = asked[next];
      if (row === undefined || this.#stopped || ofAll !== null) return false;
      next += 1;
      try {
        this.#changed.push(await act(row));
      } catch (cause) {
        const error = ApiError.from(cause);
        if (error.code === "cancelled") {
          // As if it had not been tried.
          cancelled.push(row);
          this.stop();
        } else {
          this.#failed.push({ row, error });
          if (concernsAll(error)) ofAll = error;
        }
      }
      this.#busy?.delete(row.id);
      this.#done += 1;
      return true;
    };
    const lane = async (): Promise<void> => {
      while (await goOn());
    };
    await goOn();
    await Promise.all(Array.from({ length: atOnce }, lane));
    const untried = [...cancelled, ...asked.slice(next)];
    if (ofAll === null) this.#left = untried;
    else for (const row of untried) this.#failed.push({ row, error: ofAll });
    this.#putInOrder();
    for (const { id } of asked) this.#busy?.delete(id);
    this.#done = this.#changed.length + this.#failed.length;
    this.#remaining = [...this.#failed.map(({ row }) => row), ...this.#left];
    return this.result;
  }

  /** Rows end in any order, and are shown in that of the list. */
  #putInOrder(): void {
    const places = Object.fromEntries(this.rows.map(({ id }, place) => [id, place]));
    const place = (row: Row): number => places[row.id] ?? 0;
    this.#changed.sort((one, other) => place(one) - place(other));
    this.#failed.sort((one, other) => place(one.row) - place(other.row));
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
