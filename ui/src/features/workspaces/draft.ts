import {
  DEFAULT_DATABASE,
  type Access,
  type Environment,
  type ProfileInput,
  type WorkspaceSummary,
} from "$lib/api";

/** What stands in the connection editor. Kept for each connection until it is saved, so that looking at another loses nothing. */
export interface Draft {
  name: string;
  environment: Environment;
  connectionString: string;
  database: string;
  password: string;
  remember: boolean;
  signingSecret: string;
  notes: string;
  access: Access;
}

export function draftOf(workspace: WorkspaceSummary | null, canRemember: boolean): Draft {
  return {
    name: workspace?.name ?? "",
    environment: workspace?.environment ?? "development",
    connectionString: workspace?.connectionString ?? "",
    database: workspace?.database ?? DEFAULT_DATABASE,
    password: "",
    remember: canRemember,
    signingSecret: "",
    notes: workspace?.notes ?? "",
    access: workspace?.access ?? "read_write",
  };
}

/** Whether the saved profile would change. A password typed here is used at opening and is no part of it. */
export function differs(draft: Draft, workspace: WorkspaceSummary | null): boolean {
  if (workspace === null) return true;
  return (
    draft.name !== workspace.name ||
    draft.environment !== workspace.environment ||
    draft.connectionString !== (workspace.connectionString ?? "") ||
    draft.database !== (workspace.database ?? "") ||
    draft.signingSecret !== ""
  );
}

export function profileInput(draft: Draft, id: string | null): ProfileInput {
  return {
    id,
    name: draft.name,
    environment: draft.environment,
    connectionString: draft.connectionString.trim(),
    database: draft.database,
    notes: draft.notes,
    access: draft.access,
    draft: id ?? "new",
    password: null,
    certificateKeyPassword: null,
    remember: true,
    signingSecret: draft.signingSecret === "" ? null : draft.signingSecret,
  };
}
