import type { OrganizationView } from "$lib/api";
import type { ActOutcome } from "./organization-acts";

/** `checked` when they are rows that were checked for it. */
type AskedOf = { organizations: OrganizationView[]; checked: boolean };

/** The dialog that stands over the page. */
export type OpenDialog =
  | { kind: "create" }
  | { kind: "rename"; organization: OrganizationView }
  | { kind: "edit"; organization: OrganizationView }
  | ({ kind: "deactivate" } & AskedOf)
  | ({ kind: "trash" } & AskedOf)
  | { kind: "restore"; organization: OrganizationView }
  | { kind: "delete_forever"; organization: OrganizationView }
  | { kind: "outcome"; outcome: ActOutcome };
