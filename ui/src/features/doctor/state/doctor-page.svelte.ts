import {
  LIMITS,
  type DoctorFinding,
  type FindingGroup,
  type MendedNow,
  type MendKind,
  type MendRequest,
} from "$lib/api";
import { formatCount } from "$lib/format";
import { ListState } from "$lib/lists";
import { m } from "$lib/messages";
import {
  findingsSpec,
  FindingSource,
  type FindingCalls,
  type FindingCounts,
  type FindingListQuery,
  type FindingRow,
} from "../source";
import type { Doctor } from "./doctor.svelte";
import { mendsOfMany } from "./mend-draft.svelte";
import { OpenedFinding } from "./opened-finding.svelte";

export type DoctorDialog =
  | { kind: "export" }
  | { kind: "mend"; findings: DoctorFinding[]; mends: MendKind[]; request: MendRequest | null };

/** Everything that the page remembers, on screen or not. */
export class DoctorPageState {
  readonly list: ListState<FindingRow, FindingListQuery, FindingCounts>;
  readonly opened = new OpenedFinding();
  readonly doctor: Doctor;
  dialog = $state.raw<DoctorDialog | null>(null);
  readonly #calls: FindingCalls;
  #shown = 0;

  constructor(calls: FindingCalls, doctor: Doctor, onproblem: (problem: unknown) => void = () => undefined) {
    this.#calls = calls;
    this.doctor = doctor;
    const spec = findingsSpec(() => this.#found);
    this.list = new ListState(spec, new FindingSource(calls), this.opened, onproblem);
  }

  get #found(): string {
    const { browser } = this.list;
    const count = browser.counts?.[browser.query.facet] ?? 0;
    return m.doctor_found({ count, shown: formatCount(count) });
  }

  /** The page comes on screen, or there is another result. */
  show(): void {
    if (this.doctor.generation !== this.#shown) this.list.selection.clear();
    this.#shown = this.doctor.generation;
    if (this.list.rows.ready) this.list.refresh();
    else this.list.show();
  }

  /** Selected findings that are open, if they are of one kind. */
  get chosen(): { findings: DoctorFinding[]; mends: MendKind[] } | null {
    const findings = (this.list.selection.rows ?? []).flatMap((row) =>
      row.kind === "finding" && row.finding.state.kind === "open" ? [row.finding] : [],
    );
    const [first] = findings;
    if (first === undefined || findings.some(({ kind }) => kind !== first.kind)) return null;
    const mends = mendsOfMany(this.mendsOf(first));
    return mends.length > 0 ? { findings, mends } : null;
  }

  get groups(): readonly FindingGroup[] {
    return this.list.browser.counts?.groups ?? this.doctor.summary?.groups ?? [];
  }

  mendsOf(finding: DoctorFinding): MendKind[] {
    return this.groups.find(({ kind }) => kind === finding.kind)?.mends ?? [];
  }

  /** When the run looked for it that found it last; null if that is the last run. */
  earlierCheckOf(finding: DoctorFinding): string | null {
    const { summary } = this.doctor;
    const depth = this.groups.find(({ kind }) => kind === finding.kind)?.depth;
    return summary?.depth === "quick" && depth === "deep" ? summary.deepCheckedAt : null;
  }

  /** All open findings of a group, on screen or not. */
  async openOf({ kind }: FindingGroup): Promise<DoctorFinding[]> {
    const found: DoctorFinding[] = [];
    for (let all = Infinity; found.length < all;) {
      const offset = found.length;
      const query = { kind, severity: null, search: "", organization: null, offset, limit: LIMITS.pageMax };
      const { findings, total } = await this.#calls.listFindings(query);
      all = findings.length > 0 ? total : 0;
      found.push(...findings);
    }
    return found.filter(({ state }) => state.kind === "open");
  }

  /** Shows a finding as a mend left it, with the password that it made. */
  acceptNow({ finding, oneTimePassword }: MendedNow): void {
    if (finding !== null) this.accept([finding]);
    this.opened.secret = oneTimePassword;
  }

  /** Shows findings as they are now. */
  accept(findings: DoctorFinding[]): void {
    const rows = findings.flatMap((finding): FindingRow[] => {
      const severity = this.groups.find(({ kind }) => kind === finding.kind)?.severity;
      return severity ? [{ id: finding.id, kind: "finding", severity, finding }] : [];
    });
    this.list.accept(rows);
    this.list.selection.clear();
    void this.doctor.look();
  }

  stop(): void {
    this.list.stop();
  }
}
