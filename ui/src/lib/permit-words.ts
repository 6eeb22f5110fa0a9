import type { Access, Environment } from "./api";
import { m } from "./messages";

/** In ascending order of care. */
export const ENVIRONMENTS: readonly Environment[] = ["local", "development", "staging", "production"];
/** In descending order of permission. */
export const ACCESSES: readonly Access[] = ["read_write", "locked", "read_only"];

type Permits = { readonly environment: Environment; readonly access: Access };

const environmentHints = {
  local: m.workspaces_environment_local_hint,
  development: m.workspaces_environment_development_hint,
  staging: m.workspaces_environment_staging_hint,
  production: m.workspaces_environment_production_hint,
};
const accessWords = {
  read_write: m.editor_access_read_write,
  locked: m.editor_access_locked,
  read_only: m.editor_access_read_only,
};
const accessHints = {
  read_write: m.editor_access_read_write_hint,
  locked: m.editor_access_locked_hint,
  read_only: m.editor_access_read_only_hint,
};

/** What an environment means for the person. */
export const environmentHint = (environment: Environment) => environmentHints[environment]();
export const accessWord = (access: Access) => accessWords[access]();
/** What an access means for the person. */
export const accessHint = (access: Access) => accessHints[access]();

export const moreCareful = (one: Environment, other: Environment) =>
  ENVIRONMENTS.indexOf(one) > ENVIRONMENTS.indexOf(other);
export const permitsLess = (one: Access, other: Access) => ACCESSES.indexOf(one) > ACCESSES.indexOf(other);

/** Whether `one` permits something that `other` does not. */
export function exceeds(one: Permits, other: Permits): boolean {
  return moreCareful(other.environment, one.environment) || permitsLess(other.access, one.access);
}
