import type { Environment, OrganizationView } from "$lib/api";
import { formatCount } from "$lib/format";
import { Submission, TypedConfirmation } from "$lib/forms";
import { m } from "$lib/messages";
import { BulkAct, type BulkResult } from "./bulk-act.svelte";
import { confirmationFor, type Confirmation } from "./confirmation";

/** The question before one act on one or several organizations, with what confirms it. */
export class BulkDraft {
  readonly act: BulkAct;
  readonly submission = new Submission();
  readonly #asked: Confirmation["typed"];
  readonly #nameNeeded: () => boolean;
  readonly #confirmation: TypedConfirmation;

  /** `nameNeeded` tells whether the service wants the name typed, whatever the environment asks for. */
  constructor(
    kind: "deactivate" | "trash",
    organizations: OrganizationView[],
    environment: Environment,
    nameNeeded: () => boolean = () => false,
  ) {
    this.act = new BulkAct(organizations);
    this.#nameNeeded = nameNeeded;
    const confirmation = confirmationFor(kind, environment, organizations.length);
    this.#asked = confirmation.typed;
    const only = organizations.length === 1 ? organizations[0] : undefined;
    this.#confirmation = new TypedConfirmation(
      only?.name ?? String(organizations.length),
      confirmation.holdOffSeconds,
    );
  }

  /** What must be typed, or null when reading is enough. */
  get typed(): TypedConfirmation | null {
    const needed = this.#asked !== "nothing" || this.#nameNeeded();
    return needed ? this.#confirmation : null;
  }

  get typesCount(): boolean {
    return this.#asked === "count";
  }

  get blocked(): string | null {
    if (!this.typed || this.typed.isGiven) return null;
    return this.typesCount ? m.dialogs_confirm_count_missing() : m.dialogs_confirm_name_missing();
  }

  /** How far several have come, while they are acted on. */
  get progress(): string | null {
    if (!this.submission.busy || this.act.organizations.length === 1) return null;
    return m.dialogs_many_progress({
      done: formatCount(this.act.changed.length + this.act.failed.length),
      total: formatCount(this.act.organizations.length),
    });
  }

  /** Ends the work on several; a single act can't be stopped half-way. */
  get stop(): (() => void) | undefined {
    return this.act.organizations.length === 1 ? undefined : () => this.act.stop();
  }

  /** The button's words: after a failure of some, or a stop, that only what remains is done. */
  action(first: string): string {
    if (this.submission.busy) return first;
    const shown = formatCount(this.act.remaining.length);
    if (this.act.failed.length > 0) return m.dialogs_many_again({ shown });
    return this.act.stopped ? m.dialogs_many_go_on({ shown }) : first;
  }

  submit(
    act: (organization: OrganizationView) => Promise<OrganizationView>,
    done: (result: BulkResult) => void,
  ): Promise<void> {
    return this.submission.run(
      () => this.act.run(act),
      () => {
        if (this.act.remaining.length === 0) done(this.act.result);
      },
    );
  }

  /** Leaves the dialog. What was changed before a failure is handed back, so that the list shows it. */
  close(onclose: () => void, ondone: (result: BulkResult) => void): void {
    if (this.act.changed.length > 0) ondone(this.act.result);
    else onclose();
  }

  dispose(): void {
    this.#confirmation.dispose();
  }
}
