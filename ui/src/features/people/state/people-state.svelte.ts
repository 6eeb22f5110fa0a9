import type { PeopleCounts, SessionView, SomebodyView } from "$lib/api";
import { ListState } from "$lib/lists";
import { m } from "$lib/messages";
import type { Directory, OrganizationChoice, PeopleListQuery, Target } from "../directory";
import { specOf } from "../spec";
import { OpenedSomebody } from "./opened-somebody.svelte";
import { PeopleActs, type ActHost } from "./people-acts.svelte";
import { offeredActs, reasonAgainst, scopeOf, type SomebodyAct } from "./somebody-acts";

export type PeopleHost = Omit<ActHost, "changed"> & {
  session: () => SessionView | null;
  /** Whether the workspace can be changed now. */
  writable: () => boolean;
};

/** The rows to export: selected ones, or those that the list shows. */
export type ExportWish = { query: PeopleListQuery; selected: SomebodyView[]; counts: PeopleCounts | null };

/** Everything that a page of operators or people remembers, on screen or not. */
export class PeopleState {
  readonly list: ListState<SomebodyView, PeopleListQuery, PeopleCounts>;
  readonly opened: OpenedSomebody;
  readonly acts: PeopleActs;
  exporting = $state.raw<ExportWish | null>(null);
  readonly #host: PeopleHost;

  constructor(directory: Directory, host: PeopleHost) {
    this.#host = host;
    this.opened = new OpenedSomebody(directory.load);
    this.list = new ListState(specOf(directory), directory.source, this.opened, (problem) =>
      this.#announceUnread(problem),
    );
    this.acts = new PeopleActs(directory, { ...host, changed: () => this.refresh() });
  }

  get directory(): Directory {
    return this.acts.directory;
  }

  get mayManage(): boolean {
    const act = this.directory.kind === "operators" ? "operators" : "manage_people";
    return this.#host.writable() && (this.#host.session()?.may.includes(act) ?? false);
  }

  /** Whether the session knows of one organization only. */
  get inOne(): boolean {
    return this.#host.session()?.organizationId !== null;
  }

  /** The organization that is looked at; null if it is all of them. */
  get looked(): string | null {
    return this.list.browser.query.organization?.id ?? this.#host.session()?.organizationId ?? null;
  }

  actsFor(somebody: SomebodyView, organizationId = scopeOf(somebody, this.looked)): SomebodyAct[] {
    if (!this.#host.writable()) return [];
    return offeredActs(this.#host.session(), this.directory.kind, somebody, organizationId);
  }

  reasonFor = (act: SomebodyAct, somebody: SomebodyView): string | null =>
    reasonAgainst(act, this.#host.session(), somebody);

  targetOf(somebody: SomebodyView): Target {
    return { somebody, organizationId: scopeOf(somebody, this.looked) };
  }

  lookAt(organization: OrganizationChoice | null): void {
    this.list.browser.filter({ organization });
  }

  async renewChecked(): Promise<void> {
    const rows = await this.#checked();
    if (rows !== null) this.acts.renew(rows);
  }

  async exportList(): Promise<void> {
    const { query, counts } = this.list.browser;
    const { empty, allMatching, excludedIds } = this.list.selection;
    const whole = empty || (allMatching && excludedIds.length === 0);
    const selected = whole ? [] : await this.#checked();
    if (selected !== null) this.exporting = { query, selected, counts };
  }

  /** The page comes on screen: earlier data stays until it is read again. */
  show(): void {
    if (this.list.rows.ready) this.refresh();
    else this.list.show();
  }

  refresh(): void {
    this.list.browser.refresh();
    void this.opened.refresh();
  }

  /** The page leaves the screen and may return as it was. A dialog with a password does not return. */
  rest(): void {
    this.acts.dialog = null;
    this.exporting = null;
  }

  stop(): void {
    this.rest();
    this.list.stop();
  }

  #announceUnread(problem: unknown): void {
    const text = this.#host.describe(problem);
    this.#host.announce({ kind: "danger", title: m.lists_gather_failed(), text });
  }

  /** Null if they could not be read, or are being read. */
  async #checked(): Promise<SomebodyView[] | null> {
    try {
      return await this.list.checkedRows();
    } catch (problem) {
      this.#announceUnread(problem);
      return null;
    }
  }
}
