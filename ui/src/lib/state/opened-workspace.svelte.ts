import { untrack } from "svelte";
import {
  workspaceApi,
  type AccessState,
  type OpenWorkspace,
  type RestrictedAct,
  type WorkspaceApi,
} from "../api";
import { LineState } from "./line.svelte";
import { SessionState } from "./session.svelte";
import { WriteAccess } from "./write-access.svelte";

type Kept = { person: string; value: unknown; stop: () => void };

/**
 * One open workspace, on screen or not: its session, its connection, its access, and what its screens remember. Its
 * calls go to it, whichever workspace is on screen when they are sent.
 */
export class OpenedWorkspace {
  found = $state.raw() as OpenWorkspace;
  readonly id: string;
  readonly api: WorkspaceApi;
  readonly session: SessionState;
  readonly line: LineState;
  readonly access: WriteAccess;
  /** The name of the shown page; empty for the first. */
  page = $state("");
  /** In a workspace without an operator: whether the person would rather sign in as an organization's admin. */
  signInUnclaimed = $state(false);
  /** When the data on its screen was read, in milliseconds; null while it shows none. */
  readAt = $state<number | null>(null);
  /** Increments with each decision about an interrupted change. Depend on it to reload. */
  decisions = $state(0);
  /** What the page that is shown next looks for first. */
  lookFor: string | null = null;
  #kept: Partial<Record<string, Kept>> = {};

  constructor(found: OpenWorkspace) {
    this.found = found;
    this.id = found.workspace.id;
    this.api = workspaceApi(this.id);
    this.session = new SessionState(this.api);
    // Without news of it a call notices later that the session has ended.
    this.api.watchSession(this.session.hear).catch(() => undefined);
    // A file does not fall silent: a call to it that fails says so.
    this.line = new LineState(this.api, { remote: found.workspace.kind !== "built_in" });
    this.access = new WriteAccess(this.api, found.access);
  }

  get workspace() {
    return this.found.workspace;
  }

  /** The actions that the database user lacks permissions for. */
  get restrictions() {
    return this.found.restrictions;
  }

  /** The missing permission for an action, in the server's words; null if none is known to be missing. */
  needs(act: RestrictedAct): string | null {
    return this.restrictions.find((restriction) => restriction.act === act)?.needs ?? null;
  }

  /** Takes over what Rust knows of it now. */
  take(found: OpenWorkspace): void {
    this.found = found;
    this.access.take(found.access);
  }

  /** Takes over its access. */
  takeAccess(view: AccessState): void {
    const { environment, access } = view;
    this.found = { ...this.found, workspace: { ...this.workspace, environment, access } };
    this.access.take(view);
  }

  /** Notes that it has its first operator. */
  markClaimed(): void {
    this.found = { ...this.found, claimed: true };
  }

  /** How many seconds may pass between two ticks; null if nothing of it counts down. */
  readonly pace = $derived.by(() => (this.access.countsDown ? 1 : this.session.pace));

  /** Time passes for the session and for a timed unlock, on screen or not. */
  tick(now: number): void {
    this.session.tick(now);
    this.access.tick(now);
  }

  /**
   * What a screen remembers while another one, or another workspace, is shown. Another person who signs in gets a new
   * one: nobody finds what someone else searched for or selected.
   */
  keep<Value extends { stop: () => void }>(key: string, make: () => Value): Value {
    const person = this.session.view?.email ?? "";
    const kept = this.#kept[key];
    if (kept?.person === person) return kept.value as Value;
    kept?.stop();
    // Created outside of the component that asks first: it outlives that one.
    let value!: Value;
    const end = $effect.root(() => {
      value = untrack(make);
    });
    const stop = () => {
      value.stop();
      end();
    };
    this.#kept[key] = { person, value, stop };
    return value;
  }

  /** It is closed: nothing of it is remembered. */
  forget(): void {
    for (const kept of Object.values(this.#kept)) kept?.stop();
    this.#kept = {};
    this.session.forget();
  }
}
