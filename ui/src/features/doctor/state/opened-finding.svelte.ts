import type { DoctorFinding } from "$lib/api";
import type { ListPanel } from "$lib/lists";
import type { FindingRow } from "../source";

/** The finding in the panel. */
export class OpenedFinding implements ListPanel<FindingRow> {
  /** A password that the last mend made: shown here alone, and once. */
  secret = $state.raw<string | null>(null);
  #row = $state.raw<FindingRow | null>(null);

  get row(): FindingRow | null {
    return this.#row;
  }

  get finding(): DoctorFinding | null {
    return this.#row?.kind === "finding" ? this.#row.finding : null;
  }

  open(row: FindingRow): void {
    if (row.id !== this.#row?.id) this.secret = null;
    this.#row = row;
  }

  close(): void {
    this.#row = null;
    this.secret = null;
  }

  accept(rows: FindingRow[]): void {
    const changed = rows.find(({ id }) => id === this.#row?.id);
    if (changed !== undefined) this.#row = changed;
  }
}
