import { SvelteMap, SvelteSet } from "svelte/reactivity";
import {
  api,
  ApiError,
  type ConnectionTemplate,
  type WorkspaceList,
  type ProfileNotice,
  type WorkspaceSummary,
} from "$lib/api";
import { m } from "$lib/messages";
import type { AppState, WorkspacesWish } from "$lib/state";
import { ConnectionDraft } from "./connection-draft.svelte";
import { ConnectionTest } from "./connection-test.svelte";

/** The built-in workspace's id, fixed by Rust. */
export const BUILT_IN = "built-in";
/** The id of a new connection until it is saved. */
const NEW = "new-";
/** As long as Rust can bring back a removed connection. */
const UNDO_LIFETIME = 14_000;

/** A dialog over the screen. */
export type WorkspacesDialog =
  { kind: "import" } | { kind: "export"; ids: readonly string[] } | { kind: "secrets" };

export const isNew = (id: string): boolean => id.startsWith(NEW);

function asListed(id: string, draft: ConnectionDraft): WorkspaceSummary {
  return {
    id,
    kind: draft.kind,
    name: draft.name.trim() || m.workspaces_new_title(),
    environment: draft.environment,
    address: draft.fields.hosts.join(", "),
    database: draft.database,
    lastOpenedAt: null,
    passwordStored: false,
    passwordNeeded: false,
    connectionString: null,
    hasSigningSecret: false,
    notes: "",
    favorite: false,
    access: draft.access,
    decided: null,
    isOpen: false,
  };
}

interface Edited {
  readonly draft: ConnectionDraft;
  readonly test: ConnectionTest;
}

/**
 * The screen of workspaces: the list, the selection, the drafts, and what is in progress. The window has one, so
 * drafts outlive the screen.
 */
export class WorkspacesState {
  list = $state.raw<WorkspaceList | null>(null);
  loadError = $state.raw<ApiError | null>(null);
  chosenId = $state(BUILT_IN);
  about = $state.raw<{ version: string } | null>(null);
  templates = $state.raw<readonly ConnectionTemplate[]>([]);
  search = $state("");
  dialog = $state.raw<WorkspacesDialog | null>(null);

  busy = $state<"saving" | "opening" | null>(null);
  /** Why the last action on the selected workspace failed. */
  problem = $state.raw<ApiError | null>(null);
  /** The workspace whose database password is being asked for. */
  askingFor = $state.raw<WorkspaceSummary | null>(null);
  askProblem = $state.raw<ApiError | null>(null);

  readonly #readNotices = new SvelteSet<string>();
  readonly #edited = new SvelteMap<string, Edited>();
  readonly #app: AppState;
  #lastNew = 0;

