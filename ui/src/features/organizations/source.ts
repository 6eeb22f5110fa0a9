import type {
  OrganizationCounts,
  OrganizationPage,
  OrganizationQuery,
  OrganizationStatus,
  OrganizationView,
  PassSummary,
  SortField,
} from "$lib/api";
import type { IconName } from "$lib/components";
import { jobsOfSearches, type ListFacet, type ListQuery, type ListSource, type ListSpec } from "$lib/lists";
import { m } from "$lib/messages";
import { ORGANIZATION_COLUMNS } from "./columns";
import { displayNameOf } from "./organization-words";

export type StatusFacet = "all" | "drift" | OrganizationStatus;

export type OrganizationListQuery = ListQuery<StatusFacet, SortField>;

/** With the organizations that the doctor found something about, where it ran and nobody searches. */
export type ListedCounts = OrganizationCounts & { drift: number | undefined };

export type OrganizationCalls = {
  listOrganizations: (query: OrganizationQuery, job: string) => Promise<OrganizationPage>;
  countOrganizations: (search: string, job: string) => Promise<OrganizationCounts>;
  cancelJob: (job: string) => Promise<unknown>;
  doctorSummary: () => Promise<PassSummary | null>;
};

/** The query in the service's form. */
export function serviceQuery({ search, facet, sort, direction }: OrganizationListQuery) {
  const withFindings = facet === "drift";
  return {
    filter: { search, status: withFindings ? ("all" as const) : facet },
    withFindings,
    sort,
    direction,
  };
}

export function organizationSource(
  api: OrganizationCalls,
  mayFindings: () => boolean,
): ListSource<OrganizationView, OrganizationListQuery, ListedCounts> {
  const rows = jobsOfSearches(api.cancelJob);
  const counts = jobsOfSearches(api.cancelJob);
  // From what is kept of the doctor's last run: no server is asked.
  const affected = () =>
    api.doctorSummary().then(
      (summary) => summary?.affected,
      () => undefined,
    );
  return {
    page: async (query, place) => {
      const job = rows(query.search, place.start.kind === "beginning");
      const asked = { ...serviceQuery(query), ...place };
      const { organizations, ...cursors } = await api.listOrganizations(asked, job);
      return { rows: organizations, ...cursors };
    },
    count: async (search) => {
      const counted = api.countOrganizations(search, counts(search, true));
      return { ...(await counted), drift: search === "" && mayFindings() ? await affected() : undefined };
    },
  };
}

type FacetWords = { title: () => string; why: () => string };

function facet(
  value: OrganizationStatus,
  label: () => string,
  icon: IconName,
  none: FacetWords,
): ListFacet<OrganizationView, StatusFacet> {
  return { value, label, holds: ({ status }) => status === value, none: { icon, ...none } };
}

const DRIFT: ListFacet<OrganizationView, StatusFacet> = {
  value: "drift",
  label: m.organizations_facet_drift,
  holds: ({ status }) => status !== "trashed",
  none: {
    icon: "stethoscope",
    title: m.organizations_no_facet_title_drift,
    why: m.organizations_no_facet_why_drift,
  },
};

export const ORGANIZATIONS: ListSpec<OrganizationView, OrganizationListQuery> = {
  name: "organizations",
  columns: ORGANIZATION_COLUMNS,
  query: { search: "", facet: "all", sort: "name", direction: "ascending" },
  rowName: displayNameOf,
  off: ({ status }) => status !== "active",
  facets: [
    { value: "all", label: m.organizations_facet_all, holds: ({ status }) => status !== "trashed" },
    facet("active", m.organizations_facet_active, "building-2", {
      title: m.organizations_no_facet_title_active,
      why: m.organizations_no_facet_why_active,
    }),
    facet("deactivated", m.organizations_facet_deactivated, "building-2", {
      title: m.organizations_no_facet_title_deactivated,
      why: m.organizations_no_facet_why_deactivated,
    }),
    facet("trashed", m.organizations_facet_trashed, "trash-2", {
      title: m.organizations_no_facet_title_trashed,
      why: m.organizations_no_facet_why_trashed,
    }),
  ],
  words: {
    title: m.organizations_title,
    search: m.organizations_search_label,
    facets: m.organizations_facets_label,
    found: m.organizations_results,
    checked: m.organizations_bulk_label,
    forbidden: m.organizations_forbidden_why,
    noMatch: (search, narrowed) =>
      narrowed ? m.organizations_no_match_facet_why({ search }) : m.organizations_no_match_why({ search }),
  },
};

/** The list for those who may see what the doctor found. */
export function withDrift(
  spec: ListSpec<OrganizationView, OrganizationListQuery>,
): ListSpec<OrganizationView, OrganizationListQuery> {
  const [all, ...others] = spec.facets;
  const trashed = others.filter(({ value }) => value === "trashed");
  return { ...spec, facets: [all, ...others.filter(({ value }) => value !== "trashed"), DRIFT, ...trashed] };
}
