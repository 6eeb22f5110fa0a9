import type { WireError } from "../bindings";
import { formatDuration } from "../format";
import { m } from "../messages";
import { ApiError } from "./api-error";
import { fieldSentence } from "./field-problems";
import { fileSentences } from "./file-errors";
import { partlyDoneSentences } from "./partly-done";
import { unavailableSentences } from "./unavailable-errors";

/** An error in the person's words: what happened, why, and what to do. `small` is the small print with the code. */
export interface Explanation {
  readonly title: string;
  readonly text: string;
  readonly remedy: string;
  readonly small: string;
}

export type Sentences = Omit<Explanation, "small">;

function conflictSentences(field: Extract<WireError, { code: "conflict" }>["details"]["field"]): Sentences {
  switch (field) {
    case "name":
      return {
        title: m.errors_conflict_name_title(),
        text: m.errors_conflict_name_text(),
        remedy: m.errors_conflict_name_remedy(),
      };
    case "email":
      return {
        title: m.errors_conflict_email_title(),
        text: m.errors_conflict_email_text(),
        remedy: m.errors_conflict_email_remedy(),
      };
    case "collection":
      return {
        title: m.errors_conflict_collection_title(),
        text: m.errors_conflict_collection_text(),
        remedy: m.errors_conflict_collection_remedy(),
      };
  }
}

