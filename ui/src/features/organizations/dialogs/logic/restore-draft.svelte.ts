import { ApiError, type NameCheck, type OrganizationView } from "$lib/api";
import { Draft, nameField, type CheckedField } from "$lib/forms";

export type RestoreBackend = {
  checkOrganizationName: (name: string, forId: string | null) => Promise<NameCheck>;
  restoreOrganization: (id: string, name: string | null) => Promise<OrganizationView>;
};

/** Restores an organization from the trash, under another name if the old one is taken. */
export class RestoreDraft extends Draft<{ name: CheckedField<NameCheck> }> {
  /** Why the old name is refused. */
  #refused = $state<"taken" | "invalid" | null>(null);
  readonly #organization: OrganizationView;
  readonly #backend: RestoreBackend;

  constructor(organization: OrganizationView, backend: RestoreBackend) {
    // A taken address has no field in this dialog: it is the dialog's failure.
    super({ name: nameField(backend, organization.id) });
    this.#organization = organization;
    this.#backend = backend;
  }

  get needsName(): boolean {
    return this.#refused !== null;
  }

  get nameIsInvalid(): boolean {
    return this.#refused === "invalid";
  }

  get emailIsTaken(): boolean {
    const wire = this.failure?.wire;
    return wire?.code === "conflict" && wire.details.field === "email";
  }

  override get blocked(): string | null {
    return this.needsName ? super.blocked : null;
  }

  async submit(done: (restored: OrganizationView) => void): Promise<void> {
    const { name } = this.fields;
    const wanted = this.needsName ? name.value : null;
    await this.run(() => this.#restore(wanted), done);
    // The old name was refused, not the still empty field for another one.
    if (wanted === null) name.refuse(null);
  }

  async #restore(name: string | null): Promise<OrganizationView> {
    try {
      return await this.#backend.restoreOrganization(this.#organization.id, name);
    } catch (error) {
      const { wire } = ApiError.from(error);
      const taken = wire.code === "conflict" ? wire.details.field : null;
      if (taken === "name" || taken === "collection") this.#refused = "taken";
      if (wire.code === "invalid_input" && name === null) this.#refused = "invalid";
      throw error;
    }
  }
}
