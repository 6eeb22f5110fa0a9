import { ApiError, type LineView } from "../api";
import { RetryClock } from "./retry-clock.svelte";

export type LineSource = { checkLine: () => Promise<LineView> };

export type LineOptions = {
  /** The time in milliseconds. */
  now?: () => number;
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
  readonly #visible: () => boolean;

  constructor(source: LineSource, options: LineOptions = {}) {
    this.#source = source;
    this.#now = options.now ?? (() => Date.now());
    this.#visible = options.visible ?? (() => document.visibilityState !== "hidden");
    this.heardAt = this.#now();
  }

  /** Watches until the returned function is called. */
  watch(): () => void {
    let lastTick = this.#now();
    const timer = setInterval(() => {
      const now = this.#now();
      const slept = now - lastTick - TICK_MILLISECONDS > SLEPT_MILLISECONDS;
      lastTick = now;
      if (slept) this.retry();
      else if (this.#visible()) this.#checkIfQuiet();
    }, TICK_MILLISECONDS);
    const seen = () => this.#visible() && this.#checkIfQuiet();
    document.addEventListener("visibilitychange", seen);
    if (this.lost !== null) this.retry();
    else this.#checkIfQuiet();
    return () => {
      clearInterval(timer);
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
    if (this.lost === null && this.#now() - this.heardAt >= QUIET_MILLISECONDS) void this.check();
  }

  #lose(problem: string | null): void {
    this.lost = { problem };
    this.clock.wait();
  }

  #restore(): void {
    this.lost = null;
    this.clock.succeed();
    this.generation += 1;
  }
}
