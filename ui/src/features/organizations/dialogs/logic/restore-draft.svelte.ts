import { ApiError, type NameCheck, type OrganizationView } from "$lib/api";
import { CheckedField, Submission } from "$lib/forms";
import { m } from "$lib/messages";

export type RestoreBackend = {
  checkOrganizationName: (name: string, forId: string | null) => Promise<NameCheck>;
  restoreOrganization: (id: string, name: string | null) => Promise<OrganizationView>;
};

/** The way of one organization out of the trash, under another name when somebody took the old one. */
export class RestoreDraft {
  readonly name: CheckedField<NameCheck>;
  readonly submission: Submission;
  #needsName = $state(false);
  readonly #organization: OrganizationView;
  readonly #backend: RestoreBackend;

  constructor(organization: OrganizationView, backend: RestoreBackend) {
    this.#organization = organization;
    this.#backend = backend;
    this.name = new CheckedField((name) => backend.checkOrganizationName(name, organization.id));
    // An address that is taken is no field of this dialog: it stands as the dialog's failure.
    this.submission = new Submission({ name: this.name });
  }

  get needsName(): boolean {
    return this.#needsName;
  }

  get emailIsTaken(): boolean {
    const wire = this.submission.failure?.wire;
    return wire?.code === "conflict" && wire.details.field === "email";
  }

  get blocked(): string | null {
    if (!this.#needsName) return null;
    if (this.name.isEmpty) return m.dialogs_name_missing();
    return this.name.isRefused ? m.dialogs_name_refused() : null;
  }

  async submit(done: (restored: OrganizationView) => void): Promise<void> {
    const name = this.#needsName ? this.name.value : null;
    await this.submission.run(() => this.#restore(name), done);
    // What was refused is the old name, not the still empty field for another one.
    if (name === null) this.name.refuse([]);
  }

  dispose(): void {
    this.name.dispose();
  }

  async #restore(name: string | null): Promise<OrganizationView> {
    try {
      return await this.#backend.restoreOrganization(this.#organization.id, name);
    } catch (error) {
      const { wire } = ApiError.from(error);
      if (wire.code === "conflict" && wire.details.field !== "email") this.#needsName = true;
      throw error;
    }
  }
}
