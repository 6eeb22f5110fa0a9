import {
  workspaceApi,
  type MaskingChoices,
  type MoveInput,
  type MoveKind,
  type MovePlanView,
  type NameCheck,
  type OrganizationView,
} from "$lib/api";
import {
  Draft,
  emailField,
  nameField,
  PasswordDraft,
  TypedConfirmation,
  type CheckedField,
} from "$lib/forms";
import { m } from "$lib/messages";

/** Paths of fields, as typed: separated by commas, spaces or lines. */
const pathsOf = (text: string) => text.split(/[\s,;]+/).filter((path) => path !== "");

/** The choices for a copy or a move, until it starts. Name and address are checked where it goes. */
export class MoveDraft extends Draft<{
  name: CheckedField<NameCheck>;
  email: CheckedField;
  password: PasswordDraft;
}> {
  kind = $state<MoveKind>("copy");
  /** The workspace where it goes; empty while there is none. */
  target = $state("");
  masks = $state(true);
  automatic = $state(true);
  maskedFields = $state("");
  keptFields = $state("");
  readonly confirmation: TypedConfirmation;
  readonly organization: OrganizationView;

  constructor(organization: OrganizationView, source: ReturnType<typeof workspaceApi>) {
    const there = () => workspaceApi(this.target);
    super({
      name: nameField({ checkOrganizationName: (name, of) => there().checkOrganizationName(name, of) }),
      email: emailField({ checkAdminEmail: (email, of) => there().checkAdminEmail(email, of) }),
      password: new PasswordDraft(source.checkPassword, m.dialogs_password_missing),
    });
    this.organization = organization;
    this.confirmation = new TypedConfirmation(organization.name, 0, m.dialogs_confirm_name_missing);
    this.fields.name.value = organization.name;
    this.fields.email.value = organization.adminEmail;
  }

  get moves(): boolean {
    return this.kind === "move";
  }

  get masking(): MaskingChoices | null {
    if (this.moves || !this.masks) return null;
    return { automatic: this.automatic, fields: pathsOf(this.maskedFields), kept: pathsOf(this.keptFields) };
  }

  /** Why it can't begin, for a plan as it is known. */
  blockedBy(plan: MovePlanView | null): string | null {
    const { name, email, password } = this.fields;
    if (this.target === "") return m.bundles_target_missing();
    const field = name.blocked ?? email.blocked ?? (this.moves ? null : password.blocked);
    if (field !== null) return field;
    if (plan?.confirmationNeeded) return this.confirmation.blocked;
    return null;
  }

  input(job: string): MoveInput {
    const { name, email, password } = this.fields;
    return {
      job,
      id: this.organization.id,
      kind: this.kind,
      target: this.target,
      name: name.value,
      email: email.value,
      password: this.moves ? null : password.value,
      masking: this.masking,
      confirmation: this.confirmation.typed === "" ? null : this.confirmation.typed,
    };
  }

  override dispose(): void {
    super.dispose();
    this.confirmation.dispose();
  }
}
