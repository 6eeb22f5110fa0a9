import { getContext, setContext } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import {
  api,
  ApiError,
  observeCalls,
  type Access,
  type Environment,
  type OpenWorkspace,
  type WorkspaceApi,
  type WorkspaceSummary,
} from "../api";
import { openDialogs } from "../components/open-dialogs";
import { m } from "../messages";
import { recoveredSentence } from "../words";
import { OpenWorkspaces } from "./open-workspaces.svelte";
import { OpenedWorkspace } from "./opened-workspace.svelte";
import { SecretsState } from "./secrets.svelte";
import { SessionState } from "./session.svelte";
import { ShortcutState } from "./shortcuts.svelte";
import { ThemeState } from "./theme.svelte";
import { ToastState } from "./toasts.svelte";

/** What fills the window. It follows from what is open and who is signed in; nobody sets it. */
export type Screen = "starting" | "workspaces" | "claim" | "sign-in" | "shell";

/** The dialog above the screen: unlocking, the role, what the workspace permits, interrupted changes, oneself. */
export type Question = "unlock" | "role" | "permits" | "attention" | "own_account";

/** What the screen of all workspaces shows first. */
export type WorkspacesWish = {
  id: string;
  /** Run the connection test on it. */
  test: boolean;
};

export type Opening = Pick<WorkspaceSummary, "id" | "name">;

/** A request to show a workspace: its number, and the dialog that was open at the time. */
type Request = { turn: number; dialog: HTMLElement | undefined };

/** The state of the whole window, reached with {@link useApp} from every component below App. */
export class AppState {
  readonly workspaces = new OpenWorkspaces();
  readonly toasts = new ToastState();
  readonly theme = new ThemeState();
  readonly shortcuts = new ShortcutState();
  readonly secrets = new SecretsState();

  /** The workspace on screen; it stays open behind the screen of all workspaces. */
  opened = $state.raw<OpenedWorkspace | null>(null);
  question = $state<Question | null>(null);
  /** Used by the screen of all workspaces when it appears. */
  wish = $state.raw<WorkspacesWish | null>(null);
  /** The workspace that is being opened from the menu. */
  opening = $state.raw<Opening | null>(null);
  /** Whether the screen of all workspaces has unsaved changes. */
  unsaved = $state(false);
  #turn = 0;
  #browsing = $state(false);
  #started = $state(false);
  readonly #known = new SvelteMap<string, OpenedWorkspace>();
  readonly #nobody = new SessionState(null);

