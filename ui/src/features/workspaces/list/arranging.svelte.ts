import type { WorkspaceSummary } from "$lib/api";
import type { WorkspacesState } from "../state/workspaces.svelte";

/** How far the pointer moves before a press becomes a drag. */
const THRESHOLD = 5;

/**
 * Reorders the list with the pointer. Not with the browser's drag and drop: on some systems the window takes that for
 * files.
 */
export class Arranging {
  /** The dragged item, and the place in its group before which it would land. */
  dragged = $state.raw<WorkspaceSummary | null>(null);
  place = $state(0);
  readonly #workspaces: WorkspacesState;
  #stopClick = false;

  constructor(workspaces: WorkspacesState) {
    this.#workspaces = workspaces;
  }

  /** Starts with a press on an item of `group`, whose items are in `rows`, one below the other. */
  press(event: PointerEvent, workspace: WorkspaceSummary, rows: () => readonly Element[]): void {
    if (event.button !== 0 || this.#workspaces.search.trim() !== "") return;
    const { clientY: from } = event;
    const end = new AbortController();
    const { signal } = end;

    window.addEventListener(
      "pointermove",
      ({ clientY }) => {
        if (this.dragged === null && Math.abs(clientY - from) < THRESHOLD) return;
        this.dragged = workspace;
        this.place = rows().filter((row) => {
          const { top, height } = row.getBoundingClientRect();
          return top + height / 2 < clientY;
        }).length;
      },
      { signal },
    );
    window.addEventListener(
      "keydown",
      (pressed) => {
        if (pressed.key === "Escape") this.dragged = null;
      },
      { signal },
    );
    for (const type of ["pointerup", "pointercancel"] as const) {
      window.addEventListener(
        type,
        () => {
          end.abort();
          if (this.dragged === null) return;
          this.dragged = null;
          this.#stopClick = true;
          setTimeout(() => (this.#stopClick = false));
          if (type === "pointerup") this.#drop(workspace);
        },
        { signal },
      );
    }
  }

  /** Whether a click is only the end of a drag. */
  get swallowsClick(): boolean {
    return this.#stopClick;
  }

  #drop(workspace: WorkspaceSummary): void {
    const group = workspace.favorite ? this.#workspaces.favorites : this.#workspaces.others;
    const at = group.findIndex(({ id }) => id === workspace.id);
    this.#workspaces.moveTo(workspace, this.place > at ? this.place - 1 : this.place);
  }
}
