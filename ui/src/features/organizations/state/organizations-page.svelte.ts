import { SvelteSet } from "svelte/reactivity";
import type {
  Environment,
  JobProgress,
  OrganizationStatus,
  OrganizationView,
  RestrictedAct,
  SampleReport,
  SessionView,
  StatisticsSummary,
} from "$lib/api";
import { LIMITS, newJob } from "$lib/api";
import { m } from "$lib/messages";
import type { ExportWish } from "../export-wish";
import { displayNameOf } from "../organization-words";
import { ActRunner, type ActSource } from "./act-runner.svelte";
import type { Announcement } from "./announcements";
import { recallColumns, rememberColumns } from "$lib/lists/column-memory";
import type { OptionalColumn } from "$lib/lists/columns";
import { gatherMatching } from "./gather-matching";
import { OpenedOrganization, type OpenedSource } from "./opened-organization.svelte";
import {
  offeredActs,
  offeredBulkActs,
  RESTRICTED_AS,
  type OrganizationAct,
  type ReversibleAct,
} from "./organization-acts";
import { OrganizationBrowser, type OrganizationSource } from "./organization-browser.svelte";
import { PageActs } from "./page-acts.svelte";
import { RowSelection } from "$lib/lists/row-selection.svelte";
import { SampleLoading } from "./sample-loading.svelte";
import { StatisticsCache } from "./statistics-cache.svelte";
import { TableView } from "$lib/lists/table-view.svelte";

export type PageSource = OrganizationSource &
  ActSource &
  OpenedSource & {
    summarizeStatistics: (ids: string[]) => Promise<StatisticsSummary[]>;
    loadSampleOrganizations: (
      job: string,
      onprogress: (progress: JobProgress) => void,
    ) => Promise<SampleReport>;
    cancelJob: (job: string) => Promise<unknown>;
  };

export type PageHost = {
  session: () => SessionView | null;
  environment: () => Environment;
  /** Whether the workspace may be changed now. */
  writable: () => boolean;
  /** What the database user lacks for an act; null when nothing is known to be missing. */
  needs: (act: RestrictedAct) => string | null;
  announce: (announcement: Announcement) => void;
  describe: (problem: unknown) => string;
};

// A page for a screen is small, so that the first rows come soon; what walks to the middle of a long list takes most.
const PAGES = { near: 200, far: LIMITS.pageMax };

/** Everything the organizations page remembers, on screen or not. */
export class OrganizationsPageState {
  readonly browser: OrganizationBrowser;
  readonly selection = new RowSelection<OrganizationView>();
  readonly statistics: StatisticsCache;
  readonly opened: OpenedOrganization;
  readonly acts: PageActs;
  readonly samples: SampleLoading;
  readonly view: TableView;
  readonly columns = new SvelteSet<OptionalColumn>(recallColumns());
  gathering = $state(false);
  /** The row the keyboard is on. */
  #cursor = $state(0);
  readonly #source: PageSource;
  readonly #host: PageHost;

