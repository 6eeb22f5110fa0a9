import { fireEvent, render, screen } from "@testing-library/svelte";
import { createRawSnippet, tick } from "svelte";
import { beforeEach, expect, it, vi } from "vitest";
import { installFakeBackend } from "$fake/backend";
import { pageOf } from "$fake/paging";
import { appContextKey, AppState } from "$lib/state";
import { ListScreen, ListState, type ListQuery, type ListSource, type ListSpec } from ".";

type Stone = { id: string; name: string };
type StoneQuery = ListQuery<"all", "name">;

const ROWS = 100_000;
const HEIGHT = 32;
const words = () => "";
const spec: ListSpec<Stone, StoneQuery> = {
  name: "stones",
  query: { search: "", facet: "all", sort: "name", direction: "ascending" },
  columns: [
    { id: "name", label: () => "Stone", sort: "words", text: ({ name }) => name, width: "1fr", least: 100 },
  ],
  facets: [{ value: "all", label: () => "All", holds: () => true }],
  rowName: ({ name }) => name,
  words: { title: words, search: words, facets: words, found: words, noMatch: words, forbidden: words },
};
const nothing = createRawSnippet(() => ({ render: () => "<p></p>" }));

const stones = Array.from({ length: ROWS }, (_, index) => ({ id: String(index), name: `stone ${index}` }));
const source: ListSource<Stone, StoneQuery, { all: number }> = {
  page: async (_, place) => pageOf(stones, place),
  count: async () => ({ all: ROWS }),
};

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(5 * HEIGHT);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(800);
});

async function openStones() {
  installFakeBackend({ opened: "built-in", signedIn: true });
  const app = new AppState();
  await app.start();
  const list = new ListState(spec, source);
  render(ListScreen<Stone, StoneQuery, { all: number }>, {
    props: {
      list,
      header: nothing,
      empty: nothing,
      acts: { menu: () => [] },
      bulk: [],
      disconnected: false,
      onrefresh: () => undefined,
    },
    context: new Map([[appContextKey, app]]),
  });
  list.show();
  await screen.findByText("stone 0");
  await vi.waitFor(() => expect(list.rows.length).toBe(ROWS));
  const viewport = screen.getByText("stone 0").closest("[role=grid]")?.querySelector(".viewport");
  const scrollTo = async (row: number) => {
    if (!viewport) throw new Error("no list");
    viewport.scrollTop = row * HEIGHT;
    await fireEvent.scroll(viewport);
    await tick();
  };
  return { list, scrollTo };
}

const elements = () => [...document.querySelectorAll("[data-index]")];
const indexes = () => elements().map((row) => Number(row.getAttribute("data-index")));

it("scrolling makes no element anew and moves none: each takes the next row in its place", async () => {
  const { scrollTo } = await openStones();
  await scrollTo(20);
  const before = elements();
  const cells = before.map((row) => row.querySelector(".text"));
  for (const row of [21, 25, 60, 90, 40]) {
    await scrollTo(row);
    expect(elements()).toEqual(before);
    expect(elements().map((each) => each.querySelector(".text"))).toEqual(cells);
    const shown = [...indexes()].sort((left, right) => left - right);
    expect(shown).toEqual(Array.from({ length: before.length }, (_, offset) => row - 6 + offset));
  }
});

it("a reused element tells its row's number and name, and a screen reader the order of the rows", async () => {
  const { scrollTo } = await openStones();
  await scrollTo(47);
  for (const row of elements()) {
    const index = Number(row.getAttribute("data-index"));
    expect(row).toHaveAttribute("aria-rowindex", String(index + 2));
    expect(row).toHaveTextContent(`stone ${index}`);
  }
  const group = document.querySelector(".rows");
  await vi.waitFor(() => expect(group).toHaveAttribute("aria-owns"));
  const order = group?.getAttribute("aria-owns")?.split(" ") ?? [];
  const told = order.map((id) => Number(document.getElementById(id)?.getAttribute("data-index")));
  expect(told).toEqual([...indexes()].sort((left, right) => left - right));
});

it("a row that is not loaded yet is busy, and shows nothing of the row that its element had before", async () => {
  const { scrollTo } = await openStones();
  vi.spyOn(source, "page").mockReturnValue(new Promise(() => undefined));
  await scrollTo(60_000);
  const [row] = elements();
  expect(row).toHaveAttribute("aria-busy", "true");
  expect(row).toHaveClass("waiting");
});
