import type {
  ComparedCollection,
  ComparedPair,
  Comparison,
  ComparePlace,
  DoctorFinding,
  MendRequest,
} from "../src/lib/bindings";
import { notFound, refuse } from "./world";

/** Pairs of one step, as Rust has them. */
const STEP = 20;

const textOf = (id: string, fields: Record<string, unknown>) => {
  const text = JSON.stringify({ _id: { $oid: id }, ...fields }, null, 2);
  return { text, bytes: text.length, cut: false };
};

/** The one place where tests write down every field of two documents beside each other. */
export function madeUpPair(number: number, change: Partial<ComparedPair> = {}): ComparedPair {
  const id = `6568${number.toString(16).padStart(20, "0")}`;
  const [customer, lines] = [`Customer ${number}`, [{ item: "oak table", price: 120 + number }]];
  return {
    id,
    seen: { id: `seen-${number}`, proof: `proof-${number}` },
    left: textOf(id, { customer, status: "open", address: { city: "York", street: "Stonegate" }, lines }),
    right: textOf(id, {
      customer,
      status: "paid",
      address: { city: "Leeds", street: "Stonegate" },
      lines,
      paid: true,
    }),
    fields: ["status", "address.city", "paid"],
    ...change,
  };
}

const indexOf = (field: string) => ({ name: `${field}_1`, definition: `{"key":{"${field}":1}}` });

const collectionOf = (name: string, documents: number, more: Partial<ComparedCollection>) => ({
  name,
  exists: true,
  documents,
  exact: true,
  bytes: documents * 2311,
  newest: "2026-11-20T08:30:00Z",
  indexes: [{ name: "_id_", definition: '{"key":{"_id":1}}' }, indexOf("created_at")],
  ...more,
});

/** Both sides of a finding. A test changes `pairs` as somebody else who works on the database does. */
export function comparisons(pairs: ComparedPair[], find: (id: string) => DoctorFinding | null) {
  return {
    compare_finding: ({ finding, at }: { finding: string; at: ComparePlace | null }): Comparison => {
      const { kind, subject, collections } = find(finding) ?? notFound();
      const begin = at === null ? 0 : Number(at.after);
      const end = Math.min(pairs.length, begin + STEP);
      const same = kind === "kept_twins" ? 0 : end * 100;
      const soFar = { looked: end + same, same, differing: end, onlyRight: 0 };
      const [left, right] =
        kind === "kept_twins" ? [`org_${subject}`, collections[0]] : [collections[0], `org_${subject}-old`];
      return {
        sides:
          at === null
            ? {
                left: collectionOf(left ?? "", 4210, {
                  indexes: [indexOf("_id"), indexOf("created_at"), indexOf("status")],
                }),
                right: collectionOf(right ?? "", pairs.length, { exact: false, newest: null }),
              }
            : null,
        pairs: pairs.slice(begin, end),
        soFar,
        onlyLeft: end === pairs.length && kind !== "kept_twins" ? 12 : null,
        next: end === pairs.length ? null : { after: String(end), soFar },
      };
    },
    /** Carries out decisions about pairs; returns whether none is left. */
    decide: ({ decision, twins }: MendRequest["choices"]): boolean => {
      const isAsSeen = ({ seen }: { seen: ComparedPair["seen"] }) =>
        pairs.some((pair) => pair.seen.id === seen.id && pair.seen.proof === seen.proof);
      if (twins?.some((twin) => !isAsSeen(twin))) refuse({ code: "facts_changed" });
      const decided = new Set(twins?.map(({ seen }) => seen.id));
      const left = decision ? [] : pairs.filter(({ seen }) => !decided.has(seen.id));
      pairs.splice(0, pairs.length, ...left);
      return left.length === 0;
    },
  };
}
