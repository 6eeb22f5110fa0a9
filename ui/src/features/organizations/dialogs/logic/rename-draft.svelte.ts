import type { NameCheck, OrganizationView, RenamePreview, UpdateInput } from "$lib/api";
import { CheckedField, Latest, Submission } from "$lib/forms";
import { m } from "$lib/messages";
import type { Confirmation } from "./confirmation";

export type RenameBackend = {
  checkOrganizationName: (name: string, forId: string | null) => Promise<NameCheck>;
  previewRename: (id: string, name: string) => Promise<RenamePreview>;
  updateOrganization: (input: UpdateInput) => Promise<OrganizationView>;
};

/** Another name for an organization, with what moves when it gets it. */
export class RenameDraft {
  readonly name: CheckedField<NameCheck>;
  readonly submission: Submission;
  checked = $state(false);
  readonly #organization: OrganizationView;
  readonly #backend: RenameBackend;
  readonly #confirmation: Confirmation;
  readonly #preview = new Latest<RenamePreview>();

  constructor(organization: OrganizationView, backend: RenameBackend, confirmation: Confirmation) {
    this.#organization = organization;
    this.#backend = backend;
    this.#confirmation = confirmation;
    this.name = new CheckedField((name) => this.#check(name), organization.name, organization.name);
    this.submission = new Submission({ name: this.name });
  }

  get asksForCheckbox(): boolean {
    return this.#confirmation.checkbox;
  }

  /** What moves under the name as it is typed now; null while that is not known. */
  get impact(): RenamePreview | null {
    return this.name.isGood ? this.#preview.value : null;
  }

  get readingImpact(): boolean {
    return this.name.isGood && this.#preview.loading;
  }

  get impactFailure(): unknown {
    return this.name.isGood ? this.#preview.failure : null;
  }

  get dirty(): boolean {
    return this.name.isChanged;
  }

  get blocked(): string | null {
    if (this.name.isEmpty) return m.dialogs_name_missing();
    if (!this.dirty) return m.dialogs_rename_unchanged();
    if (this.name.isRefused) return m.dialogs_name_refused();
    if (this.asksForCheckbox && !this.checked) return m.dialogs_rename_checkbox_missing();
    return null;
  }

  submit(done: (renamed: OrganizationView, stayed: string | null) => void): Promise<void> {
    const { id } = this.#organization;
    const stayed = this.impact?.shared ? this.impact.fromCollection : null;
    const input = { id, name: this.name.value, displayName: null, email: null, password: null };
    return this.submission.run(
      () => this.#backend.updateOrganization(input),
      (renamed) => done(renamed, stayed),
    );
  }

  dispose(): void {
    this.name.dispose();
    this.#preview.clear();
  }

  async #check(name: string): Promise<NameCheck> {
    this.#preview.clear();
    const answer = await this.#backend.checkOrganizationName(name, this.#organization.id);
    const free = answer.valid && answer.available !== false;
    if (free && name === this.name.value) void this.#readImpact(name);
    return answer;
  }

  async #readImpact(name: string): Promise<void> {
    await this.#preview.load(() => this.#backend.previewRename(this.#organization.id, name));
    const problems = this.#preview.value?.problems ?? [];
    if (problems.length > 0 && name === this.name.value) this.name.refuse(problems);
  }
}
