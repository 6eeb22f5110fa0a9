import type { FieldCheck, OrganizationView, PasswordCheck, UpdateInput } from "$lib/api";
import { CheckedField, PasswordDraft, PlainField, Submission } from "$lib/forms";
import { m } from "$lib/messages";

export type AdminBackend = {
  checkAdminEmail: (email: string, forId: string | null) => Promise<FieldCheck>;
  checkPassword: (password: string) => Promise<PasswordCheck>;
  updateOrganization: (input: UpdateInput) => Promise<OrganizationView>;
};

/** Changes to an organization's display name and to how its administrator signs in. */
export class AdminDraft {
  readonly displayName: PlainField;
  readonly email: CheckedField<FieldCheck>;
  readonly password: PasswordDraft;
  readonly submission: Submission;
  readonly #organization: OrganizationView;
  readonly #backend: AdminBackend;

  constructor(organization: OrganizationView, backend: AdminBackend) {
    const { id, adminEmail, displayName } = organization;
    this.#organization = organization;
    this.#backend = backend;
    this.displayName = new PlainField(displayName ?? "");
    this.email = new CheckedField((email) => backend.checkAdminEmail(email, id), adminEmail, adminEmail);
    this.password = new PasswordDraft((password) => backend.checkPassword(password));
    this.submission = new Submission({
      displayName: this.displayName,
      email: this.email,
      password: this.password,
    });
  }

  get dirty(): boolean {
    return this.displayName.isChanged || this.email.isChanged || !this.password.isEmpty;
  }

  get blocked(): string | null {
    if (this.displayName.isRefused) return m.dialogs_display_name_refused();
    if (this.email.isEmpty) return m.dialogs_email_missing();
    if (this.email.isRefused) return m.dialogs_email_refused();
    if (this.password.isRefused) return m.dialogs_password_refused();
    return this.dirty ? null : m.dialogs_admin_unchanged();
  }

  submit(done: (changed: OrganizationView) => void): Promise<void> {
    const input: UpdateInput = {
      id: this.#organization.id,
      name: null,
      displayName: this.displayName.isChanged ? this.displayName.value : null,
      email: this.email.isChanged ? this.email.value : null,
      password: this.password.isEmpty ? null : this.password.value,
    };
    return this.submission.run(() => this.#backend.updateOrganization(input), done);
  }

  leaveAll(): void {
    this.email.leave();
    this.password.leave();
  }

  dispose(): void {
    this.email.dispose();
  }
}