  readonly screen = $derived.by((): Screen => {
    if (!this.#started) return "starting";
    if (this.opened === null || this.#browsing) return "workspaces";
    if (this.session.view !== null) return "shell";
    return this.opened.found.claimed || this.opened.signInUnclaimed ? "sign-in" : "claim";
  });

  /** The environment of the selected workspace before any is open. */
  considered = $state<Environment | null>(null);
  /** The environment of the workspace on screen: every dialog that changes data shows it. */
  readonly environment = $derived<Environment | null>(
    this.#browsing ? null : (this.opened?.workspace.environment ?? null),
  );

  /** Whether the person can unlock the workspace on screen. */
  readonly mayUnlock = $derived(this.session.may("unlock"));

  /** The session in the workspace on screen; nobody's without one. */
  get session(): SessionState {
    return this.opened?.session ?? this.#nobody;
  }

  /**
   * The calls into the workspace on screen. A screen takes them once, when it is created, so its calls go to its own
   * workspace even while another one is shown.
   */
  get api(): WorkspaceApi {
    if (this.opened === null) throw new Error("no workspace is open");
    return this.opened.api;
  }

  get page(): string {
    return this.opened?.page ?? "";
  }

  navigate = (page: string): void => {
    if (this.opened) this.opened.page = page;
  };

  ask = (question: Question): void => {
    this.question = question;
  };

  /** Takes over the workspaces that Rust still has open, for example after a reload of the window. */
  async start(): Promise<void> {
    try {
      const found = await api.currentWorkspace();
      if (found) await this.#show(found, this.#request());
    } catch (error) {
      this.toasts.failure(error);
    } finally {
      this.#started = true;
    }
  }

  /** Opens a workspace beside the open ones, and reports what its last run left behind. */
  async openWorkspace(id: string, password: string | null, remember: boolean): Promise<void> {
    const request = this.#request();
    await this.#arrive(await api.openWorkspace(id, password, remember), request);
  }

  /**
   * Opens a workspace from the menu. If that needs a password, or fails, the screen of all workspaces takes over. If
   * the person has gone on to something else meanwhile, only a message reports the result.
   */
  async openFromMenu(id: string): Promise<void> {
    if (this.opening?.id === id) return;
    const name = this.workspaces.others.find((other) => other.id === id)?.name ?? "";
    const opening = { id, name };
    const request = this.#request();
    let cancelled = false;
    const toast = this.toasts.info(m.shell_opening({ workspace: name }), {
      lifetime: null,
      progress: { part: null },
      action: {
        label: m.common_cancel(),
        run: () => {
          cancelled = true;
          end();
        },
      },
    });
    const end = () => {
      this.toasts.dismiss(toast);
      if (this.opening === opening) this.opening = null;
    };
    this.opening = opening;
    try {
      const found = await api.openWorkspace(id, null, false);
      end();
      if (!cancelled) await this.#arrive(found, request);
      else if (!this.#known.has(id)) await api.closeWorkspace(id);
    } catch (cause) {
      end();
      if (!cancelled) this.#tellUnopened(opening, cause, request);
    }
  }

  /** Shows another open workspace as it was left. */
  async switchTo(id: string): Promise<void> {
    const request = this.#request();
    if (id === this.opened?.id) {
      this.#browsing = false;
      return;
    }
    try {
      const found = await api.switchWorkspace(id);
      if (!(await this.#show(found, request)) && request.turn === this.#turn) this.#suggest(found.workspace);
    } catch (error) {
      if (ApiError.from(error).code === "no_workspace") this.#forget(id);
      this.toasts.failure(error);
      void this.workspaces.read();
    }
  }

  /** Shows the screen of all workspaces. Open ones stay open. */
  showWorkspaces(wish: WorkspacesWish | null = null): void {
    this.#turn += 1;
    this.wish = wish;
    this.question = null;
    this.#browsing = true;
  }

  /** Closes the workspace on screen, and with it its session. Other open ones stay open. */
  async leaveWorkspace(): Promise<void> {
    const { opened } = this;
    if (!opened) return;
    try {
      await api.closeWorkspace(opened.id);
    } catch (error) {
      this.toasts.failure(error);
    } finally {
      this.#forget(opened.id);
      void this.workspaces.read();
    }
  }

  /** Unlocks a workspace for ten minutes. Work that waited for that is then done and reported. */
  async unlock(opened: OpenedWorkspace, reason: string): Promise<void> {
    const before = opened.found;
    await opened.access.unlock(reason);
    void this.#tellNewFindings(opened, before);
  }

  /** Decides what a workspace permits, for everyone who opens it. */
  async decide(
    opened: OpenedWorkspace,
    environment: Environment,
    access: Access,
    reason: string,
  ): Promise<void> {
    opened.takeAccess(await opened.api.decidePermits(environment, access, reason));
  }

  /** Locks the workspace on screen before its time is over. */
  lock = async (): Promise<void> => {
    try {
      await this.opened?.access.lock();
    } catch (error) {
      this.toasts.failure(error);
    }
  };

  async #tellNewFindings(opened: OpenedWorkspace, before: OpenWorkspace): Promise<void> {
    const told = before.recovered.map((operation) => JSON.stringify(operation));
    try {
      const found = await api.switchWorkspace(opened.id);
      opened.take(found);
      this.#takeBack(before.warnings.filter((warning) => !found.warnings.includes(warning)));
      this.#tellFindings({
        recovered: found.recovered.filter((operation) => !told.includes(JSON.stringify(operation))),
        warnings: found.warnings.filter((warning) => !before.warnings.includes(warning)),
      });
    } catch (error) {
      this.toasts.failure(error);
    }
  }

  /** An interrupted change has ended by a decision: the screens read again. */
  async noteDecided(opened: OpenedWorkspace): Promise<void> {
    opened.decisions += 1;
    opened.take(await api.switchWorkspace(opened.id));
  }

  /** Checks the permissions of the database user again. */
  async checkRestrictions(opened: OpenedWorkspace): Promise<void> {
    await opened.api.workspaceHealth();
    const found = await api.switchWorkspace(opened.id);
    opened.take(found);
  }

  #request(): Request {
    this.#turn += 1;
    return { turn: this.#turn, dialog: openDialogs.at(-1) };
  }

  /** Whether the response may come on screen: nothing else was requested since, and no dialog was opened. */
  #isCurrent({ turn, dialog }: Request): boolean {
    const top = openDialogs.at(-1);
    return turn === this.#turn && (top === undefined || top === dialog);
  }

  /** Shows an open workspace; returns false if that is no longer wanted. */
  async #show(found: OpenWorkspace, request: Request): Promise<boolean> {
    const { id } = found.workspace;
    const opened = this.#known.get(id) ?? new OpenedWorkspace(found);
    opened.take(found);
    this.#known.set(id, opened);
    opened.session.meet(await opened.api.currentSession());
    void this.workspaces.read();
    if (!this.#isCurrent(request)) return false;
    this.opened = opened;
    this.question = null;
    this.#browsing = false;
    return true;
  }

  async #arrive(found: OpenWorkspace, request: Request): Promise<void> {
    const known = this.#known.has(found.workspace.id);
    if (!(await this.#show(found, request))) this.#suggest(found.workspace);
    if (!known) this.#tellFindings(found);
  }

  /** Reports that a workspace is open, if it must not come on screen by itself. */
  #suggest({ id, name }: WorkspaceSummary): void {
    const action = { label: m.shell_opened_switch(), run: () => void this.switchTo(id) };
    this.toasts.info(m.shell_opened({ workspace: name }), { action });
  }

  #tellUnopened({ id, name }: Opening, cause: unknown, request: Request): void {
    const show = () => this.showWorkspaces({ id, test: false });
    if (!this.#isCurrent(request)) {
      this.toasts.failure(cause, { label: m.shell_opened_show({ workspace: name }), run: show });
      return;
    }
    if (ApiError.from(cause).code !== "workspace_password_needed") this.toasts.failure(cause);
    show();
  }

