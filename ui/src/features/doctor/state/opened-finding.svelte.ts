import type { DoctorFinding } from "$lib/api";
import type { ListPanel } from "$lib/lists";
import type { FindingRow } from "../source";

/** The finding in the panel. */
export class OpenedFinding implements ListPanel<FindingRow> {
  /** Whether both sides are compared, in place of the panel. */
  comparing = $state(false);
  #row = $state.raw<FindingRow | null>(null);

  get row(): FindingRow | null {
    return this.#row;
  }

  get finding(): DoctorFinding | null {
    return this.#row?.kind === "finding" ? this.#row.finding : null;
  }

  open(row: FindingRow): void {
    if (row.id !== this.#row?.id) this.comparing = false;
    this.#row = row;
  }

  close(): void {
    this.#row = null;
    this.comparing = false;
  }

  accept(rows: FindingRow[]): void {
    const changed = rows.find(({ id }) => id === this.#row?.id);
    if (changed !== undefined) this.#row = changed;
  }
}
