import type { ActivityKind } from "$lib/api";
import type { IconName } from "$lib/components";
import { m } from "$lib/messages";

/** What stands in a sentence. */
export type Values = Record<"who" | "organization" | "subject" | "before" | "after" | "fields", string>;

type Say = (values: Values) => string;
type Kind = { icon: IconName; did: Say; tried?: Say };

/** Every kind of entry: its drawing, what was done, and what somebody tried to do. */
export const KINDS: Record<ActivityKind, Kind> = {
  workspace_claimed: {
    icon: "key-round",
    did: m.activity_did_workspace_claimed,
    tried: m.activity_tried_workspace_claimed,
  },
  signed_in: { icon: "log-in", did: m.activity_did_signed_in, tried: m.activity_tried_signed_in },
  sign_in_throttled: { icon: "clock", did: m.activity_did_sign_in_throttled },
  password_unverifiable: { icon: "key-round", did: m.activity_did_password_unverifiable },
  signed_out: { icon: "log-out", did: m.activity_did_signed_out },
  session_ended: {
    icon: "log-out",
    did: m.activity_did_session_ended,
    tried: m.activity_tried_session_ended,
  },
  session_refused: { icon: "ban", did: m.activity_did_session_refused },
  throttle_cleared: {
    icon: "clock",
    did: m.activity_did_throttle_cleared,
    tried: m.activity_tried_throttle_cleared,
  },
  token_copied: { icon: "copy", did: m.activity_did_token_copied },
  organization_created: {
    icon: "plus",
    did: m.activity_did_organization_created,
    tried: m.activity_tried_organization_created,
  },
  organization_renamed: {
    icon: "text-cursor-input",
    did: m.activity_did_organization_renamed,
    tried: m.activity_tried_organization_renamed,
  },
  organization_changed: {
    icon: "pencil",
    did: m.activity_did_organization_changed,
    tried: m.activity_tried_organization_changed,
  },
  organization_deactivated: {
    icon: "circle-pause",
    did: m.activity_did_organization_deactivated,
    tried: m.activity_tried_organization_deactivated,
  },
  organization_reactivated: {
    icon: "circle-play",
    did: m.activity_did_organization_reactivated,
    tried: m.activity_tried_organization_reactivated,
  },
  organization_trashed: {
    icon: "trash-2",
    did: m.activity_did_organization_trashed,
    tried: m.activity_tried_organization_trashed,
  },
  organization_restored: {
    icon: "archive-restore",
    did: m.activity_did_organization_restored,
    tried: m.activity_tried_organization_restored,
  },
  organization_deleted: {
    icon: "circle-x",
    did: m.activity_did_organization_deleted,
    tried: m.activity_tried_organization_deleted,
  },
  organizations_imported: {
    icon: "upload",
    did: m.activity_did_organizations_imported,
    tried: m.activity_tried_organizations_imported,
  },
  organization_erased: { icon: "shield-check", did: m.activity_did_organization_erased },
  bundle_written: {
    icon: "download",
    did: m.activity_did_bundle_written,
    tried: m.activity_tried_bundle_written,
  },
  organization_received: {
    icon: "archive-restore",
    did: m.activity_did_organization_received,
    tried: m.activity_tried_organization_received,
  },
  organization_moved: {
    icon: "arrow-right",
    did: m.activity_did_organization_moved,
    tried: m.activity_tried_organization_moved,
  },
  operator_added: {
    icon: "user-round",
    did: m.activity_did_operator_added,
    tried: m.activity_tried_operator_added,
  },
  operator_changed: {
    icon: "pencil",
    did: m.activity_did_operator_changed,
    tried: m.activity_tried_operator_changed,
  },
  operator_deactivated: {
    icon: "circle-pause",
    did: m.activity_did_operator_deactivated,
    tried: m.activity_tried_operator_deactivated,
  },
  operator_reactivated: {
    icon: "circle-play",
    did: m.activity_did_operator_reactivated,
    tried: m.activity_tried_operator_reactivated,
  },
  operator_removed: {
    icon: "circle-x",
    did: m.activity_did_operator_removed,
    tried: m.activity_tried_operator_removed,
  },
  person_added: {
    icon: "user-round",
    did: m.activity_did_person_added,
    tried: m.activity_tried_person_added,
  },
  person_changed: {
    icon: "pencil",
    did: m.activity_did_person_changed,
    tried: m.activity_tried_person_changed,
  },
  person_deactivated: {
    icon: "circle-pause",
    did: m.activity_did_person_deactivated,
    tried: m.activity_tried_person_deactivated,
  },
  person_reactivated: {
    icon: "circle-play",
    did: m.activity_did_person_reactivated,
    tried: m.activity_tried_person_reactivated,
  },
  person_removed: {
    icon: "circle-x",
    did: m.activity_did_person_removed,
    tried: m.activity_tried_person_removed,
  },
  one_time_password_set: {
    icon: "key-round",
    did: m.activity_did_one_time_password_set,
    tried: m.activity_tried_one_time_password_set,
  },
  password_changed: {
    icon: "key-round",
    did: m.activity_did_password_changed,
    tried: m.activity_tried_password_changed,
  },
  recovery_code_renewed: {
    icon: "key-round",
    did: m.activity_did_recovery_code_renewed,
    tried: m.activity_tried_recovery_code_renewed,
  },
  owner_recovered: {
    icon: "key-round",
    did: m.activity_did_owner_recovered,
    tried: m.activity_tried_owner_recovered,
  },
  owner_reset: { icon: "shield-alert", did: m.activity_did_owner_reset, tried: m.activity_tried_owner_reset },
  list_exported: {
    icon: "download",
    did: m.activity_did_list_exported,
    tried: m.activity_tried_list_exported,
  },
  people_exported: {
    icon: "download",
    did: m.activity_did_people_exported,
    tried: m.activity_tried_people_exported,
  },
  record_exported: {
    icon: "download",
    did: m.activity_did_record_exported,
    tried: m.activity_tried_record_exported,
  },
  record_verified: {
    icon: "shield-check",
    did: m.activity_did_record_verified,
    tried: m.activity_tried_record_verified,
  },
  record_archived: {
    icon: "package",
    did: m.activity_did_record_archived,
    tried: m.activity_tried_record_archived,
  },
  earlier_entries: { icon: "layers", did: m.activity_did_earlier_entries },
  operation_finished: { icon: "circle-check", did: m.activity_did_operation_finished },
  operation_undone: { icon: "rotate-ccw", did: m.activity_did_operation_undone },
  operation_decided: {
    icon: "circle-check",
    did: m.activity_did_operation_decided,
    tried: m.activity_tried_operation_decided,
  },
  workspace_unlocked: {
    icon: "lock-open",
    did: m.activity_did_workspace_unlocked,
    tried: m.activity_tried_workspace_unlocked,
  },
  workspace_locked: { icon: "lock", did: m.activity_did_workspace_locked },
  permits_changed: {
    icon: "shield-alert",
    did: m.activity_did_permits_changed,
    tried: m.activity_tried_permits_changed,
  },
  setting_changed: {
    icon: "settings",
    did: m.activity_did_setting_changed,
    tried: m.activity_tried_setting_changed,
  },
  mended: { icon: "circle-check", did: m.activity_did_mended, tried: m.activity_tried_mended },
  template_changed: {
    icon: "layers",
    did: m.activity_did_template_changed,
    tried: m.activity_tried_template_changed,
  },
  documents_read: { icon: "eye", did: m.activity_did_documents_read, tried: m.activity_tried_documents_read },
  act_refused: { icon: "ban", did: m.activity_did_act_refused },
};
