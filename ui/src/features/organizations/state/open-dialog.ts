import type { OrganizationView } from "$lib/api";
import type { ActOutcome } from "./act-runner.svelte";

/** The dialog that stands over the page. */
export type OpenDialog =
  | { kind: "create" }
  | { kind: "rename"; organization: OrganizationView }
  | { kind: "edit_admin"; organization: OrganizationView }
  | { kind: "deactivate"; organizations: OrganizationView[] }
  | { kind: "trash"; organizations: OrganizationView[] }
  | { kind: "restore"; organization: OrganizationView }
  | { kind: "delete_forever"; organization: OrganizationView }
  | { kind: "outcome"; outcome: ActOutcome };
