import type { SessionView, SomebodyView } from "$lib/api";
import { may } from "$lib/may";
import { m } from "$lib/messages";
import type { Directory } from "../directory";

export type SomebodyAct = "add_to" | "role" | "password" | "deactivate" | "reactivate" | "remove";

/** The organization that an act on somebody is about: the one that is looked at, or their only one; null for all. */
export function scopeOf(somebody: SomebodyView, looked: string | null): string | null {
  const [only] = somebody.memberships;
  return looked ?? (somebody.membershipsInAll === 1 ? (only?.organizationId ?? null) : null);
}

/** The acts that this person can do about somebody. Others are not shown. */
export function offeredActs(
  session: SessionView | null,
  kind: Directory["kind"],
  somebody: SomebodyView,
  organizationId: string | null,
): SomebodyAct[] {
  if (!may(session, kind === "operators" ? "operators" : "manage_people")) return [];
  const inOne = kind === "operators" || organizationId !== null;
  const own = isOneself(session, somebody);
  const off = somebody.status === "deactivated";
  const acts: [SomebodyAct, boolean][] = [
    ["role", inOne],
    ["add_to", kind === "people" && session?.organizationId === null],
    ["password", !own],
    ["deactivate", !off],
    ["reactivate", off],
    ["remove", true],
  ];
  return acts.filter(([, allowed]) => allowed).map(([act]) => act);
}

/** Why an act cannot be done now; null if nothing is known to keep it. */
export function reasonAgainst(
  act: SomebodyAct,
  session: SessionView | null,
  somebody: SomebodyView,
): string | null {
  const takesAway = act === "role" || act === "deactivate" || act === "remove";
  if (takesAway && somebody.isLastOwner) return m.people_last_owner();
  const elsewhere = session?.organizationId !== null && somebody.membershipsInAll > 1;
  return act === "password" && elsewhere ? m.people_password_elsewhere() : null;
}

export const isOneself = (session: SessionView | null, { email }: SomebodyView): boolean =>
  session?.email.toLowerCase() === email.toLowerCase();

/** Whether a new one-time password helps: nobody has signed in with the last one, or it ran out. */
export const needsPassword = ({ status }: SomebodyView): boolean =>
  status === "invited" || status === "expired";
