/**
 * The only door to the program behind the window. Every function is a plain async function that answers with
 * data or throws an {@link ApiError}; nothing else of the UI knows Tauri or the generated bindings.
 *
 * Long work takes a callback for its progress and an id made by {@link newJob}; `api.cancelJob(id)` cancels it,
 * and the call then throws an ApiError with the code `cancelled`.
 */
import { Channel, invoke } from "@tauri-apps/api/core";
import { commands } from "../bindings";
import type { ExportInput, JobProgress } from "../bindings";
import { ApiError } from "./api-error";

export type * from "../bindings";
export { DEFAULT_DATABASE, LIMITS } from "../bindings";
export { ApiError, type ErrorCode } from "./api-error";
export { explain, type Explanation } from "./errors";

type Result<Data> = { status: "ok"; data: Data } | { status: "error"; error: unknown };

/** Learns from every call what concerns the whole window. */
export interface CallObserver {
  /** A call failed because there is no session any more. */
  sessionEnded(error: ApiError): void;
  /** The open workspace's server answered, or did not. */
  serverReached(reached: boolean): void;
}

let observer: CallObserver | null = null;

/** Sets the one observer of calls, until the returned function is called. */
export function observeCalls(next: CallObserver): () => void {
  observer = next;
  return () => {
    if (observer === next) observer = null;
  };
}

/** Turns a generated command, which answers with a result object, into a function that answers or throws. */
function calling<Arguments extends unknown[], Data>(
  command: (...args: Arguments) => Promise<Result<Data>>,
  asksServer = false,
) {
  return async (...args: Arguments): Promise<Data> => {
    // A command that fails before it is sent (an argument that cannot be serialized) rejects by itself.
    const result = await command(...args).catch((error: unknown) => ({ status: "error", error }) as const);
    if (result.status === "ok") {
      if (asksServer) observer?.serverReached(true);
      return result.data;
    }
    const error = ApiError.from(result.error);
    switch (error.code) {
      case "not_signed_in":
      case "session_expired":
      case "session_revoked":
        observer?.sessionEnded(error);
        break;
      case "unavailable":
        if (asksServer) observer?.serverReached(false);
    }
    throw error;
  };
}

function progressChannel(onprogress: (progress: JobProgress) => void): Channel<JobProgress> {
  const channel = new Channel<JobProgress>();
  channel.onmessage = onprogress;
  return channel;
}

const loadSamples = calling(commands.loadSampleOrganizations);
const exportList = calling(commands.exportOrganizations);

/** A fresh id for one long piece of work. */
export const newJob = (): string => crypto.randomUUID();

/** Sets the title of the program's window. Does nothing where the window does not permit it. */
export async function setWindowTitle(title: string): Promise<void> {
  document.title = title;
  await invoke("plugin:window|set_title", { label: "main", value: title }).catch(() => undefined);
}

export const api = {
  about: calling(commands.about),
  reportUiProblem: calling(commands.reportUiProblem),

  listWorkspaces: calling(commands.listWorkspaces),
  saveProfile: calling(commands.saveProfile),
  removeProfile: calling(commands.removeProfile),
  openWorkspace: calling(commands.openWorkspace),
  currentWorkspace: calling(commands.currentWorkspace),
  closeWorkspace: calling(commands.closeWorkspace),
  claimWorkspace: calling(commands.claimWorkspace),
  workspaceHealth: calling(commands.workspaceHealth, true),
  loadSampleOrganizations: (job: string, onprogress: (progress: JobProgress) => void) =>
    loadSamples(progressChannel(onprogress), job),

  signIn: calling(commands.signIn),
  signOut: calling(commands.signOut),
  currentSession: calling(commands.currentSession),
  copyToken: calling(commands.copyToken),

  listOrganizations: calling(commands.listOrganizations, true),
  countOrganizations: calling(commands.countOrganizations, true),
  getOrganization: calling(commands.getOrganization, true),
  checkOrganizationName: calling(commands.checkOrganizationName),
  checkAdminEmail: calling(commands.checkAdminEmail),
  checkPassword: calling(commands.checkPassword),
  createOrganization: calling(commands.createOrganization, true),
  updateOrganization: calling(commands.updateOrganization, true),
  previewRename: calling(commands.previewRename),
  deactivateOrganization: calling(commands.deactivateOrganization),
  reactivateOrganization: calling(commands.reactivateOrganization),
  previewRemoval: calling(commands.previewRemoval),
  deleteOrganization: calling(commands.deleteOrganization),
  restoreOrganization: calling(commands.restoreOrganization),
  deleteOrganizationForever: calling(commands.deleteOrganizationForever),

  collectionStatistics: calling(commands.collectionStatistics, true),
  summarizeStatistics: calling(commands.summarizeStatistics),

  chooseExportFile: calling(commands.chooseExportFile),
  defaultExportFile: calling(commands.defaultExportFile),
  exportOrganizations: (input: ExportInput, onprogress: (progress: JobProgress) => void) =>
    exportList(input, progressChannel(onprogress)),
  revealFile: calling(commands.revealFile),

  cancelJob: calling(commands.cancelJob),
};
