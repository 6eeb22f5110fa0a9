import type { ComparedPair } from "$lib/api";

/** A line of a document's text. */
export type Line = { text: string; differs: boolean };

/** A field of two documents beside each other; null for a side that does not have it. */
export type FieldRow = { left: Line[] | null; right: Line[] | null; differs: boolean };

type Field = { name: string | null; lines: Line[] };

const NAMED = /^( +)("(?:[^"\\]|\\.)*"): /;

/**
 * The fields of a document's text, which has a field a line, two spaces deeper within another. What stands before the
 * first and after the last has no name.
 */
function fieldsOf(text: string, differing: ReadonlySet<string>): Field[] {
  const fields: Field[] = [];
  // The names on the way to a line, and the depth below which all lines differ.
  const path: string[] = [];
  let differsBelow = Infinity;
  for (const line of text.split("\n")) {
    const [, space = "", quoted] = NAMED.exec(line) ?? [];
    const depth = quoted === undefined ? (/^ */.exec(line)?.[0].length ?? 0) / 2 : space.length / 2;
    if (quoted !== undefined) {
      if (depth <= differsBelow) differsBelow = Infinity;
      path.length = depth - 1;
      path[depth - 1] = JSON.parse(quoted) as string;
      if (differsBelow === Infinity && differing.has(path.join("."))) differsBelow = depth;
    }
    const starts = depth === 1 && quoted !== undefined;
    const closes = depth === 0;
    if (closes) differsBelow = Infinity;
    const one: Line = { text: line, differs: depth >= differsBelow };
    if (starts) fields.push({ name: path[0] ?? "", lines: [one] });
    else if (closes) fields.push({ name: null, lines: [one] });
    else fields.at(-1)?.lines.push(one);
  }
  return fields;
}

/** Both documents of a pair, field by field, as the left one has them; fields of the right one alone stay in place. */
export function rowsOf({ left, right, fields }: ComparedPair): FieldRow[] {
  const differing = new Set(fields);
  const [lefts, rights] = [left?.text ?? null, right.text].map((text) =>
    text === null ? [] : fieldsOf(text, differing),
  ) as [Field[], Field[]];
  const row = (of: Field | undefined, beside: Field | undefined): FieldRow => ({
    left: of?.lines ?? null,
    right: beside?.lines ?? null,
    differs: [of, beside].some((field) => field?.lines.some(({ differs }) => differs)),
  });
  // Where only the order differs, the order is what is to be seen.
  const names = (of: Field[]) => of.map(({ name }) => name).join("\n");
  if (left === null || (differing.size === 0 && names(lefts) !== names(rights))) {
    const whole = (of: Field[]) =>
      of.length > 0 ? { name: null, lines: of.flatMap(({ lines }) => lines) } : undefined;
    return [row(whole(lefts), whole(rights))];
  }
  return inOneOrder(lefts, rights).map(([of, beside]) => row(of, beside));
}

type Beside = [left: Field | undefined, right: Field | undefined];

function inOneOrder(lefts: Field[], rights: Field[]): Beside[] {
  const named = new Map(rights.flatMap((field) => (field.name === null ? [] : [[field.name, field]])));
  const ofLeft = new Set(lefts.map(({ name }) => name));
  const [first, ...rest] = lefts;
  const closing = rest.at(-1)?.name === null ? rest.pop() : undefined;
  const opening = rights[0];
  const rows: Beside[] = [[first, opening]];
  for (const field of rest) rows.push([field, named.get(field.name ?? "")]);
  for (const field of rights)
    if (field.name !== null && !ofLeft.has(field.name)) rows.push([undefined, field]);
  const last = rights.length > 1 && rights.at(-1)?.name === null ? rights.at(-1) : undefined;
  if (closing !== undefined || last !== undefined) rows.push([closing, last]);
  return rows;
}
