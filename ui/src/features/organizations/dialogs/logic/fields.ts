import type { OrganizationView, UpdateInput } from "$lib/api";
import { CheckedField } from "$lib/forms";
import { m } from "$lib/messages";

export const displayNameField = (of?: OrganizationView) =>
  new CheckedField({ initial: of?.displayName ?? "", refused: m.dialogs_display_name_refused });

/** The change of some fields of an organization; every other field stays. */
export const changeOf = (id: string, change: Partial<UpdateInput>): UpdateInput => ({
  id,
  name: null,
  displayName: null,
  email: null,
  password: null,
  seen: null,
  ...change,
});
