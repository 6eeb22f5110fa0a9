import type { IndexKey, Template, TemplateIndex } from "$lib/api";
import { CheckedField, type DraftField } from "$lib/forms";
import { m } from "$lib/messages";
import { ExpiryField } from "./expiry-field.svelte";
import { indexName, madeName, SERVICE_INDEXES } from "./index-words";

/** An index while a person puts it together. Rust has the rules; this only says what is missing, and what is twice. */
export class IndexDraft implements DraftField {
  keys = $state<IndexKey[]>([{ field: "", kind: "ascending" }]);
  unique = $state(false);
  sparse = $state(false);
  readonly name = new CheckedField();
  readonly expiry = new ExpiryField();
  #refusal = $state<string | null>(null);
  readonly #others: readonly TemplateIndex[];

  constructor(template: Template) {
    this.#others = [...SERVICE_INDEXES, ...template.indexes];
  }

  get index(): TemplateIndex {
    const keys = this.keys.map(({ field, kind }) => ({ field: field.trim(), kind }));
    const name = this.name.value.trim();
    return {
      keys,
      unique: this.unique,
      sparse: this.sparse,
      name: name === "" ? null : name,
      expireAfterSeconds: this.expiry.seconds,
    };
  }

  /** The name that a server makes from the fields; null while one of them is missing. */
  get madeName(): string | null {
    const { keys } = this.index;
    return keys.some(({ field }) => field === "") ? null : madeName(keys);
  }

  get isChanged(): boolean {
    return this.keys.some(({ field }) => field !== "") || this.keys.length > 1;
  }

  get blocked(): string | null {
    const { index } = this;
    if (this.madeName === null) return m.doctor_index_field_missing();
    const fields = madeName(index.keys);
    if (this.#others.some(({ keys }) => madeName(keys) === fields)) return m.doctor_index_twice();
    if (this.#others.some((other) => indexName(other) === indexName(index)))
      return m.doctor_index_name_twice();
    const [only, ...more] = index.keys;
    const isDate = more.length === 0 && (only?.kind === "ascending" || only?.kind === "descending");
    return this.expiry.on && !isDate ? m.doctor_expiry_single() : null;
  }

  /** What Rust said about it, until it changes. */
  get refusal(): string | null {
    return this.#refusal;
  }

  change(place: number, key: Partial<IndexKey>): void {
    this.#refusal = null;
    this.keys = this.keys.map((old, at) => (at === place ? { ...old, ...key } : old));
  }

  add(): void {
    this.keys = [...this.keys, { field: "", kind: "ascending" }];
  }

  remove(place: number): void {
    this.#refusal = null;
    this.keys = this.keys.filter((_, at) => at !== place);
  }

  refuse(problem: string): void {
    this.#refusal = problem;
  }
}
