import type { FieldCheck, NameCheck, OrganizationView, UpdateInput } from "$lib/api";
import { CheckedField } from "$lib/forms";
import { m } from "$lib/messages";

type NameBackend = { checkOrganizationName: (name: string, forId: string | null) => Promise<NameCheck> };
type EmailBackend = { checkAdminEmail: (email: string, forId: string | null) => Promise<FieldCheck> };

/** The name of a new organization, or a new name for one in the trash. */
export const nameField = (backend: NameBackend, of?: OrganizationView) =>
  new CheckedField({
    check: (name) => backend.checkOrganizationName(name, of?.id ?? null),
    missing: m.dialogs_name_missing,
    refused: m.dialogs_name_refused,
  });

export const displayNameField = (of?: OrganizationView) =>
  new CheckedField({ initial: of?.displayName ?? "", refused: m.dialogs_display_name_refused });

export const emailField = (backend: EmailBackend, of?: OrganizationView) =>
  new CheckedField({
    check: (email) => backend.checkAdminEmail(email, of?.id ?? null),
    initial: of?.adminEmail,
    missing: m.dialogs_email_missing,
    refused: m.dialogs_email_refused,
  });

/** The change of some fields of an organization; every other field stays. */
export const changeOf = (id: string, change: Partial<UpdateInput>): UpdateInput => ({
  id,
  name: null,
  displayName: null,
  email: null,
  password: null,
  ...change,
});
