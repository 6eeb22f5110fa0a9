import type { DriftOfRow, FindingKind, Severity } from "./api";
import { m } from "./messages";

const KINDS: Record<FindingKind, () => string> = {
  missing_collection: m.doctor_kind_missing_collection,
  missing_trashed_collection: m.doctor_kind_missing_trashed_collection,
  unrestorable_trash: m.doctor_kind_unrestorable_trash,
  collection_elsewhere: m.doctor_kind_collection_elsewhere,
  half_renamed: m.doctor_kind_half_renamed,
  twin_names: m.doctor_kind_twin_names,
  twin_addresses: m.doctor_kind_twin_addresses,
  foreign_id: m.doctor_kind_foreign_id,
  invalid_name: m.doctor_kind_invalid_name,
  invalid_address: m.doctor_kind_invalid_address,
  unverifiable_hash: m.doctor_kind_unverifiable_hash,
  interrupted_operation: m.doctor_kind_interrupted_operation,
  ownerless_collection: m.doctor_kind_ownerless_collection,
  ownerless_trash: m.doctor_kind_ownerless_trash,
  leftover_dropped: m.doctor_kind_leftover_dropped,
  leftover_incoming: m.doctor_kind_leftover_incoming,
  collection_name_differs: m.doctor_kind_collection_name_differs,
  name_form: m.doctor_kind_name_form,
  address_form: m.doctor_kind_address_form,
  unreadable_date: m.doctor_kind_unreadable_date,
  odd_active: m.doctor_kind_odd_active,
  missing_master_index: m.doctor_kind_missing_master_index,
  index_missing: m.doctor_kind_index_missing,
  index_differs: m.doctor_kind_index_differs,
  validator_differs: m.doctor_kind_validator_differs,
  shared_address: m.doctor_kind_shared_address,
  operators_person: m.doctor_kind_operators_person,
  kept_twins: m.doctor_kind_kept_twins,
  view_collection: m.doctor_kind_view_collection,
  time_series_collection: m.doctor_kind_time_series_collection,
  capped_collection: m.doctor_kind_capped_collection,
};

/** What findings of a kind are. */
export const kindTitle = (kind: FindingKind): string => KINDS[kind]();

const SEVERITIES: Record<Severity, () => string> = {
  broken: m.doctor_severity_broken,
  drift: m.doctor_severity_drift,
  note: m.doctor_severity_note,
};

export const severityWord = (severity: Severity): string => SEVERITIES[severity]();

/** What the doctor found about an organization, in a word each. */
export const driftWords = ({ kinds }: DriftOfRow): string => kinds.map(kindTitle).join(", ");
