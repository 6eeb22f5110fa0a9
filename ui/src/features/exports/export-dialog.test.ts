import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { ExportInput, OrganizationCounts, OrganizationFilter } from "$lib/api";
import { installFakeBackend, type FakeOptions } from "$fake/backend";
import { AppState, appContextKey } from "$lib/state";
import ExportDialog from "./ExportDialog.svelte";

beforeEach(() => localStorage.clear());

const COUNTS = {
  all: 190,
  active: 170,
  deactivated: 20,
  trashed: 6,
  exact: true,
  unshowable: { live: 0, trashed: 0, idTypes: [] },
};

type Given = Partial<FakeOptions> & {
  filter?: OrganizationFilter;
  withFindings?: boolean;
  selectedIds?: string[];
  counts?: (OrganizationCounts & { drift?: number }) | null;
};

async function open({ filter, withFindings = false, ...given }: Given = {}) {
  const { selectedIds = [], counts = COUNTS, ...options } = given;
  const backend = installFakeBackend({ opened: "p1", signedIn: true, ...options });
  const app = new AppState();
  await app.start();
  const onclose = vi.fn();
  const context = new Map<unknown, unknown>([[appContextKey, app]]);
  const { unmount } = render(ExportDialog, {
    props: {
      filter: filter ?? { search: "", status: "all" },
      withFindings,
      selectedIds,
      sort: "name",
      direction: "ascending",
      counts,
      // The page takes the dialog away as soon as it asks for it.
      onclose: () => {
        onclose();
        unmount();
      },
    },
    context,
  });
  const sent = () =>
    backend.calls
      .filter((call) => call.command === "export_organizations")
      .map((call) => (call.args as { input: ExportInput }).input);
  return { backend, app, user: userEvent.setup({ delay: null }), onclose, sent };
}

const start = () => screen.getByRole("button", { name: /^Export/ });
const cancel = () => screen.findByRole("button", { name: "Cancel export" });

test("a number of rows that took too long to count is not available, and no reason not to export", async () => {
  const counts = { ...COUNTS, active: null, deactivated: null };
  await open({ filter: { search: "", status: "deactivated" }, counts });
  const filtered = screen.getByRole("radio", { name: /Matching the filter/ });
  expect(filtered.closest("label")).toHaveTextContent("Not available");
  expect(start()).toBeEnabled();
});

test("the dialog says how many rows each choice writes and that passwords are left out", async () => {
  await open({ filter: { search: "", status: "deactivated" }, selectedIds: ["a", "b", "c"] });
  expect(screen.getByRole("radio", { name: /All organizations/ }).closest("label")).toHaveTextContent("190");
  expect(screen.getByRole("radio", { name: /Matching the filter/ }).closest("label")).toHaveTextContent("20");
  expect(screen.getByRole("radio", { name: /Selected/ })).toBeChecked();
  expect(start()).toHaveTextContent("Export 3 rows");
  expect(screen.getByText("Passwords and sessions are never exported.")).toBeVisible();
});

test("what the doctor found something about is exported as the list shows it", async () => {
  const { user, sent } = await open({ withFindings: true, counts: { ...COUNTS, drift: 7 } });
  expect(screen.getByRole("radio", { name: /Matching the filter/ })).toBeChecked();
  await waitFor(() => expect(start()).toHaveTextContent("Export 7 rows"));
  await user.click(start());
  const filter = { search: "", status: "all" };
  await waitFor(() =>
    expect(sent()).toMatchObject([{ scope: { kind: "filtered", filter, withFindings: true } }]),
  );
});

test("a search narrows only its own choice: all organizations are counted without it", async () => {
  const { user } = await open({ filter: { search: "cobalt", status: "all" } });
  expect(screen.getByRole("radio", { name: /Matching the filter/ })).toBeChecked();
  await user.click(screen.getByRole("radio", { name: /All organizations/ }));
  await waitFor(() => expect(start()).toHaveTextContent("Export 194 rows"));
});

test("counts that are not at hand are asked for", async () => {
  const { user } = await open({ filter: { search: "", status: "deactivated" }, counts: null });
  const filtered = screen.getByRole("radio", { name: /Matching the filter/ });
  await waitFor(() => expect(filtered.closest("label")).toHaveTextContent(/Matching the filter \d+$/));
  await user.click(screen.getByRole("radio", { name: /All organizations/ }));
  expect(start()).toHaveTextContent("Export 194 rows");
});

