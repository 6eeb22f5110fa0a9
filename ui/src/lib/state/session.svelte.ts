import type { Act, ApiError, SessionNews, SessionView } from "../api";
import { may } from "../may";

export type SessionSource = {
  signOut: () => Promise<unknown>;
  renewSession: () => Promise<SessionView>;
  lockWindow: () => Promise<unknown>;
  unlockWindow: (password: string) => Promise<SessionView>;
};

/** The last part of a session is counted down by the second. */
export const COUNTDOWN_MILLISECONDS = 60_000;

/**
 * The session and its time. When a session ends, `view` stays, so that the screen stays: `ended` is then set, the
 * shell asks for the password above whatever is open, and nothing typed is lost. A call that failed because of it has
 * thrown its ApiError; the person repeats it after signing in.
 */
export class SessionState {
  view = $state.raw<SessionView | null>(null);
  /** Why the session has ended while its screen is still there. */
  ended = $state.raw<"expired" | "revoked" | null>(null);
  /** Whether the window is covered until its person gives the password. */
  locked = $state(false);
  /** Increments on every sign-in, including a renewal. Depend on it to reload. */
  generation = $state(0);
  #now = $state(Date.now());
  readonly #source: SessionSource | null;

  /** `source` is the workspace of the session; without one nobody is ever signed in. */
  constructor(source: SessionSource | null = null) {
    this.#source = source;
  }

  may(act: Act): boolean {
    return may(this.view, act);
  }

  /** Milliseconds until the session ends; 0 if it has, null if nobody is signed in. */
  readonly remaining = $derived(
    this.view === null || this.ended !== null
      ? this.view && 0
      : Math.max(0, Date.parse(this.view.expiresAt) - this.#now),
  );

  /** Whether the last minute is counted down. */
  readonly countsDown = $derived(
    this.remaining !== null && this.remaining > 0 && this.remaining <= COUNTDOWN_MILLISECONDS,
  );

  /** How many seconds may pass between two ticks: minutes are shown, and the last one by the second. */
  readonly pace = $derived.by(() => {
    if (this.remaining === null || this.ended !== null) return null;
    const untilCountdown = Math.ceil((this.remaining - COUNTDOWN_MILLISECONDS) / 1_000);
    return Math.min(60, Math.max(1, untilCountdown));
  });

  tick(now: number): void {
    this.#now = now;
    if (this.view && this.ended === null && Date.parse(this.view.expiresAt) <= now) this.ended = "expired";
  }

  /** A call reported that there is no session: the service's clock counts, not the window's. */
  noticeEnd(error: ApiError): void {
    if (this.view === null || this.ended !== null) return;
    this.ended = error.code === "session_revoked" ? "revoked" : "expired";
  }

  /** What Rust tells of the session without being asked. */
  hear = (news: SessionNews): void => {
    if (this.view === null) return;
    switch (news.kind) {
      case "expired":
      case "revoked":
        this.ended ??= news.kind;
        break;
      case "locked":
        this.locked = true;
        break;
      case "renewed":
        this.#goOn({ ...this.view, expiresAt: news.expiresAt });
    }
  };

  /** The same session with a later end: nothing is loaded again. */
  #goOn(view: SessionView): void {
    this.view = view;
    this.#now = Date.now();
  }

  /** Lets the session go on for another whole life. */
  async renew(): Promise<void> {
    if (this.#source) this.#goOn(await this.#source.renewSession());
  }

  /** Covers the window. */
  async lock(): Promise<void> {
    await this.#source?.lockWindow();
    this.locked = this.view !== null;
  }

  /** Uncovers the window. If the session has ended meanwhile, `ended` is set then, and a new sign-in uncovers it. */
  async unlock(password: string): Promise<void> {
    if (!this.#source) return;
    this.#goOn(await this.#source.unlockWindow(password));
    this.locked = false;
  }

  begin(view: SessionView): void {
    this.view = view;
    this.ended = null;
    this.locked = false;
    this.#now = Date.now();
    this.generation += 1;
  }

  /** Takes what has become of the session by an act of its own: nothing needs to be read again. */
  take(view: SessionView): void {
    this.view = view;
    this.#now = Date.now();
  }

  /** Learns Rust's session after a switch or a reload: one that is gone has ended. */
  meet(view: SessionView | null): void {
    if (view === null) {
      if (this.view !== null) this.ended ??= "expired";
    } else if (
      this.ended !== null ||
      this.view?.expiresAt !== view.expiresAt ||
      this.view.email !== view.email
    ) {
      this.begin(view);
    }
  }

  /** Leaves for the sign-in screen, even if the session had already ended. */
  async signOut(): Promise<void> {
    try {
      await this.#source?.signOut();
    } finally {
      this.forget();
    }
  }

  forget(): void {
    this.view = null;
    this.ended = null;
    this.locked = false;
  }
}
