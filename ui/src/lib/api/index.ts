/**
 * The only door to Rust. Every function is a plain async function that returns data or throws an {@link ApiError};
 * nothing else in the UI knows Tauri or the generated bindings.
 *
 * {@link api} has what concerns the whole program, {@link workspaceApi} what is done in one open workspace.
 *
 * A long job takes a callback for its progress and an id from {@link newJob}; `cancelJob(id)` cancels it, and the
 * call then throws an ApiError with the code `cancelled`.
 */
import { Channel, invoke } from "@tauri-apps/api/core";
import { commands } from "../bindings";
import type { TestInput, TestStage } from "../bindings";
import { calling } from "./calling";

export type * from "../bindings";
export { DEFAULT_DATABASE, LIMITS, RIGHTS, SECRET_MASK } from "../bindings";
export { ApiError, explain, type Explanation } from "./api-error";
export { observeCalls, type CallObserver } from "./calling";
export type { ErrorCode, WireError } from "./error-words";
export { fieldSentence, inRange, type FieldProblem } from "./field-problems";
export { workspaceApi, type MendedNow, type WorkspaceApi } from "./workspace-api";

const testConnection = calling(commands.testConnection);

/** A new id for a long job. */
export const newJob = (): string => crypto.randomUUID();

/** Sets the window's title. Does nothing if the window does not permit it. */
export async function setWindowTitle(title: string): Promise<void> {
  document.title = title;
  await invoke("plugin:window|set_title", { label: "main", value: title }).catch(() => undefined);
}

export const api = {
  about: calling(commands.about),
  reportUiProblem: calling(commands.reportUiProblem),

  listWorkspaces: calling(commands.listWorkspaces),
  saveProfile: calling(commands.saveProfile),
  duplicateProfile: calling(commands.duplicateProfile),
  removeProfile: calling(commands.removeProfile),
  restoreProfile: calling(commands.restoreProfile),
  arrangeProfiles: calling(commands.arrangeProfiles),
  markFavorite: calling(commands.markFavorite),
  chooseImportFile: calling(commands.chooseImportFile),
  importProfiles: calling(commands.importProfiles),
  chooseProfilesFile: calling(commands.chooseProfilesFile),
  exportProfiles: calling(commands.exportProfiles),

  connectionTemplates: calling(commands.connectionTemplates),
  readConnectionString: calling(commands.readConnectionString),
  writeConnectionString: calling(commands.writeConnectionString),
  seedList: calling(commands.seedList),
  chooseCertificateFile: calling(commands.chooseCertificateFile),
  forgetDraft: calling(commands.forgetDraft),
  testConnection: (input: TestInput, job: string, onprogress: (stage: TestStage) => void) => {
    const progress = new Channel<TestStage>();
    progress.onmessage = onprogress;
    return testConnection(input, job, progress);
  },

  secretKeeping: calling(commands.secretKeeping),
  lookForKeychain: calling(commands.lookForKeychain),
  chooseSecretKeeper: calling(commands.chooseSecretKeeper),
  unlockSecrets: calling(commands.unlockSecrets),
  lockSecrets: calling(commands.lockSecrets),
  changePassphrase: calling(commands.changePassphrase),

  openWorkspace: calling(commands.openWorkspace),
  switchWorkspace: calling(commands.switchWorkspace),
  currentWorkspace: calling(commands.currentWorkspace),
  openWorkspaces: calling(commands.openWorkspaces),
  closeWorkspace: calling(commands.closeWorkspace),

  cancelJob: calling(commands.cancelJob),
};
