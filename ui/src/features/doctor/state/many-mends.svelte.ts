import type {
  DoctorFinding,
  Environment,
  KeptFile,
  MendedNow,
  MendKind,
  MendRequest,
  WorkspaceApi,
} from "$lib/api";
import type { BackUp } from "$lib/bundles";
import { ExportRun } from "$lib/exports";
import { formatCount } from "$lib/format";
import { Draft, TypedConfirmation } from "$lib/forms";
import { BulkRun, type BulkResult } from "$lib/lists";
import { m } from "$lib/messages";
import { mendLabel } from "../finding-words";
import { expiryOf } from "../template/index-words";
import { requestOf } from "./mend-draft.svelte";

/** More findings than this are confirmed by typing their number, where others work with what is changed. */
const WITHOUT_COUNT = 10;

/** Before a button that lets documents be deleted can be pressed where others work. */
const HOLD_OFF_SECONDS = 3;

/** A server builds one index at a time for us: each reads a whole collection. */
const BUILDS: ReadonlySet<MendKind> = new Set(["create_indexes", "replace_indexes"]);

/** What a mend calls for one finding. */
export type MendCalls = Pick<WorkspaceApi, "mendFinding" | "cancelJob">;

/** One mend of one or several findings of a kind: its confirmation, its progress and what became of each. */
export class ManyMends {
  readonly submission = new Draft();
  readonly run: BulkRun<DoctorFinding>;
  readonly typed: TypedConfirmation | null;
  mend = $state() as MendKind;
  /** A password that the mend of a single finding made. */
  secret: string | null = null;
  /** The files that have what was dropped. */
  readonly files: KeptFile[] = [];
  /** Where files go, and the one that is being written. */
  readonly folder: BackUp | null;
  writing = $state.raw<ExportRun<MendedNow> | null>(null);
  /** What the file is of that is being written. */
  current = $state("");
  readonly #request: MendRequest | null;

  /** `request` is that of a single finding, with what its person filled in. */
  constructor(
    findings: DoctorFinding[],
    mend: MendKind,
    environment: Environment,
    request: MendRequest | null,
    folder: BackUp | null = null,
  ) {
    this.folder = folder;
    this.run = new BulkRun(findings);
    this.mend = mend;
    this.#request = request;
    const [only] = findings;
    const careful = environment === "production";
    const many = findings.length > WITHOUT_COUNT && (careful || environment === "staging");
    const single = findings.length === 1 && only !== undefined;
    // As deleting for good is: nothing brings a document back that a server deletes by its age.
    const deletes = this.expiresAfter !== null;
    this.typed =
      careful || many || (deletes && environment === "staging")
        ? new TypedConfirmation(
            single ? only.subject : String(findings.length),
            deletes && careful ? HOLD_OFF_SECONDS : 0,
            single ? m.doctor_mend_confirm_missing : m.doctor_mend_confirm_count_missing,
          )
        : null;
  }

  get single(): DoctorFinding | null {
    return this.run.rows.length === 1 ? (this.run.rows[0] ?? null) : null;
  }

  requestFor(finding: DoctorFinding): MendRequest {
    const request = this.#request ?? requestOf(finding, this.mend);
    if (!this.keeps) return request;
    const target = this.folder?.folder?.target ?? null;
    return { ...request, choices: { ...request.choices, target } };
  }

  /** Whether a file is kept of what the mend drops. */
  get keeps(): boolean {
    return this.mend === "set_aside";
  }

  /** Stops after what is under way; a file that is being written is given up. */
  stop(): void {
    this.run.stop();
    void this.writing?.cancel();
  }

  get title(): string {
    const mend = mendLabel(this.mend);
    if (this.single) return m.doctor_one_title({ mend, name: this.single.subject });
    const { length } = this.run.rows;
    return m.doctor_many_title({ mend, count: length, shown: formatCount(length) });
  }

  /** After how many seconds an index that it makes lets the server delete documents; null if none does. */
  get expiresAfter(): number | null {
    if (!BUILDS.has(this.mend)) return null;
    const times = this.run.rows.map(expiryOf).filter((time) => time !== null);
    return times.length > 0 ? times.reduce((least, time) => Math.min(least, time)) : null;
  }

  get blocked(): string | null {
    if (this.keeps && !this.folder?.folder) return m.bundles_folder_missing();
    return this.typed?.blocked ?? null;
  }

  get progress(): string | null {
    if (!this.submission.busy || this.single) return null;
    const { done, rows } = this.run;
    return m.dialogs_many_progress({ done: formatCount(done), total: formatCount(rows.length) });
  }

  /** What is under way with the file of the collection that is set aside. */
  get writingWord(): string {
    const name = this.current;
    switch (this.writing?.step) {
      case "reading_back":
        return m.doctor_set_aside_reading_back({ name });
      case "comparing":
        return m.doctor_set_aside_comparing({ name });
      case "ending":
        return m.doctor_set_aside_ending({ name });
      default:
        return m.doctor_set_aside_running({ name });
    }
  }

  /** A single one only while its file is written; of several the rest. */
  get stoppable(): boolean {
    return !this.single || (this.keeps && this.writing?.step !== "ending");
  }

  get begun(): boolean {
    return this.run.result.changed.length > 0;
  }

  /** Those that were refused; a failure of a single one is the dialog's own. */
  get failed() {
    return this.single ? [] : this.run.result.failed;
  }

  get action(): string {
    const first = mendLabel(this.mend);
    if (this.submission.busy) return first;
    const shown = formatCount(this.run.remaining.length);
    if (this.failed.length > 0) return m.dialogs_many_again({ shown });
    return this.run.stopped && !this.single ? m.dialogs_many_go_on({ shown }) : first;
  }

  submit(calls: MendCalls, done: (result: BulkResult<DoctorFinding>) => void): Promise<void> {
    return this.submission.run(
      async () => {
        const atOnce = this.keeps || BUILDS.has(this.mend) ? 1 : undefined;
        const each = async (finding: DoctorFinding) => {
          const now = await this.#mendOne(calls, finding);
          this.secret = now.oneTimePassword;
          if (now.file) this.files.push(now.file);
          return now.finding ?? finding;
        };
        const result = await this.run.run(each, atOnce);
        const [failure] = result.failed;
        if (failure && this.single) throw failure.error;
        return result;
      },
      (result) => {
        if (this.run.remaining.length === 0) done(result);
      },
    );
  }

  /** With its progress, if it writes a file. */
  async #mendOne({ mendFinding, cancelJob }: MendCalls, finding: DoctorFinding): Promise<MendedNow> {
    const request = this.requestFor(finding);
    if (!this.keeps) return mendFinding(request);
    const run = new ExportRun((job, onprogress) => mendFinding(request, job, onprogress), cancelJob, null);
    this.current = finding.subject;
    this.writing = run;
    await run.ended;
    this.writing = null;
    if (run.report === null) throw run.failure;
    return run.report;
  }
}
