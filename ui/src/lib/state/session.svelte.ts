import type { ApiError, Rights, SessionView } from "../api";

export type SessionSource = {
  signIn: (email: string, password: string) => Promise<SessionView>;
  signOut: () => Promise<unknown>;
};

const NO_RIGHTS: Rights = {
  createOrganization: false,
  renameAny: false,
  deactivate: false,
  trash: false,
  restore: false,
  deleteForever: false,
  listAll: false,
  changeAdmin: false,
  health: false,
};

/**
 * Who is signed in and for how long. When a session ends, `view` stays, so that the screen stays: `ended` is
 * then set, the shell asks for the password above whatever is open, and nothing typed is lost. A call that
 * failed because of it has thrown its ApiError; the person repeats it after signing in.
 */
export class SessionState {
  view = $state.raw<SessionView | null>(null);
  /** Why the session is over while its screen is still there. */
  ended = $state.raw<"expired" | "revoked" | null>(null);
  /** Rises with each sign-in, also with one that renews an ended session: read it to load again. */
  generation = $state(0);
  #now = $state(Date.now());
  readonly #source: SessionSource | null;

  /** `source` is the workspace that is signed in to; without one nobody ever is. */
  constructor(source: SessionSource | null = null) {
    this.#source = source;
  }

  readonly rights = $derived<Rights>(this.view?.rights ?? NO_RIGHTS);

  /** Milliseconds until the session ends; 0 when it has, null when nobody is signed in. */
  readonly remaining = $derived(
    this.view === null || this.ended !== null
      ? this.view && 0
      : Math.max(0, Date.parse(this.view.expiresAt) - this.#now),
  );

  tick(now: number): void {
    this.#now = now;
    if (this.view && this.ended === null && Date.parse(this.view.expiresAt) <= now) this.ended = "expired";
  }

  /** A call said that there is no session: the clock of the service counts, not that of the window. */
  noticeEnd(error: ApiError): void {
    if (this.view === null || this.ended !== null) return;
    this.ended = error.code === "session_revoked" ? "revoked" : "expired";
  }

  begin(view: SessionView): void {
    this.view = view;
    this.ended = null;
    this.#now = Date.now();
    this.generation += 1;
  }

  /** Learns which session the program has, after a switch or a reload: one that is gone meanwhile is over. */
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

  async signIn(email: string, password: string): Promise<void> {
    if (this.#source) this.begin(await this.#source.signIn(email, password));
  }

  /** Leaves for the sign-in screen, also when the session was over already. */
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
  }
}
