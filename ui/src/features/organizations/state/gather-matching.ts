import type { OrganizationView } from "$lib/api";
import type { ListQuery, OrganizationSource } from "./organization-browser.svelte";

/** Every organization a query matches, except some, page by page: for an act on rows that were never on screen. */
export async function gatherMatching(
  source: Pick<OrganizationSource, "listOrganizations">,
  query: ListQuery,
  excludedIds: string[],
  pageSize: number,
): Promise<OrganizationView[]> {
  const excluded = new Set(excludedIds);
  const gathered: OrganizationView[] = [];
  let cursor: string | null = null;
  do {
    const page = await source.listOrganizations({ ...query, cursor, limit: pageSize });
    gathered.push(...page.organizations.filter(({ id }) => !excluded.has(id)));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return gathered;
}
