import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { type FakeOptions } from "$fake/backend";
import { button, callsOf, startWithList } from "$fake/window";

const firstRow = () => {
  const row = screen.getAllByRole("row")[1];
  if (!row) throw new Error("no row is drawn");
  return row;
};

describe("a line that is lost", () => {
  async function lose(options: FakeOptions = {}) {
    const started = await startWithList(options);
    started.backend.disconnect();
    await started.user.keyboard("{Control>}r{/Control}");
    await screen.findByText("Meridian is not responding");
    return started;
  }

  it("is told once with what is known, and the rows stay with their time", async () => {
    await lose();
    expect(screen.getAllByRole("alert")).toHaveLength(1);
    expect(screen.getByRole("alert")).toHaveTextContent(
      /No host of the replica set answered for 5 seconds\. Showing data loaded \d\d:\d\d:\d\d\./,
    );
    expect(screen.getByText(/Attempt 1\.$/)).toBeVisible();
    expect(firstRow()).toHaveTextContent("acacia_aerospace");
    expect(screen.getByText("Disconnected")).toBeVisible();
    expect(screen.getByText(/^Last response \d\d:\d\d:\d\d$/)).toBeVisible();
  });

  it("comes back by itself: the banner goes, the list is read again, and it is said", async () => {
    const { backend } = await lose();
    const read = callsOf(backend, "list_organizations").length;
    backend.reconnect();
    await waitFor(() => expect(screen.queryByText("Meridian is not responding")).toBeNull());
    expect(await screen.findByText("Meridian is responding again.")).toBeInTheDocument();
    await waitFor(() => expect(callsOf(backend, "list_organizations").length).toBeGreaterThan(read));
    expect(screen.getByText("Connected")).toBeVisible();
  });

  it("is as quick as the last check found it", async () => {
    const { backend, user } = await startWithList();
    expect(screen.getByText(/^Replica set, 12.ms$/)).toBeInTheDocument();
    const view = { reachable: true, problem: null, primary: null, members: 3, checkedAt: "" };
    backend.on("check_line", () => ({ ...view, roundTripMilliseconds: 0 }));
    backend.fail("list_organizations", {
      code: "unavailable",
      details: { reason: "server", path: null, cause: "no answer" },
    });
    await user.keyboard("{Control>}r{/Control}");
    expect(await screen.findByText(/^Replica set, <1.ms$/)).toBeInTheDocument();
  });

  it("keeps a form that is being filled in", async () => {
    const { backend, user } = await startWithList();
    await user.click(button("New organization"));
    const dialog = within(await screen.findByRole("dialog"));
    await user.type(dialog.getByLabelText("Name"), "harbourline");
    backend.disconnect();
    await user.type(dialog.getByLabelText("Admin email"), "m@harbourline.example");
    await screen.findByText("Meridian is not responding");
    backend.reconnect();
    await waitFor(() => expect(screen.queryByText("Meridian is not responding")).toBeNull());
    expect(dialog.getByLabelText("Name")).toHaveValue("harbourline");
    expect(dialog.getByLabelText("Admin email")).toHaveValue("m@harbourline.example");
  });

  it("leads to the connection test, and is asked at once on wish", async () => {
    const { backend, user } = await lose();
    const before = callsOf(backend, "check_line").length;
    await user.click(button("Retry now"));
    await waitFor(() => expect(callsOf(backend, "check_line").length).toBeGreaterThan(before));
    await user.click(button("Run connection test"));
    await waitFor(() => expect(screen.queryByRole("navigation", { name: "Workspace" })).toBeNull());
    await waitFor(() => expect(callsOf(backend, "test_connection")).toHaveLength(1));
    expect(callsOf(backend, "test_connection")[0]?.args).toMatchObject({ input: { id: "p1" } });
  });
});
