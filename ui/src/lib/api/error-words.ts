import type * as bindings from "../bindings";
import { formatCount, formatDuration } from "../format";
import { m } from "../messages";
import { fieldSentence } from "./field-problems";

/** An error as a command rejects with it. */
export type WireError = bindings.ConsoleError;
export type ErrorCode = WireError["code"];

type FactsOf<Code extends ErrorCode> =
  Extract<WireError, { code: Code }> extends { details: infer Details } ? Details : object;
type Sentence<Facts = object> = (facts: Facts) => string;
/** What happened, why, and what to do. */
type Words<Facts = object> = readonly [
  title: Sentence<Facts>,
  text: Sentence<Facts>,
  remedy: Sentence<Facts>,
];
/** Words, or which words the facts ask for. */
type Entry<Facts> = Words<Facts> | ((facts: Facts) => Words<Facts>);

const conflicts: Record<bindings.ConflictOn, Words> = {
  name: [m.errors_conflict_name_title, m.errors_conflict_name_text, m.errors_conflict_name_remedy],
  email: [m.errors_conflict_email_title, m.errors_conflict_email_text, m.errors_conflict_email_remedy],
  collection: [
    m.errors_conflict_collection_title,
    m.errors_conflict_collection_text,
    m.errors_conflict_collection_remedy,
  ],
  id: [m.errors_conflict_id_title, m.errors_conflict_id_text, m.errors_conflict_id_remedy],
};

const workspaceFile: Sentence<FactsOf<"unavailable">> = ({ path }) =>
  m.errors_workspace_file_text({ path: path ?? "" });

const unavailable: Record<bindings.UnavailableReason, Words<FactsOf<"unavailable">>> = {
  // Which part of the network did what: names and numbers, for those who know their way.
  server: [
    m.errors_unavailable_title,
    ({ cause }) => m.errors_unavailable_text({ cause: cause ?? "" }),
    m.errors_unavailable_remedy,
  ],
  took_too_long: [m.errors_took_too_long_title, m.errors_took_too_long_text, m.errors_took_too_long_remedy],
  file_busy: [m.errors_file_busy_title, workspaceFile, m.errors_file_busy_remedy],
  file_missing: [
    m.errors_workspace_file_missing_title,
    workspaceFile,
    m.errors_workspace_file_missing_remedy,
  ],
  file_refused: [m.errors_workspace_file_refused_title, workspaceFile, m.errors_own_file_other_remedy],
  keychain: [m.errors_keychain_title, m.errors_keychain_text, m.errors_keychain_remedy],
};

type FileWords = { title: () => string; elsewhere: () => string; inPlace: () => string };

/** By why a file was not written: what to do where it can go elsewhere, and where it is one of Tenantry's own. */
const files: Record<bindings.FileProblem, FileWords> = {
  full: {
    title: m.errors_file_full_title,
    elsewhere: m.errors_file_full_remedy,
    inPlace: m.errors_own_file_full_remedy,
  },
  denied: {
    title: m.errors_file_denied_title,
    elsewhere: m.errors_file_denied_remedy,
    inPlace: m.errors_own_file_denied_remedy,
  },
  exists: {
    title: m.errors_file_exists_title,
    elsewhere: m.errors_file_exists_remedy,
    inPlace: m.errors_own_file_exists_remedy,
  },
  missing: {
    title: m.errors_file_missing_title,
    elsewhere: m.errors_file_missing_remedy,
    inPlace: m.errors_own_file_missing_remedy,
  },
  busy: {
    title: m.errors_file_busy_title,
    elsewhere: m.errors_file_busy_remedy,
    inPlace: m.errors_file_busy_remedy,
  },
  too_many_rows: {
    title: m.errors_file_too_many_rows_title,
    elsewhere: m.errors_file_too_many_rows_remedy,
    inPlace: m.errors_own_file_other_remedy,
  },
  other: {
    title: m.errors_file_other_title,
    elsewhere: m.errors_file_other_remedy,
    inPlace: m.errors_own_file_other_remedy,
  },
};

