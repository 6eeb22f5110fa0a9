import type { Looks, ReceivePlanView, Standing } from "$lib/api";
import { m } from "$lib/messages";

/** What a field looks like that is masked. */
export function looksWord(looks: Looks): string {
  switch (looks) {
    case "email_address":
      return m.bundles_looks_email_address();
    case "name":
      return m.bundles_looks_name();
    case "phone":
      return m.bundles_looks_phone();
    case "postal_address":
      return m.bundles_looks_postal_address();
    case "identity":
      return m.bundles_looks_identity();
    case "secret":
      return m.bundles_looks_secret();
    case "chosen":
      return m.bundles_looks_chosen();
  }
}

/** What is in the way; the fields say more. What belongs to nobody has no id that it could keep. */
export function clashesOf(plan: ReceivePlanView, ownerless: boolean): string {
  const fields = new Set(plan.problems.map(({ field }) => field));
  if (fields.has("name") && fields.has("email")) return m.bundles_clash_both();
  if (fields.has("name")) return m.bundles_clash_name();
  if (fields.has("email")) return m.bundles_clash_email();
  if (ownerless) return m.bundles_clash_ownerless();
  return plan.keepsId ? m.bundles_clash_none() : m.bundles_clash_new_id();
}

/** Where the organization of a move is. */
export function standingSentence(standing: Standing, source: string, target: string): string {
  switch (standing) {
    case "at_source":
      return m.bundles_standing_at_source({ source, target });
    case "in_both":
      return m.bundles_standing_in_both({ source, target });
    case "at_target":
      return m.bundles_standing_at_target({ source, target });
    case "in_neither":
      return m.bundles_standing_in_neither({ source, target });
  }
}
