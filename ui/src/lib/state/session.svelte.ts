import type { ApiError, Rights, SessionView, WorkspaceApi } from "../api";

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
 * Who is signed in to one open workspace, and for how long. When a session ends, `view` stays, so that the screen stays: `ended` is
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

  readonly #api: WorkspaceApi | null;

  /** A session of the workspace that `api` calls into; without one, nobody can sign in. */
  constructor(api: WorkspaceApi | null = null) {
    this.#api = api;
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

  async signIn(email: string, password: string): Promise<void> {
    if (this.#api) this.begin(await this.#api.signIn(email, password));
  }

  /** Leaves for the sign-in screen, also when the session was over already. */
  async signOut(): Promise<void> {
    try {
      await this.#api?.signOut();
    } finally {
      this.forget();
    }
  }

  forget(): void {
    this.view = null;
    this.ended = null;
  }
}