/** What became of the file, and of what was to be written into it. */
const fates: Record<bindings.FileKind, (inputs: { path: string }) => string> = {
  export: m.errors_file_export_text,
  workspace: m.errors_file_workspace_text,
  secrets: m.errors_file_secrets_text,
  profiles: m.errors_file_profiles_text,
};

/** The fields of an organization that one update can change. */
const changeable: Partial<Record<bindings.Field, () => string>> = {
  name: m.errors_partly_done_name,
  displayName: m.errors_partly_done_display_name,
  email: m.errors_partly_done_email,
  password: m.errors_partly_done_password,
};

/** What became of each field, and why. */
const partlyDone: Sentence<FactsOf<"partly_done">> = ({ done, notDone, unclear, cause }) => {
  const of = (fields: readonly bindings.Field[], say: (inputs: { fields: string }) => string) =>
    fields.length === 0
      ? ""
      : say({ fields: fields.map((field) => changeable[field]?.() ?? field).join(", ") });
  const why = sentencesOf(cause);
  const sentences = [
    of(done, m.errors_partly_done_changed),
    of(notDone, m.errors_partly_done_unchanged),
    of(unclear, m.errors_partly_done_unclear),
    `${why.title}. ${why.text}`,
  ];
  return sentences.filter((sentence) => sentence !== "").join(" ");
};

const bundleDamages: Record<bindings.BundleDamage, () => string> = {
  missing: m.errors_bundle_damage_missing,
  twice: m.errors_bundle_damage_twice,
  foreign: m.errors_bundle_damage_foreign,
  unpacking: m.errors_bundle_damage_unpacking,
  checksum: m.errors_bundle_damage_checksum,
  count: m.errors_bundle_damage_count,
  not_a_document: m.errors_bundle_damage_not_a_document,
  too_large: m.errors_bundle_damage_too_large,
};

const bundleRefused: Sentence<FactsOf<"bundle_refused">> = ({ problem }) => {
  switch (problem.is) {
    case "not_a_bundle":
      return m.errors_bundle_not_a_bundle();
    case "newer":
      return m.errors_bundle_newer({ found: problem.found, supported: problem.supported });
    case "not_read":
      return m.errors_bundle_not_read();
    case "damaged": {
      const { part, line, damage } = problem;
      const place = line === null ? part : m.errors_bundle_line({ part, line: formatCount(line) });
      return m.errors_bundle_damaged({ place, damage: bundleDamages[damage]() });
    }
    case "view":
      return m.errors_bundle_view();
    case "time_series":
      return m.errors_bundle_time_series();
    case "not_a_document":
      return m.errors_bundle_not_a_document();
    case "too_large":
      return m.errors_bundle_too_large();
    case "read_back_otherwise":
      return m.errors_bundle_read_back_otherwise();
    case "source_changed":
      return m.errors_bundle_source_changed();
  }
};

const undoRefusals: Record<bindings.UndoRefusal, () => string> = {
  changed: m.errors_undo_refused_changed,
  gone: m.errors_undo_refused_gone,
  secret: m.errors_undo_refused_secret,
  not_done: m.errors_undo_refused_not_done,
  unknown: m.errors_undo_refused_unknown,
};

const noRoom: Record<bindings.Limited, Sentence<{ used: string; limit: string }>> = {
  collections: m.errors_no_room_collections,
  indexes: m.errors_no_room_indexes,
};

const sessionEnded: Words = [m.errors_session_title, m.errors_session_text, m.errors_session_remedy];

