import { ApiError, type LineView } from "../api";
import { RetryClock } from "./retry-clock.svelte";

export type LineSource = { checkLine: () => Promise<LineView> };

export type LineOptions = {
  /** The time in milliseconds. */
  now?: () => number;
  /** Whether there is a server that can fall silent unnoticed. */
  remote?: boolean;
  /** Whether the window is visible. */
  visible?: () => boolean;
};

const TICK_MILLISECONDS = 1_000;
/** A server that responded within this time is not pinged again. */
const QUIET_MILLISECONDS = 15_000;
/** A tick this late means that the computer slept. */
const SLEPT_MILLISECONDS = 10_000;

/**
 * Whether the workspace's server responds. It is pinged when nothing was heard of it for a while, at once when a call
 * gets no response, and when the computer wakes. While it is lost it is pinged after 1, 2, 4, 8, 15, then every 30 s.
 * One failed call does not make it lost: only a failed ping does.
 */
export class LineState {
  /** The result of the check that found the connection lost; null while it holds. */
  lost = $state.raw<{ problem: string | null } | null>(null);
  /** The time of the last response, in milliseconds. */
  heardAt = $state(0);
  /** Milliseconds of one round trip in the last check; null before the first. */
  roundTrip = $state<number | null>(null);
  /** Increments each time the connection is back. Depend on it to reload. */
  generation = $state(0);
  checking = $state(false);
  readonly clock = new RetryClock(() => void this.check());
  readonly #source: LineSource;
  readonly #now: () => number;
  readonly #remote: boolean;
  readonly #visible: () => boolean;
  /** Sets the timer anew while it is watched. */
  #rearm: () => void = () => undefined;

  constructor(source: LineSource, options: LineOptions = {}) {
    this.#source = source;
    this.#now = options.now ?? (() => Date.now());
    this.#remote = options.remote ?? true;
    this.#visible = options.visible ?? (() => document.visibilityState !== "hidden");
    this.heardAt = this.#now();
  }

  /** Watches until the returned function is called. */
  watch(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    // One timer until a check is due, not one a second: an idle window does nothing. It runs each second only while
    // the connection is lost, to notice that the computer slept.
    this.#rearm = () => {
      clearTimeout(timer);
      if (!this.#visible() || (!this.#remote && this.lost === null)) return;
      const due = this.lost === null ? this.heardAt + QUIET_MILLISECONDS - this.#now() : 0;
      const wait = Math.max(TICK_MILLISECONDS, due);
      const expected = this.#now() + wait;
      timer = setTimeout(() => {
        if (this.#now() - expected > SLEPT_MILLISECONDS) this.retry();
        else this.#checkIfQuiet();
        this.#rearm();
      }, wait);
    };
    const seen = () => {
      if (this.#visible()) this.#checkIfQuiet();
      this.#rearm();
    };
    document.addEventListener("visibilitychange", seen);
    if (this.lost !== null) this.retry();
    else this.#checkIfQuiet();
    this.#rearm();
    return () => {
      clearTimeout(timer);
      this.#rearm = () => undefined;
      document.removeEventListener("visibilitychange", seen);
      this.clock.stop();
    };
  }

  /** A call got a response: the connection holds. */
  heard(): void {
    this.heardAt = this.#now();
    if (this.lost !== null) this.#restore();
  }

  /** A call got no response. A lost connection already has its clock. */
  suspect(): void {
    if (this.lost === null) void this.check();
  }

  /** Checks now, without waiting for the clock. */
  retry = (): void => this.clock.tryNow();

  async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      const view = await this.#source.checkLine();
      if (view.reachable) {
        this.roundTrip = view.roundTripMilliseconds;
        this.heard();
      } else this.#lose(view.problem);
    } catch (cause) {
      // The check never rejects because of a silent server; a workspace that was closed meanwhile has no connection to
      // lose.
      if (ApiError.from(cause).code === "unavailable") this.#lose(null);
      else if (this.lost !== null) this.clock.wait();
    } finally {
      this.checking = false;
    }
  }

  #checkIfQuiet(): void {
    if (
      this.#remote &&
      this.#visible() &&
      this.lost === null &&
      this.#now() - this.heardAt >= QUIET_MILLISECONDS
    )
      void this.check();
  }

  #lose(problem: string | null): void {
    this.lost = { problem };
    this.clock.wait();
    this.#rearm();
  }

  #restore(): void {
    this.lost = null;
    this.clock.succeed();
    this.#rearm();
    this.generation += 1;
  }
}
