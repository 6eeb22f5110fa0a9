import type { DoctorFinding, Environment, MendedNow, MendKind, MendRequest } from "$lib/api";
import { formatCount } from "$lib/format";
import { Draft, TypedConfirmation } from "$lib/forms";
import { BulkRun, type BulkResult } from "$lib/lists";
import { m } from "$lib/messages";
import { mendLabel } from "../finding-words";
import { requestOf } from "./mend-draft.svelte";

/** More findings than this are confirmed by typing their number, where others work with what is changed. */
const WITHOUT_COUNT = 10;

/** A server builds one index at a time for us: each reads a whole collection. */
const BUILDS: ReadonlySet<MendKind> = new Set(["create_indexes", "replace_indexes"]);

/** One mend of one or several findings of a kind: its confirmation, its progress and what became of each. */
export class ManyMends {
  readonly submission = new Draft();
  readonly run: BulkRun<DoctorFinding>;
  readonly typed: TypedConfirmation | null;
  mend = $state() as MendKind;
  /** A password that the mend of a single finding made. */
  secret: string | null = null;
  readonly #request: MendRequest | null;

  /** `request` is that of a single finding, with what its person filled in. */
  constructor(
    findings: DoctorFinding[],
    mend: MendKind,
    environment: Environment,
    request: MendRequest | null,
  ) {
    this.run = new BulkRun(findings);
    this.mend = mend;
    this.#request = request;
    const [only] = findings;
    const careful = environment === "production";
    const many = findings.length > WITHOUT_COUNT && (careful || environment === "staging");
    const single = findings.length === 1 && only !== undefined;
    this.typed =
      careful || many
        ? new TypedConfirmation(
            single ? only.subject : String(findings.length),
            0,
            single ? m.doctor_mend_confirm_missing : m.doctor_mend_confirm_count_missing,
          )
        : null;
  }

  get single(): DoctorFinding | null {
    return this.run.rows.length === 1 ? (this.run.rows[0] ?? null) : null;
  }

  requestFor(finding: DoctorFinding): MendRequest {
    return this.#request ?? requestOf(finding, this.mend);
  }

  get title(): string {
    const mend = mendLabel(this.mend);
    if (this.single) return m.doctor_one_title({ mend, name: this.single.subject });
    const { length } = this.run.rows;
    return m.doctor_many_title({ mend, count: length, shown: formatCount(length) });
  }

  get blocked(): string | null {
    return this.typed?.blocked ?? null;
  }

  get progress(): string | null {
    if (!this.submission.busy || this.single) return null;
    const { done, rows } = this.run;
    return m.dialogs_many_progress({ done: formatCount(done), total: formatCount(rows.length) });
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
    return this.run.stopped ? m.dialogs_many_go_on({ shown }) : first;
  }

  submit(
    mend: (request: MendRequest) => Promise<MendedNow>,
    done: (result: BulkResult<DoctorFinding>) => void,
  ): Promise<void> {
    return this.submission.run(
      async () => {
        const atOnce = BUILDS.has(this.mend) ? 1 : undefined;
        const each = async (finding: DoctorFinding) => {
          const now = await mend(this.requestFor(finding));
          this.secret = now.oneTimePassword;
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
}
