import type { Environment, OrganizationStatus } from "./api";
import { m } from "./messages";

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
