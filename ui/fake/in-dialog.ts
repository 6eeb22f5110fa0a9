import userEvent from "@testing-library/user-event";
import type { OrganizationView } from "$lib/api";
import { installFakeBackend, type FakeBackend } from "./backend";
import { AppState, appContextKey } from "$lib/state";

/** Workspaces of the made-up backend, by their environment. */
export const WORKSPACES = { local: "built-in", staging: "p2", production: "p1" } as const;

export type Environment = keyof typeof WORKSPACES;
export type Context = Map<unknown, unknown>;

/** Opens a dialog as the organizations page does, in a workspace of the given environment. */
export async function openDialog(
  environment: Environment,
  show: (backend: FakeBackend, context: Context) => unknown,
) {
  const backend = installFakeBackend({ opened: WORKSPACES[environment], signedIn: true });
  const app = new AppState();
  await app.start();
  show(backend, new Map<unknown, unknown>([[appContextKey, app]]));
  return { backend, app, user: userEvent.setup({ delay: null }) };
}

/** Copies, as the page has them: what the backend changes does not change them. */
export function organizationsOf(
  backend: FakeBackend,
  status: OrganizationView["status"],
): OrganizationView[] {
  return structuredClone(backend.organizations.filter((organization) => organization.status === status));
}

export function firstOf(backend: FakeBackend, status: OrganizationView["status"]): OrganizationView {
  const [first] = organizationsOf(backend, status);
  if (!first) throw new Error(`the made-up backend has no ${status} organization`);
  return first;
}

/** The arguments of every call of a command so far, without the workspace that it went to. */
export function argumentsOf(backend: FakeBackend, command: string): unknown[] {
  return backend.calls
    .filter((call) => call.command === command)
    .map((call) => {
      const { workspace, ...others } = call.args as { workspace?: string };
      if (!workspace) throw new Error(`${command} went to no workspace`);
      return others;
    });
}
