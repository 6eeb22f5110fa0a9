import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { installFakeBackend, type FakeOptions } from "$fake/backend";
import { appContextKey, AppState } from "$lib/state";
import ImportPage from "./ImportPage.svelte";
import { rowsSource, type Row } from "./source";

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(320);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1200);
});

async function open(options: FakeOptions = {}) {
  const backend = installFakeBackend({ opened: "built-in", signedIn: true, ...options });
  const app = new AppState();
  await app.start();
  app.navigate("import");
  const comeBack = () => render(ImportPage, { context: new Map([[appContextKey, app]]) });
  const { unmount: leave } = comeBack();
  return { backend, app, leave, comeBack, user: userEvent.setup() };
}

async function openFile(options: FakeOptions = {}) {
  const opened = await open(options);
  await opened.user.click(screen.getByRole("button", { name: "Choose a file" }));
  await screen.findByRole("grid");
  return opened;
}

async function openCheck(options: FakeOptions = {}) {
  const opened = await openFile(options);
  await opened.user.click(screen.getByRole("button", { name: "Check rows" }));
  return opened;
}

const step = () =>
  within(screen.getByRole("list", { name: "Steps" })).getByRole("listitem", { current: "step" });
const row = (text: string): HTMLElement => {
  const found = screen.getAllByRole("row").find((one) => one.textContent.includes(text));
  if (found === undefined) throw new Error(`no row has ${text}`);
  return found;
};

