import type { DoctorFinding, MendKind, MendRequest, TwinDecision, WorkspaceApi } from "$lib/api";
import { Draft, emailField, nameField, type DraftField } from "$lib/forms";
import { m } from "$lib/messages";
import { ChoiceField } from "./choice-field.svelte";

export type MendField = "organization" | "collection" | "name" | "email" | "decision" | "shared";

/** How many documents a comparison found that wait for a decision, and for how many of them one is chosen. */
export type LeftToDecide = { all: number; chosen: number };

/** What becomes of the collection that organizations of one name share, when one of them gets another name. */
export type SharedFate = "stays" | "goes_along" | "copied";

/** What a mend has to be told about one finding. */
export function fieldsOf(mend: MendKind, finding: DoctorFinding, chosen = ""): MendField[] {
  const { kind, organizations } = finding;
  const which: MendField[] = organizations.length > 1 ? ["organization"] : [];
  switch (mend) {
    case "attach_collection":
      return kind === "missing_collection" || kind === "missing_trashed_collection"
        ? ["collection"]
        : ["organization"];
    case "create_organization":
      return ["name", "email"];
    case "separate_twins":
      return ["organization", "name", ...(sharedBy(finding, chosen) === null ? [] : (["shared"] as const))];
    case "rename_organization":
      return [...which, "name"];
    case "change_address":
      return [...which, "email"];
    case "decide_twins":
      return ["decision"];
    default:
      return [];
  }
}

/**
 * The collection that an organization of several shares with another; null if it has its own, or none. Names that
 * differ in letter case alone have a collection each.
 */
function sharedBy({ evidence }: DoctorFinding, organization: string): string | null {
  const names = evidence.filter(({ what, storage }) => what === "name" && storage !== null);
  const isShared = (storage: string | null) => names.filter((row) => row.storage === storage).length > 1;
  const of = names.filter((row) => organization === "" || row.organization === organization);
  return of.find(({ storage }) => isShared(storage))?.storage ?? null;
}

/** A mend of one finding while a person chooses it and fills in what it has to be told. */
export class MendDraft {
  readonly finding: DoctorFinding;
  readonly draft;
  #mend = $state() as MendKind;

  constructor(api: WorkspaceApi, finding: DoctorFinding, first: MendKind) {
    this.finding = finding;
    this.#mend = first;
    const of = finding.organizations.length === 1 ? (finding.organizations[0]?.id ?? null) : null;
    this.draft = new Draft({
      organization: new ChoiceField(m.doctor_choose_missing),
      collection: new ChoiceField(m.doctor_choose_missing),
      decision: new ChoiceField<TwinDecision>(m.doctor_choose_missing),
      shared: new ChoiceField<SharedFate>(m.doctor_shared_missing),
      name: nameField(api, first === "create_organization" ? null : of),
      email: emailField(api, of === null ? null : { id: of }),
    });
  }

  get mend(): MendKind {
    return this.#mend;
  }

  choose(mend: MendKind): void {
    this.#mend = mend;
  }

  get needed(): MendField[] {
    return fieldsOf(this.#mend, this.finding, this.draft.fields.organization.value);
  }

  get blocked(): string | null {
    return this.#fields.find(({ blocked }) => blocked !== null)?.blocked ?? null;
  }

  get request(): MendRequest {
    const { organization, collection, decision, shared, name, email } = this.draft.fields;
    const given = (field: MendField, value: string | null) => (this.needed.includes(field) ? value : null);
    const fate = given("shared", shared.value);
    return requestOf(this.finding, this.#mend, {
      organization: given("organization", organization.value),
      collection:
        fate === "goes_along"
          ? sharedBy(this.finding, organization.value)
          : given("collection", collection.value),
      name: given("name", name.value),
      adminEmail: given("email", email.value),
      decision: this.needed.includes("decision") ? decision.value || null : null,
      copyToBoth: fate === "copied",
    });
  }

  get #fields(): DraftField[] {
    return this.needed.map((name) => this.draft.fields[name]);
  }
}

/** A mend that has to be told no more than `choices`. */
export const requestOf = (
  { id }: DoctorFinding,
  mend: MendKind,
  choices: Partial<MendRequest["choices"]> = {},
): MendRequest => ({
  finding: id,
  mend,
  choices: {
    organization: null,
    collection: null,
    name: null,
    adminEmail: null,
    decision: null,
    twins: null,
    copyToBoth: false,
    target: null,
    ...choices,
  },
});

const TOLD_SOMETHING: ReadonlySet<MendKind> = new Set([
  "attach_collection",
  "create_organization",
  "separate_twins",
  "rename_organization",
  "change_address",
  "decide_twins",
  "decide_operation",
  "set_one_time_password",
]);

/** The mends that many findings can have at once: they have to be told nothing, and tell nothing that is shown once. */
export const mendsOfMany = (mends: readonly MendKind[]): MendKind[] =>
  mends.filter((mend) => !TOLD_SOMETHING.has(mend));
