import type { ActivityDetails, EntryView } from "$lib/api";
import { ApiError } from "$lib/api";
import {
  ACTIVITY,
  ActivitySource,
  type ActivityCalls,
  type ActivityListQuery,
  type Narrowing,
} from "../source";
import { OpenedEntry } from "./opened-entry.svelte";

/** The entries of a page in a panel: a few more than fit. */
const AT_A_TIME = 30;

type Calls = ActivityCalls & { activityEntry: (number: number) => Promise<ActivityDetails> };

/** A short list of entries that grows at its end when somebody asks, and at its top by itself. */
export class EntryListState {
  readonly opened: OpenedEntry;
  #entries = $state.raw<readonly EntryView[]>([]);
  #next = $state<string | null>(null);
  #begun = $state(false);
  #loading = $state(false);
  #failure = $state.raw<ApiError | null>(null);
  #arrived = $state(0);
  #looking = false;
  readonly #source: ActivitySource;
  readonly #query: ActivityListQuery;

  constructor(calls: Calls, narrowing: Narrowing) {
    this.opened = new OpenedEntry(calls);
    this.#source = new ActivitySource(calls);
    this.#query = { ...ACTIVITY.query, ...narrowing };
  }

  get entries(): readonly EntryView[] {
    return this.#entries;
  }

  get loading(): boolean {
    return this.#loading;
  }

  get failure(): ApiError | null {
    return this.#failure;
  }

  /** How many entries at the top are new since the list was read. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Whether the last entry is shown. */
  get ended(): boolean {
    return this.#begun && this.#next === null;
  }

  /** Reads older entries. A page can be empty before the end: then the next one is read. */
  async more(): Promise<void> {
    if (this.#loading || this.ended) return;
    this.#loading = true;
    this.#failure = null;
    try {
      let found = 0;
      do {
        const cursor = this.#next;
        const start =
          cursor === null ? ({ kind: "beginning" } as const) : ({ kind: "after", cursor } as const);
        const place = { backwards: false, start, limit: AT_A_TIME };
        const { rows, nextCursor } = await this.#source.page(this.#query, place);
        this.#entries = [...this.#entries, ...rows];
        this.#next = nextCursor;
        this.#begun = true;
        found += rows.length;
      } while (found === 0 && this.#next !== null);
    } catch (failure) {
      this.#failure = ApiError.from(failure);
    } finally {
      this.#loading = false;
    }
  }

  /** Looks for new entries. */
  async look(): Promise<void> {
    if (this.#looking || !this.#begun) return;
    this.#looking = true;
    try {
      const entries = (await this.#source.arrived(this.#query, AT_A_TIME)) ?? [];
      this.#entries = [...entries, ...this.#entries];
      this.#arrived += entries.length;
    } catch {
      // The connection's own line says that the server is silent.
    } finally {
      this.#looking = false;
    }
  }

  toggle(entry: EntryView): void {
    if (this.opened.row?.id === entry.id) this.opened.close();
    else this.opened.open(entry);
  }
}
