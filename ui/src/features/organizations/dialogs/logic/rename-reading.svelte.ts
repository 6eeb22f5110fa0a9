import { fieldSentence, type NameCheck, type OrganizationView, type RenamePreview } from "$lib/api";
import { CheckedField, Latest } from "$lib/forms";
import { m } from "$lib/messages";

export type RenameBackend = {
  checkOrganizationName: (name: string, forId: string | null) => Promise<NameCheck>;
  previewRename: (id: string, name: string) => Promise<RenamePreview>;
};

/** A new name for an organization, with what it moves. */
export class RenameReading {
  readonly name: CheckedField<NameCheck>;
  readonly #organization: OrganizationView;
  readonly #backend: RenameBackend;
  readonly #preview = new Latest<RenamePreview>();

  constructor(organization: OrganizationView, backend: RenameBackend) {
    this.#organization = organization;
    this.#backend = backend;
    this.name = new CheckedField({
      check: (name) => this.#check(name),
      initial: organization.name,
      missing: m.dialogs_name_missing,
      refused: m.dialogs_name_refused,
    });
  }

  /** What the typed name moves; null while unknown. */
  get impact(): RenamePreview | null {
    return this.name.isGood ? this.#preview.value : null;
  }

  get loading(): boolean {
    return this.name.isGood && this.#preview.loading;
  }

  get failure(): unknown {
    return this.name.isGood ? this.#preview.failure : null;
  }

  dispose(): void {
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
    const [problem] = this.#preview.value?.problems ?? [];
    if (problem && name === this.name.value) this.name.refuse(fieldSentence(problem));
  }
}
