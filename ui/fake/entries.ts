import type { EntryView } from "../src/lib/bindings";
import { idFor } from "./data";

/** An entry of the record; the fields that a test does not name are those of a sign-in. */
export function madeUpEntry(number: number, change: Partial<EntryView> = {}): EntryView {
  return {
    id: `entry-${number}`,
    number,
    at: new Date(Date.UTC(2026, 10, 23, 8, 0, 0) + number * 61_000).toISOString(),
    actor: "dana@meridian.example",
    role: "owner",
    device: "dana on mars, Linux",
    kind: "signed_in",
    outcome: "done",
    organizationId: null,
    organizationName: null,
    subject: null,
    changes: [],
    reason: null,
    detail: null,
    hash: number.toString(16).padStart(64, "a"),
    previous: (number - 1).toString(16).padStart(64, "a"),
    ...change,
  };
}

const about = (name: string) => ({ organizationId: idFor(11), organizationName: name });

/** A day of a workspace, over and over. */
export function madeUpEntries(count: number): EntryView[] {
  const day: Partial<EntryView>[] = [
    { actor: "tenantry", role: null, device: null, kind: "operation_finished", ...about("aldgate") },
    {},
    {
      kind: "organization_renamed",
      ...about("aldgate_insurance"),
      changes: [{ field: "name", before: "aldgate", after: "aldgate_insurance" }],
      subject: null,
    },
    { kind: "signed_in", actor: "eve@example.com", role: null, outcome: "refused" },
    { kind: "organization_deactivated", ...about("aldgate_insurance") },
    { kind: "organization_deleted", ...about("marrow_and_vale"), outcome: "refused", role: "viewer" },
    {
      kind: "organization_changed",
      ...about("aldgate_insurance"),
      changes: [
        { field: "email", before: "office@aldgate.example", after: "office@aldgate-insurance.example" },
        { field: "display_name", before: null, after: "Aldgate Insurance" },
        { field: "password", before: null, after: null },
      ],
    },
    { kind: "list_exported", detail: "190 rows as csv" },
    { kind: "workspace_unlocked", reason: "rename for the merger" },
    {
      kind: "organization_created",
      ...about("zephyr_schools"),
      outcome: "failed",
      detail: "the server fell silent",
    },
  ];
  return Array.from({ length: count }, (_, index) => madeUpEntry(index + 1, day[index % day.length]));
}
