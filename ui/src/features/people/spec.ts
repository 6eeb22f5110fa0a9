import type { PeopleSort, PeopleStatus, SomebodyView } from "$lib/api";
import type { IconName } from "$lib/components";
import type { ListColumn, ListFacet, ListSpec } from "$lib/lists";
import { m } from "$lib/messages";
import type { Directory, PeopleFacet, PeopleListQuery } from "./directory";
import { organizationsOf, peopleStatusWord, roleOf } from "./people-words";

type Column = ListColumn<SomebodyView, PeopleSort>;

const NAME: Column = {
  id: "name",
  label: m.people_column_name,
  sort: "words",
  least: 200,
  width: "minmax(0, 1.4fr)",
  comfort: 60,
};
const ROLE: Column = { id: "role", label: m.people_column_role, text: roleOf, least: 136, turn: 1 };
const ORGANIZATIONS: Column = {
  id: "organizations",
  label: m.people_column_organizations,
  text: organizationsOf,
  least: 160,
  width: "minmax(0, 1fr)",
  turn: 2,
};
const LAST_SIGN_IN: Column = {
  id: "lastSignIn",
  label: m.people_column_last_sign_in,
  sort: "time",
  least: 112,
  turn: 3,
};
const STATUS: Column = { id: "status", label: m.people_column_status, least: 120, condensed: 28 };

const NONE: Record<PeopleStatus, () => string> = {
  active: m.people_none_active,
  invited: m.people_none_invited,
  expired: m.people_none_expired,
  deactivated: m.people_none_deactivated,
};

function facet(value: PeopleStatus, icon: IconName): ListFacet<SomebodyView, PeopleFacet> {
  return {
    value,
    label: () => peopleStatusWord(value),
    holds: ({ status }) => status === value,
    none: { icon, title: NONE[value], why: m.people_none_why },
  };
}

const shared = {
  query: { search: "", facet: "all", sort: "name", direction: "ascending", organization: null },
  rowName: ({ name }: SomebodyView) => name,
  off: ({ status }: SomebodyView) => status === "deactivated" || status === "expired",
  facets: [
    { value: "all", label: m.people_facet_all, holds: () => true },
    facet("active", "users"),
    facet("deactivated", "circle-pause"),
    facet("invited", "mail"),
    facet("expired", "clock"),
  ],
} satisfies Partial<ListSpec<SomebodyView, PeopleListQuery>>;

const SPECS: Record<Directory["kind"], ListSpec<SomebodyView, PeopleListQuery>> = {
  operators: {
    ...shared,
    name: "operators",
    columns: [NAME, ROLE, LAST_SIGN_IN, STATUS],
    words: {
      title: m.operators_title,
      search: m.operators_search,
      facets: m.people_facets,
      found: m.operators_found,
      checked: m.people_bulk,
      noMatch: (search) => m.people_no_match({ search }),
      forbidden: m.operators_forbidden,
    },
  },
  people: {
    ...shared,
    name: "people",
    columns: [NAME, ROLE, ORGANIZATIONS, LAST_SIGN_IN, STATUS],
    words: {
      title: m.people_title,
      search: m.people_search,
      facets: m.people_facets,
      found: m.people_found,
      checked: m.people_bulk,
      noMatch: (search) => m.people_no_match({ search }),
      noneFiltered: m.people_none_in_organization,
      forbidden: m.people_forbidden,
    },
  },
};

export const specOf = ({ kind }: Directory) => SPECS[kind];
