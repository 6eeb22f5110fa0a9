import type { ImportKind, ImportOutcome } from "$lib/api";
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
