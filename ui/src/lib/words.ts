import type { Environment, MemberState, OrganizationStatus, RestrictedAct } from "./api";
import type { DiscardQuestion } from "./components";
import { m } from "./messages";

/** What a dialog asks before it is left with something typed in it. */
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

/** The words for an act that the rights of the database user can forbid. */
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
