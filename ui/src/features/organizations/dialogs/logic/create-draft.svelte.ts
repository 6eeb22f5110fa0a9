import type { CreateInput, FieldCheck, NameCheck, OrganizationView, PasswordCheck } from "$lib/api";
import { CheckedField, PasswordDraft, PlainField, Submission } from "$lib/forms";
import { m } from "$lib/messages";

export type CreateBackend = {
  checkOrganizationName: (name: string, forId: string | null) => Promise<NameCheck>;
  checkAdminEmail: (email: string, forId: string | null) => Promise<FieldCheck>;
  checkPassword: (password: string) => Promise<PasswordCheck>;
  createOrganization: (input: CreateInput) => Promise<OrganizationView>;
};

/** A new organization while it is filled in. */
export class CreateDraft {
  readonly name: CheckedField<NameCheck>;
  readonly displayName = new PlainField();
  readonly email: CheckedField<FieldCheck>;
  readonly password: PasswordDraft;
  readonly submission: Submission;
  readonly #backend: CreateBackend;

  constructor(backend: CreateBackend) {
    this.#backend = backend;
    this.name = new CheckedField((name) => backend.checkOrganizationName(name, null));
    this.email = new CheckedField((email) => backend.checkAdminEmail(email, null));
    this.password = new PasswordDraft((password) => backend.checkPassword(password));
    this.submission = new Submission({
      name: this.name,
      displayName: this.displayName,
      email: this.email,
      password: this.password,
    });
  }

  /** Whether anything was typed. */
  get dirty(): boolean {
    const { name, displayName, email, password } = this;
    return [name, displayName, email, password].some((field) => !field.isEmpty);
  }

  /** The first thing that keeps the organization from being created, or null. */
  get blocked(): string | null {
    if (this.name.isEmpty) return m.dialogs_name_missing();
    if (this.name.isRefused) return m.dialogs_name_refused();
    if (this.displayName.isRefused) return m.dialogs_display_name_refused();
    if (this.email.isEmpty) return m.dialogs_email_missing();
    if (this.email.isRefused) return m.dialogs_email_refused();
    if (this.password.isEmpty) return m.dialogs_password_missing();
    if (this.password.isRefused) return m.dialogs_password_refused();
    return null;
  }

  submit(done: (created: OrganizationView) => void): Promise<void> {
    const input: CreateInput = {
      name: this.name.value,
      displayName: this.displayName.isEmpty ? null : this.displayName.value,
      email: this.email.value,
      password: this.password.value,
    };
    return this.submission.run(() => this.#backend.createOrganization(input), done);
  }

  /** Shows what every field lacks, for a person who presses the button nevertheless. */
  leaveAll(): void {
    this.name.leave();
    this.email.leave();
    this.password.leave();
  }

  dispose(): void {
    this.name.dispose();
    this.email.dispose();
  }
}
