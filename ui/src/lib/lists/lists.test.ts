import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { createRawSnippet } from "svelte";
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { installFakeBackend } from "$fake/backend";
import { pageOf } from "$fake/paging";
import { ApiError, LIMITS } from "$lib/api";
import { appContextKey, AppState } from "$lib/state";
import {
  BulkRun,
  ListScreen,
  ListState,
  type ListPanel,
  type ListQuery,
  type ListSource,
  type ListSpec,
} from ".";

// A whole list: what a screen writes for its own.
type Fruit = { id: string; name: string; colour: "red" | "green" };
type FruitQuery = ListQuery<"all" | "red", "name" | "colour"> & { tree?: string };

const FRUITS: ListSpec<Fruit, FruitQuery> = {
  name: "fruits",
  query: { search: "", facet: "all", sort: "name", direction: "ascending" },
  columns: [
    { id: "name", label: () => "Fruit", sort: "words", text: ({ name }) => name, width: "1fr", least: 100 },
    {
      id: "colour",
      label: () => "Colour",
      sort: "words",
      text: ({ colour }) => colour,
      width: "80px",
      least: 80,
      turn: 1,
    },
  ],
  facets: [
    { value: "all", label: () => "All", holds: () => true },
    {
      value: "red",
      label: () => "Red",
      holds: ({ colour }) => colour === "red",
      none: { icon: "building-2", title: () => "No red fruits", why: () => "They are all green." },
    },
  ],
  rowName: ({ name }) => name,
  words: {
    title: () => "Fruits",
    search: () => "Search fruits",
    facets: () => "Colour",
    found: ({ shown }) => `${shown} fruits`,
    checked: () => "Checked fruits",
    noMatch: (search) => `No fruit has ${search} in its name.`,
    forbidden: () => "Ask the gardener.",
  },
};

/** An orchard that answers like a service: page by page, from a cursor on, in either direction and from either end. */
class Orchard implements ListSource<Fruit, FruitQuery> {
  fruits: Fruit[];
  asked: (FruitQuery & Parameters<ListSource<Fruit, FruitQuery>["page"]>[1])[] = [];
  problem: unknown = null;

  constructor(count: number) {
    this.fruits = Array.from({ length: count }, (_, index) => {
      const name = `fruit ${String(index).padStart(4, "0")}`;
      return { id: name, name, colour: index % 4 === 0 ? "red" : "green" };
    });
  }

  page: ListSource<Fruit, FruitQuery>["page"] = async (query, place) => {
    this.asked.push({ ...query, ...place });
    if (this.problem !== null) throw this.problem;
    const { facet, search, sort, direction } = query;
    const key = (fruit: Fruit) => `${fruit[sort]} ${fruit.id}`;
    const found = this.fruits
      .filter(({ name, colour }) => name.includes(search) && (facet === "all" || colour === facet))
      .sort((left, right) => (key(left) < key(right) ? -1 : 1) * (direction === "ascending" ? 1 : -1));
    return pageOf(found, place);
  };

  count = async (search: string) => {
    const found = this.fruits.filter(({ name }) => name.includes(search));
    return { all: found.length, red: found.filter(({ colour }) => colour === "red").length };
  };
}

const text = (words: string) => createRawSnippet(() => ({ render: () => `<p>${words}</p>` }));

class Bowl implements ListPanel<Fruit> {
  #shown = new SvelteMap<"row", Fruit>();
  get row() {
    return this.#shown.get("row") ?? null;
  }
  open = (fruit: Fruit) => void this.#shown.set("row", fruit);
  close = () => this.#shown.clear();
  accept = () => undefined;
}

async function open(orchard = new Orchard(1000), panel: ListPanel<Fruit> | null = null, spec = FRUITS) {
  installFakeBackend({ opened: "built-in", signedIn: true });
  const app = new AppState();
  await app.start();
  const list = new ListState(spec, orchard, panel);
  const picked: string[] = [];
  const busy = new SvelteSet<string>();
  const pick = ({ name }: Fruit) => void picked.push(name);
  const { container } = render(ListScreen<Fruit, FruitQuery, Awaited<ReturnType<Orchard["count"]>>>, {
    props: {
      list,
      header: text("The header"),
      empty: text("Plant something."),
      acts: {
        menu: (fruit) => [{ label: "Pick", onselect: () => pick(fruit) }],
        keys: { F2: pick },
        busy: ({ id }) => busy.has(id),
      },
      bulk: [
        { label: "Pick all", icon: "download", run: async () => (await list.checkedRows())?.forEach(pick) },
      ],
      disconnected: false,
      onrefresh: () => list.browser.refresh(),
    },
    context: new Map([[appContextKey, app]]),
  });
  list.show();
  return { orchard, list, picked, busy, container, user: userEvent.setup() };
}