function sentences(wire: WireError): Sentences {
  switch (wire.code) {
    case "invalid_input":
      return {
        title: m.errors_invalid_input_title(),
        text: wire.details.fields.map(fieldSentence).join(" ") || wire.message,
        remedy: m.errors_invalid_input_remedy(),
      };
    case "conflict":
      return conflictSentences(wire.details.field);
    case "not_found":
      return {
        title: m.errors_not_found_title(),
        text: m.errors_not_found_text(),
        remedy: m.errors_not_found_remedy(),
      };
    case "not_signed_in":
    case "session_expired":
      return {
        title: m.errors_session_title(),
        text: m.errors_session_text(),
        remedy: m.errors_session_remedy(),
      };
    case "session_revoked":
      return {
        title: m.errors_session_title(),
        text: m.errors_session_revoked_text(),
        remedy: m.errors_session_remedy(),
      };
    case "forbidden":
      return {
        title: m.errors_forbidden_title(),
        text: m.errors_forbidden_text(),
        remedy: m.errors_forbidden_remedy(),
      };
    case "operator_needed":
      return {
        title: m.errors_operator_needed_title(),
        text: m.errors_operator_needed_text(),
        remedy: m.errors_operator_needed_remedy(),
      };
    case "proof_needed":
      return {
        title: m.errors_proof_needed_title(),
        text: m.errors_proof_needed_text(),
        remedy:
          wire.details.by === "passphrase"
            ? m.errors_proof_needed_passphrase()
            : m.errors_proof_needed_operator(),
      };
    case "credentials_refused":
      return {
        title: m.errors_credentials_refused_title(),
        text:
          wire.details.triesLeft === null
            ? m.errors_credentials_refused_text()
            : m.errors_credentials_refused_tries({ count: wire.details.triesLeft }),
        remedy: m.errors_credentials_refused_remedy(),
      };
    case "organization_inactive":
      return {
        title: m.errors_organization_inactive_title(),
        text: m.errors_organization_inactive_text(),
        remedy: m.errors_organization_inactive_remedy(),
      };
    case "throttled":
      return {
        title: m.errors_throttled_title(),
        text: m.errors_throttled_text({ duration: formatDuration(wire.details.waitSeconds * 1000) }),
        remedy: m.errors_throttled_remedy(),
      };
    case "already_claimed":
      return {
        title: m.errors_already_claimed_title(),
        text: m.errors_already_claimed_text(),
        remedy: m.errors_already_claimed_remedy(),
      };
    case "busy":
      return {
        title: m.errors_busy_title(),
        text: m.errors_busy_text(),
        remedy: m.errors_busy_remedy(),
      };
    case "partly_done":
      return partlyDoneSentences(wire.details);
    case "changed_meanwhile":
      return {
        title: m.errors_changed_meanwhile_title(),
        text: m.errors_changed_meanwhile_text(),
        remedy: m.errors_changed_meanwhile_remedy(),
      };
    case "facts_changed":
      return {
        title: m.errors_facts_changed_title(),
        text: m.errors_facts_changed_text(),
        remedy: m.errors_facts_changed_remedy(),
      };
    case "confirmation_mismatch":
      return {
        title: m.errors_confirmation_mismatch_title(),
        text: m.errors_confirmation_mismatch_text(),
        remedy: m.errors_confirmation_mismatch_remedy(),
      };
    case "no_workspace":
      return {
        title: m.errors_no_workspace_title(),
        text: m.errors_no_workspace_text(),
        remedy: m.errors_no_workspace_remedy(),
      };
    case "workspace_password_needed":
      return {
        title: m.errors_workspace_password_needed_title(),
        text: m.errors_workspace_password_needed_text(),
        remedy: m.errors_workspace_password_needed_remedy(),
      };
    case "workspace_refused":
      return {
        title: m.errors_workspace_refused_title(),
        text: m.errors_workspace_refused_text(),
        remedy: m.errors_workspace_refused_remedy(),
      };
    case "workspace_damaged":
      return {
        title: m.errors_workspace_damaged_title(),
        text: wire.message,
        remedy: m.errors_workspace_damaged_remedy(),
      };
    case "workspace_newer":
      return {
        title: m.errors_workspace_newer_title(),
        text: m.errors_workspace_newer_text({
          found: wire.details.found,
          supported: wire.details.supported,
        }),
        remedy: m.errors_workspace_newer_remedy(),
      };
    case "connection_string_invalid":
      return {
        title: m.errors_connection_string_invalid_title(),
        text: wire.details.problem,
        remedy: m.errors_connection_string_invalid_remedy(),
      };
    case "unavailable":
      return unavailableSentences(wire.details, wire.message);
    case "denied_by_database":
      return {
        title: m.errors_denied_by_database_title(),
        text:
          wire.details.namespace === null
            ? m.errors_denied_by_database_text({ action: wire.details.action })
            : m.errors_denied_by_database_on_text({
                action: wire.details.action,
                namespace: wire.details.namespace,
              }),
        remedy: m.errors_denied_by_database_remedy(),
      };
    case "limit_reached":
      return {
        title: m.errors_limit_reached_title(),
        text: m.errors_limit_reached_text({ action: wire.details.action }),
        remedy: m.errors_limit_reached_remedy(),
      };
    case "rule_broken":
      return {
        title: m.errors_rule_broken_title(),
        text: m.errors_rule_broken_text({ rule: wire.details.rule }),
        remedy: m.errors_rule_broken_remedy(),
      };
    case "read_only":
      return wire.details.unlockable
        ? { title: m.errors_locked_title(), text: m.errors_locked_text(), remedy: m.errors_locked_remedy() }
        : {
            title: m.errors_read_only_title(),
            text: m.errors_read_only_text(),
            remedy: m.errors_read_only_remedy(),
          };
    case "secrets_locked":
      return {
        title: m.errors_secrets_locked_title(),
        text: m.errors_secrets_locked_text(),
        remedy: m.errors_secrets_locked_remedy(),
      };
    case "passphrase_refused":
      return {
        title: m.errors_passphrase_refused_title(),
        text: m.errors_passphrase_refused_text(),
        remedy: m.errors_passphrase_refused_remedy(),
      };
    case "import_refused":
      return {
        title: m.errors_import_refused_title(),
        text: wire.details.problem,
        remedy: m.errors_import_refused_remedy(),
      };
    case "data_missing":
      return {
        title: m.errors_data_missing_title(),
        text: m.errors_data_missing_text({ collection: wire.details.collection }),
        remedy: m.errors_data_missing_remedy(),
      };
    case "data_corrupt":
      return {
        title: m.errors_data_corrupt_title(),
        text: m.errors_data_corrupt_text({ what: wire.details.what }),
        remedy: m.errors_data_corrupt_remedy(),
      };
    case "database_full":
      return {
        title: m.errors_database_full_title(),
        text: m.errors_database_full_text(),
        remedy: m.errors_database_full_remedy(),
      };
    case "file_not_written":
      return fileSentences(wire.details);
    case "cancelled":
      return {
        title: m.errors_cancelled_title(),
        text: m.errors_cancelled_text(),
        remedy: m.errors_cancelled_remedy(),
      };
    case "internal":
      return {
        title: m.errors_internal_title(),
        text: wire.details.incident ? m.errors_internal_text() : m.errors_internal_unlogged_text(),
        remedy: m.errors_internal_remedy(),
      };
    default:
      return unreachable(wire);
  }
}

/** The compiler refuses this call as long as a code has no sentence above. */
function unreachable(wire: never): never {
  throw new Error(`no sentence for ${JSON.stringify(wire)}`);
}

/** Explains anything that was thrown; what is not an ApiError counts as an internal failure. */
export function explain(cause: unknown): Explanation {
  const { wire } = ApiError.from(cause);
  const small =
    wire.code === "internal" && wire.details.incident
      ? m.errors_code_incident({ code: wire.code, incident: wire.details.incident })
      : m.errors_code({ code: wire.code });
  return { ...sentences(wire), small };
}
