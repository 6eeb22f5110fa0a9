import { api, type OpenWorkspace } from "../api";

/** The workspace that is open, with what was found when it was opened. */
export class WorkspaceState {
  current = $state.raw<OpenWorkspace | null>(null);

  /** Whether its server answered when it was last asked. */
  reached = $state(true);

  async open(id: string, password: string | null, remember: boolean): Promise<OpenWorkspace> {
    const opened = await api.openWorkspace(id, password, remember);
    this.current = opened;
    this.reached = true;
    return opened;
  }

  /** Notes that the workspace has its first operator now. */
  markClaimed(): void {
    if (this.current) this.current = { ...this.current, claimed: true };
  }

  async close(): Promise<void> {
    try {
      await api.closeWorkspace();
    } finally {
      this.current = null;
    }
  }
}
