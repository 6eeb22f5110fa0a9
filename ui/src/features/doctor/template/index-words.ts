import type { IndexKey, IndexKeyKind, TemplateIndex } from "$lib/api";
import { m } from "$lib/messages";

const KINDS: Record<IndexKeyKind, [word: () => string, inName: string]> = {
  ascending: [m.doctor_index_ascending, "1"],
  descending: [m.doctor_index_descending, "-1"],
  text: [m.doctor_index_text, "text"],
  hashed: [m.doctor_index_hashed, "hashed"],
  sphere: [m.doctor_index_sphere, "2dsphere"],
};

export const INDEX_KINDS = Object.keys(KINDS) as IndexKeyKind[];

export const indexKindWord = (kind: IndexKeyKind): string => KINDS[kind][0]();

/** The name of an index, as a server makes it from its fields. */
export const indexName = (keys: readonly IndexKey[]): string =>
  keys.map(({ field, kind }) => `${field}_${KINDS[kind][1]}`).join("_");

const ascending = (field: string): TemplateIndex => ({
  keys: [{ field, kind: "ascending" }],
  unique: false,
  sparse: false,
});

/** The indexes that the service gives every tenant collection. */
export const SERVICE_INDEXES: readonly TemplateIndex[] = [ascending("created_at"), ascending("updated_at")];

/** What an index is beside its fields. */
export function indexTraits({ unique, sparse }: TemplateIndex): string {
  const traits = [unique ? m.doctor_index_unique() : null, sparse ? m.doctor_index_sparse() : null];
  return traits.filter((trait) => trait !== null).join(", ");
}
