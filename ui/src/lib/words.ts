import type {
  Act,
  Environment,
  HealthWarning,
  MemberState,
  OrganizationStatus,
  PrivilegedAct,
  RecoveredAct,
  RecoveredOperation,
  RecoveredOutcome,
  RestrictedAct,
  Role,
} from "./api";
import type { DiscardQuestion } from "./components";
import { m } from "./messages";

/** The question before a dialog with typed text is left. */
export function discardQuestion(typed: boolean): DiscardQuestion | null {
  if (!typed) return null;
  return {
    question: m.common_discard_question(),
    keep: m.common_discard_keep(),
    discard: m.common_discard(),
  };
}

/** The word for an environment. */
export function environmentWord(environment: Environment): string {
  switch (environment) {
    case "local":
      return m.common_environment_local();
    case "development":
      return m.common_environment_development();
    case "staging":
      return m.common_environment_staging();
    case "production":
      return m.common_environment_production();
  }
}

/** The word for an organization's status. */
export function statusWord(status: OrganizationStatus): string {
  switch (status) {
    case "active":
      return m.common_status_active();
    case "deactivated":
      return m.common_status_deactivated();
    case "trashed":
      return m.common_status_trashed();
  }
}

/** The word for a server's topology; a server of a kind unknown here keeps its own word. */
export function topologyWord(topology: string): string {
  switch (topology) {
    case "file":
      return m.shell_topology_file();
    case "standalone":
      return m.shell_topology_standalone();
    case "replica_set":
      return m.shell_topology_replica_set();
    case "sharded":
      return m.shell_topology_sharded();
    default:
      return topology;
  }
}

/** The word for a choice of light or dark. */
export function themeWord(choice: "system" | "light" | "dark"): string {
  switch (choice) {
    case "system":
      return m.common_theme_system();
    case "light":
      return m.common_theme_light();
    case "dark":
      return m.common_theme_dark();
  }
}

/** The words for an action that the database user can lack a permission for. */
export function restrictedActWord(act: RestrictedAct): string {
  switch (act) {
    case "list":
      return m.common_act_list();
    case "create":
      return m.common_act_create();
    case "change":
      return m.common_act_change();
    case "rename":
      return m.common_act_rename();
    case "deactivate":
      return m.common_act_deactivate();
    case "trash":
      return m.common_act_trash();
    case "restore":
      return m.common_act_restore();
    case "delete_forever":
      return m.common_act_delete_forever();
    case "statistics":
      return m.common_act_statistics();
  }
}

/** The word for what a member of a deployment is. */
export function memberStateWord(state: MemberState): string {
  switch (state) {
    case "primary":
      return m.common_member_primary();
    case "secondary":
      return m.common_member_secondary();
    case "arbiter":
      return m.common_member_arbiter();
    case "standalone":
      return m.common_member_standalone();
    case "router":
      return m.common_member_router();
    case "other":
      return m.common_member_other();
    case "unreachable":
      return m.common_member_unreachable();
  }
}

const privilegedActs: Record<PrivilegedAct, () => string> = {
  read_organizations: m.common_privilege_read_organizations,
  add_organizations: m.common_privilege_add_organizations,
  change_organizations: m.common_privilege_change_organizations,
  remove_organizations: m.common_privilege_remove_organizations,
  read_trash: m.common_privilege_read_trash,
  fill_trash: m.common_privilege_fill_trash,
  empty_trash: m.common_privilege_empty_trash,
  keep_journal: m.common_privilege_keep_journal,
  record_activity: m.common_privilege_record_activity,
  keep_operators: m.common_privilege_keep_operators,
  keep_people: m.common_privilege_keep_people,
  count_sign_ins: m.common_privilege_count_sign_ins,
  keep_sessions: m.common_privilege_keep_sessions,
  keep_permits: m.common_privilege_keep_permits,
  create_collections: m.common_privilege_create_collections,
  rename_collections: m.common_privilege_rename_collections,
  delete_collections: m.common_privilege_delete_collections,
  count_documents: m.common_privilege_count_documents,
  read_sizes: m.common_privilege_read_sizes,
  read_indexes: m.common_privilege_read_indexes,
  tell_collections: m.common_privilege_tell_collections,
};

