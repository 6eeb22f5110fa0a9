import { SvelteMap } from "svelte/reactivity";
import { api, ApiError, type WorkspaceList, type WorkspaceSummary } from "$lib/api";
import type { AppState } from "$lib/state";
import { m } from "$lib/messages";
import { differs, draftOf, profileInput, type Draft } from "./draft";

/** The built-in workspace's id, fixed by the program. */
export const BUILT_IN = "built-in";
/** Stands for the connection that is being written and has no id yet. */
export const NEW = "new";

/** The screen of workspaces: the list, what is chosen, the drafts, and what is under way. */
export class WorkspacesState {
  list = $state.raw<WorkspaceList | null>(null);
  loadError = $state.raw<ApiError | null>(null);
  chosenId = $state(BUILT_IN);
  about = $state.raw<{ version: string } | null>(null);

  busy = $state<"saving" | "opening" | "removing" | null>(null);
  /** What the last act on the chosen workspace failed with. */
  problem = $state.raw<ApiError | null>(null);
  /** The workspace whose database password is asked for. */
  askingFor = $state.raw<WorkspaceSummary | null>(null);
  askProblem = $state.raw<ApiError | null>(null);

  readonly #drafts = new SvelteMap<string, Draft>();
  readonly #app: AppState;

  readonly chosen = $derived(this.list?.workspaces.find(({ id }) => id === this.chosenId) ?? null);
  readonly builtIn = $derived(this.list?.workspaces.find(({ kind }) => kind === "built_in") ?? null);
  readonly connections = $derived(this.list?.workspaces.filter(({ kind }) => kind !== "built_in") ?? []);
  readonly canRemember = $derived(
    this.list?.secrets.keeper === "keychain" || this.list?.secrets.sealedFile === "unlocked",
  );
  readonly draft = $derived(this.#drafts.get(this.chosenId) ?? null);
  readonly changed = $derived(
    this.chosenId !== BUILT_IN && this.draft !== null && differs(this.draft, this.chosen),
  );

  constructor(app: AppState) {
    this.#app = app;
  }

  async load(): Promise<void> {
    this.loadError = null;
    try {
      this.list = await api.listWorkspaces();
      this.about ??= await api.about();
    } catch (error) {
      this.loadError = ApiError.from(error);
    }
  }

  choose = (id: string): void => {
    if (this.busy === "opening") return;
    if (id !== this.chosenId) this.problem = null;
    this.chosenId = id;
    if (id !== BUILT_IN && !this.#drafts.has(id)) {
      const draft = $state(draftOf(this.chosen, this.canRemember));
      this.#drafts.set(id, draft);
    }
  };

  /** Whether a connection has a draft that differs from what is saved. */
  isChanged(workspace: WorkspaceSummary): boolean {
    const draft = this.#drafts.get(workspace.id);
    return draft !== undefined && differs(draft, workspace);
  }

  /** Saves the draft and answers the id it is saved under, or null when it was refused. */
  async save(): Promise<WorkspaceSummary | null> {
    const { draft, chosenId } = this;
    if (!draft) return null;
    this.busy = "saving";
    this.problem = null;
    try {
      const saved = await api.saveProfile(profileInput(draft, chosenId === NEW ? null : chosenId));
      this.list = await api.listWorkspaces();
      this.#drafts.delete(chosenId);
      // The answer has no password in it, so neither has the new draft; one typed apart is still needed.
      const fresh = $state({
        ...draftOf(saved, this.canRemember),
        password: draft.password,
        remember: draft.remember,
      });
      this.#drafts.set(saved.id, fresh);
      this.chosenId = saved.id;
      return saved;
    } catch (error) {
      this.problem = ApiError.from(error);
      return null;
    } finally {
      this.busy = null;
    }
  }

  async saveOnly(): Promise<void> {
    if (await this.save()) this.#app.toasts.success(m.workspaces_saved());
  }

  /** Opens what is chosen, after saving what was changed. */
  open = async (): Promise<void> => {
    if (this.busy !== null) return;
    const workspace = this.changed ? await this.save() : this.chosen;
    if (!workspace) return;
    const password = this.draft?.password || null;
    await this.#open(workspace, password, this.draft?.remember ?? false);
  };

  /** Opens the workspace whose password was asked for. */
  openWith = async (password: string, remember: boolean): Promise<void> => {
    if (this.askingFor) await this.#open(this.askingFor, password, remember);
  };

  async #open(workspace: WorkspaceSummary, password: string | null, remember: boolean): Promise<void> {
    this.busy = "opening";
    this.problem = null;
    this.askProblem = null;
    try {
      await this.#app.openWorkspace(workspace.id, password, remember);
    } catch (cause) {
      const error = ApiError.from(cause);
      if (error.code === "workspace_password_needed") this.askingFor = workspace;
      else if (this.askingFor && error.code === "workspace_refused") this.askProblem = error;
      else {
        this.askingFor = null;
        this.problem = error;
      }
    } finally {
      this.busy = null;
    }
  }

  async remove(workspace: WorkspaceSummary): Promise<boolean> {
    this.busy = "removing";
    this.problem = null;
    try {
      await api.removeProfile(workspace.id);
      this.#drafts.delete(workspace.id);
      this.chosenId = BUILT_IN;
      this.list = await api.listWorkspaces();
      this.#app.toasts.success(m.workspaces_removed());
      return true;
    } catch (error) {
      this.problem = ApiError.from(error);
      return false;
    } finally {
      this.busy = null;
    }
  }

  /** Gives up a connection that was never saved. */
  discardNew(): void {
    this.#drafts.delete(NEW);
    this.problem = null;
    this.chosenId = BUILT_IN;
  }
}