  constructor(source: PageSource, host: PageHost) {
    this.#source = source;
    this.#host = host;
    this.browser = new OrganizationBrowser(source, PAGES, {
      onquery: (filterChanged) => this.#restart(filterChanged),
      onread: (organizations) => this.opened.accept(organizations),
    });
    this.view = new TableView(() => this.list.length);
    this.statistics = new StatisticsCache(source.summarizeStatistics, host.describe);
    this.opened = new OpenedOrganization(source, (organization) => this.#announceGone(organization));
    this.samples = new SampleLoading(
      { newJob, load: source.loadSampleOrganizations, cancel: source.cancelJob },
      () => this.refresh(),
    );
    this.acts = new PageActs(new ActRunner(source), {
      environment: host.environment,
      mayUndo: (act) => act !== "trash" || host.session()?.rights.restore === true,
      accept: (organizations) => this.accept(organizations),
      keepChecked: (organizations) => this.selection.keepOnly(organizations),
      announce: host.announce,
      describe: host.describe,
    });
  }

  get list() {
    return this.browser.list;
  }

  get cursor(): number {
    return Math.max(0, Math.min(this.#cursor, this.list.length - 1));
  }

  /** The organization on the keyboard's row, when it is loaded. */
  get current(): OrganizationView | undefined {
    return this.list.at(this.cursor);
  }

  actsFor(organization: OrganizationView): OrganizationAct[] {
    const session = this.#host.session();
    return session === null || !this.#host.writable() ? [] : offeredActs(session, organization);
  }

  /** Why the database refuses an act to its user, in words; null when nothing is known that it would. */
  needs(act: RestrictedAct): string | null {
    const needs = this.#host.needs(act);
    return needs === null ? null : m.common_needs({ needs });
  }

  reasonFor = (act: OrganizationAct): string | null => this.needs(RESTRICTED_AS[act]);

  get checkedCount(): number {
    return this.selection.count(this.list.length);
  }

  get bulkActs(): ReversibleAct[] {
    const session = this.#host.session();
    if (session === null || !this.#host.writable()) return [];
    return offeredBulkActs(session.rights, this.#checkedStatuses());
  }

  moveTo(index: number): void {
    this.#cursor = index;
    if (this.opened.organization !== null) this.openRow(index);
  }

  openRow(index: number): void {
    this.#cursor = index;
    const organization = this.list.at(index);
    if (organization !== undefined) this.opened.open(organization);
  }

  toggleRow(index: number): void {
    this.#cursor = index;
    const organization = this.list.at(index);
    if (organization !== undefined) this.selection.toggle(organization, index);
  }

  /** Checks from the last toggled row to this one and goes there. */
  extendTo(index: number): void {
    this.selection.extendTo(index, this.cursor, (position) => this.list.at(position));
    this.moveTo(index);
  }

  startOnCurrent(act: OrganizationAct): void {
    const organization = this.current;
    if (organization === undefined || !this.actsFor(organization).includes(act)) return;
    const reason = this.reasonFor(act);
    if (reason === null) this.acts.start(act, organization);
    else this.#host.announce({ kind: "info", title: m.organizations_restricted(), text: reason });
  }

  toggleColumn(column: OptionalColumn): void {
    if (!this.columns.delete(column)) this.columns.add(column);
    rememberColumns(this.columns);
  }

  toggleAll(): void {
    if (this.selection.empty) this.selection.checkAllMatching();
    else this.selection.clear();
  }

  /** The organizations on screen, as far as they are loaded: their figures are wanted. */
  get visibleIds(): string[] {
    const { visible } = this.view;
    if (visible === null || !(this.columns.has("documents") || this.columns.has("dataSize"))) return [];
    const rows = Array.from(
      { length: visible.last - visible.first + 1 },
      (_, offset) => visible.first + offset,
    );
    return rows.flatMap((index) => this.list.at(index)?.id ?? []);
  }

  async bulk(act: ReversibleAct): Promise<void> {
    if (this.gathering) return;
    const organizations = await this.checkedOrganizations();
    if (organizations !== null) this.acts.startMany(act, organizations, true);
  }

  /** Every checked organization, read from the store where the check stands for all that match. Null when that failed. */
  async checkedOrganizations(): Promise<OrganizationView[] | null> {
    const { rows, excludedIds } = this.selection;
    if (rows !== null) return rows;
    this.gathering = true;
    try {
      return await gatherMatching(this.#source, this.browser.query, excludedIds, LIMITS.pageMax);
    } catch (problem) {
      this.#host.announce({
        kind: "danger",
        title: m.lists_gather_failed(),
        text: this.#host.describe(problem),
      });
      return null;
    } finally {
      this.gathering = false;
    }
  }

  /** What to export: the checked organizations, or all that the list shows. Null when the checked could not be read. */
  async wishForList(): Promise<ExportWish | null> {
    const { empty, allMatching, excludedIds } = this.selection;
    if (empty || (allMatching && excludedIds.length === 0)) return this.#wish(null);
    const checked = await this.checkedOrganizations();
    return checked && this.#wish(checked.map(({ id }) => id));
  }

  wishFor(organization: OrganizationView): ExportWish {
    return this.#wish([organization.id]);
  }

  /** Shows organizations as they are now, wherever the page shows them. */
  accept(organizations: OrganizationView[]): void {
    this.browser.accept(organizations);
    this.opened.accept(organizations);
    for (const organization of organizations) {
      if (this.browser.holds(organization)) this.selection.replace(organization);
      else this.#leave(organization.id);
    }
  }

  showCreated(organization: OrganizationView): void {
    this.#reorder(organization);
    const open = () => this.opened.open(organization);
    this.#host.announce({
      kind: "success",
      title: m.organizations_created({ name: displayNameOf(organization) }),
      text: m.organizations_created_why({ collection: organization.collectionName }),
      action: { label: m.organizations_toast_open(), run: open },
    });
  }

  /** `stayed` is the collection that it shared with others, and left to them. */
  showRenamed(organization: OrganizationView, stayed: string | null): void {
    const collection = organization.collectionName;
    this.#reorder(organization);
    this.statistics.forget(organization.id);
    this.#host.announce({
      kind: "success",
      title: m.organizations_renamed({ name: displayNameOf(organization) }),
      text: stayed
        ? m.organizations_renamed_shared({ collection, from: stayed })
        : m.organizations_renamed_why({ collection }),
    });
  }

