/**
 * A program behind the window that lives in memory: for tests, and for `npm run dev` in a plain browser. It keeps the
 * wire contract and the rules a screen depends on; it is no second implementation of the service. What the program
 * answers to typed text is recorded from it (`recorded.ts`). Sign in with any address and {@link FAKE_PASSWORD};
 * opening "p2" asks for that password too.
 */
import { mockIPC } from "@tauri-apps/api/mocks";
import type { EntryView, OrganizationView, ConsoleError } from "../src/lib/bindings";
import { accessHandlers } from "./access";
import { activityHandlers } from "./activity";
import { bundleHandlers } from "./bundles";
import type { Handlers } from "./commands";
import { testConnection } from "./connection-test";
import { doctorHandlers } from "./doctor";
import { exportHandlers } from "./exports";
import { healthHandlers } from "./health";
import { importHandlers } from "./import";
import { organizationHandlers } from "./organizations";
import { peopleHandlers } from "./people";
import { profileHandlers } from "./profiles";
import { secretHandlers } from "./secrets";
import { sessionHandlers } from "./sessions";
import { transferHandlers } from "./transfer";
import { noAnswer, refuse, World, type FakeOptions } from "./world";
import { workspaceHandlers } from "./workspaces";

export { FAKE_PASSPHRASE, FAKE_PASSWORD, type FakeOptions } from "./world";

type Handler = (args: never) => unknown;

/** Installed in place of Tauri; `fail` and `on` change what one command answers. */
export interface FakeBackend {
  /** Every call so far, with its arguments. */
  readonly calls: { command: string; args: unknown }[];
  readonly organizations: OrganizationView[];
  /** The record, oldest first. */
  readonly entries: EntryView[];
  /** Makes the next calls of a command fail until {@link FakeBackend.restore}. */
  fail(command: string, error: ConsoleError | string): void;
  /** Answers a command in another way. */
  on(command: string, handler: Handler): void;
  restore(command: string): void;
  /** Keeps the next answer of a command back until the returned function is called. */
  hold(command: string): () => void;
  /** The server behind the workspaces stops answering, and answers again. */
  disconnect(): void;
  reconnect(): void;
}

/** Commands that fail while the server is silent. */
const ASKS_SERVER =
  /organization|people|person|operator|activity|record|unsettled|run_doctor|mend|template|statistics|preview|check_admin|sign_in|load_sample|role_command/;

export function installFakeBackend(options: FakeOptions = {}): FakeBackend {
  const world = new World(options);
  const calls: FakeBackend["calls"] = [];
  const changed = new Map<string, Handler>();
  const held = new Map<string, Promise<void>>();
  const handlers: Handlers = {
    ...profileHandlers(world),
    ...transferHandlers(world),
    test_connection: testConnection(world),
    ...secretHandlers(world),
    ...workspaceHandlers(world),
    ...sessionHandlers(world),
    ...accessHandlers(world),
    ...healthHandlers(world),
    ...organizationHandlers(world),
    ...peopleHandlers(world),
    ...exportHandlers(world),
    ...bundleHandlers(world),
    ...importHandlers(world),
    ...activityHandlers(world),
    ...(doctorHandlers(world) as Handlers),
  };

  mockIPC(async (command, args) => {
    if (command.startsWith("plugin:")) return null;
    calls.push({ command, args });
    if (options.delay) await world.pause();
    const { workspace } = (args ?? {}) as { workspace?: string };
    if (command !== "close_workspace") world.goTo(workspace);
    if (!world.reachable && ASKS_SERVER.test(command)) refuse(noAnswer);
    const handler = changed.get(command) ?? handlers[command as keyof Handlers];
    if (!handler) throw new Error(`Command ${command} not found`);
    const waiting = held.get(command);
    held.delete(command);
    try {
      // Answers are copied, as the wire does: a screen must not share objects with the store.
      return structuredClone(await handler(args as never));
    } finally {
      await waiting;
    }
  });

  return {
    calls,
    organizations: world.organizations,
    entries: world.entries,
    fail(command, error) {
      changed.set(command, () => {
        throw error;
      });
    },
    on: (command, handler) => void changed.set(command, handler),
    restore: (command) => void changed.delete(command),
    hold(command) {
      let release!: () => void;
      held.set(command, new Promise((resolve) => (release = resolve)));
      return release;
    },
    disconnect: () => void (world.reachable = false),
    reconnect: () => void (world.reachable = true),
  };
}