/** The words for what Tenantry does in a database and needs permissions for. */
export const privilegedActWord = (act: PrivilegedAct): string => privilegedActs[act]();

const healthWarnings: Record<HealthWarning, () => string> = {
  not_encrypted: m.common_health_not_encrypted,
  no_replica_set: m.common_health_no_replica_set,
  names_not_indexed: m.common_health_names_not_indexed,
  addresses_not_indexed: m.common_health_addresses_not_indexed,
  no_write_ahead_log: m.common_health_no_write_ahead_log,
};

/** The sentence about what needs attention in a store that works. */
export const healthWarningSentence = (warning: HealthWarning): string => healthWarnings[warning]();

const recoveredActs: Record<RecoveredAct, (inputs: { name: string }) => string> = {
  mend: m.common_recovered_mend,
  create: m.common_recovered_create,
  rename: m.common_recovered_rename,
  trash: m.common_recovered_trash,
  restore: m.common_recovered_restore,
  delete_forever: m.common_recovered_delete_forever,
  receive: m.common_recovered_receive,
};

const recoveredOutcomes: Record<RecoveredOutcome, () => string> = {
  finished: m.common_recovered_finished,
  undone: m.common_recovered_undone,
  finished_without_collection: m.common_recovered_finished_without_collection,
  undone_without_collection: m.common_recovered_undone_without_collection,
  in_progress_elsewhere: m.common_recovered_in_progress_elsewhere,
  needs_attention: m.common_recovered_needs_attention,
};

/** What became of an operation that a crash left unfinished. */
export function recoveredSentence({ act, outcome, organizationName }: RecoveredOperation): string {
  // A join keeps what it moved.
  const isLeft = act === "mend" && outcome === "undone";
  const became = isLeft ? m.common_recovered_mend_undone() : recoveredOutcomes[outcome]();
  return `${recoveredActs[act]({ name: organizationName })} ${became}`;
}

const ROLE_WORDS: Record<Role, [word: () => string, explanation: () => string]> = {
  owner: [m.common_role_owner, m.common_role_owner_can],
  operator: [m.common_role_operator, m.common_role_operator_can],
  read_only_operator: [m.common_role_read_only_operator, m.common_role_read_only_operator_can],
  organization_admin: [m.common_role_organization_admin, m.common_role_organization_admin_can],
  viewer: [m.common_role_viewer, m.common_role_viewer_can],
};

export const roleWord = (role: Role): string => ROLE_WORDS[role][0]();

/** What somebody in the role does, in a few words. */
export const roleExplanation = (role: Role): string => ROLE_WORDS[role][1]();

const ACT_WORDS: Record<Act, () => string> = {
  list: m.common_right_list,
  statistics: m.common_right_statistics,
  create: m.common_right_create,
  change: m.common_right_change,
  deactivate: m.common_right_deactivate,
  trash: m.common_right_trash,
  restore: m.common_right_restore,
  delete_forever: m.common_right_delete_forever,
  import: m.common_right_import,
  back_up: m.common_right_back_up,
  restore_bundle: m.common_right_restore_bundle,
  findings: m.common_right_findings,
  mend: m.common_right_mend,
  read_people: m.common_right_read_people,
  manage_people: m.common_right_manage_people,
  sessions: m.common_right_sessions,
  end_sessions: m.common_right_end_sessions,
  activity: m.common_right_activity,
  operators: m.common_right_operators,
  settings: m.common_right_settings,
  unlock: m.common_right_unlock,
  health: m.common_right_health,
};

/** An act of the table of rights. */
export const actWord = (act: Act): string => ACT_WORDS[act]();
