import { LIMITS, type DoctorFinding, type FindingKind, type WorkspaceApi } from "$lib/api";
import type { Doctor } from "../state/doctor.svelte";

type Calls = Pick<WorkspaceApi, "listFindings">;

/** What applying the template would do: a run of the doctor that looks at every collection, and what it found. */
export class ApplyPlan {
  /** The collections that lack an index; null until it is known. */
  lacking = $state.raw<DoctorFinding[] | null>(null);
  /** Collections whose index of such a name does something else. */
  differing = $state(0);
  /** Those that lack an index and that the doctor does not keep, because there are too many. */
  leftOff = $state(0);
  /** Whether the run under way is the plan's; it waits for one that somebody else began. */
  own = $state(false);
  #left = false;
  readonly #doctor: Doctor;
  readonly #calls: Calls;

  constructor(doctor: Doctor, calls: Calls) {
    this.#doctor = doctor;
    this.#calls = calls;
  }

  async make(): Promise<void> {
    const doctor = this.#doctor;
    while (doctor.running && !this.#left) await doctor.ended;
    if (this.#left) return;
    this.own = true;
    const ran = await doctor.run("deep");
    this.own = false;
    if (!ran || this.#left) return;
    const groups = doctor.summary?.groups ?? [];
    const group = (kind: FindingKind) => groups.find((one) => one.kind === kind);
    this.differing = group("index_differs")?.open ?? 0;
    this.leftOff = group("index_missing")?.leftOff ?? 0;
    this.lacking = await this.#findings();
  }

  async #findings(): Promise<DoctorFinding[]> {
    const found: DoctorFinding[] = [];
    for (let all = Infinity; found.length < all && !this.#left;) {
      const page = await this.#calls.listFindings({
        kind: "index_missing",
        severity: null,
        search: "",
        organization: null,
        offset: found.length,
        limit: LIMITS.pageMax,
      });
      all = page.findings.length > 0 ? page.total : 0;
      found.push(...page.findings);
    }
    return found;
  }

  /** Ends its own run; one that somebody else began goes on. */
  leave(): void {
    this.#left = true;
    if (this.own) this.#doctor.cancel();
  }
}
