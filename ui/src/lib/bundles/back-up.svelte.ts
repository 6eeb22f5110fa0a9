import type { BackUpInput, BackUpReport, ChosenFolder, JobProgress } from "$lib/api";
import { ExportRun } from "$lib/exports";

export type BackUpCalls = {
  defaultBundleFolder: () => Promise<ChosenFolder>;
  chooseBundleFolder: () => Promise<ChosenFolder | null>;
  backUp: (input: BackUpInput, onprogress: (progress: JobProgress) => void) => Promise<BackUpReport>;
  cancelJob: (job: string) => Promise<unknown>;
};

/** Where bundles go, and the writing of them. Each file gets a name of its own that no file there has. */
export class BackUp {
  folder = $state.raw<ChosenFolder | null>(null);
  choosing = $state(false);
  /** Why there is no folder. */
  failure = $state.raw<unknown>(null);
  readonly #calls: BackUpCalls;

  constructor(calls: BackUpCalls) {
    this.#calls = calls;
    void this.#take(calls.defaultBundleFolder);
  }

  /** Asks for a folder with the platform's dialog. */
  async choose(): Promise<void> {
    this.choosing = true;
    await this.#take(this.#calls.chooseBundleFolder);
    this.choosing = false;
  }

  /** Writes a file for each organization. `documents` is how many they have together, if that is known. */
  start(ids: string[], documents: number | null): ExportRun<BackUpReport> {
    const target = this.folder?.target ?? "";
    const write = (job: string, onprogress: (progress: JobProgress) => void) =>
      this.#calls.backUp({ job, ids, target }, onprogress);
    return new ExportRun(write, this.#calls.cancelJob, documents);
  }

  async #take(ask: () => Promise<ChosenFolder | null>): Promise<void> {
    try {
      this.folder = (await ask()) ?? this.folder;
      this.failure = null;
    } catch (failure) {
      this.failure = failure;
    }
  }
}
