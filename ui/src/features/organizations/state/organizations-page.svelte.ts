import type {
  ActedOn,
  DriftOfRow,
  Environment,
  JobProgress,
  OrganizationStatus,
  OrganizationView,
  RestrictedAct,
  SampleReport,
  SessionView,
  StatisticsSummary,
} from "$lib/api";
import { newJob } from "$lib/api";
import { formatBytes } from "$lib/format";
import { ListState } from "$lib/lists";
import { may } from "$lib/may";
import { m } from "$lib/messages";
import type { BundleAct } from "$lib/bundles";
import type { ErasureReport } from "../dialogs";
import type { ExportWish } from "../export-wish";
import { displayNameOf } from "../organization-words";
import {
  ORGANIZATIONS,
  organizationSource,
  serviceQuery,
  withDrift,
  type OrganizationCalls,
  type ListedCounts,
  type OrganizationListQuery,
} from "../source";
import type { Announcement } from "./announcements";
import { DriftMarks } from "./drift-marks.svelte";
import { KeptLongEnough } from "./kept-long-enough.svelte";
import { OpenedOrganization, type OpenedSource } from "./opened-organization.svelte";
import {
  offeredActs,
  offeredBulkActs,
  offeredBundleActs,
  RESTRICTED_AS,
  type BulkAct,
  type OrganizationAct,
} from "./organization-acts";
import { PageActs, type ActCalls } from "./page-acts.svelte";
import { SampleLoading } from "./sample-loading.svelte";
import { StatisticsCache } from "./statistics-cache.svelte";

export type PageSource = OrganizationCalls &
  ActCalls &
  OpenedSource & {
    organizationDrift: (ids: string[]) => Promise<DriftOfRow[]>;
    listKeptLongEnough: () => Promise<OrganizationView[]>;
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
  /** Whether the workspace can be changed now. */
  writable: () => boolean;
  /** The permission that the database user lacks for an act; null if none is known. */
  needs: (act: RestrictedAct) => string | null;
  announce: (announcement: Announcement) => void;
  describe: (problem: unknown) => string;
};

/** Everything that the organizations page remembers, on screen or not. */
export class OrganizationsPageState {
  readonly list: ListState<OrganizationView, OrganizationListQuery, ListedCounts>;
  readonly statistics: StatisticsCache;
  readonly opened: OpenedOrganization;
  readonly acts: PageActs;
  readonly samples: SampleLoading;
  /** What the doctor found about the rows on screen. */
  readonly drift: DriftMarks;
  readonly kept: KeptLongEnough;
  readonly #host: PageHost;

