import type { OpenWorkspace } from "../api";

/** The workspace that the window shows, with what was found when it was opened. */
export class WorkspaceState {
  current = $state.raw<OpenWorkspace | null>(null);

  /** Whether its server answered when it was last asked. */
  reached = $state(true);

  readonly id = $derived(this.current?.workspace.id ?? null);

  show(opened: OpenWorkspace): void {
    this.current = opened;
    this.reached = true;
  }

  /** Notes that the workspace has its first operator now. */
  markClaimed(): void {
    if (this.current) this.current = { ...this.current, claimed: true };
  }
}
