import type { Channel } from "@tauri-apps/api/core";
import type {
  CellProblem,
  ImportChange,
  ImportField,
  ImportPlan,
  ImportRow,
  ImportRowsQuery,
  ImportRun,
  ImportView,
  JobProgress,
} from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { refuse, type World } from "./world";

const FIELDS: ImportField[] = ["name", "displayName", "email", "password", "status"];

/** Three rows: one good, one with two problems, one of an organization that is there. */
const FILE = [
  ["northmark", "Northmark Freight", "ops@northmark.example"],
  ["no good", "", ""],
  ["aldgate_insurance", "", ""],
] as const;

/** One file at a time, whose rows are checked by two rules; the program has all of them. */
export function importHandlers(world: World): Handlers {
  let rows: ImportRow[] = [];
  let view: ImportView | null = null;

  const problem = (field: ImportField, rule: CellProblem["rule"]): CellProblem => ({
    field,
    rule,
    otherRow: null,
  });
  function planOf(row: ImportRow): ImportPlan {
    if (row.plan.kind === "skip" && row.plan.reason === "left_out") return row.plan;
    if (world.organizations.some(({ name }) => name === row.name)) return { kind: "skip", reason: "same" };
    const problems: CellProblem[] = [];
    if (!/^[a-z0-9_-]{3,50}$/.test(row.name)) problems.push(problem("name", "characters"));
    if (row.email === "") problems.push(problem("email", "required"));
    return problems.length === 0 ? { kind: "create" } : { kind: "mend", problems };
  }

  function plan(): ImportView {
    const found = view ?? refuse({ code: "not_found", details: { what: "import" } });
    rows = rows.map((row) => {
      const planned = planOf(row);
      const generated = planned.kind === "create" && found.choices.generatePasswords;
      return { ...row, plan: planned, password: generated ? "generated" : "none" };
    });
    const of = (kind: ImportPlan["kind"]) => rows.filter((row) => row.plan.kind === kind).length;
    const counts = {
      all: rows.length,
      create: of("create"),
      change: of("change"),
      skip: of("skip"),
      mend: of("mend"),
      done: rows.filter(({ result }) => result?.kind === "created").length,
      failed: rows.filter(({ result }) => result?.kind === "failed").length,
      generated: rows.filter(({ password }) => password === "generated").length,
    };
    view = { ...found, counts };
    return view;
  }

  function begin(file: string): ImportView {
    rows = FILE.map(([name, displayName, email], row) => ({
      row,
      number: row + 2,
      name,
      displayName,
      email,
      status: "",
      password: "none",
      edited: [],
      plan: { kind: "create" },
      result: null,
    }));
    const none = { all: 0, create: 0, change: 0, skip: 0, mend: 0, done: 0, failed: 0, generated: 0 };
    view = {
      id: "import",
      file,
      kind: { kind: "csv", separator: ",", encoding: "utf8" },
      headers: ["name", "company", "mail"],
      headersInFirstRow: true,
      columns: FIELDS.map((field, column) => ({ field, column: column < 3 ? column : null })),
      choices: { changeExisting: false, generatePasswords: true },
      counts: none,
    };
    return plan();
  }

  function change({ change }: { change: ImportChange }): ImportView {
    if (change.kind === "cell") {
      const row = rows[change.row];
      if (row && change.field !== "password") rows[change.row] = { ...row, [change.field]: change.text };
    } else if (change.kind === "left_out") {
      const row = rows[change.row];
      if (row)
        rows[change.row] = {
          ...row,
          plan: change.out ? { kind: "skip", reason: "left_out" } : { kind: "create" },
        };
    } else if (change.kind === "choices" && view) view = { ...view, choices: change.choices };
    else if (change.kind === "column" && view)
      view = {
        ...view,
        columns: view.columns.map((one) =>
          one.field === change.field ? { ...one, column: change.column } : one,
        ),
      };
    return plan();
  }

  return {
    choose_organizations_file: () => begin("tenants.csv"),
    read_organizations_file: ({ name }: { name: string }) => begin(name),
    list_import_rows: ({ query }: { query: ImportRowsQuery }) => {
      const { facet, search, start, limit } = query;
      const matching = rows.filter(
        (row) => (facet === "all" || row.plan.kind === facet) && `${row.name} ${row.email}`.includes(search),
      );
      return { total: matching.length, rows: matching.slice(start, start + limit) };
    },
    change_import: change,
    run_import: async ({ input, progress }: { input: ImportRun; progress: Channel<JobProgress> }) => {
      const work = rows.filter(({ plan }) => plan.kind === "create");
      await world.work(input.job, work.length, progress);
      rows = rows.map((row) => (row.plan.kind === "create" ? { ...row, result: { kind: "created" } } : row));
      const counts = { ...plan().counts, done: work.length };
      const found = plan();
      return {
        import: { ...found, counts },
        created: work.length,
        changed: 0,
        failed: 0,
        notTried: 0,
        unclear: 0,
        cancelled: false,
        stopped: null,
        passwords: input.passwords === null ? null : "~/Documents/passwords.csv",
        milliseconds: 480,
      };
    },
    save_failed_rows: () => ({
      path: "~/Documents/rows-to-mend.csv",
      rows: 1,
      cutCells: 0,
      unshowable: 0,
      bytes: 120,
      milliseconds: 2,
    }),
    close_import: () => {
      view = null;
      rows = [];
      return null;
    },
  };
}
