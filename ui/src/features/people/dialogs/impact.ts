import { formatCount } from "$lib/format";
import { m } from "$lib/messages";
import type { Target } from "../directory";
import { organizationOf } from "../people-words";

/** Who an act is about, and in which organizations. */
export function impactOf({ somebody, organizationId }: Target) {
  const person = { key: m.people_email(), value: somebody.email };
  if (somebody.membershipsInAll === 0) return [person];
  const one = somebody.memberships.find((membership) => membership.organizationId === organizationId);
  const where = one
    ? organizationOf(one)
    : m.people_impact_all({
        count: somebody.membershipsInAll,
        shown: formatCount(somebody.membershipsInAll),
      });
  return [person, { key: m.people_organization(), value: where }];
}
