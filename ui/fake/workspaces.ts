import type { OpenSummary, OpenWorkspace, WorkspaceSummary } from "../src/lib/bindings";
import { accessOf } from "./access";
import type { Handlers } from "./commands";
import { serverOf } from "./data";
import { FAKE_PASSWORD, noAnswer, notFound, refuse, type Place, type World } from "./world";

const summaryOf = (place: Place): OpenSummary => ({
  id: place.workspace.id,
  kind: place.workspace.kind,
  name: place.workspace.name,
  environment: place.workspace.environment,
  signedInAs: place.session?.name ?? null,
  sessionEndsAt: place.session?.expiresAt ?? null,
  access: accessOf(place),
});

function requireOpenable(workspace: WorkspaceSummary, password: string | null): void {
  if (workspace.passwordNeeded && !workspace.passwordStored && password === null)
    refuse({ code: "workspace_password_needed" });
  if (password !== null && password !== FAKE_PASSWORD) refuse({ code: "workspace_refused" });
  if (workspace.id === "p3") refuse(noAnswer);
}

/** Workspaces that are opened, shown and closed; "p3" never opens. */
export function workspaceHandlers(world: World): Handlers {
  const show = (shown: Place): OpenWorkspace => {
    world.current = shown;
    return {
      workspace: shown.workspace,
      claimed: world.claimed,
      server: serverOf(shown.workspace),
      recovered: world.unsettled.map(({ act, organizationName }) => ({
        act,
        organizationName,
        outcome: "needs_attention",
      })),
      warnings: [],
      access: accessOf(shown),
      restrictions: world.restrictions,
    };
  };
  return {
    about: () => ({
      name: "Tenantry",
      version: "0.1.0",
      status: "ready",
      commands: [
        {
          name: "create_organization",
          description: "Makes an organization with its collection and its admin.",
        },
        { name: "list_organizations", description: "A page of the list, searched, filtered and sorted." },
        { name: "sign_in", description: "Starts a session of an operator or an organization admin." },
      ],
      logFile: "~/.local/state/tenantry/tenantry.log",
    }),
    report_ui_problem: () => null,
    open_workspace: ({ id, password }: { id: string; password: string | null }) => {
      const workspace = world.workspaces.find((each) => each.id === id) ?? notFound("workspace");
      requireOpenable(workspace, password);
      return show(world.open(workspace));
    },
    switch_workspace: ({ id }: { id: string }) => show(world.placeOf(id) ?? refuse({ code: "no_workspace" })),
    open_workspaces: () => world.places.map(summaryOf),
    current_workspace: () => world.current && show(world.current),
    close_workspace: ({ workspace }: { workspace: string }) => {
      const index = world.places.findIndex((each) => each.workspace.id === workspace);
      if (index >= 0) world.places.splice(index, 1);
      world.current = world.places.at(-1) ?? null;
      return null;
    },
    list_unsettled: () => [...world.unsettled],
    decide_unsettled: ({ organizationId, seen }: { organizationId: string; seen: string }) => {
      const index = world.unsettled.findIndex((each) => each.organizationId === organizationId);
      if (world.unsettled[index]?.seen !== seen) refuse({ code: "facts_changed" });
      world.unsettled.splice(index, 1);
      return null;
    },
  };
}
