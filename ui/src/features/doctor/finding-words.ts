import type { DoctorFinding, EvidenceRow, EvidenceWord, FindingKind, MendKind } from "$lib/api";
import { formatClock, formatDay, formatRelativeTime } from "$lib/format";
import { m } from "$lib/messages";

const KINDS: Record<FindingKind, () => string> = {
  missing_collection: m.doctor_kind_missing_collection_why,
  missing_trashed_collection: m.doctor_kind_missing_trashed_collection_why,
  unrestorable_trash: m.doctor_kind_unrestorable_trash_why,
  collection_elsewhere: m.doctor_kind_collection_elsewhere_why,
  half_renamed: m.doctor_kind_half_renamed_why,
  twin_names: m.doctor_kind_twin_names_why,
  twin_addresses: m.doctor_kind_twin_addresses_why,
  foreign_id: m.doctor_kind_foreign_id_why,
  invalid_name: m.doctor_kind_invalid_name_why,
  invalid_address: m.doctor_kind_invalid_address_why,
  unverifiable_hash: m.doctor_kind_unverifiable_hash_why,
  interrupted_operation: m.doctor_kind_interrupted_operation_why,
  ownerless_collection: m.doctor_kind_ownerless_collection_why,
  ownerless_trash: m.doctor_kind_ownerless_trash_why,
  leftover_dropped: m.doctor_kind_leftover_dropped_why,
  leftover_incoming: m.doctor_kind_leftover_incoming_why,
  collection_name_differs: m.doctor_kind_collection_name_differs_why,
  name_form: m.doctor_kind_name_form_why,
  address_form: m.doctor_kind_address_form_why,
  unreadable_date: m.doctor_kind_unreadable_date_why,
  odd_active: m.doctor_kind_odd_active_why,
  missing_master_index: m.doctor_kind_missing_master_index_why,
  index_missing: m.doctor_kind_index_missing_why,
  index_differs: m.doctor_kind_index_differs_why,
  validator_differs: m.doctor_kind_validator_differs_why,
  shared_address: m.doctor_kind_shared_address_why,
  operators_person: m.doctor_kind_operators_person_why,
  kept_twins: m.doctor_kind_kept_twins_why,
  view_collection: m.doctor_kind_view_collection_why,
  time_series_collection: m.doctor_kind_time_series_collection_why,
  capped_collection: m.doctor_kind_capped_collection_why,
};

/** What such a finding means, in a sentence or two. */
export const kindWhy = (kind: FindingKind): string => KINDS[kind]();

const MENDS: Record<MendKind, [label: () => string, why: () => string]> = {
  decide_twins: [m.doctor_mend_decide_twins, m.doctor_mend_decide_twins_why],
  attach_collection: [m.doctor_mend_attach_collection, m.doctor_mend_attach_collection_why],
  create_organization: [m.doctor_mend_create_organization, m.doctor_mend_create_organization_why],
  set_aside: [m.doctor_mend_set_aside, m.doctor_mend_set_aside_why],
  drop_leftover: [m.doctor_mend_drop_leftover, m.doctor_mend_drop_leftover_why],
  create_collection: [m.doctor_mend_create_collection, m.doctor_mend_create_collection_why],
  join_halves: [m.doctor_mend_join_halves, m.doctor_mend_join_halves_why],
  set_collection_name: [m.doctor_mend_set_collection_name, m.doctor_mend_set_collection_name_why],
  move_collection: [m.doctor_mend_move_collection, m.doctor_mend_move_collection_why],
  separate_twins: [m.doctor_mend_separate_twins, m.doctor_mend_separate_twins_why],
  rename_organization: [m.doctor_mend_rename_organization, m.doctor_mend_rename_organization_why],
  change_address: [m.doctor_mend_change_address, m.doctor_mend_change_address_why],
  correct_name: [m.doctor_mend_correct_name, m.doctor_mend_correct_name_why],
  correct_address: [m.doctor_mend_correct_address, m.doctor_mend_correct_address_why],
  correct_dates: [m.doctor_mend_correct_dates, m.doctor_mend_correct_dates_why],
  correct_active: [m.doctor_mend_correct_active, m.doctor_mend_correct_active_why],
  set_one_time_password: [m.doctor_mend_set_one_time_password, m.doctor_mend_set_one_time_password_why],
  decide_operation: [m.doctor_mend_decide_operation, m.doctor_mend_decide_operation_why],
  create_master_indexes: [m.doctor_mend_create_master_indexes, m.doctor_mend_create_master_indexes_why],
  create_indexes: [m.doctor_mend_create_indexes, m.doctor_mend_create_indexes_why],
  replace_indexes: [m.doctor_mend_replace_indexes, m.doctor_mend_replace_indexes_why],
  set_validator: [m.doctor_mend_set_validator, m.doctor_mend_set_validator_why],
  accept_as_is: [m.doctor_mend_accept_as_is, m.doctor_mend_accept_as_is_why],
};

export const mendLabel = (mend: MendKind): string => MENDS[mend][0]();

/** What follows from a mend. */
export const mendWhy = (mend: MendKind): string => MENDS[mend][1]();

const EVIDENCE: Record<EvidenceWord, () => string> = {
  collection: m.doctor_evidence_of_collection,
  collection_kind: m.doctor_evidence_of_collection_kind,
  name: m.doctor_evidence_of_name,
  collection_name: m.doctor_evidence_of_collection_name,
  address: m.doctor_evidence_of_address,
  created_at: m.doctor_evidence_of_created_at,
  updated_at: m.doctor_evidence_of_updated_at,
  id: m.doctor_evidence_of_id,
  hash: m.doctor_evidence_of_hash,
  active: m.doctor_evidence_of_active,
  index: m.doctor_evidence_of_index,
  expires_after: m.doctor_evidence_of_expires_after,
  validator: m.doctor_evidence_of_validator,
  operation: m.doctor_evidence_of_operation,
  trashed_at: m.doctor_evidence_of_trashed_at,
  common_documents: m.doctor_evidence_of_common_documents,
  documents: m.doctor_evidence_of_documents,
  operator: m.doctor_evidence_of_operator,
  person: m.doctor_evidence_of_person,
  master_index: m.doctor_evidence_of_master_index,
};

export const evidenceWord = (what: EvidenceWord): string => EVIDENCE[what]();

/** One row of evidence on one line: what is written, and what is there. */
export function evidenceLine({ what, metadata, storage }: EvidenceRow): string {
  const sides = [metadata, storage].map((side) => side ?? m.doctor_evidence_no());
  return m.doctor_evidence_line({
    what: evidenceWord(what),
    metadata: sides[0] ?? "",
    storage: sides[1] ?? "",
  });
}

/** The evidence of a finding on one line, for its row. */
export const evidenceShort = ({ evidence }: DoctorFinding): string => evidence.map(evidenceLine).join(", ");

/** The time of day, or the day if it is another one. */
export function shortMoment(time: string, now = new Date()): string {
  const sameDay = new Date(time).toDateString() === now.toDateString();
  return sameDay ? formatClock(time).slice(0, 5) : formatDay(time);
}

/** Since when a finding is known. */
export const sinceWords = ({ since }: DoctorFinding): string => formatRelativeTime(since);
