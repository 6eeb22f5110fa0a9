import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { BackUpInput, MoveInput, RestoreBundleInput, UnfinishedMoveView } from "$lib/api";
import type { BundleWish } from "$lib/bundles";
import { FAKE_PASSWORD, installFakeBackend, type FakeOptions } from "$fake/backend";
import { firstOf } from "$fake/in-dialog";
import { refuse } from "$fake/world";
import { AppState, appContextKey } from "$lib/state";
import BundleHost from "./BundleHost.svelte";

type Choose = (backend: ReturnType<typeof installFakeBackend>) => BundleWish | null;

async function open(choose: Choose, options: FakeOptions = {}) {
  const backend = installFakeBackend({ opened: "p1", alsoOpened: ["built-in"], signedIn: true, ...options });
  // Whatever is typed is good: the rules are Rust's, and these tests are about something else.
  backend.on("check_organization_name", ({ name }: { name: string }) => ({
    valid: true,
    available: true,
    name,
    collectionName: `org_${name}`,
    problems: [],
  }));
  backend.on("check_password", () => ({
    length: true,
    bytes: true,
    upper: true,
    lower: true,
    digit: true,
  }));
  backend.on("check_admin_email", () => ({ valid: true, problems: [] }));
  const app = new AppState();
  await app.start();
  const onclose = vi.fn();
  const { unmount } = render(BundleHost, {
    props: {
      wish: choose(backend),
      onclose: () => {
        onclose();
        if (!options.unfinishedMoves) unmount();
      },
    },
    context: new Map<unknown, unknown>([[appContextKey, app]]),
  });
  const inputs = <Input>(command: string) =>
    backend.calls
      .filter((call) => call.command === command)
      .map((call) => (call.args as { input: Input }).input);
  return { backend, app, onclose, inputs, user: userEvent.setup({ delay: null }) };
}

const press = async (user: Awaited<ReturnType<typeof open>>["user"], name: string) =>
  user.click(await screen.findByRole("button", { name }));

test("organizations are backed up into the suggested folder, and the files can be shown", async () => {
  const { app, user, inputs, onclose } = await open((backend) => ({
    kind: "back_up",
    organizations: [firstOf(backend, "active")],
  }));
  await screen.findByText("~/Downloads");
  await press(user, "Back up organization");
  await waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(inputs<BackUpInput>("back_up")[0]).toMatchObject({ target: "default" });
  expect(app.toasts.list.at(-1)).toMatchObject({ kind: "success", action: { label: "Show in folder" } });
});

test("a backup that failed is told with what was written", async () => {
  const { app, backend, user } = await open((backend) => ({
    kind: "back_up",
    organizations: [firstOf(backend, "active")],
  }));
  backend.on("back_up", ({ input }: { input: BackUpInput }) => ({
    results: input.ids.map((id) => ({
      id,
      name: null,
      path: null,
      bytes: null,
      documents: null,
      changed: null,
      problem: { code: "data_missing", details: { collection: "org_acme" } },
    })),
    cancelled: false,
    milliseconds: 3,
  }));
  await press(user, "Back up organization");
  await waitFor(() => expect(app.toasts.list.at(-1)?.kind).toBe("warning"));
});

test("a bundle is restored under another name when its own is taken", async () => {
  const { user, inputs, onclose } = await open(() => ({ kind: "restore" }));
  await press(user, "Choose");
  const name = await screen.findByLabelText<HTMLInputElement>("Name");
  expect(name.value).toBe("northmark");
  await screen.findByText("Meridian production");
  await user.type(screen.getByLabelText("Password"), FAKE_PASSWORD);
  await user.clear(name);
  await user.type(name, "northmark_2");
  await press(user, "Restore organization");
  await waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(inputs<RestoreBundleInput>("restore_bundle")[0]).toMatchObject({
    source: "chosen",
    name: "northmark_2",
    email: "admin@northmark.example",
  });
});

test("a bundle of a collection that was nobody's becomes an organization", async () => {
  const { backend, user, inputs, onclose } = await open(() => ({ kind: "restore" }));
  backend.on("read_bundle", () => ({
    collection: "org_harbour",
    name: "harbour",
    displayName: null,
    email: "",
    workspace: "Meridian production",
    writtenAt: "2026-11-28T14:32:00Z",
    documents: 1_204,
    bytes: 433_440,
    indexes: 3,
  }));
  backend.on("plan_restore", ({ name }: { name: string }) => ({
    keepsId: false,
    name,
    collection: `org_${name}`,
    problems: [],
    documents: 1_204,
    bytes: 433_440,
    indexes: 3,
    hasOptions: true,
    room: null,
  }));
  await press(user, "Choose");
  expect(await screen.findByLabelText("Name")).toHaveValue("harbour");
  expect(screen.getByText("None. A new one is made for it")).toBeVisible();
  expect(await screen.findByText("None. It gets an id of its own")).toBeVisible();
  await user.type(screen.getByLabelText("Admin email"), "admin@harbour.example");
  await user.type(screen.getByLabelText("Password"), FAKE_PASSWORD);
  await press(user, "Restore organization");
  await waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(inputs<RestoreBundleInput>("restore_bundle")[0]).toMatchObject({
    name: "harbour",
    email: "admin@harbour.example",
  });
});

