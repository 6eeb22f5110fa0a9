import { explain, type ImportKind, type ImportNote, type ImportOutcome } from "$lib/api";
import { m } from "$lib/messages";

export function importKindWord(kind: ImportKind): string {
  switch (kind) {
    case "compass":
      return m.transfer_kind_compass();
    case "connection_strings":
      return m.transfer_kind_list();
    case "tenantry":
      return m.transfer_kind_tenantry();
  }
}

export function importOutcomeWord(outcome: ImportOutcome): string {
  switch (outcome) {
    case "imported":
      return m.transfer_outcome_imported();
    case "imported_without_secret":
      return m.transfer_outcome_without_secret();
    case "already_there":
      return m.transfer_outcome_already_there();
    case "refused":
      return m.transfer_outcome_refused();
  }
}

/** What was imported of a connection, what was not, and why. */
export function importNoteSentence(note: ImportNote): string {
  switch (note.kind) {
    case "refused":
      return explain(note.error).text;
    case "same":
      return m.transfer_note_same({ name: note.name });
    case "no_connection_string":
      return m.transfer_note_no_connection_string();
    case "no_name":
      return m.transfer_note_no_name();
    case "ran_together":
      return m.transfer_note_ran_together();
    case "damaged":
      return m.transfer_note_damaged();
    case "sealed_by_compass":
      return m.transfer_note_sealed_by_compass();
    case "no_tunnel":
      return m.transfer_note_no_tunnel();
    case "no_field_encryption":
      return m.transfer_note_no_field_encryption();
    case "password_asked":
      return m.transfer_note_password_asked();
    case "no_service_secret":
      return m.transfer_note_no_service_secret();
    case "taken_for_production":
      return m.transfer_note_taken_for_production();
    case "secrets_not_stored":
      return m.transfer_note_secrets_not_stored();
  }
}
