import type { EntryView, Outcome } from "$lib/api";
import { formatClock, formatDay } from "$lib/format";
import { inSentence } from "$lib/in-sentence";
import { m } from "$lib/messages";
import { KINDS, type Values } from "./sentences";

/** A piece of a sentence; a name stands out. */
export type Piece = { text: string; name: boolean };

/** Characters that no text has: each stands for a value until the sentence is taken apart again. */
const MARKS: Values = {
  who: "\ue000",
  organization: "\ue001",
  subject: "\ue002",
  before: "\ue003",
  after: "\ue004",
  fields: "\ue005",
};

/** What an entry says, with its names apart: a name is text of its own, whatever it contains. */
export function sentenceOf(entry: EntryView): Piece[] {
  const { did, tried } = KINDS[entry.kind];
  const say = entry.outcome === "done" || !tried ? did : tried;
  const values = valuesOf(entry);
  const keys = Object.keys(MARKS) as (keyof Values)[];
  return say(MARKS)
    .split(/([\ue000-\ue005])/)
    .filter((piece) => piece !== "")
    .map((piece) => {
      const key = keys.find((candidate) => MARKS[candidate] === piece);
      return key === undefined
        ? { text: piece, name: false }
        : { text: String(inSentence(values[key])), name: key !== "fields" };
    });
}

/** The same as plain text. */
export function plainSentence(entry: EntryView): string {
  return sentenceOf(entry)
    .map(({ text }) => text)
    .join("");
}

function valuesOf(entry: EntryView): Values {
  const name = entry.changes.find(({ field }) => field === "name");
  const organization = entry.organizationName ?? entry.subject ?? m.activity_something();
  return {
    who: whoOf(entry),
    organization,
    subject: entry.subject ?? m.activity_somebody(),
    before: name?.before ?? organization,
    after: name?.after ?? organization,
    fields: listed(entry.changes.map(({ field }) => fieldWord(field))),
  };
}

export function whoOf({ actor }: EntryView): string {
  return actor === "tenantry" ? m.activity_tenantry() : actor;
}

const FIELDS: Partial<Record<string, () => string>> = {
  name: m.activity_field_name,
  email: m.activity_field_email,
  display_name: m.activity_field_display_name,
  password: m.activity_field_password,
  role: m.activity_field_role,
  is_active: m.activity_field_is_active,
};

/** The word for a field that changed; one of a newer version keeps its own. */
export function fieldWord(field: string): string {
  return FIELDS[field]?.() ?? field.replaceAll("_", " ");
}

function listed(words: string[]): string {
  const last = words.at(-1);
  if (last === undefined) return m.activity_field_other();
  return words
    .slice(0, -1)
    .reduceRight<string>(
      (rest, first, index) =>
        index === words.length - 2
          ? m.activity_fields_two({ first, last: rest })
          : m.activity_fields_many({ first, last: rest }),
      last,
    );
}

export const OUTCOMES: Record<Outcome, () => string> = {
  done: m.activity_outcome_done,
  refused: m.activity_outcome_refused,
  throttled: m.activity_outcome_throttled,
  failed: m.activity_outcome_failed,
  undone: m.activity_outcome_undone,
};

const ROLES: Partial<Record<string, () => string>> = {
  owner: m.activity_role_owner,
  operator: m.activity_role_operator,
  read_only_operator: m.activity_role_read_only_operator,
  organization_admin: m.activity_role_organization_admin,
  viewer: m.activity_role_viewer,
};

export function roleOf({ role }: EntryView): string | null {
  return role === null ? null : (ROLES[role]?.() ?? role);
}

export function roleAndDevice(entry: EntryView): string {
  const role = roleOf(entry);
  if (role === null || entry.device === null) return role ?? entry.device ?? "";
  return m.activity_role_and_device({ role, device: entry.device });
}

/** The clock of today's entries, the day of older ones. */
export function shortTime(at: string, now = new Date()): string {
  return new Date(at).toDateString() === now.toDateString() ? formatClock(at) : formatDay(at);
}