  constructor(source: PageSource, host: PageHost) {
    this.#host = host;
    this.opened = new OpenedOrganization(source, (organization) => this.#announceGone(organization));
    const mayFindings = () => may(host.session(), "findings");
    const spec = mayFindings() ? withDrift(ORGANIZATIONS) : ORGANIZATIONS;
    this.list = new ListState(spec, organizationSource(source, mayFindings), this.opened, (problem) =>
      this.#announceUnread(problem),
    );
    this.drift = new DriftMarks(async (ids) => (mayFindings() ? source.organizationDrift(ids) : []));
    this.kept = new KeptLongEnough(source.listKeptLongEnough);
    this.statistics = new StatisticsCache(source.summarizeStatistics, host.describe);
    this.samples = new SampleLoading(
      { newJob, load: source.loadSampleOrganizations, cancel: source.cancelJob },
      () => this.refresh(),
    );
    this.acts = new PageActs(source, {
      environment: host.environment,
      mayUndo: (act) => act !== "trash" || may(host.session(), "restore"),
      accept: (organizations) => this.list.accept(organizations),
      reorder: (organization) => {
        this.list.reorder(organization);
        this.statistics.forget(organization.id);
      },
      keepChecked: (organizations) => this.list.selection.keepOnly(organizations),
      announce: host.announce,
      describe: host.describe,
    });
  }

  actsFor(organization: OrganizationView): OrganizationAct[] {
    const session = this.#host.session();
    return session === null || !this.#host.writable() ? [] : offeredActs(session, organization);
  }

  bundleActsFor = (organization: OrganizationView): BundleAct[] => {
    const session = this.#host.session();
    return session === null ? [] : offeredBundleActs(session, organization);
  };

  /** The size of the selected organizations together; null if it is not known. */
  get checkedSize(): string | null {
    const { rows } = this.list.selection;
    if (rows === null) return null;
    const { bytes, complete } = this.statistics.totalDataSize(rows.map(({ id }) => id));
    if (complete) return formatBytes(bytes);
    return bytes === 0 ? null : m.organizations_bulk_size_partial({ size: formatBytes(bytes) });
  }

  /** The selected organizations that can be backed up; null if the selection could not be read. */
  async checkedForBackUp(): Promise<OrganizationView[] | null> {
    const checked = await this.#checked();
    return checked && checked.filter((each) => this.bundleActsFor(each).includes("back_up"));
  }

  /** Why the database refuses an act, in words; null if no reason is known. */
  needs(act: RestrictedAct): string | null {
    const needs = this.#host.needs(act);
    return needs === null ? null : m.common_needs({ needs });
  }

  reasonFor = (act: OrganizationAct): string | null => this.needs(RESTRICTED_AS[act]);

  get bulkActs(): BulkAct[] {
    const session = this.#host.session();
    if (session === null || !this.#host.writable()) return [];
    return offeredBulkActs(session, this.#checkedStatuses());
  }

  startByKey(act: OrganizationAct, organization: OrganizationView): void {
    if (!this.actsFor(organization).includes(act)) return;
    const reason = this.reasonFor(act);
    if (reason === null) this.acts.start(act, organization);
    else this.#host.announce({ kind: "info", title: m.organizations_restricted(), text: reason });
  }

  /** The organizations on screen whose statistics are wanted. */
  get figuresWanted(): string[] {
    const { columns, visible } = this.list;
    return columns.wanted.has("documents") || columns.wanted.has("dataSize")
      ? visible.map(({ id }) => id)
      : [];
  }

  async bulk(act: BulkAct): Promise<void> {
    const organizations = await this.#checked();
    if (organizations !== null) this.acts.startMany(act, organizations, true);
  }

  /**
   * What to export: the selected organizations, or everything the list shows. Null if the selection could not be
   * read.
   */
  async wishForList(): Promise<ExportWish | null> {
    const { empty, allMatching, excludedIds } = this.list.selection;
    const all = empty || (allMatching && excludedIds.length === 0);
    if (all) return this.#wish(null);
    const checked = await this.#checked();
    return checked && this.#wish(checked.map(({ id }) => id));
  }

  wishFor(organization: OrganizationView): ExportWish {
    return this.#wish([organization.id]);
  }

  showCreated(organization: OrganizationView): void {
    this.list.reorder(organization);
    const open = () => this.opened.open(organization);
    this.#host.announce({
      kind: "success",
      title: m.organizations_created({ name: displayNameOf(organization) }),
      text: m.organizations_created_why({ collection: organization.collectionName }),
      action: { label: m.organizations_toast_open(), run: open },
    });
  }

  /** `stayed` is the shared collection that it left to the others. */
  showRenamed(organization: ActedOn, stayed: string | null): void {
    const collection = organization.collectionName;
    this.list.reorder(organization);
    this.statistics.forget(organization.id);
    this.#host.announce({
      kind: "info",
      title: m.organizations_renamed({ name: displayNameOf(organization) }),
      text: stayed
        ? m.organizations_renamed_shared({ collection, from: stayed })
        : m.organizations_renamed_why({ collection }),
      action: this.acts.undoOf(organization),
    });
  }

  showEdited(organization: ActedOn, undoable: boolean): void {
    this.list.accept([organization]);
    const title = m.organizations_edited({ name: displayNameOf(organization) });
    if (undoable) this.#host.announce({ kind: "info", title, action: this.acts.undoOf(organization) });
    else this.#host.announce({ kind: "success", title });
  }

  /** What somebody else stored was kept. */
  showKept(organization: OrganizationView): void {
    this.list.reorder(organization);
    this.#host.announce({ kind: "info", title: m.nets_elsewhere_kept() });
  }

  showRestored(organization: OrganizationView): void {
    this.list.accept([organization]);
    this.kept.left(organization.id);
    const name = displayNameOf(organization);
    this.#host.announce({ kind: "success", title: m.organizations_restored({ name }) });
  }

  /** They are deleted for good; `seen` tells whether a dialog shows it. */
  showErased(report: ErasureReport, checked: boolean, seen: boolean): void {
    for (const { id } of report.changed) {
      this.list.removed(id);
      this.kept.left(id);
    }
    this.acts.reportErased(report, checked, seen);
  }

  /** The page comes on screen: earlier data stays until it is read again. */
  show(): void {
    if (this.list.rows.ready) this.refresh();
    else this.list.show();
  }

  refresh(): void {
    this.statistics.expire();
    this.drift.expire();
    this.list.browser.refresh();
    void this.opened.refresh();
  }

  /** The page leaves the screen and may return as it was. */
  rest(): void {
    this.statistics.stop();
    this.drift.stop();
    this.acts.close();
  }

  stop(): void {
    this.rest();
    this.list.stop();
  }

  #wish(selectedIds: string[] | null): ExportWish {
    const { query, counts } = this.list.browser;
    return { ...serviceQuery(query), selectedIds, counts };
  }

  #announceGone(organization: OrganizationView): void {
    const title = m.organizations_gone({ name: displayNameOf(organization) });
    this.#host.announce({ kind: "info", title, text: m.organizations_gone_why() });
  }

  #announceUnread(problem: unknown): void {
    const text = this.#host.describe(problem);
    this.#host.announce({ kind: "danger", title: m.lists_gather_failed(), text });
  }

  /** Null if they could not be read, or are being read. */
  async #checked(): Promise<OrganizationView[] | null> {
    try {
      return await this.list.checkedRows();
    } catch (problem) {
      this.#announceUnread(problem);
      return null;
    }
  }

  #checkedStatuses(): OrganizationStatus[] {
    const { rows } = this.list.selection;
    if (rows !== null) return rows.map(({ status }) => status);
    const { facet } = this.list.browser.query;
    return facet === "all" || facet === "drift" ? ["active", "deactivated"] : [facet];
  }
}
