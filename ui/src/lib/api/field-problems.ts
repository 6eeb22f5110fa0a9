import { LIMITS, type FieldIssue as Found, type FieldRule } from "../bindings";
import { m } from "../messages";

/** One broken rule of one field. Only a connection string has its own message. */
export type FieldProblem = Omit<Found, "message"> & { message?: string };

type Field = FieldProblem["field"];
type Limits = Partial<Record<Field, number>>;

const least: Limits = {
  name: LIMITS.organizationNameMin,
  password: LIMITS.passwordMin,
  reason: LIMITS.reasonMin,
  passphrase: LIMITS.passphraseMin,
};

/** Characters. */
const most: Limits = {
  name: LIMITS.organizationNameMax,
  displayName: LIMITS.displayNameMax,
  personName: LIMITS.personNameMax,
  profileName: LIMITS.profileNameMax,
  notes: LIMITS.notesMax,
  reason: LIMITS.reasonMax,
};

const mostBytes: Limits = {
  email: LIMITS.emailMax,
  password: LIMITS.passwordMaxBytes,
  database: LIMITS.databaseNameMaxBytes,
  indexName: LIMITS.indexNameMaxBytes,
};

/** Numbers, at least and at most. */
const ranges: Partial<Record<Field, readonly [number, number]>> = {
  sessionMinutes: [LIMITS.sessionMinutesMin, LIMITS.sessionMinutesMax],
  idleLockMinutes: [LIMITS.idleLockMinutesMin, LIMITS.idleLockMinutesMax],
  keepRecordMonths: [LIMITS.keepRecordMonthsMin, LIMITS.keepRecordMonthsMax],
  keepTrashDays: [LIMITS.keepTrashDaysMin, LIMITS.keepTrashDaysMax],
};

/** Whether a field's number is within its limits. */
export function inRange(field: Field, number: number): boolean {
  const [least, most] = ranges[field] ?? [-Infinity, Infinity];
  return Number.isInteger(number) && number >= least && number <= most;
}

function characters(field: Field): string {
  if (field === "name") return m.errors_rule_characters_name();
  if (field === "database") return m.errors_rule_characters_database();
  if (field === "indexName") return m.errors_rule_characters_index_name();
  return m.errors_rule_characters();
}

/** A sentence with a number; without one if the rule is new to a field. */
const counted =
  (sentence: (inputs: { count: number }) => string, limits: Limits) =>
  ({ field }: FieldProblem): string => {
    const count = limits[field];
    return count === undefined ? m.errors_invalid_input_title() : sentence({ count });
  };

const inBytes = counted(m.errors_rule_too_many_bytes, mostBytes);

const sentences: Record<FieldRule, (problem: FieldProblem) => string> = {
  required: () => m.errors_rule_required(),
  too_short: counted(m.errors_rule_too_short, least),
  too_long: counted(m.errors_rule_too_long, most),
  too_many_bytes: (problem) =>
    // How many fit depends on the database.
    problem.field === "name" ? m.errors_rule_name_too_long() : inBytes(problem),
  characters: ({ field }) => characters(field),
  no_upper: () => m.errors_rule_no_upper(),
  no_lower: () => m.errors_rule_no_lower(),
  no_digit: () => m.errors_rule_no_digit(),
  nul: () => m.errors_rule_nul(),
  at_sign: () => m.errors_rule_at_sign(),
  address: ({ field, message }) =>
    field === "connectionString"
      ? (message ?? m.errors_connection_string_invalid_title())
      : m.errors_rule_address(),
  unchanged: () => m.errors_rule_unchanged(),
  taken: ({ field }) => (field === "email" ? m.errors_rule_taken_email() : m.errors_rule_taken_name()),
  collection_taken: () => m.errors_rule_collection_taken(),
  twin: () => m.errors_rule_twin(),
  unknown_word: () => m.errors_rule_unknown_word(),
  range: ({ field }) => {
    const [least, most] = ranges[field] ?? [];
    if (least === undefined || most === undefined) return m.errors_invalid_input_title();
    return m.errors_rule_range({ least, most });
  },
};

/** The broken rule of a field, in words. */
export function fieldSentence(problem: FieldProblem): string {
  if (problem.field === "index") return m.errors_rule_index();
  return problem.field === "expireAfterSeconds" ? m.errors_rule_expiry() : sentences[problem.rule](problem);
}
