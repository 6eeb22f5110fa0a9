import { getContext, setContext } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import {
  api,
  observeCalls,
  workspaceApi,
  type Environment,
  type OpenWorkspace,
  type WorkspaceApi,
} from "../api";
import { m } from "../messages";
import { SecretsState } from "./secrets.svelte";
import { SessionState } from "./session.svelte";
import { ShortcutState } from "./shortcuts.svelte";
import { ThemeState } from "./theme.svelte";
import { ToastState } from "./toasts.svelte";
import { WorkspaceState } from "./workspace.svelte";

/** The pages of the shell, where somebody is signed in. */
export type Page = "organizations" | "health" | "about" | "settings";

/** What fills the window. It follows from what is open and who is signed in; nobody sets it. */
export type Screen = "starting" | "workspaces" | "claim" | "sign-in" | "shell";

/** The state of the whole window, reached with {@link useApp} from every component below App. */
export class AppState {
  readonly workspace = new WorkspaceState();
  readonly toasts = new ToastState();
  readonly theme = new ThemeState();
  readonly shortcuts = new ShortcutState();
  readonly secrets = new SecretsState();

  /** Who is signed in to the workspace that is shown. Each open workspace has a session of its own. */
  session = $state.raw(new SessionState());
  readonly #sessions = new SvelteMap<string, SessionState>();
  #api = $state.raw<WorkspaceApi | null>(null);

  page = $state<Page>("organizations");
  /** In a workspace without an operator: whether somebody would rather sign in as an organization's admin. */
  signInUnclaimed = $state(false);
  #started = $state(false);

  readonly screen = $derived.by((): Screen => {
    if (!this.#started) return "starting";
    if (this.workspace.current === null) return "workspaces";
    if (this.session.view !== null) return "shell";
    return this.workspace.current.claimed || this.signInUnclaimed ? "sign-in" : "claim";
  });

  /** The environment of the workspace that is looked at before any is open. */
  considered = $state<Environment | null>(null);
  /** The environment of the open workspace: its mark stands in every dialog that changes data. */
  readonly environment = $derived<Environment | null>(this.workspace.current?.workspace.environment ?? null);

  navigate = (page: Page): void => {
    this.page = page;
  };

  /**
   * The calls into the workspace that is shown. A screen takes them once, when it is made, and its calls go to its own
   * workspace from then on, also when another one is shown meanwhile.
   */
  get api(): WorkspaceApi {
    if (this.#api === null) throw new Error("no workspace is open");
    return this.#api;
  }

  /** Takes up what the program behind the window still has open, for example after a reload of the window. */
  async start(): Promise<void> {
    try {
      const opened = await api.currentWorkspace();
      if (opened) await this.#show(opened);
    } catch (error) {
      this.toasts.failure(error);
    } finally {
      this.#started = true;
    }
  }

  /** Opens a workspace beside those that are open, and says what its last run left behind. */
  async openWorkspace(id: string, password: string | null, remember: boolean): Promise<void> {
    const opened = await api.openWorkspace(id, password, remember);
    const known = this.#sessions.has(id);
    await this.#show(opened);
    if (!known) this.#tellFindings(opened);
  }

  /** Shows another of the open workspaces, with its session as it was left. */
  async switchWorkspace(id: string): Promise<void> {
    await this.#show(await api.switchWorkspace(id));
  }

  async #show(opened: OpenWorkspace): Promise<void> {
    const { id } = opened.workspace;
    const calls = workspaceApi(id);
    let session = this.#sessions.get(id);
    if (!session) {
      session = new SessionState(calls);
      // Asked before anything is shown: the sign-in screen must not flash up where somebody is signed in.
      try {
        const view = await calls.currentSession();
        if (view) session.begin(view);
      } catch (error) {
        this.toasts.failure(error);
      }
      this.#sessions.set(id, session);
    }
    this.workspace.show(opened);
    this.session = session;
    this.#api = calls;
    this.page = "organizations";
    this.signInUnclaimed = false;
  }

  #tellFindings({ recovered, warnings }: OpenWorkspace): void {
    for (const operation of recovered) {
      const settled = operation.outcome === "finished" || operation.outcome === "undone";
      const title = settled ? m.shell_recovered_title() : m.shell_unsettled_title();
      this.toasts[settled ? "info" : "warning"](title, { text: operation.message, lifetime: null });
    }
    for (const warning of warnings) this.toasts.warning(m.shell_warning_title(), { text: warning });
  }

  /** Closes the workspace that is shown; its session ends with it. Back to the list of workspaces. */
  async leaveWorkspace(): Promise<void> {
    const { id } = this.workspace;
    if (id === null) return;
    try {
      await api.closeWorkspace(id);
    } catch (error) {
      this.toasts.failure(error);
    } finally {
      this.#sessions.delete(id);
      this.workspace.current = null;
      this.session = new SessionState();
      this.#api = null;
      this.page = "organizations";
    }
  }

  /** Connects clock, system theme and the api's news about workspaces, until the returned function is called. */
  connect(): () => void {
    const clock = setInterval(() => {
      for (const session of this.#sessions.values()) session.tick(Date.now());
    }, 1_000);
    const ends = [
      () => clearInterval(clock),
      this.theme.follow(),
      observeCalls({
        sessionEnded: (workspace, error) => this.#sessions.get(workspace)?.noticeEnd(error),
        serverReached: (workspace, reached) => {
          if (workspace === this.workspace.id) this.workspace.reached = reached;
        },
        secretsLocked: () => this.secrets.askForPassphrase(),
      }),
    ];
    return () => ends.forEach((end) => end());
  }
}

const key = Symbol("app");

export function provideApp(app: AppState): AppState {
  return setContext(key, app);
}

/** The window's state: `{ session, workspace, toasts, environment, navigate, shortcuts, theme }`. */
export function useApp(): AppState {
  return getContext<AppState>(key);
}

export { key as appContextKey };
