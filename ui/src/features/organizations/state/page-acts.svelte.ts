import { SvelteSet } from "svelte/reactivity";
import type { ActedOn, Environment, OrganizationView } from "$lib/api";
import { BulkRun, type BulkResult } from "$lib/lists";
import { m } from "$lib/messages";
import type { ErasureReport } from "../dialogs";
import { announceErased, announceOutcome, announceUndone, type Announcement } from "./announcements";
import type { OpenDialog } from "./open-dialog";
import {
  appliesTo,
  BULK_AT_ONCE_LIMIT,
  deactivatesAtOnce,
  type ActOutcome,
  type Acted,
  type BulkAct,
  type OrganizationAct,
  type ReversibleAct,
} from "./organization-acts";

export type ActCalls = {
  deactivateOrganization: (id: string) => Promise<OrganizationView>;
  reactivateOrganization: (id: string) => Promise<OrganizationView>;
  /** Undoes an act by its id. */
  undoAct: (id: string, act: string, confirmation: string | null) => Promise<OrganizationView>;
};

export type ActHost = {
  environment: () => Environment;
  /** Whether this person can undo the act. */
  mayUndo: (act: ReversibleAct) => boolean;
  /** Shows these organizations as they are now. */
  accept: (organizations: OrganizationView[]) => void;
  /** Shows an organization as it is now, whose name has changed. */
  reorder: (organization: OrganizationView) => void;
  /** Keeps only these rows selected. */
  keepChecked: (organizations: OrganizationView[]) => void;
  announce: (announcement: Announcement) => void;
  describe: (problem: unknown) => string;
};

/**
 * From the wish to the result: at once with Undo where that is safe, otherwise through a dialog that shows its
 * impact.
 */
export class PageActs {
  dialog = $state.raw<OpenDialog | null>(null);
  #settled = $state(0);
  #run = $state.raw<BulkRun<OrganizationView> | null>(null);
  readonly #busy = new SvelteSet<string>();
  readonly #calls: ActCalls;
  readonly #host: ActHost;

  constructor(calls: ActCalls, host: ActHost) {
    this.#calls = calls;
    this.#host = host;
  }

  /**
   * The number of acts that have ended, done or refused: the button that was pressed for one may be gone after it.
   */
  get settled(): number {
    return this.#settled;
  }

  isBusy(id: string): boolean {
    return this.#busy.has(id);
  }

  /** An act that takes its time, without a dialog that shows it. */
  get run(): BulkRun<OrganizationView> | null {
    return this.#run;
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
      case "delete_forever":
        this.startMany(act, [organization]);
        return;
      case "rename":
      case "edit":
      case "restore":
        this.dialog = { kind: act, organization };
        return;
    }
  }

  /** `checked` if they are the selected rows: those that it succeeds on lose their selection. */
  startMany(act: BulkAct, organizations: OrganizationView[], checked = false): void {
    const targets = organizations.filter((organization) => appliesTo(act, organization));
    if (targets.length === 0) return;
    // Letting people sign in again takes nothing from anyone, so no environment asks.
    if (
      act === "trash" ||
      act === "delete_forever" ||
      (act === "deactivate" && !deactivatesAtOnce(this.#host.environment(), targets.length))
    )
      this.dialog = { kind: act, organizations: targets, checked };
    else void this.#doAtOnce(act, targets, checked);
  }

  /** Shows what an act changed, and reports its outcome. */
  report(outcome: ActOutcome, checked: boolean): void {
    const { changed, failed, left } = outcome;
    const accept = (undone: OrganizationView) => this.#host.accept([undone]);
    if (changed.length > 0) this.#host.accept(changed);
    if (checked) this.#host.keepChecked([...failed.map(({ row }) => row), ...left]);
    const announcement = announceOutcome(outcome, this.#host.describe, {
      undo: this.#host.mayUndo(outcome.act) ? () => void this.#undo(outcome.changed, accept) : undefined,
      showDetails: () => (this.dialog = { kind: "outcome", outcome }),
    });
    if (announcement !== null) this.#host.announce(announcement);
    this.#settled += 1;
  }

  /** What was deleted for good is gone. `seen` tells whether its dialog shows it; otherwise a message does. */
  reportErased(report: ErasureReport, checked: boolean, seen: boolean): void {
    if (checked) this.#host.keepChecked([...report.failed.map(({ row }) => row), ...report.left]);
    const showDetails = () => (this.dialog = { kind: "erased", report });
    if (!seen) this.#host.announce(announceErased(report, this.#host.describe, showDetails));
    this.#settled += 1;
  }

  /** Repeats it for the rows where it failed, with its question. */
  retry({ act, failed, left }: ActOutcome): void {
    this.dialog = null;
    this.startMany(act, [...failed.map(({ row }) => row), ...left]);
  }

  async #doAtOnce(
    act: "deactivate" | "reactivate",
    organizations: OrganizationView[],
    checked: boolean,
  ): Promise<void> {
    const result = await this.#each(organizations, ({ id }) =>
      act === "deactivate" ? this.#calls.deactivateOrganization(id) : this.#calls.reactivateOrganization(id),
    );
    this.report({ act, ...result }, checked);
  }

  /** The Undo of a changed name, address or display name. */
  undoOf(done: ActedOn): Announcement["action"] {
    return { label: m.common_undo(), run: () => void this.#undo([done], this.#host.reorder) };
  }

  /** What cannot be undone, because someone changed it meanwhile, is reported with the reason. */
  async #undo(done: Acted[], show: (undone: OrganizationView) => void): Promise<void> {
    const actOf = (id: string) => done.find((acted) => acted.id === id)?.act ?? "";
    const undone = await this.#each(done, ({ id }) => this.#calls.undoAct(id, actOf(id), null));
    for (const organization of undone.changed) show(organization);
    this.#host.announce(announceUndone(undone, this.#host.describe));
    this.#settled += 1;
  }

  async #each(
    organizations: OrganizationView[],
    change: (organization: OrganizationView) => Promise<OrganizationView>,
  ): Promise<BulkResult<OrganizationView>> {
    const run = new BulkRun(organizations, this.#busy);
    if (organizations.length > BULK_AT_ONCE_LIMIT) this.#run = run;
    const result = await run.run(change);
    if (this.#run === run) this.#run = null;
    return result;
  }
}
