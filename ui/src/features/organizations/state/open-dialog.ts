import type { OrganizationView } from "$lib/api";
import type { ErasureReport } from "../dialogs";
import type { ActOutcome } from "./organization-acts";

/** `checked` if they are selected rows. */
type AskedOf = { organizations: OrganizationView[]; checked: boolean };

/** The dialog over the page. */
export type OpenDialog =
  | { kind: "create" }
  | { kind: "rename"; organization: OrganizationView }
  | { kind: "edit"; organization: OrganizationView }
  | ({ kind: "deactivate" } & AskedOf)
  | ({ kind: "trash" } & AskedOf)
  | { kind: "restore"; organization: OrganizationView }
  | ({ kind: "delete_forever" } & AskedOf)
  | { kind: "erased"; report: ErasureReport }
  | { kind: "outcome"; outcome: ActOutcome };
