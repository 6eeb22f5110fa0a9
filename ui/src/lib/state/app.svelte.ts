import { getContext, setContext } from "svelte";
import { api, observeCalls, type Environment, type OpenWorkspace } from "../api";
import { m } from "../messages";
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
  readonly session = new SessionState();
  readonly workspace = new WorkspaceState();
  readonly toasts = new ToastState();
  readonly theme = new ThemeState();
  readonly shortcuts = new ShortcutState();

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

  /** The environment of the open workspace: its mark stands in every dialog that changes data. */
  readonly environment = $derived<Environment | null>(this.workspace.current?.workspace.environment ?? null);

  navigate = (page: Page): void => {
    this.page = page;
  };

  /** Takes up what the program behind the window still has open, for example after a reload of the window. */
  async start(): Promise<void> {
    try {
      this.workspace.current = await api.currentWorkspace();
      if (this.workspace.current) {
        const session = await api.currentSession();
        if (session) this.session.begin(session);
      }
    } catch (error) {
      this.toasts.failure(error);
    } finally {
      this.#started = true;
    }
  }

  /** Opens a workspace and says what its last run left behind. */
  async openWorkspace(id: string, password: string | null, remember: boolean): Promise<void> {
    const opened = await this.workspace.open(id, password, remember);
    this.page = "organizations";
    this.signInUnclaimed = false;
    this.#tellFindings(opened);
  }

  #tellFindings({ recovered, warnings }: OpenWorkspace): void {
    for (const operation of recovered) {
      const settled = operation.outcome === "finished" || operation.outcome === "undone";
      const title = settled ? m.shell_recovered_title() : m.shell_unsettled_title();
      this.toasts[settled ? "info" : "warning"](title, { text: operation.message, lifetime: null });
    }
    for (const warning of warnings) this.toasts.warning(m.shell_warning_title(), { text: warning });
  }

  /** Back to the list of workspaces. The session ends with the workspace. */
  async leaveWorkspace(): Promise<void> {
    try {
      await this.workspace.close();
    } catch (error) {
      this.toasts.failure(error);
    } finally {
      this.session.forget();
      this.page = "organizations";
    }
  }

  /** Connects clock, system theme and the api's news about the session, until the returned function is called. */
  connect(): () => void {
    const ends = [
      this.session.run(),
      this.theme.follow(),
      observeCalls({
        sessionEnded: (error) => this.session.noticeEnd(error),
        serverReached: (reached) => (this.workspace.reached = reached),
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
