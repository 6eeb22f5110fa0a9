import type { IndexKey, Template, TemplateIndex } from "$lib/api";
import type { DraftField } from "$lib/forms";
import { m } from "$lib/messages";
import { indexName, SERVICE_INDEXES } from "./index-words";

/** An index while a person puts it together. Rust has the rules; this only says what is missing, and what is twice. */
export class IndexDraft implements DraftField {
  keys = $state<IndexKey[]>([{ field: "", kind: "ascending" }]);
  unique = $state(false);
  sparse = $state(false);
  #refusal = $state<string | null>(null);
  readonly #others: readonly string[];

  constructor(template: Template) {
    this.#others = [...SERVICE_INDEXES, ...template.indexes].map(({ keys }) => indexName(keys));
  }

  get index(): TemplateIndex {
    const keys = this.keys.map(({ field, kind }) => ({ field: field.trim(), kind }));
    return { keys, unique: this.unique, sparse: this.sparse };
  }

  get name(): string {
    return indexName(this.index.keys);
  }

  get isChanged(): boolean {
    return this.keys.some(({ field }) => field !== "") || this.keys.length > 1;
  }

  get blocked(): string | null {
    if (this.index.keys.some(({ field }) => field === "")) return m.doctor_index_field_missing();
    return this.#others.includes(this.name) ? m.doctor_index_twice() : null;
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
