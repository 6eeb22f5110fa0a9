import {
  newJob,
  type EraseInput,
  type ErasedView,
  type Environment,
  type JobProgress,
  type OrganizationView,
  type RemovalPreview,
} from "$lib/api";
import { ExportRun } from "$lib/exports";
import { formatCount } from "$lib/format";
import type { BulkResult } from "$lib/lists";
import { m } from "$lib/messages";
import { displayNameOf } from "../../organization-words";
import { BulkDraft } from "./bulk-draft.svelte";

type OnProgress = (progress: JobProgress) => void;

export type ErasureCalls = {
  previewRemoval: (id: string) => Promise<RemovalPreview>;
  eraseOrganization: (input: EraseInput, onprogress: OnProgress) => Promise<ErasedView>;
  cancelJob: (job: string) => Promise<unknown>;
};

/** An organization that was deleted for good, with its backup and its certificate. */
export type Erased = ErasedView & { organization: OrganizationView };

/** What one run did; `erased` also has what earlier runs of the same question deleted. */
export type ErasureReport = BulkResult<OrganizationView> & { erased: readonly Erased[] };

/**
 * Deletes organizations for good, one after the other, each with its own backup, entry in the record and certificate.
 * Outlives the dialog that asks the question.
 */
export class Erasing extends BulkDraft {
  #erased = $state.raw<readonly Erased[]>([]);
  #current = $state.raw<OrganizationView | null>(null);
  #work = $state.raw<ExportRun<ErasureReport> | null>(null);
  #job: string | null = null;
  #refusal: unknown = null;
  readonly #calls: ErasureCalls;

  constructor(organizations: OrganizationView[], environment: Environment, calls: ErasureCalls) {
    super("delete_forever", organizations, environment);
    this.#calls = calls;
  }

  /** Those that are deleted. */
  get erased(): readonly Erased[] {
    return this.#erased;
  }

  get over(): boolean {
    return this.#erased.length > 0 && this.run.remaining.length === 0;
  }

  /** Why nothing can be stopped now. The rest of several still can. */
  get uncancellable(): string | null {
    return this.#only && this.#work?.step === "ending" ? m.dialogs_not_stoppable() : null;
  }

  /** What is under way. */
  label = (): string => {
    const what = this.#stepWord();
    if (this.#only || this.#current === null) return what;
    return m.nets_erase_running_many({
      what,
      name: displayNameOf(this.#current),
      number: formatCount(this.run.done + 1),
      total: formatCount(this.run.rows.length),
    });
  };

  /** `target` is the folder for backups; null for none. */
  begin(target: string | null): ExportRun<ErasureReport> {
    const erase = (_: string, onprogress: OnProgress) => this.#eraseAll(target, onprogress);
    this.#work = new ExportRun(erase, () => this.#stop(), null);
    return this.#work;
  }

  get #only(): boolean {
    return this.run.rows.length === 1;
  }

  #stepWord(): string {
    switch (this.#work?.step) {
      case "writing":
        return m.nets_erase_writing();
      case "reading_back":
        return m.nets_erase_reading_back();
      case "comparing":
        return m.nets_erase_comparing();
      default:
        return m.nets_erase_deleting();
    }
  }

  async #eraseAll(target: string | null, onprogress: OnProgress): Promise<ErasureReport> {
    const before = this.#erased.length;
    const result = await this.run.run((row) => this.#erase(row, target, onprogress), 1);
    this.#current = null;
    const changed = this.#erased.slice(before).map(({ organization }) => organization);
    if (this.#only && changed.length === 0) throw this.#refusal;
    return { ...result, changed, erased: this.#erased };
  }

  async #erase(
    row: OrganizationView,
    target: string | null,
    onprogress: OnProgress,
  ): Promise<OrganizationView> {
    this.#current = row;
    const job = (this.#job = newJob());
    try {
      const backup = target !== null && (await this.#hasOwnCollection(row)) ? target : null;
      // A typed number stands for all the names.
      const confirmation = this.typesCount ? row.name : (this.typed?.typed ?? "");
      const { id, collectionName: collection } = row;
      const input = { job, id, collection, confirmation, backup };
      const view = await this.#calls.eraseOrganization(input, onprogress);
      this.#erased = [...this.#erased, { ...view, organization: row }];
      return row;
    } catch (error) {
      this.#refusal = error;
      throw error;
    }
  }

  /** Without a collection of its own there is nothing to back up. */
  async #hasOwnCollection({ id }: OrganizationView): Promise<boolean> {
    const { collectionExists, shared } = await this.#calls.previewRemoval(id);
    return collectionExists && !shared;
  }

  async #stop(): Promise<void> {
    this.run.stop();
    if (this.#job !== null) await this.#calls.cancelJob(this.#job);
  }
}
