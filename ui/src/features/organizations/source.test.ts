import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OrganizationCounts, OrganizationPage, OrganizationQuery, OrganizationView } from "$lib/api";
import { madeUpOrganization } from "$fake/data";
import { ListBrowser } from "$lib/lists/list-browser.svelte";
import { ORGANIZATIONS, organizationSource, type ListedCounts, type OrganizationListQuery } from "./source";

const counts: OrganizationCounts = {
  all: 2,
  active: 2,
  deactivated: 0,
  trashed: 1,
  exact: true,
  unshowable: null,
};

class Source {
  doctorSummary = async () => null;
  jobs: string[] = [];
  cancelled: string[] = [];
  cancelJob = async (job: string) => {
    this.cancelled.push(job);
  };
  queries: OrganizationQuery[] = [];
  searches: string[] = [];
  listOrganizations = async (query: OrganizationQuery, job: string): Promise<OrganizationPage> => {
    this.queries.push(query);
    this.jobs.push(job);
    const organizations = [madeUpOrganization("acme"), madeUpOrganization("bolt")];
    return { organizations, previousCursor: null, nextCursor: null };
  };
  countOrganizations = async (search: string): Promise<OrganizationCounts> => {
    this.searches.push(search);
    return counts;
  };
}

let source: Source;
let browser: ListBrowser<OrganizationView, OrganizationListQuery, ListedCounts>;

beforeEach(async () => {
  vi.useFakeTimers();
  source = new Source();
  browser = new ListBrowser(
    ORGANIZATIONS,
    organizationSource(source, () => false),
    { limit: 200 },
  );
  browser.open();
  await vi.runAllTimersAsync();
  source.queries = [];
  source.searches = [];
});
afterEach(() => {
  browser.stop();
  vi.useRealTimers();
});

describe("the list of organizations", () => {
  it("searches once, when typing pauses", async () => {
    browser.search("a");
    browser.search("ac");
    browser.search("acm ");
    await vi.advanceTimersByTimeAsync(149);
    expect(source.queries).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(source.queries.map((query) => query.filter.search)).toEqual(["acm"]);
    expect(source.searches).toEqual(["acm"]);
  });

  it("cancels what was asked for the text before", async () => {
    source.jobs = [];
    for (const text of ["a", "ac"]) {
      browser.search(text);
      await vi.advanceTimersByTimeAsync(150);
    }
    browser.orderBy("createdAt", "ascending");
    await vi.runAllTimersAsync();
    const [first, second, third] = source.jobs;
    expect(source.cancelled).toContain(first);
    expect(source.cancelled).not.toContain(second);
    expect(third).toBe(second);
  });

  it("does not ask again when only blanks were typed", async () => {
    browser.search("  ");
    await vi.runAllTimersAsync();
    expect(source.queries).toHaveLength(0);
  });

  it("keeps the search when the facet changes", async () => {
    browser.search("acm");
    await vi.runAllTimersAsync();
    browser.chooseFacet("trashed");
    await vi.runAllTimersAsync();
    expect(source.queries.at(-1)?.filter).toEqual({ search: "acm", status: "trashed" });
  });

  it("turns the order around on the second choice of a field", async () => {
    browser.sortBy("adminEmail");
    browser.sortBy("adminEmail");
    await vi.runAllTimersAsync();
    expect(browser.query).toMatchObject({ sort: "adminEmail", direction: "descending" });
  });

  it("looks at times newest first", () => {
    browser.sortBy("createdAt");
    expect(browser.query.direction).toBe("descending");
  });

  it("shows a changed organization where it stands", () => {
    browser.accept([madeUpOrganization("bolt", { displayName: "Bolt & Sons" })]);
    expect(browser.rows.at(1)?.displayName).toBe("Bolt & Sons");
  });

  it("lets an organization leave the facet it no longer belongs to", () => {
    browser.accept([madeUpOrganization("acme", { status: "trashed" })]);
    expect(browser.rows.at(0)?.id).toBe("bolt");
  });

  it("counts again after a change", async () => {
    browser.accept([madeUpOrganization("acme", { status: "deactivated" })]);
    await vi.runAllTimersAsync();
    expect(source.searches).toEqual([""]);
  });

  it("lists a status that took too long to count, without its number", async () => {
    source.countOrganizations = async () => ({ ...counts, active: null, deactivated: null });
    browser.chooseFacet("active");
    browser.refresh();
    await vi.runAllTimersAsync();
    expect(browser.counts?.active).toBeNull();
    expect(browser.rows.length).toBe(2);
  });

  it("knows an empty workspace from an empty search", async () => {
    expect(browser.unfiltered).toBe(true);
    browser.search("zzz");
    await vi.runAllTimersAsync();
    expect(browser.unfiltered).toBe(false);
    browser.clearSearch();
    expect(browser.unfiltered).toBe(true);
    expect(browser.searchText).toBe("");
  });
});