test("what is chosen is exported, and the toast shows the file in its folder", async () => {
  const { backend, app, user, onclose, sent } = await open({ selectedIds: ["a", "b"] });
  await user.click(screen.getByRole("radio", { name: "XLSX" }));
  await user.click(screen.getByRole("checkbox", { name: "Id" }));
  await user.click(screen.getByRole("checkbox", { name: "Status" }));
  await user.click(screen.getByRole("button", { name: "Choose" }));
  expect(await screen.findByText("~/Documents/organizations.xlsx")).toBeVisible();
  await user.click(start());
  await waitFor(() => expect(onclose).toHaveBeenCalledOnce());
  expect(sent()).toMatchObject([
    {
      scope: { kind: "selected", ids: ["a", "b"] },
      columns: ["id", "name", "displayName", "adminEmail", "collectionName", "createdAt", "updatedAt"],
      format: "xlsx",
      target: "chosen",
      sort: "name",
      direction: "ascending",
    },
  ]);
  const toast = app.toasts.list.at(-1);
  expect(toast).toMatchObject({ kind: "success", title: "Exported 2 rows" });
  toast?.action?.run();
  await waitFor(() => expect(backend.calls.some((call) => call.command === "reveal_file")).toBe(true));
});

test("a place is suggested for each format, and a chosen one is not lost to a look at another format", async () => {
  const { user } = await open();
  expect(await screen.findByText("~/Downloads/organizations.csv")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Choose" }));
  expect(await screen.findByText("~/Documents/organizations.csv")).toBeVisible();
  await user.click(screen.getByRole("radio", { name: "JSON" }));
  expect(await screen.findByText("~/Downloads/organizations.json")).toBeVisible();
  await user.click(screen.getByRole("radio", { name: "CSV" }));
  expect(await screen.findByText("~/Documents/organizations.csv")).toBeVisible();
});

test("a CSV file is laid out for the program that reads it; the choice is remembered", async () => {
  const { user, onclose, sent } = await open();
  await waitFor(() => expect(start()).not.toHaveAttribute("aria-disabled"));
  expect(screen.getByRole("radio", { name: "Comma" })).toBeChecked();
  await user.click(screen.getByRole("radio", { name: "Semicolon" }));
  await user.click(screen.getByRole("checkbox", { name: /Byte-order mark/ }));
  await user.click(start());
  await waitFor(() => expect(onclose).toHaveBeenCalledOnce());
  expect(sent()[0]?.csv).toEqual({ kind: "plain", separator: "semicolon", byteOrderMark: false });

  const again = await open();
  expect(screen.getByRole("radio", { name: "Semicolon" })).toBeChecked();
  expect(screen.getByRole("checkbox", { name: /Byte-order mark/ })).not.toBeChecked();
  await user.click(screen.getByRole("radio", { name: "For Excel" }));
  await waitFor(() => expect(start()).not.toHaveAttribute("aria-disabled"));
  await user.click(start());
  await waitFor(() => expect(again.sent()).toHaveLength(1));
  expect(again.sent()[0]?.csv).toEqual({ kind: "excel" });
});

test("one click makes a CSV file for Excel and says what XLSX does better", async () => {
  const { user } = await open();
  await user.click(screen.getByRole("radio", { name: "For Excel" }));
  expect(screen.getByRole("radiogroup", { name: "Separator" })).toHaveAccessibleDescription(
    /XLSX keeps them/,
  );
  expect(screen.queryByRole("checkbox", { name: /Byte-order mark/ })).toBeNull();
});

test("formats without separators ask for none", async () => {
  const { user } = await open();
  for (const format of ["JSON", "NDJSON", "XLSX"]) {
    await user.click(screen.getByRole("radio", { name: format }));
    expect(screen.queryByRole("radiogroup", { name: "Separator" })).toBeNull();
    expect(screen.queryByRole("checkbox", { name: /Byte-order mark/ })).toBeNull();
  }
});

test("documents that are no organizations are told when the export has ended", async () => {
  const { app, user, backend } = await open();
  backend.on("export_organizations", () => ({
    path: "~/Downloads/organizations.csv",
    rows: 2,
    cutCells: 0,
    unshowable: 3,
    bytes: 143,
    milliseconds: 480,
  }));
  await waitFor(() => expect(start()).not.toHaveAttribute("aria-disabled"));
  await user.click(start());
  await waitFor(() => expect(app.toasts.list.at(-1)?.title).toBe("Exported 2 rows"));
  expect(app.toasts.list.at(-1)).toMatchObject({ kind: "warning", lifetime: null });
  expect(app.toasts.list.at(-1)?.text).toContain("3 documents were left out");
});

test("cells that a spreadsheet has no room for are told when the export has ended", async () => {
  const { app, user, backend } = await open();
  backend.on("export_organizations", () => ({
    path: "~/Downloads/organizations.xlsx",
    rows: 2,
    cutCells: 1,
    unshowable: 0,
    bytes: 143,
    milliseconds: 480,
  }));
  await user.click(screen.getByRole("radio", { name: "XLSX" }));
  await waitFor(() => expect(start()).not.toHaveAttribute("aria-disabled"));
  await user.click(start());
  await waitFor(() => expect(app.toasts.list.at(-1)?.title).toBe("Exported 2 rows"));
  expect(app.toasts.list.at(-1)).toMatchObject({ kind: "warning", lifetime: null });
  expect(app.toasts.list.at(-1)?.text).toContain("1 cell was cut");
});

test("columns that cost a read for each row say so, and no column at all blocks", async () => {
  const { user } = await open();
  expect(screen.queryByText(/so the export takes longer/)).toBeNull();
  await user.click(screen.getByRole("checkbox", { name: "Documents" }));
  expect(screen.getByText(/so the export takes longer/)).toBeVisible();
  for (const box of screen.getAllByRole("checkbox", { checked: true })) await user.click(box);
  expect(start()).toHaveAttribute("aria-disabled", "true");
  expect(start()).toHaveAccessibleDescription("Choose at least one column.");
});

test.each([
  ["full", "The disk is full"],
  ["denied", "The file cannot be written there"],
] as const)(
  "a file that was not written (%s) keeps the form, and the export can be tried again",
  async (reason, title) => {
    const { backend, user, onclose, sent } = await open();
    backend.fail("export_organizations", {
      code: "file_not_written",
      details: { what: "export", path: "/full/organizations.csv", reason },
    });
    await user.click(screen.getByRole("checkbox", { name: "Id" }));
    await waitFor(() => expect(start()).not.toHaveAttribute("aria-disabled"));
    await user.click(start());
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent(title);
    expect(alert).toHaveTextContent("Code: file_not_written");
    expect(screen.getByRole("checkbox", { name: "Id" })).toBeChecked();
    await waitFor(() => expect(start()).toHaveFocus());

    backend.restore("export_organizations");
    await user.click(start());
    await waitFor(() => expect(onclose).toHaveBeenCalledOnce());
    expect(sent()).toHaveLength(2);
  },
);

test("a running export shows its progress and is cancelled by the only button left", async () => {
  const { backend, user, onclose } = await open({ delay: 15 });
  await waitFor(() => expect(start()).not.toHaveAttribute("aria-disabled"));
  await user.click(start());
  const button = await cancel();
  expect(button).toHaveFocus();
  expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull();
  await waitFor(() => expect(screen.getByRole("dialog")).toHaveTextContent(/\d+ of 194 rows/));
  expect(screen.getByRole("dialog")).toHaveTextContent("4,200 rows/s");
  await user.click(button);
  expect(await screen.findByText("No file was written.")).toBeVisible();
  expect(backend.calls.filter((call) => call.command === "cancel_job")).toHaveLength(1);
  expect(onclose).not.toHaveBeenCalled();
});

test("an export whose dialog is closed goes on in a toast that ends with its outcome", async () => {
  const { app, user, onclose } = await open({ delay: 15 });
  await waitFor(() => expect(start()).not.toHaveAttribute("aria-disabled"));
  await user.click(start());
  await cancel();
  await user.keyboard("{Escape}");
  await waitFor(() => expect(onclose).toHaveBeenCalledOnce());
  expect(app.toasts.list.at(-1)).toMatchObject({ title: "Exporting", lifetime: null });
  expect(app.toasts.list.at(-1)?.action?.label).toBe("Cancel export");
  await waitFor(() => expect(app.toasts.list.at(-1)?.title).toBe("Exported 194 rows"));
  expect(app.toasts.list.filter((toast) => toast.title === "Exporting")).toHaveLength(0);
  expect(onclose).toHaveBeenCalledOnce();
});