  showEdited(organization: OrganizationView): void {
    this.accept([organization]);
    const name = displayNameOf(organization);
    this.#host.announce({ kind: "success", title: m.organizations_edited({ name }) });
  }

  showRestored(organization: OrganizationView): void {
    this.accept([organization]);
    const name = displayNameOf(organization);
    this.#host.announce({ kind: "success", title: m.organizations_restored({ name }) });
  }

  showDeleted(organization: OrganizationView): void {
    this.browser.removed(organization.id);
    this.#leave(organization.id);
    const name = displayNameOf(organization);
    this.#host.announce({ kind: "success", title: m.organizations_deleted_forever({ name }) });
  }

  /** The page comes on screen: what is kept from before stays until it is read again. */
  show(): void {
    if (this.list.ready) this.refresh();
    else this.browser.open();
  }

  refresh(): void {
    this.statistics.expire();
    this.browser.refresh();
    void this.opened.refresh();
  }

  /** The page leaves the screen and may come back as it was. */
  rest(): void {
    this.statistics.stop();
    this.acts.close();
  }

  stop(): void {
    this.rest();
    this.browser.stop();
    this.opened.close();
  }

  #wish(selectedIds: string[] | null): ExportWish {
    const { filter, sort, direction } = this.browser.query;
    return { filter, selectedIds, sort, direction, counts: this.browser.counts };
  }

  #announceGone(organization: OrganizationView): void {
    const title = m.organizations_gone({ name: displayNameOf(organization) });
    this.#host.announce({ kind: "info", title, text: m.organizations_gone_why() });
  }

  /** Reads the list again: something new is in it, or something stands elsewhere in the order. */
  #reorder(organization: OrganizationView): void {
    this.opened.accept([organization]);
    this.selection.replace(organization);
    this.browser.refresh();
  }

  #leave(id: string): void {
    this.selection.drop(id);
    if (this.opened.organization?.id === id) this.opened.close();
  }

  #restart(filterChanged: boolean): void {
    this.#cursor = 0;
    // A check nobody sees any more would be acted upon unseen.
    if (!filterChanged) return;
    this.selection.clear();
    const { organization } = this.opened;
    if (organization !== null && !this.browser.holds(organization)) this.opened.close();
  }

  #checkedStatuses(): OrganizationStatus[] {
    const { rows } = this.selection;
    if (rows !== null) return rows.map(({ status }) => status);
    const { status } = this.browser;
    return status === "all" ? ["active", "deactivated"] : [status];
  }
}