/** The words of every code. The compiler keeps the table complete; a code outside it is not Tenantry's. */
export const errorWords: { readonly [Code in ErrorCode]: Entry<FactsOf<Code>> } = {
  invalid_input: [
    m.errors_invalid_input_title,
    ({ fields }) => fields.map(fieldSentence).join(" "),
    m.errors_invalid_input_remedy,
  ],
  conflict: ({ field }) => conflicts[field],
  not_found: [m.errors_not_found_title, m.errors_not_found_text, m.errors_not_found_remedy],
  not_signed_in: sessionEnded,
  session_expired: sessionEnded,
  session_revoked: [m.errors_session_title, m.errors_session_revoked_text, m.errors_session_remedy],
  session_locked: [
    m.errors_session_locked_title,
    m.errors_session_locked_text,
    m.errors_session_locked_remedy,
  ],
  forbidden: [m.errors_forbidden_title, m.errors_forbidden_text, m.errors_forbidden_remedy],
  operator_needed: [
    m.errors_operator_needed_title,
    m.errors_operator_needed_text,
    m.errors_operator_needed_remedy,
  ],
  proof_needed: [
    m.errors_proof_needed_title,
    m.errors_proof_needed_text,
    ({ by }) => (by === "passphrase" ? m.errors_proof_needed_passphrase() : m.errors_proof_needed_operator()),
  ],
  credentials_refused: [
    m.errors_credentials_refused_title,
    ({ triesLeft }) =>
      triesLeft === null
        ? m.errors_credentials_refused_text()
        : m.errors_credentials_refused_tries({ count: triesLeft }),
    m.errors_credentials_refused_remedy,
  ],
  organization_inactive: [
    m.errors_organization_inactive_title,
    m.errors_organization_inactive_text,
    m.errors_organization_inactive_remedy,
  ],
  account_inactive: [
    m.errors_account_inactive_title,
    m.errors_account_inactive_text,
    m.errors_account_inactive_remedy,
  ],
  one_time_password_expired: [
    m.errors_one_time_password_expired_title,
    m.errors_one_time_password_expired_text,
    m.errors_one_time_password_expired_remedy,
  ],
  last_owner: [m.errors_last_owner_title, m.errors_last_owner_text, m.errors_last_owner_remedy],
  throttled: [
    m.errors_throttled_title,
    ({ waitSeconds }) => m.errors_throttled_text({ duration: formatDuration(waitSeconds * 1000) }),
    m.errors_throttled_remedy,
  ],
  already_claimed: [
    m.errors_already_claimed_title,
    m.errors_already_claimed_text,
    m.errors_already_claimed_remedy,
  ],
  busy: [m.errors_busy_title, m.errors_busy_text, m.errors_busy_remedy],
  partly_done: [m.errors_partly_done_title, partlyDone, m.errors_partly_done_remedy],
  changed_meanwhile: [
    m.errors_changed_meanwhile_title,
    m.errors_changed_meanwhile_text,
    m.errors_changed_meanwhile_remedy,
  ],
  undo_refused: [
    m.errors_undo_refused_title,
    ({ reason }) => undoRefusals[reason](),
    m.errors_undo_refused_remedy,
  ],
  record_broken: [
    m.errors_record_broken_title,
    ({ number }) => m.errors_record_broken_text({ number: formatCount(number) }),
    m.errors_record_broken_remedy,
  ],
  facts_changed: [m.errors_facts_changed_title, m.errors_facts_changed_text, m.errors_facts_changed_remedy],
  changed_elsewhere: [
    m.errors_changed_elsewhere_title,
    m.errors_facts_changed_text,
    m.errors_facts_changed_remedy,
  ],
  no_room: [
    m.errors_no_room_title,
    ({ of, used, limit }) => noRoom[of]({ used: formatCount(used), limit: formatCount(limit) }),
    m.errors_limit_reached_remedy,
  ],
  confirmation_mismatch: [
    m.errors_confirmation_mismatch_title,
    m.errors_confirmation_mismatch_text,
    m.errors_confirmation_mismatch_remedy,
  ],
  other_workspace_closed: [
    m.errors_other_workspace_closed_title,
    m.errors_other_workspace_closed_text,
    m.errors_other_workspace_closed_remedy,
  ],
  no_workspace: [m.errors_no_workspace_title, m.errors_no_workspace_text, m.errors_no_workspace_remedy],
  workspace_password_needed: [
    m.errors_workspace_password_needed_title,
    m.errors_workspace_password_needed_text,
    m.errors_workspace_password_needed_remedy,
  ],
  workspace_refused: [
    m.errors_workspace_refused_title,
    m.errors_workspace_refused_text,
    m.errors_workspace_refused_remedy,
  ],
  workspace_damaged: [
    m.errors_workspace_damaged_title,
    m.errors_workspace_damaged_text,
    m.errors_workspace_damaged_remedy,
  ],
  workspace_newer: [
    m.errors_workspace_newer_title,
    m.errors_workspace_newer_text,
    m.errors_workspace_newer_remedy,
  ],
  connection_string_invalid: [
    m.errors_connection_string_invalid_title,
    ({ problem }) => problem,
    m.errors_connection_string_invalid_remedy,
  ],
  unavailable: ({ reason }) => unavailable[reason],
  denied_by_database: [
    m.errors_denied_by_database_title,
    ({ action, namespace }) =>
      namespace === null
        ? m.errors_denied_by_database_text({ action })
        : m.errors_denied_by_database_on_text({ action, namespace }),
    m.errors_denied_by_database_remedy,
  ],
  limit_reached: [m.errors_limit_reached_title, m.errors_limit_reached_text, m.errors_limit_reached_remedy],
  rule_broken: [m.errors_rule_broken_title, m.errors_rule_broken_text, m.errors_rule_broken_remedy],
  read_only: ({ unlockable }) =>
    unlockable
      ? [m.errors_locked_title, m.errors_locked_text, m.errors_locked_remedy]
      : [m.errors_read_only_title, m.errors_read_only_text, m.errors_read_only_remedy],
  secrets_locked: [
    m.errors_secrets_locked_title,
    m.errors_secrets_locked_text,
    m.errors_secrets_locked_remedy,
  ],
  passphrase_refused: [
    m.errors_passphrase_refused_title,
    m.errors_passphrase_refused_text,
    m.errors_passphrase_refused_remedy,
  ],
  import_refused: [m.errors_import_refused_title, ({ problem }) => problem, m.errors_import_refused_remedy],
  list_refused: [m.errors_list_refused_title, m.errors_list_refused_text, m.errors_list_refused_remedy],
  data_missing: [m.errors_data_missing_title, m.errors_data_missing_text, m.errors_data_missing_remedy],
  data_corrupt: [m.errors_data_corrupt_title, m.errors_data_corrupt_text, m.errors_data_corrupt_remedy],
  database_full: [m.errors_database_full_title, m.errors_database_full_text, m.errors_database_full_remedy],
  bundle_refused: ({ problem }) =>
    problem.is === "source_changed"
      ? [
          m.errors_bundle_source_changed_title,
          bundleRefused,
          () => m.errors_bundle_source_changed_remedy({ path: problem.path }),
        ]
      : [m.errors_bundle_title, bundleRefused, m.errors_bundle_remedy],
  file_not_written: [
    ({ reason }) => files[reason].title(),
    ({ what, path }) => fates[what]({ path }),
    ({ what, reason }) => files[reason][what === "export" ? "elsewhere" : "inPlace"](),
  ],
  cancelled: [m.errors_cancelled_title, m.errors_cancelled_text, m.errors_cancelled_remedy],
  internal: [
    m.errors_internal_title,
    ({ incident }) => (incident ? m.errors_internal_text() : m.errors_internal_unlogged_text()),
    m.errors_internal_remedy,
  ],
};

/** What happened, why, and what to do. */
export function sentencesOf(wire: WireError): { title: string; text: string; remedy: string } {
  const entry: Entry<never> = errorWords[wire.code];
  // The compiler does not follow that these are the facts of that entry.
  const facts = ("details" in wire ? wire.details : {}) as never;
  const [title, text, remedy] = typeof entry === "function" ? entry(facts) : entry;
  return { title: title(facts), text: text(facts), remedy: remedy(facts) };
}
