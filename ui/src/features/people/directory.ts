import type {
  AddedSomebody,
  MemberRole,
  OperatorRole,
  PageStart,
  PeopleCounts,
  PeopleSort,
  PeopleStatus,
  Role,
  SomebodyView,
  WorkspaceApi,
} from "$lib/api";
import { jobsOfSearches, type ListQuery, type ListSource } from "$lib/lists";

export type PeopleFacet = "all" | PeopleStatus;

/** An organization that a list is limited to. */
export type OrganizationChoice = { id: string; name: string };

export type PeopleListQuery = ListQuery<PeopleFacet, PeopleSort> & {
  /** The organization whose people are listed; null for those of all. Operators have none. */
  organization: OrganizationChoice | null;
};

export type NewSomebody = { name: string; email: string; role: Role; organizationId: string };

/** Somebody, in one organization or in all. */
export type Target = { somebody: SomebodyView; organizationId: string | null };

/** Operators, or people of organizations: where they are read from, and what can be done about them. */
export interface Directory {
  readonly kind: "operators" | "people";
  readonly roles: readonly Role[];
  readonly source: ListSource<SomebodyView, PeopleListQuery, PeopleCounts>;
  load(id: string): Promise<SomebodyView>;
  add(somebody: NewSomebody): Promise<AddedSomebody>;
  /** In place of the role that was shown. */
  changeRole(target: Target, seen: Role, role: Role): Promise<unknown>;
  deactivate(target: Target): Promise<unknown>;
  reactivate(target: Target): Promise<unknown>;
  remove(target: Target): Promise<unknown>;
  /** Answers the one-time password. */
  setPassword(somebody: SomebodyView): Promise<string>;
}

type Place = { backwards: boolean; start: PageStart; limit: number };

const asked = ({ search, facet, sort, direction }: PeopleListQuery, place: Place) => ({
  search,
  status: facet === "all" ? null : facet,
  sort,
  direction,
  ...place,
});

const OPERATOR_ROLES = ["owner", "operator", "read_only_operator"] as const satisfies readonly OperatorRole[];
const MEMBER_ROLES = ["organization_admin", "viewer"] as const satisfies readonly MemberRole[];

export function operatorsOf(api: WorkspaceApi): Directory {
  const [rows, counts] = [jobsOfSearches(api.cancelJob), jobsOfSearches(api.cancelJob)];
  return {
    kind: "operators",
    roles: OPERATOR_ROLES,
    source: {
      page: (query, place) => api.listOperators(asked(query, place), rows(query.search, begins(place))),
      count: (search) => api.countOperators(search, counts(search, true)),
    },
    load: api.getOperator,
    add: ({ name, email, role }) => api.addOperator({ name, email, role: role as OperatorRole }),
    changeRole: ({ somebody }, seen, role) =>
      api.changeOperatorRole(somebody.id, seen as OperatorRole, role as OperatorRole),
    deactivate: ({ somebody }) => api.deactivateOperator(somebody.id),
    reactivate: ({ somebody }) => api.reactivateOperator(somebody.id),
    remove: ({ somebody }) => api.removeOperator(somebody.id),
    setPassword: ({ id }) => api.setOperatorPassword(id),
  };
}

/** `own` is the one organization that the session may know of. */
export function peopleOf(api: WorkspaceApi, own: string | null): Directory {
  const [rows, counts] = [jobsOfSearches(api.cancelJob), jobsOfSearches(api.cancelJob)];
  const within = ({ organization }: PeopleListQuery) => organization?.id ?? own;
  return {
    kind: "people",
    roles: MEMBER_ROLES,
    source: {
      page: (query, place) =>
        api.listPeople(asked(query, place), within(query), rows(query.search, begins(place))),
      count: (search, query) => api.countPeople(search, within(query), counts(search, true)),
    },
    load: api.getPerson,
    add: ({ role, ...input }) => api.addPerson({ ...input, role: role as MemberRole }),
    changeRole: ({ somebody, organizationId }, seen, role) =>
      api.changePersonRole(somebody.id, organizationId ?? "", seen as MemberRole, role as MemberRole),
    deactivate: ({ somebody, organizationId }) => api.deactivatePerson(somebody.id, organizationId),
    reactivate: ({ somebody, organizationId }) => api.reactivatePerson(somebody.id, organizationId),
    remove: ({ somebody, organizationId }) => api.removePerson(somebody.id, organizationId),
    setPassword: ({ id }) => api.setPersonPassword(id),
  };
}

const begins = ({ start }: Place) => start.kind === "beginning";
