import type { FieldCheck, NameCheck } from "$lib/api";
import { m } from "$lib/messages";
import { CheckedField } from "./checked-field.svelte";

type NameBackend = { checkOrganizationName: (name: string, forId: string | null) => Promise<NameCheck> };
type EmailBackend = { checkAdminEmail: (email: string, forId: string | null) => Promise<FieldCheck> };

/** The name of a new organization, or a new name of the one with this id. */
export const nameField = (backend: NameBackend, of: string | null = null) =>
  new CheckedField({
    check: (name) => backend.checkOrganizationName(name, of),
    missing: m.dialogs_name_missing,
    refused: m.dialogs_name_refused,
  });

/** The address of a new admin, or of the admin of an organization that has one. */
export const emailField = (backend: EmailBackend, of: { id: string; adminEmail?: string } | null = null) =>
  new CheckedField({
    check: (email) => backend.checkAdminEmail(email, of?.id ?? null),
    initial: of?.adminEmail,
    missing: m.dialogs_email_missing,
    refused: m.dialogs_email_refused,
  });
