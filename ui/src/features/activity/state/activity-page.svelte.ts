import { LIMITS, type EntryView } from "$lib/api";
import { ListState } from "$lib/lists";
import {
  ACTIVITY,
  ActivitySource,
  type ActivityCalls,
  type ActivityListQuery,
  type Narrowing,
} from "../source";
import { OpenedEntry, type DetailCalls } from "./opened-entry.svelte";

export type ActivityDialog =
  | { kind: "filter" }
  | { kind: "export" }
  | { kind: "archive" }
  | { kind: "undo"; entry: EntryView; passwordStays: boolean; trashes: boolean };

/** Everything that the activity page remembers, on screen or not. */
export class ActivityPageState {
  readonly list: ListState<EntryView, ActivityListQuery>;
  readonly opened: OpenedEntry;
  dialog = $state.raw<ActivityDialog | null>(null);
  /** Whether the pointer is over the list: nothing moves under it. */
  pointed = false;
  readonly #source: ActivitySource;
  #looking = false;

  constructor(calls: ActivityCalls & DetailCalls) {
    this.opened = new OpenedEntry(calls);
    this.#source = new ActivitySource(calls);
    this.list = new ListState(ACTIVITY, this.#source, this.opened);
  }

  get query(): ActivityListQuery {
    return this.list.browser.query;
  }

  narrow(to: Narrowing & { organizationName?: string }): void {
    this.list.browser.filter(to);
  }

  /** The page comes on screen, or what it shows may have changed. */
  show(): void {
    if (this.list.rows.ready) void this.look();
    else this.list.show();
    void this.opened.refresh();
  }

  refresh(): void {
    this.list.refresh();
    void this.opened.refresh();
  }

  /** Looks for new entries. One question at a time; a failure is told by the next reading of the list. */
  async look(): Promise<void> {
    const { browser, rows, view } = this.list;
    if (this.#looking || !rows.ready || rows.loading || rows.problem !== null) return;
    this.#looking = true;
    try {
      const entries = await this.#source.arrived(browser.query, LIMITS.pageMax);
      if (entries === null) this.refresh();
      else if (entries.length > 0) this.#take(entries, view.scrollTop === 0 && !this.pointed);
    } catch {
      // The connection's own line says that the server is silent.
    } finally {
      this.#looking = false;
    }
  }

  /** Something was just done here: its entry is shown without waiting. */
  async done(): Promise<void> {
    await this.look();
    await this.opened.refresh();
  }

  stop(): void {
    this.list.stop();
  }

  #take(entries: EntryView[], show: boolean): void {
    // A list without a row has no place above its first one.
    if (this.list.rows.length === 0) this.refresh();
    else this.list.arrive(entries, show);
  }
}