test("a bundle that is whole stays on screen with what it has", async () => {
  const { user, onclose } = await open(() => ({ kind: "verify" }));
  await press(user, "Choose");
  await screen.findByText("Northmark Freight");
  await press(user, "Verify");
  expect(await screen.findByText("The bundle of northmark is whole")).toBeVisible();
  expect(onclose).not.toHaveBeenCalled();
});

const moving: Choose = (backend) => ({ kind: "move", organization: firstOf(backend, "active") });

test("a move out of production asks for the name, and can be taken back from its toast", async () => {
  const { app, backend, user, inputs, onclose } = await open(moving);
  const { name } = firstOf(backend, "active");
  await user.click(await screen.findByRole("radio", { name: "Move" }));
  const typed = await screen.findByPlaceholderText(name);
  expect(screen.getByRole("dialog")).toHaveTextContent("Production");
  expect(screen.getByRole("dialog")).toHaveTextContent("Local");
  await user.type(typed, name);
  await press(user, "Move organization");
  await waitFor(() => expect(onclose).toHaveBeenCalled());
  const [input] = inputs<MoveInput>("move_organization");
  expect(input).toMatchObject({ kind: "move", target: "built-in", confirmation: name, password: null });
  expect(input?.masking).toBeNull();
  expect(app.toasts.list.at(-1)?.action?.label).toBe("Take back");
  app.toasts.list.at(-1)?.action?.run();
  await waitFor(() => expect(app.toasts.list.at(-1)?.title).toBe("The move was taken back"));
});

test("a copy is masked unless somebody wants it whole, and shows before and after", async () => {
  const { user, inputs, onclose } = await open(moving);
  await press(user, "Preview ten documents");
  expect((await screen.findAllByText("Amara Osei")).length).toBe(10);
  await user.type(screen.getByLabelText("Password"), FAKE_PASSWORD);
  await press(user, "Copy organization");
  await waitFor(() => expect(onclose).toHaveBeenCalled());
  const [input] = inputs<MoveInput>("move_organization");
  expect(input).toMatchObject({ kind: "copy", masking: { automatic: true, fields: [], kept: [] } });
});

test("without another open workspace it says where to go", async () => {
  await open(moving, { alsoOpened: [] });
  expect(await screen.findByText("No other workspace is open")).toBeVisible();
});

const unfinished: UnfinishedMoveView = {
  id: "move-1",
  source: "Meridian production",
  sourceName: "northmark",
  target: "On this computer",
  targetName: "northmark",
  by: "dana@meridian.example",
  begunAt: "2026-11-28T14:32:00Z",
  standing: "in_both",
  missing: null,
};

test("a move that stopped half-way is told, and taken back or finished", async () => {
  const { app, backend, user } = await open(() => null, { unfinishedMoves: [unfinished] });
  await waitFor(() => expect(app.toasts.list.at(-1)?.title).toBe("The move of northmark stopped half-way"));
  app.toasts.list.at(-1)?.action?.run();
  await user.click(await screen.findByRole("radio", { name: /Finish it/ }));
  await press(user, "Finish move");
  await waitFor(() => expect(backend.calls.some(({ command }) => command === "finish_move")).toBe(true));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("a move that died before it compared is finished by comparing, and can still be taken back", async () => {
  const arrived: UnfinishedMoveView = { ...unfinished, standing: "at_target" };
  const { app, backend, user } = await open(() => null, { unfinishedMoves: [arrived] });
  backend.on("finish_move", () => refuse({ code: "changed_meanwhile" }));
  await waitFor(() => expect(app.toasts.list).not.toHaveLength(0));
  app.toasts.list.at(-1)?.action?.run();
  await press(user, "Finish move");
  expect(await screen.findByText("Not all of it came to On this computer")).toBeVisible();
  expect(screen.queryByText("Someone else changed this organization")).toBeNull();
  await user.click(screen.getByRole("radio", { name: /Take it back/ }));
  await press(user, "Take back");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(backend.calls.some(({ command }) => command === "take_back_move")).toBe(true);
});

test("an undone move says that what came in is in the trash of the target", async () => {
  const { app, backend, user, onclose } = await open(moving);
  const { name } = firstOf(backend, "active");
  backend.on("move_organization", () => ({
    received: null,
    people: 0,
    invited: [],
    left: [],
    note: null,
    unfinished: { code: "changed_meanwhile" },
  }));
  await user.click(await screen.findByRole("radio", { name: "Move" }));
  await user.type(await screen.findByPlaceholderText(name), name);
  await press(user, "Move organization");
  await waitFor(() => expect(onclose).toHaveBeenCalled());
  const titles = app.toasts.list.map(({ title }) => title);
  expect(titles).toContain("Someone else changed this organization");
  expect(titles).toContain("What came in is in the trash");
});
