import type { DoctorFinding, FindingKind } from "$lib/api";

/** What a comparison of a finding's two sides shows. */
export type ComparedSort = "documents" | "organizations";

const SORTS: Partial<Record<FindingKind, ComparedSort>> = {
  half_renamed: "documents",
  kept_twins: "documents",
  twin_names: "organizations",
  twin_addresses: "organizations",
};

/** Null for a finding without two sides that this person sees. Documents of tenants are for who may mend. */
export function comparedOf(
  { kind, state, organizations }: DoctorFinding,
  mayMend: boolean,
): ComparedSort | null {
  const sort = SORTS[kind] ?? null;
  if (state.kind !== "open") return null;
  if (sort === "documents") return mayMend ? sort : null;
  return organizations.length > 1 ? sort : null;
}
