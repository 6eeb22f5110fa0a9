import { api, type OpenSummary, type WorkspaceSummary } from "../api";

/** The open workspaces, in the order in which they were opened, and the others. */
export class OpenWorkspaces {
  open = $state.raw<readonly OpenSummary[]>([]);
  #all = $state.raw<readonly WorkspaceSummary[]>([]);

  /** Known and not open; those opened last come first. */
  readonly others = $derived(
    this.#all
      .filter(({ id }) => !this.open.some((opened) => opened.id === id))
      .toSorted((a, b) => (b.lastOpenedAt ?? "").localeCompare(a.lastOpenedAt ?? "")),
  );

  indexOf(id: string | undefined): number {
    return this.open.findIndex((opened) => opened.id === id);
  }

  /** Asks which are open, and who is signed in there. */
  async read(): Promise<void> {
    const [open, list] = await Promise.allSettled([api.openWorkspaces(), api.listWorkspaces()]);
    // If a list cannot be read, the one before stays: the screen of all workspaces says why.
    if (open.status === "fulfilled") this.open = open.value;
    if (list.status === "fulfilled") this.#all = list.value.workspaces;
  }
}