const rows = () => screen.getAllByRole("row").slice(1);
const names = () => rows().map((row) => within(row).getAllByRole("gridcell")[1]?.textContent?.trim());
const rowOf = (name: string) => screen.getByRole("row", { name: new RegExp(name) });
async function openRows(...having: Parameters<typeof open>) {
  const opened = await open(...having);
  await screen.findByText("fruit 0000");
  return opened;
}

// The test environment lays nothing out: a window of 5 rows stands for the real one.
beforeEach(() => {
  localStorage.clear();
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(160);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1200);
});

describe("a list", () => {
  it("draws the rows near the window only, and reads the end of it with one page", async () => {
    const { orchard, user } = await openRows();
    expect(rows().length).toBeLessThan(30);
    expect(screen.getByRole("grid")).toHaveAttribute("aria-rowcount", "1001");
    expect(await screen.findAllByText("1,000 fruits")).not.toHaveLength(0);
    orchard.asked = [];
    rowOf("fruit 0000").focus();
    await user.keyboard("{End}");
    await waitFor(() => expect(rowOf("fruit 0999")).toHaveFocus());
    expect(orchard.asked.map(({ backwards }) => backwards)).toEqual([true]);
  });

  it("is sorted by its columns' headers and by the menu", async () => {
    const { user } = await openRows();
    const header = screen.getByRole("columnheader", { name: "Colour" });
    await user.click(within(header).getByRole("button"));
    await waitFor(() => expect(names()[0]).toBe("fruit 0001"));
    expect(header).toHaveAttribute("aria-sort", "ascending");
    await user.click(screen.getByRole("button", { name: "Sort by Colour" }));
    await user.click(await screen.findByRole("menuitemradio", { name: "Z to A" }));
    await waitFor(() => expect(names()[0]).toBe("fruit 0996"));
    expect(screen.getByText("Colour, Z to A")).toBeVisible();
  });

  it("is narrowed by facets and by a search, and says when nothing matches", async () => {
    const { user, orchard } = await openRows();
    await user.click(await screen.findByRole("button", { name: /^Red ?250/ }));
    await waitFor(() => expect(names()[1]).toBe("fruit 0004"));
    await user.type(screen.getByRole("searchbox", { name: "Search fruits" }), "0008");
    await waitFor(() => expect(names()).toEqual(["fruit 0008"]));
    await user.keyboard("x");
    expect(await screen.findByText("No fruit has 0008x in its name.")).toBeVisible();
    await user.keyboard("{Escape}");
    await screen.findByText("fruit 0000");
    orchard.fruits = orchard.fruits.filter(({ colour }) => colour === "green");
    await user.keyboard("{Control>}r{/Control}");
    expect(await screen.findByText("No red fruits")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Show all" }));
    expect(await screen.findByText("fruit 0001")).toBeVisible();
  });

  it("has further filters, which are counted by, and are taken away where nothing is found", async () => {
    const orchard = new Orchard(1000);
    const { page, count } = orchard;
    orchard.page = (query, place) => page({ ...query, search: query.tree ?? query.search }, place);
    orchard.count = (search: string, query?: FruitQuery) => count(query?.tree ?? search);
    const { list, user } = await openRows(orchard);
    expect(list.browser.unfiltered).toBe(true);
    list.browser.filter({ tree: "000" });
    await waitFor(() => expect(list.browser.counts).toEqual({ all: 10, red: 3 }));
    expect(list.rows.length).toBe(10);
    expect(list.browser.total).toBe(1000);
    list.browser.filter({ tree: "oak" });
    await user.click(await screen.findByRole("button", { name: "Remove the filter" }));
    await screen.findByText("fruit 0000");
    expect(list.browser.unfiltered).toBe(true);
  });

  it("searches for what was typed just before it left the screen, once it is back", async () => {
    const { list } = await openRows();
    list.browser.search("0008");
    list.stop();
    expect(list.browser.query.search).toBe("");
    list.show();
    await waitFor(() => expect(names()).toEqual(["fruit 0008"]));
  });

  it("is checked by keys, and an act gets rows that were never on screen", async () => {
    const { user, picked } = await openRows();
    rowOf("fruit 0000").focus();
    await user.keyboard(" {Shift>}{ArrowDown}{ArrowDown}{/Shift}");
    const bar = await screen.findByRole("toolbar", { name: "Checked fruits" });
    expect(bar).toHaveTextContent("3 selected");
    await user.keyboard("{Control>}a{/Control}");
    await waitFor(() => expect(bar).toHaveTextContent("1,000 selected"));
    rowOf("fruit 0002").focus();
    await user.keyboard(" ");
    await user.click(within(bar).getByRole("button", { name: "Pick all" }));
    await waitFor(() => expect(picked).toHaveLength(999));
    expect(picked).not.toContain("fruit 0002");
    await user.click(within(bar).getByRole("button", { name: "Clear selection" }));
    expect(screen.queryByRole("toolbar")).toBeNull();
  });

  it("is selected by Shift over rows that are not in memory, which are read for it", async () => {
    const { user, picked } = await openRows(new Orchard(3_000));
    await screen.findAllByText("3,000 fruits");
    rowOf("fruit 0000").focus();
    await user.keyboard("{ArrowDown} {Shift>}{End}{/Shift}");
    const bar = await screen.findByRole("toolbar", { name: "Checked fruits" });
    await waitFor(() => expect(bar).toHaveTextContent("2,999 selected"));
    await user.click(within(bar).getByRole("button", { name: "Pick all" }));
    await waitFor(() => expect(picked).toHaveLength(2_999));
    expect(new Set(picked)).not.toContain("fruit 0000");
  });

  it("offers what can be done with a row by a menu and by keys, and not while the row is busy", async () => {
    const { user, picked, busy } = await openRows();
    rowOf("fruit 0001").focus();
    await user.keyboard("{ArrowDown}{F2}");
    expect(picked).toEqual(["fruit 0001"]);
    await user.click(within(rowOf("fruit 0003")).getByRole("button", { name: "Actions for fruit 0003" }));
    await user.click(await screen.findByRole("menuitem", { name: "Pick" }));
    expect(picked).toEqual(["fruit 0001", "fruit 0003"]);
    busy.add("fruit 0003");
    await waitFor(() => expect(within(rowOf("fruit 0003")).queryByRole("button")).toBeNull());
  });

  it("remembers which columns a person turned off", async () => {
    const { user } = await openRows();
    await user.click(screen.getByRole("button", { name: "Columns" }));
    await user.click(await screen.findByRole("menuitemcheckbox", { name: "Colour" }));
    expect(screen.queryByRole("columnheader", { name: "Colour" })).toBeNull();
    const again = new ListState(FRUITS, new Orchard(1));
    expect([...again.columns.wanted]).toEqual([]);
  });

  it("has no boxes, and checks nothing, where nothing is done to several rows", async () => {
    const orchard = new Orchard(3);
    const words = { ...FRUITS.words, checked: undefined };
    const { list, user } = await openRows(orchard, null, { ...FRUITS, words });
    expect(screen.queryByRole("checkbox")).toBeNull();
    rowOf("fruit 0001").focus();
    await user.keyboard(" {Control>}a{/Control}{Shift>}{ArrowDown}{/Shift}");
    expect(list.selection.empty).toBe(true);
  });

  it("shows the opened row in its panel, and goes on to the next with the arrow keys", async () => {
    const panel = new Bowl();
    const { user } = await openRows(new Orchard(3), panel);
    rowOf("fruit 0000").focus();
    await user.keyboard("{ArrowDown}{Enter}{ArrowDown}");
    expect(panel.row?.name).toBe("fruit 0002");
    expect(rowOf("fruit 0002")).toHaveAttribute("aria-current", "true");
    await user.keyboard("{Escape}");
    expect(panel.row).toBeNull();
  });

  it("says that it is empty", async () => {
    await open(new Orchard(0));
    expect(await screen.findByText("Plant something.")).toBeVisible();
    expect(screen.queryByRole("grid")).toBeNull();
  });

  it("says why it could not be read, and reads it when asked to", async () => {
    const orchard = new Orchard(3);
    orchard.problem = new ApiError({
      code: "denied_by_database",
      details: { action: "find", namespace: null },
    });
    const { user } = await open(orchard);
    const again = await screen.findByRole("button", { name: "Retry now" });
    orchard.problem = null;
    await user.click(again);
    expect(await screen.findByText("fruit 0002")).toBeVisible();
  });

  it("says who can open it to those who may not read it", async () => {
    const orchard = new Orchard(3);
    orchard.problem = new ApiError({ code: "forbidden" });
    await open(orchard);
    expect(await screen.findByText("Ask the gardener.")).toBeVisible();
  });
});

describe("an act on several rows", () => {
  const [first, second, third] = new Orchard(3).fruits as [Fruit, Fruit, Fruit];
  const three = [first, second, third];
  const ripe = async (fruit: Fruit): Promise<Fruit> => ({ ...fruit, colour: "red" });
  const refuse = (code: "busy" | "session_expired", row: Fruit) => async (fruit: Fruit) => {
    if (fruit === row) throw new ApiError({ code, message: "" } as never);
    return ripe(fruit);
  };

  it("goes on after a refusal, and does only what remains when it runs again", async () => {
    const run = new BulkRun(three);
    const result = await run.run(refuse("busy", second));
    expect(result.changed.map(({ id }) => id)).toEqual([first.id, third.id]);
    expect(result.failed.map(({ row, error }) => [row.id, error.code])).toEqual([[second.id, "busy"]]);
    expect(run.done).toBe(3);
    await run.run(ripe);
    expect(run.result.changed).toHaveLength(3);
    expect(run.result.failed).toEqual([]);
    expect(run.remaining).toEqual([]);
  });

  it("asks no further where every row would meet the same failure", async () => {
    const run = new BulkRun(three);
    const asked: string[] = [];
    const { failed } = await run.run(async (fruit) => {
      asked.push(fruit.id);
      return refuse("session_expired", first)(fruit);
    });
    expect(asked).toEqual([first.id]);
    expect(failed.map(({ row }) => row)).toEqual(three);
  });

  it("stops after the row under way, and leaves the others as they are", async () => {
    const run = new BulkRun(three);
    const { changed, left } = await run.run(async (fruit) => {
      run.stop();
      return ripe(fruit);
    });
    expect(changed).toHaveLength(1);
    expect(left).toEqual([second, third]);
    expect(run.remaining).toEqual([second, third]);
  });

  it("tells which rows wait for it", async () => {
    const busy = new SvelteSet<string>();
    const seen: string[][] = [];
    await new BulkRun(three, busy).run(async (fruit) => {
      seen.push([...busy]);
      return ripe(fruit);
    });
    // The second and the third are under way at the same time.
    expect(seen.map((ids) => ids.length)).toEqual([3, 2, 2]);
    expect([...busy]).toEqual([]);
  });

  it("has a few under way at the same time, and all done in the end, in the order of the list", async () => {
    const { fruits } = new Orchard(4 * LIMITS.bulkAtOnce);
    let underWay = 0;
    const together: number[] = [];
    const run = new BulkRun(fruits);
    const { changed } = await run.run(async (fruit) => {
      together.push((underWay += 1));
      for (let turn = fruits.indexOf(fruit) % 3; turn >= 0; turn -= 1) await Promise.resolve();
      underWay -= 1;
      return ripe(fruit);
    });
    expect(together[0]).toBe(1);
    expect(Math.max(...together)).toBe(LIMITS.bulkAtOnce);
    expect(changed.map(({ id }) => id)).toEqual(fruits.map(({ id }) => id));
    expect(run.done).toBe(fruits.length);
  });

  it("tries no further row after a failure that every row would meet, and keeps what was under way", async () => {
    const { fruits } = new Orchard(4 * LIMITS.bulkAtOnce);
    const asked: Fruit[] = [];
    const { changed, failed, left } = await new BulkRun(fruits).run(async (fruit) => {
      asked.push(fruit);
      await Promise.resolve();
      return refuse("session_expired", fruits[1] as Fruit)(fruit);
    });
    expect(asked).toHaveLength(1 + LIMITS.bulkAtOnce);
    expect(changed).toHaveLength(LIMITS.bulkAtOnce);
    expect(failed.map(({ row }) => row.id)).toEqual(
      [fruits[1] as Fruit, ...fruits.slice(1 + LIMITS.bulkAtOnce)].map(({ id }) => id),
    );
    expect(left).toEqual([]);
  });
});