  #forget(id: string): void {
    this.#known.get(id)?.forget();
    this.#known.delete(id);
    if (this.opened?.id !== id) return;
    this.question = null;
    this.opened = null;
  }

  #tellFindings({ recovered, warnings }: Pick<OpenWorkspace, "recovered" | "warnings">): void {
    for (const operation of recovered) {
      const { outcome } = operation;
      const waits = outcome === "needs_attention";
      const settled = !waits && outcome !== "in_progress_elsewhere";
      const good = outcome === "finished" || outcome === "undone";
      const title = settled ? m.shell_recovered_title() : m.shell_unsettled_title();
      const see = { label: m.common_see_what_is_left(), run: () => this.ask("attention") };
      this.toasts[good ? "info" : "warning"](title, {
        text: recoveredSentence(operation),
        lifetime: null,
        action: waits ? see : undefined,
      });
    }
    for (const warning of warnings) this.toasts.warning(m.shell_warning_title(), { text: warning });
  }

  /** Removes warnings that no longer hold. */
  #takeBack(warnings: readonly string[]): void {
    for (const { id, kind, text } of this.toasts.list) {
      if (kind === "warning" && text && warnings.includes(text)) this.toasts.dismiss(id);
    }
  }

  /** The seconds until something on screen that counts down changes; null if nothing counts down. */
  readonly #pace = $derived.by(() => {
    const paces = [...this.#known.values()].flatMap(({ pace }) => pace ?? []);
    return paces.length > 0 ? Math.min(...paces) : null;
  });

  #keepTime(): (() => void) | undefined {
    if (this.#pace === null) return undefined;
    const clock = setInterval(() => {
      for (const opened of this.#known.values()) opened.tick(Date.now());
    }, this.#pace * 1_000);
    return () => clearInterval(clock);
  }

  /** Connects the system's theme and the api's news about open workspaces, until the returned function is called. */
  connect(): () => void {
    const ends = [
      $effect.root(() => {
        $effect(() => this.#keepTime());
      }),
      this.theme.follow(),
      observeCalls({
        sessionEnded: (id, error) => this.#known.get(id)?.session.noticeEnd(error),
        windowLocked: (id) => this.#known.get(id)?.session.hear({ kind: "locked" }),
        serverReached: (id, reached) => {
          const line = this.#known.get(id)?.line;
          if (reached) line?.heard();
          else line?.suspect();
        },
        secretsLocked: () => this.secrets.askForPassphrase(),
        writeRefused: (id) => void this.#known.get(id)?.access.read(),
      }),
    ];
    return () => ends.forEach((end) => end());
  }
}

const key = Symbol("app");

export function provideApp(app: AppState): AppState {
  return setContext(key, app);
}

/** The window's state: the workspace on screen as `opened`, and what concerns the whole window. */
export function useApp(): AppState {
  return getContext<AppState>(key);
}

/**
 * The workspace that a screen was created for. It stays the same while another one is shown, so that no call goes to
 * the wrong one.
 */
export function useOpened(): OpenedWorkspace {
  const { opened } = useApp();
  if (!opened) throw new Error("this screen is made only while a workspace is open");
  return opened;
}

export { key as appContextKey };
