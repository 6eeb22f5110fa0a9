import { ApiError, type LineView } from "../api";
import { RetryClock } from "./retry-clock.svelte";

export type LineSource = { checkLine: () => Promise<LineView> };

export type LineOptions = {
  /** The time in milliseconds. */
  now?: () => number;
  /** Whether anybody can see the window. */
  visible?: () => boolean;
};

const TICK_MILLISECONDS = 1_000;
/** A server that answered within this time is not asked again. */
const QUIET_MILLISECONDS = 15_000;
/** A tick that comes this much too late means that the computer slept. */
const SLEPT_MILLISECONDS = 10_000;

/**
 * Whether the workspace's server answers. It is asked when nothing else was heard of it for a while, at once when a
 * call finds it silent, and when the computer wakes. While it is lost it is asked again after 1, 2, 4, 8, 15, then
 * every 30 s. One call that failed is no lost line: only a check that finds nobody is.
 */
export class LineState {
  /** What the check found that lost the line; null while it holds. */
  lost = $state.raw<{ problem: string | null } | null>(null);
  /** When the server was heard last, in milliseconds. */
  heardAt = $state(0);
  /** Milliseconds of one round trip, as the last check measured it; null before the first. */
  roundTrip = $state<number | null>(null);
  /** Rises each time the line is back: read it to load again. */
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

  /** A call was answered: the line holds. */
  heard(): void {
    this.heardAt = this.#now();
    if (this.lost !== null) this.#restore();
  }

  /** A call found the server silent. A line that is lost already keeps its clock. */
  suspect(): void {
    if (this.lost === null) void this.check();
  }

  /** Asks now, without waiting for the clock. */
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
      // The check never rejects for a silent server; a workspace that was closed meanwhile has no line to lose.
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
