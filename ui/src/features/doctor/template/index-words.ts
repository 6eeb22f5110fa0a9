import type { DoctorFinding, IndexKey, IndexKeyKind, TemplateIndex } from "$lib/api";
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

/** The name of an index without one of its own, as a server makes it from its fields. */
export const madeName = (keys: readonly IndexKey[]): string =>
  keys.map(({ field, kind }) => `${field}_${KINDS[kind][1]}`).join("_");

export const indexName = ({ name, keys }: Pick<TemplateIndex, "name" | "keys">): string =>
  name ?? madeName(keys);

const ascending = (field: string): TemplateIndex => ({
  keys: [{ field, kind: "ascending" }],
  unique: false,
  sparse: false,
  name: null,
  expireAfterSeconds: null,
});

/** The indexes that the service gives every tenant collection. */
export const SERVICE_INDEXES: readonly TemplateIndex[] = [ascending("created_at"), ascending("updated_at")];

/** Units of a time to live, in seconds. */
export const EXPIRY_UNITS = { second: 1, minute: 60, hour: 3_600, day: 86_400 } as const;
export type ExpiryUnit = keyof typeof EXPIRY_UNITS;

const UNIT_WORDS: Record<ExpiryUnit, () => string> = {
  second: m.doctor_expiry_seconds,
  minute: m.doctor_expiry_minutes,
  hour: m.doctor_expiry_hours,
  day: m.doctor_expiry_days,
};

export const expiryUnitWord = (unit: ExpiryUnit): string => UNIT_WORDS[unit]();

/** A time to live in the largest unit that holds it exactly: 30 days. */
export function expiryWords(seconds: number): string {
  const units = Object.keys(EXPIRY_UNITS) as ExpiryUnit[];
  const unit = units.findLast((one) => seconds > 0 && seconds % EXPIRY_UNITS[one] === 0) ?? "second";
  const format = new Intl.NumberFormat("en-US", { style: "unit", unit, unitDisplay: "long" });
  return format.format(seconds / EXPIRY_UNITS[unit]);
}

/** The shortest time after which an index that a finding asks for lets the server delete documents, if one does. */
export function expiryOf({ evidence }: DoctorFinding): number | null {
  const times = evidence
    .filter(({ what, metadata }) => what === "expires_after" && metadata !== null)
    .map(({ metadata }) => Number(metadata));
  return times.length > 0 ? Math.min(...times) : null;
}

/** What an index is beside its fields. */
export function indexTraits(index: TemplateIndex): string {
  const { keys, unique, sparse, name, expireAfterSeconds } = index;
  const traits = [
    name === null ? null : keys.map(({ field, kind }) => `${field}: ${KINDS[kind][1]}`).join(", "),
    unique ? m.doctor_index_unique() : null,
    sparse ? m.doctor_index_sparse() : null,
    expireAfterSeconds === null ? null : m.doctor_expiry_trait({ time: expiryWords(expireAfterSeconds) }),
  ];
  return traits.filter((trait) => trait !== null).join(" · ");
}