describe("the import of organizations", () => {
  it("goes from a file to its columns, with what becomes of each row", async () => {
    const { user, backend } = await openFile();
    expect(step()).toHaveTextContent("Columns");
    expect(screen.getByText("tenants.csv")).toBeInTheDocument();
    expect(screen.getByText("CSV, separated by commas, UTF-8")).toBeInTheDocument();
    expect(screen.getByText("1 create, 0 change, 1 skip")).toBeInTheDocument();
    expect(row("northmark")).toHaveTextContent("Create, with a generated password");
    await user.selectOptions(screen.getByLabelText("Status"), "company");
    const changes = backend.calls.filter(({ command }) => command === "change_import");
    expect(changes.map(({ args }) => args)).toMatchObject([
      { change: { kind: "column", field: "status", column: 1 } },
    ]);
  });

  it("takes a file that is dropped, and says what is wrong with one that can't be read", async () => {
    const { backend } = await open();
    const place = screen.getByRole("region", { name: "File" });
    backend.fail("read_organizations_file", {
      code: "list_refused",
      details: { problem: "damaged", row: 7 },
    });
    const files = [new File(["name\nacme"], "list.csv")];
    await fireEvent.drop(place, { dataTransfer: { files } });
    expect(
      await screen.findByText(/breaks the rules of its own format. It was found at row 7/),
    ).toBeVisible();
    backend.restore("read_organizations_file");
    await fireEvent.drop(screen.getByRole("region", { name: "File" }), { dataTransfer: { files } });
    await screen.findByRole("grid");
    const read = backend.calls.filter(({ command }) => command === "read_organizations_file").at(-1);
    expect(read?.args).toMatchObject({ name: "list.csv", content: btoa("name\nacme") });
  });

  it("has problems mended in the cell, with the keyboard and without losing the row's place", async () => {
    const { user } = await openCheck();
    expect(screen.getByText("1 with problems")).toBeInTheDocument();
    const cell = within(row("no good")).getByRole("button", { name: /Name of row 3/ });
    expect(cell).toHaveAttribute("title", expect.stringContaining("letters"));
    await user.click(cell);
    const input = screen.getByRole("textbox", { name: "Name of row 3" });
    expect(input).toHaveFocus();
    await user.clear(input);
    await user.type(input, "good one{Backspace}{Backspace}{Backspace}{Backspace}{Enter}");
    await waitFor(() => expect(row("Admin email: ")).toHaveTextContent("good"));
    await user.click(within(row("Admin email: ")).getByRole("button", { name: /Admin email of row 3/ }));
    await user.type(screen.getByRole("textbox", { name: "Admin email of row 3" }), "a@good.example{Enter}");
    expect(await screen.findByText("2 create, 0 change, 1 skip")).toBeInTheDocument();
  });

  it("forgets what was typed in a cell on Escape", async () => {
    const { user, backend } = await openCheck();
    await user.click(within(row("northmark")).getByRole("button", { name: /Name of row 2/ }));
    await user.keyboard("other{Escape}");
    expect(screen.queryByRole("textbox", { name: "Name of row 2" })).toBeNull();
    expect(backend.calls.some(({ command }) => command === "change_import")).toBe(false);
  });

  it("asks for a file for the generated passwords, then tells what was done", async () => {
    const { user, backend } = await openCheck();
    expect(screen.getByText("You choose a file for 1 generated passwords first.")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Import 1 organization" }));
    expect(await screen.findByText("1 created, 0 changed")).toBeInTheDocument();
    expect(step()).toHaveTextContent("Result");
    const run = backend.calls.find(({ command }) => command === "run_import");
    expect(run?.args).toMatchObject({ input: { create: 1, change: 0, passwords: "chosen" } });
    await waitFor(() => expect(row("northmark")).toHaveTextContent("Created"));
    expect(screen.getByText(/generated passwords are in/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Save rows to mend" }));
    expect(backend.calls.at(-1)).toMatchObject({ command: "save_failed_rows" });
  });

  it("does nothing if no file is chosen for the passwords", async () => {
    const { user, backend } = await openCheck();
    backend.on("choose_export_file", () => null);
    await user.click(screen.getByRole("button", { name: "Import 1 organization" }));
    await waitFor(() => expect(backend.calls.at(-1)?.command).not.toBe("run_import"));
    expect(step()).toHaveTextContent("Check");
  });

  it("checks again when the plan has changed meanwhile", async () => {
    const { user, backend, app } = await openCheck();
    backend.fail("run_import", { code: "facts_changed" });
    await user.click(screen.getByRole("button", { name: "Import 1 organization" }));
    await waitFor(() => expect(app.toasts.list.at(-1)?.title).toBe("The plan has changed"));
    const again = backend.calls.filter(({ command }) => command === "change_import").at(-1);
    expect(again?.args).toMatchObject({ change: { kind: "again" } });
  });

  it("asks before corrections are lost, and is as it was left behind another page", async () => {
    const { user, app, leave, comeBack } = await openCheck();
    await user.click(screen.getByRole("checkbox", { name: "Change organizations that are there" }));
    leave();
    comeBack();
    expect(step()).toHaveTextContent("Check");
    await user.click(screen.getByRole("button", { name: "Close" }));
    await user.click(await screen.findByRole("button", { name: "Keep importing" }));
    expect(app.page).toBe("import");
    await user.click(screen.getByRole("button", { name: "Close" }));
    await user.click(await screen.findByRole("button", { name: "Close import" }));
    expect(app.page).toBe("organizations");
  });

  it("offers no run in a workspace that is open for reading only", async () => {
    await openCheck({ access: "read_only" });
    const button = screen.getByRole("button", { name: "Import 1 organization" });
    expect(button).toHaveAttribute("aria-disabled", "true");
    expect(button).toHaveAttribute("title", "The workspace is not open for changes.");
  });
});

describe("the rows of a file", () => {
  const all = Array.from({ length: 10 }, (_, row) => ({ row, number: row + 2 }) as Row);
  const source = rowsSource(
    ({ start, limit }) => Promise.resolve({ total: all.length, rows: all.slice(start, start + limit) }),
    () => null,
  );
  const query = { search: "", facet: "all", sort: "number", direction: "ascending" } as const;
  const numbers = (page: { rows: Row[] }) => page.rows.map(({ row }) => row);

  it("are walked in both directions from any place without a gap", async () => {
    const first = await source.page(query, { backwards: false, start: { kind: "beginning" }, limit: 4 });
    expect([numbers(first), first.previousCursor, first.nextCursor]).toEqual([[0, 1, 2, 3], null, "3"]);
    const next = await source.page(query, {
      backwards: false,
      start: { kind: "after", cursor: "3" },
      limit: 6,
    });
    expect([numbers(next), next.previousCursor, next.nextCursor]).toEqual([[4, 5, 6, 7, 8, 9], "4", null]);
    const back = await source.page(query, {
      backwards: true,
      start: { kind: "after", cursor: "4" },
      limit: 3,
    });
    expect([numbers(back), back.nextCursor]).toEqual([[3, 2, 1], "1"]);
    const jump = await source.page(query, {
      backwards: false,
      start: { kind: "row", number: 50, of: 99 },
      limit: 3,
    });
    expect(numbers(jump)).toEqual([7, 8, 9]);
  });
});
