import type { Environment, OrganizationView } from "$lib/api";
import type { ActOutcome, ActRunner, AtOnceAct } from "./act-runner.svelte";
import { announceOutcome, announceUndone, type Announcement } from "./announcements";
import type { OpenDialog } from "./open-dialog";
import { appliesTo, deactivatesAtOnce, type OrganizationAct, type ReversibleAct } from "./organization-acts";

export type ActHost = {
  environment: () => Environment;
  /** Whether this person may take the act back. */
  mayUndo: (act: ReversibleAct) => boolean;
  /** The page shows these as they are now. */
  accept: (organizations: OrganizationView[]) => void;
  /** Of the checked rows, these are left to act on. */
  keepChecked: (organizations: OrganizationView[]) => void;
  announce: (announcement: Announcement) => void;
  describe: (problem: unknown) => string;
};

/** From the wish to the result: at once with Undo where that is safe, otherwise through a dialog that shows its impact. */
export class PageActs {
  dialog = $state.raw<OpenDialog | null>(null);
  #settled = $state(0);
  readonly #runner: ActRunner;
  readonly #host: ActHost;

  constructor(runner: ActRunner, host: ActHost) {
    this.#runner = runner;
    this.#host = host;
  }

  /** How many acts have come to an end, done or refused: what was pressed for one may be gone after it. */
  get settled(): number {
    return this.#settled;
  }

  isBusy(id: string): boolean {
    return this.#runner.isBusy(id);
  }

  create(): void {
    this.dialog = { kind: "create" };
  }

  close(): void {
    this.dialog = null;
  }

  start(act: OrganizationAct, organization: OrganizationView): void {
    if (this.isBusy(organization.id)) return;
    switch (act) {
      case "deactivate":
      case "reactivate":
      case "trash":
        this.startMany(act, [organization]);
        return;
      case "rename":
      case "edit":
      case "restore":
      case "delete_forever":
        this.dialog = { kind: act, organization };
        return;
    }
  }

  /** `checked` when they are the rows that were checked for it: those it is done to lose their check. */
  startMany(act: ReversibleAct, organizations: OrganizationView[], checked = false): void {
    const targets = organizations.filter((organization) => appliesTo(act, organization));
    if (targets.length === 0) return;
    // Letting people sign in again takes nothing from anybody, so it asks nowhere.
    if (
      act === "trash" ||
      (act === "deactivate" && !deactivatesAtOnce(this.#host.environment(), targets.length))
    )
      this.dialog = { kind: act, organizations: targets, checked };
    else void this.run(act, targets, checked);
  }

  async run(act: AtOnceAct, organizations: OrganizationView[], checked: boolean): Promise<void> {
    this.report(await this.#runner.run(act, organizations), checked);
  }

  /** Shows what an act changed, and says what became of it. */
  report(outcome: ActOutcome, checked: boolean): void {
    const { changed, failures, left } = outcome;
    if (changed.length > 0) this.#host.accept(changed);
    if (checked) this.#host.keepChecked([...failures.map(({ organization }) => organization), ...left]);
    const announcement = announceOutcome(outcome, this.#host.describe, {
      undo: this.#host.mayUndo(outcome.act) ? () => void this.#undo(outcome) : undefined,
      showDetails: () => (this.dialog = { kind: "outcome", outcome }),
    });
    if (announcement !== null) this.#host.announce(announcement);
    this.#settled += 1;
  }

  async #undo(outcome: ActOutcome): Promise<void> {
    const undone = await this.#runner.undo(outcome);
    if (undone.changed.length > 0) this.#host.accept(undone.changed);
    this.#host.announce(announceUndone(undone, this.#host.describe));
    this.#settled += 1;
  }
}
