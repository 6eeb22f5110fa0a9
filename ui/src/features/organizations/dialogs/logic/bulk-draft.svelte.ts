import type { Environment, OrganizationView } from "$lib/api";
import { formatCount } from "$lib/format";
import { Draft, TypedConfirmation } from "$lib/forms";
import { BulkRun, type BulkFailure, type BulkResult } from "$lib/lists";
import { m } from "$lib/messages";
import { confirmationFor, type Confirmation } from "./confirmation";

/** The question before one act on one or several organizations, with its confirmation. */
export class BulkDraft {
  readonly run: BulkRun<OrganizationView>;
  readonly submission = new Draft();
  readonly #asked: Confirmation["typed"];
  readonly #nameNeeded: () => boolean;
  readonly #confirmation: TypedConfirmation;

  /** `nameNeeded` tells whether the service requires the typed name, whatever the environment says. */
  constructor(
    kind: "deactivate" | "trash" | "delete_forever",
    organizations: OrganizationView[],
    environment: Environment,
    nameNeeded: () => boolean = () => false,
  ) {
    this.run = new BulkRun(organizations);
    this.#nameNeeded = nameNeeded;
    const confirmation = confirmationFor(kind, environment, organizations.length);
    this.#asked = confirmation.typed;
    const only = organizations.length === 1 ? organizations[0] : undefined;
    this.#confirmation = new TypedConfirmation(
      only?.name ?? String(organizations.length),
      confirmation.holdOffSeconds,
      confirmation.typed === "count" ? m.dialogs_confirm_count_missing : m.dialogs_confirm_name_missing,
    );
  }

  /** The text to type, or null if reading is enough. */
  get typed(): TypedConfirmation | null {
    const needed = this.#asked !== "nothing" || this.#nameNeeded();
    return needed ? this.#confirmation : null;
  }

  get typesCount(): boolean {
    return this.#asked === "count";
  }

  get blocked(): string | null {
    return this.typed?.blocked ?? null;
  }

  /** The progress of an act on several. */
  get progress(): string | null {
    if (!this.submission.busy || this.run.rows.length === 1) return null;
    return m.dialogs_many_progress({
      done: formatCount(this.run.done),
      total: formatCount(this.run.rows.length),
    });
  }

  /** Stops an act on several; a single act cannot be stopped half-way. */
  get stop(): (() => void) | undefined {
    return this.run.rows.length === 1 ? undefined : () => this.run.stop();
  }

  /** The button's label; after some failures or a stop, it says that only the rest is done. */
  action(first: string): string {
    if (this.submission.busy) return first;
    const shown = formatCount(this.run.remaining.length);
    if (this.failed.length > 0) return m.dialogs_many_again({ shown });
    return this.run.stopped && this.run.rows.length > 1 ? m.dialogs_many_go_on({ shown }) : first;
  }

  /** Listed one by one; a failure of a single organization is the dialog's own. */
  get failed(): BulkFailure<OrganizationView>[] {
    return this.run.rows.length === 1 ? [] : this.run.result.failed;
  }

  /** Whether some of it is done. */
  get begun(): boolean {
    return this.run.result.changed.length > 0;
  }

  submit(
    act: (organization: OrganizationView) => Promise<OrganizationView>,
    done: (result: BulkResult<OrganizationView>) => void,
  ): Promise<void> {
    return this.submission.run(
      async () => {
        const result = await this.run.run(act);
        const [failure] = result.failed;
        if (failure && this.run.rows.length === 1) throw failure.error;
        return result;
      },
      (result) => {
        if (this.run.remaining.length === 0) done(result);
      },
    );
  }

  /** Leaves the dialog. Hands back what was changed before a failure, so that the list shows it. */
  close(onclose: () => void, ondone: (result: BulkResult<OrganizationView>) => void): void {
    if (this.begun) ondone(this.run.result);
    else onclose();
  }

  dispose(): void {
    this.#confirmation.dispose();
  }
}