  /** Notices about the file of saved connections that nobody has closed yet. */
  readonly notices = $derived(
    this.list?.notices.filter((notice) => !this.#readNotices.has(notice.kind)) ?? [],
  );
  readonly chosen = $derived(this.list?.workspaces.find(({ id }) => id === this.chosenId) ?? null);
  readonly builtIn = $derived(this.list?.workspaces.find(({ kind }) => kind === "built_in") ?? null);
  readonly connections = $derived(this.list?.workspaces.filter(({ kind }) => kind !== "built_in") ?? []);
  readonly favorites = $derived(this.connections.filter(({ favorite }) => favorite));
  readonly others = $derived(this.connections.filter(({ favorite }) => !favorite));
  readonly draft = $derived(this.#edited.get(this.chosenId)?.draft ?? null);
  readonly test = $derived(this.#edited.get(this.chosenId)?.test ?? null);
  /** Connections that were never saved, as they would appear in the list. */
  readonly begun = $derived(
    [...this.#edited].flatMap(([id, { draft }]) => (draft.saved === null ? [asListed(id, draft)] : [])),
  );
  readonly changed = $derived(this.draft?.changed ?? false);
  /** Whether something was typed that is not saved. */
  readonly unsaved = $derived([...this.#edited.values()].some(({ draft }) => draft.changed && !draft.empty));

  constructor(app: AppState) {
    this.#app = app;
  }

  async load(): Promise<void> {
    this.loadError = null;
    try {
      await this.#refresh();
      this.about ??= await api.about();
      this.templates = await api.connectionTemplates();
    } catch (error) {
      this.loadError = ApiError.from(error);
    }
  }

  /** The screen goes away. Drafts stay, and nothing continues behind it. */
  leave(): void {
    for (const { test } of this.#edited.values()) test.cancel();
    this.askingFor = null;
    this.askProblem = null;
    this.dialog = null;
  }

  /** Shows first what someone came here for, for example the test of a lost connection. */
  grant(wish: WorkspacesWish): void {
    if (!this.list?.workspaces.some(({ id }) => id === wish.id)) return;
    this.#app.wish = null;
    this.choose(wish.id);
    if (wish.test) void this.runTest();
  }

  /** Reads the list again, silently if that fails: what is shown stays. */
  reload = async (): Promise<void> => {
    await this.#refresh().catch((error: unknown) => this.#app.toasts.failure(error));
  };

  async #refresh(): Promise<void> {
    this.list = await api.listWorkspaces();
    this.#app.secrets.keeping = this.list.secrets;
    for (const workspace of this.list.workspaces) {
      const draft = this.#edited.get(workspace.id)?.draft;
      if (draft) draft.saved = workspace;
    }
  }

  closeNotice(notice: ProfileNotice): void {
    this.#readNotices.add(notice.kind);
  }

  choose = (id: string): void => {
    if (this.busy === "opening") return;
    if (id !== this.chosenId) this.problem = null;
    this.chosenId = id;
    if (id !== BUILT_IN && !this.#edited.has(id)) void this.#edit(id, this.chosen).begin();
  };

  #edit(id: string, saved: WorkspaceSummary | null): ConnectionDraft {
    const draft = new ConnectionDraft(saved, this.#app.secrets.canRemember);
    this.#edited.set(id, { draft, test: new ConnectionTest() });
    return draft;
  }

  /** Starts a new connection, or goes on with an empty one. */
  add = (name = "", connectionString = ""): void => {
    if (this.busy === "opening") return;
    const unused = [...this.#edited].find(([, { draft }]) => draft.empty)?.[0];
    const id = unused ?? `${NEW}${++this.#lastNew}`;
    this.choose(id);
    if (connectionString === "" || !this.draft) return;
    this.draft.name = name;
    void this.draft.begin(connectionString);
  };

  /** Whether a draft differs from the saved connection. */
  isChanged(workspace: WorkspaceSummary): boolean {
    return this.#edited.get(workspace.id)?.draft.changed ?? false;
  }

  matches(workspace: WorkspaceSummary): boolean {
    const needle = this.search.trim().toLowerCase();
    return [workspace.name, workspace.address, workspace.notes].some((text) =>
      text.toLowerCase().includes(needle),
    );
  }

  /** Saves the draft and returns the saved connection, or null if it was refused. */
  async save(): Promise<WorkspaceSummary | null> {
    const { draft, test, chosenId } = this;
    if (!draft || !test) return null;
    this.busy = "saving";
    this.problem = null;
    try {
      await draft.settled();
      let saved = await api.saveProfile(draft.profileInput());
      if (draft.favorite !== saved.favorite) saved = await api.markFavorite(saved.id, draft.favorite);
      await this.#refresh();
      const { tab, unfit } = draft;
      this.#forget(chosenId);
      const fresh = this.#edit(saved.id, saved);
      fresh.tab = tab;
      fresh.unfit = unfit;
      // The results of a test of the same connection are still true.
      this.#edited.set(saved.id, { draft: fresh, test });
      if (this.chosenId === chosenId) this.chosenId = saved.id;
      await fresh.begin();
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

  /** Tests the connection in the editor. */
  runTest = async (): Promise<boolean> => {
    const { draft, test } = this;
    if (!draft || !test || test.running) return false;
    this.problem = null;
    await draft.settled();
    return test.run(draft.testInput());
  };

  /** Opens the selection. Changes are tested and saved first. */
  open = async (): Promise<void> => {
    if (this.busy !== null) return;
    const { chosenId } = this;
    if (this.changed && (!(await this.runTest()) || this.chosenId !== chosenId)) return;
    const workspace = this.changed ? await this.save() : this.chosen;
    if (workspace) await this.#open(workspace, null, false);
  };

  /** Opens the workspace whose password was asked for, or throws the reason. */
  openWith = async (password: string, remember: boolean): Promise<void> => {
    if (this.askingFor) await this.#open(this.askingFor, password, remember);
    if (this.askProblem) throw this.askProblem;
  };

  async #open(workspace: WorkspaceSummary, password: string | null, remember: boolean): Promise<void> {
    this.busy = "opening";
    this.problem = null;
    this.askProblem = null;
    try {
      await this.#app.openWorkspace(workspace.id, password, remember);
      this.askingFor = null;
    } catch (cause) {
      const error = ApiError.from(cause);
      if (error.code === "workspace_password_needed") this.askingFor = workspace;
      else {
        // The dialog stays, with what was typed in it.
        if (this.askingFor) this.askProblem = error;
        else this.problem = error;
        this.#findOutWhy(error, workspace, password);
      }
    } finally {
      this.busy = null;
    }
  }

  /** No password was given: shows why the last one failed. */
  stopAsking = (): void => {
    this.problem = this.askProblem;
    this.askProblem = null;
    this.askingFor = null;
  };

  /**
   * A server that does not respond, or refuses, is tested at once, unless it just was. A typed password that was
   * refused is not tried a second time: some servers lock a user who guesses.
   */
  #findOutWhy({ code }: ApiError, { id }: WorkspaceSummary, password: string | null): void {
    const edited = this.#edited.get(id);
    const guessed = code === "workspace_refused" && password !== null;
    const explainable = ["unavailable", "workspace_refused", "denied_by_database"].includes(code);
    if (guessed || !explainable || !edited || edited.test.report) return;
    const input = edited.draft.testInput();
    void edited.test.run({ ...input, password: password ?? input.password });
  }

  duplicate = async (workspace: WorkspaceSummary): Promise<void> => {
    try {
      const copy = await api.duplicateProfile(workspace.id);
      await this.#refresh();
      this.choose(copy.id);
    } catch (error) {
      this.#app.toasts.failure(error);
    }
  };

  favor = async (workspace: WorkspaceSummary, favorite: boolean): Promise<void> => {
    try {
      await api.markFavorite(workspace.id, favorite);
      const draft = this.#edited.get(workspace.id)?.draft;
      if (draft) draft.favorite = favorite;
      await this.#refresh();
    } catch (error) {
      this.#app.toasts.failure(error);
    }
  };

  /** Reorders the connections by these ids; the list shows it at once. */
  arrange = async (ids: readonly string[]): Promise<void> => {
    const { list } = this;
    if (!list) return;
    const place = (workspace: WorkspaceSummary) => ids.indexOf(workspace.id);
    this.list = { ...list, workspaces: [...list.workspaces].sort((one, other) => place(one) - place(other)) };
    try {
      await api.arrangeProfiles([...ids]);
    } catch (error) {
      this.list = list;
      this.#app.toasts.failure(error);
    }
  };

  /** Moves a connection one place up or down in its group. */
  move(workspace: WorkspaceSummary, step: -1 | 1): void {
    const group = workspace.favorite ? this.favorites : this.others;
    this.moveTo(workspace, group.indexOf(workspace) + step);
  }

  moveTo(workspace: WorkspaceSummary, place: number): void {
    const group = workspace.favorite ? this.favorites : this.others;
    if (place < 0 || place >= group.length || group[place] === workspace) return;
    const moved = group.filter((each) => each !== workspace);
    moved.splice(place, 0, workspace);
    const whole = workspace.favorite ? [...moved, ...this.others] : [...this.favorites, ...moved];
    void this.arrange(whole.map(({ id }) => id));
  }

  /** Removes a saved connection. For a while it can be brought back, with everything typed in its draft. */
  remove = async (workspace: WorkspaceSummary): Promise<void> => {
    try {
      await api.removeProfile(workspace.id);
      const edited = this.#edited.get(workspace.id);
      this.#edited.delete(workspace.id);
      if (this.chosenId === workspace.id) this.chosenId = BUILT_IN;
      this.problem = null;
      await this.#refresh();
      this.#offerBack(m.workspaces_removed({ name: workspace.name }), edited?.draft, () =>
        this.#restore(workspace, edited),
      );
    } catch (error) {
      this.#app.toasts.failure(error);
    }
  };

  async #restore(workspace: WorkspaceSummary, edited: Edited | undefined): Promise<void> {
    try {
      await api.restoreProfile(workspace.id);
      await this.#refresh();
      if (edited) this.#edited.set(workspace.id, edited);
      this.choose(workspace.id);
    } catch (error) {
      edited?.draft.discard();
      this.#app.toasts.failure(error);
    }
  }

  #forget(id: string): void {
    this.#edited.get(id)?.draft.discard();
    this.#edited.delete(id);
  }

  /** Discards a connection that was never saved, or the changes to one that was. */
  discard = (): void => {
    this.test?.cancel();
    this.#replace(this.chosenId, null);
  };

  /** Replaces a draft with another one, which can be brought back for a while in the same way. */
  #replace(id: string, edited: Edited | null): void {
    const before = this.#edited.get(id);
    if (edited) this.#edited.set(id, edited);
    else this.#edited.delete(id);
    this.problem = null;
    this.chosenId = BUILT_IN;
    if (edited || !isNew(id)) this.choose(id);
    if (!before) return;
    const { draft } = before;
    if (!draft.changed || draft.empty) return draft.discard();
    const name = draft.name.trim() || m.workspaces_new_title();
    this.#offerBack(m.workspaces_discarded({ name }), draft, () => this.#replace(id, before));
  }

  /** Reports what was discarded, with an Undo. After that, Rust forgets the typed secrets. */
  #offerBack(title: string, draft: ConnectionDraft | undefined, bringBack: () => unknown): void {
    let isBack = false;
    this.#app.toasts.info(title, {
      lifetime: UNDO_LIFETIME,
      action: {
        label: m.common_undo(),
        run: () => {
          isBack = true;
          bringBack();
        },
      },
      ongone: () => {
        if (!isBack) draft?.discard();
      },
    });
  }
}
