import type { MembershipView, PeopleStatus, SomebodyView } from "$lib/api";
import { formatCount } from "$lib/format";
import { m } from "$lib/messages";
import { roleWord } from "$lib/words";

const STATUS_WORDS: Record<PeopleStatus, () => string> = {
  active: m.common_status_active,
  invited: m.people_status_invited,
  expired: m.people_status_expired,
  deactivated: m.common_status_deactivated,
};

export const peopleStatusWord = (status: PeopleStatus): string => STATUS_WORDS[status]();

/** The role of somebody; a person can have another one in each organization. */
export const roleOf = ({ role }: SomebodyView): string =>
  role === null ? m.people_role_several() : roleWord(role);

export const organizationOf = ({ organizationName }: MembershipView): string =>
  organizationName ?? m.people_organization_in_trash();

const NAMES_SHOWN = 2;

/** The names of some organizations, then how many more there are. */
export function organizationsOf({ memberships, membershipsInAll }: SomebodyView): string {
  const names = memberships.slice(0, NAMES_SHOWN).map(organizationOf).join(", ");
  const more = membershipsInAll - Math.min(memberships.length, NAMES_SHOWN);
  return more > 0 ? m.people_organizations_more({ names, more: formatCount(more) }) : names;
}
