import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import type { Health } from "$lib/api";
import { installFakeBackend, type FakeOptions } from "$fake/backend";
import { appContextKey, AppState } from "$lib/state";
import HealthPage from "./HealthPage.svelte";
import { clockWarning, endOfLifeWarning } from "./server-facts";

async function open(options: FakeOptions = {}, change: Partial<Health> = {}) {
  const backend = installFakeBackend({ opened: "p1", signedIn: true, ...options });
  const app = new AppState();
  await app.start();
  const health = { ...(await app.api.workspaceHealth()), ...change };
  backend.on("workspace_health", () => health);
  render(HealthPage, { context: new Map([[appContextKey, app]]) });
  await screen.findByText("The server is responding");
  return { app, backend, health };
}
const fact = (key: string) =>
  screen.getByText(key, { selector: "dt" }).nextElementSibling?.textContent.trim();

describe("the health page", () => {
  it("tells every member with its state and its round trip, and why one is not reached", async () => {
    await open();
    const rows = screen.getAllByRole("row").filter((row) => within(row).queryByText(/shard-00/));
    expect(rows).toHaveLength(3);
    expect(rows[1]).toHaveTextContent(/Primary\s*12.ms/);
    expect(rows[2]).toHaveTextContent(/The connection was refused\..*Not reached\s*Not available/);
  });

  it("says of what the server does not tell that it does not, and why", async () => {
    await open();
    expect(fact("Storage engine")).toBe("wiredTiger");
    expect(fact("Connections")).toBe("Not available to this database user");
  });

  it("tells the connections in use of all there can be", async () => {
    await open({ opened: "p4" });
    expect(fact("Connections")).toBe("12 of 838,860 in use");
    expect(fact("Clock")).toBe("Same as this computer's");
  });

  it("shows how much of the deployment's limit the organizations use", async () => {
    await open();
    const meter = screen.getByRole("meter", { name: "Use of the deployment's limit" });
    expect(meter).toHaveAttribute("aria-valuenow", "212");
    expect(meter).toHaveAttribute("aria-valuetext", "212 of 500 used");
    expect(screen.queryByText("Nearly used up")).toBeNull();
    expect(fact("Organization collections")).toBe("200");
  });

  it("counts indexes too where the recommended maximum does, and says when it is nearly used up", async () => {
    const use = {
      collections: 2_200,
      indexes: 6_100,
      organizations: 2_000,
      limit: 10_000,
      limitSource: "recommended",
      namespaceBytes: 255,
    } as const;
    await open({}, { collections: use });
    expect(screen.getByRole("meter")).toHaveAttribute("aria-valuetext", "8,300 of 10,000 used");
    expect(screen.getByText("Nearly used up")).toBeVisible();
  });

  it("shows no meter where no limit is known", async () => {
    const use = {
      collections: 12,
      indexes: null,
      organizations: 2,
      limit: null,
      limitSource: null,
      namespaceBytes: 255,
    };
    await open({}, { collections: use });
    expect(screen.queryByRole("meter")).toBeNull();
    expect(fact("Indexes")).toBe("Not available");
  });

  it("offers the role only where rights are missing", async () => {
    const { app } = await open({ restrictions: [{ act: "trash", needs: "update on organizations" }] });
    screen.getByRole("button", { name: "Show required role" }).click();
    expect(app.question).toBe("role");
  });

  it("offers no role where none is missing", async () => {
    await open();
    expect(screen.queryByRole("button", { name: "Show required role" })).toBeNull();
  });

  it("warns of a clock that is more than two seconds off, either way, and of no smaller difference", async () => {
    const { health } = await open();
    const off = (clockDifferenceMilliseconds: number | null) =>
      clockWarning({ ...health, clockDifferenceMilliseconds });
    expect(off(2_001)).toContain("differ by 2");
    expect(off(-5_000)).toContain("differ by 5");
    expect([off(2_000), off(-2_000), off(null)]).toEqual([null, null, null]);
    expect(screen.getByText(/clocks of the server and this computer differ by 3\.4/)).toBeVisible();
  });

  it("warns of a version whose end of life is over or near", async () => {
    const { health } = await open();
    const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString();
    const of = (date: string, ended: boolean) =>
      endOfLifeWarning({ ...health, endOfLife: { series: "6.0", date, ended } });
    expect(of(days(-30), true)).toContain("MongoDB 6.0 reached its end of life");
    expect(of(days(90), false)).toContain("reaches its end of life");
    expect(of(days(400), false)).toBeNull();
    expect(endOfLifeWarning({ ...health, endOfLife: null })).toBeNull();
  });

  it("says of a file only what a file has", async () => {
    await open({ opened: "built-in" });
    expect(screen.queryByText("Connections", { selector: "dt" })).toBeNull();
    expect(screen.queryByText("Members")).toBeNull();
    expect(fact("Database user")).toBe("None, the file is opened directly");
    expect(screen.getByText(/^The file has no users of its own\./)).toBeVisible();
  });

  it("is read again with Ctrl and R", async () => {
    const { backend, health } = await open();
    backend.on("workspace_health", () => ({ ...health, storageEngine: "inMemory" }));
    await fireEvent.keyDown(window, { key: "r", ctrlKey: true });
    await waitFor(() => expect(fact("Storage engine")).toBe("inMemory"));
  });
});

describe("the health page of a server that does not answer", () => {
  async function silenced() {
    const opened = await open();
    const { app, backend } = opened;
    backend.restore("workspace_health");
    backend.disconnect();
    const readAt = app.opened?.readAt;
    screen.getByRole("button", { name: "Check again" }).click();
    expect(await screen.findByRole("alert")).toHaveTextContent(
      "The server is not responding The workspace cannot be reached: no answer. Check the address and your network, then try again.",
    );
    return { ...opened, readAt };
  }

  it("keeps the last answer with its time", async () => {
    const { app, readAt } = await silenced();
    expect(fact("Database user")).toBe("tenantry_admin");
    expect(fact("Organizations")).toBe("200");
    expect(screen.getAllByRole("row").length).toBeGreaterThan(4);
    expect(app.opened?.readAt).toBe(readAt);
    expect(screen.queryByText("The server is responding")).toBeNull();
  });

  it("says that it answers as soon as it does", async () => {
    const { backend } = await silenced();
    backend.reconnect();
    screen.getByRole("button", { name: "Check again" }).click();
    expect(await screen.findByText("The server is responding")).toBeVisible();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("shows only what is known without it where there is no answer yet", async () => {
    const backend = installFakeBackend({ opened: "p1", signedIn: true });
    const app = new AppState();
    await app.start();
    backend.disconnect();
    render(HealthPage, { context: new Map([[appContextKey, app]]) });
    expect(await screen.findByRole("alert")).toHaveTextContent("The server is not responding");
    const known = screen.getAllByRole("term").map((term) => term.textContent);
    expect(known).toEqual(["Product", "Topology", "Address", "Database", "Encryption"]);
    expect(screen.getAllByRole("heading", { level: 2 })).toHaveLength(1);
    expect(app.opened?.readAt).toBeNull();
  });
});
