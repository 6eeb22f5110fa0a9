import type { Channel } from "@tauri-apps/api/core";
import type {
  BackUpInput,
  JobProgress,
  MoveInput,
  RestoreBundleInput,
  UnfinishedMoveView,
  VerifyInput,
} from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { idFor, madeUpOrganization } from "./data";
import { now, refuse, type World } from "./world";

const DOCUMENTS = 1_204;
const BYTES = 433_440;

/** Bundles, and organizations that are copied or moved to another workspace. The other side takes what it gets. */
export function bundleHandlers(world: World): Handlers {
  const { organizations } = world;
  const unfinished: UnfinishedMoveView[] = [...(world.options.unfinishedMoves ?? [])];
  const named = (id: string) => organizations.find((each) => each.id === id);
  const isTaken = (name: string) => organizations.some((each) => each.name === name.toLowerCase());
  const taken = (name: string) =>
    isTaken(name) ? [{ field: "name", rule: "taken", message: "That name is taken." } as const] : [];
  const plan = (name: string, problems = taken(name)) => ({
    keepsId: true,
    name: name.toLowerCase(),
    collection: `org_${name.toLowerCase()}`,
    problems,
    documents: DOCUMENTS,
    bytes: BYTES,
    indexes: 3,
    hasOptions: true,
    room: 380,
  });
  const received = (name: string, email: string) => ({
    organization: madeUpOrganization(name.toLowerCase(), {
      id: idFor(20_000 + organizations.length),
      adminEmail: email,
      createdAt: now(),
      updatedAt: now(),
    }),
    documents: DOCUMENTS,
    bytes: BYTES,
    indexes: 3,
    lacks: 0,
    changed: null,
  });
  const environmentOf = (id: string) =>
    world.workspaces.find((each) => each.id === id)?.environment ?? "production";
  const end = (id: string) => {
    const at = unfinished.findIndex((each) => each.id === id);
    if (at >= 0) unfinished.splice(at, 1);
  };

  return {
    default_bundle_folder: () => ({ target: "default", displayPath: "~/Downloads" }),
    choose_bundle_folder: () => ({ target: "chosen", displayPath: "~/Documents/bundles" }),
    back_up: async ({ input, progress }: { input: BackUpInput; progress: Channel<JobProgress> }) => {
      await world.work(input.job, DOCUMENTS * input.ids.length, progress);
      const results = input.ids.map((id) => ({
        id,
        name: named(id)?.name ?? null,
        path: `~/Downloads/${named(id)?.name ?? id}-2026-11-28.tenant`,
        bytes: 98_304,
        documents: DOCUMENTS,
        changed: null,
        problem: null,
      }));
      return { results, cancelled: false, milliseconds: 320 };
    },
    choose_bundle: () => ({
      source: "chosen",
      displayPath: "~/Downloads/northmark-2026-11-28.tenant",
      bytes: 98_304,
    }),
    read_bundle: () => ({
      collection: null,
      name: "northmark",
      displayName: "Northmark Freight",
      email: "admin@northmark.example",
      workspace: "Meridian production",
      writtenAt: "2026-11-28T14:32:00Z",
      documents: DOCUMENTS,
      bytes: BYTES,
      indexes: 3,
    }),
    verify_bundle: async ({ input, progress }: { input: VerifyInput; progress: Channel<JobProgress> }) => {
      await world.work(input.job, DOCUMENTS, progress);
      return { name: "northmark", documents: DOCUMENTS, bytes: BYTES, milliseconds: 140 };
    },
    plan_restore: ({ name }: { name: string }) => plan(name),
    restore_bundle: async (args: { input: RestoreBundleInput; progress: Channel<JobProgress> }) => {
      const { job, name, email } = args.input;
      if (isTaken(name)) refuse({ code: "conflict", details: { field: "name" } });
      await world.work(job, DOCUMENTS, args.progress);
      const back = received(name, email);
      organizations.push(back.organization);
      return back;
    },
    plan_move: ({ workspace, input }: { workspace: string; input: MoveInput }) => {
      const [source, target] = [environmentOf(workspace), environmentOf(input.target)];
      const moves = input.kind === "move";
      return {
        receive: plan(input.name, []),
        source,
        target,
        people: moves ? 4 : 0,
        confirmationNeeded: moves && [source, target].includes("production"),
      };
    },
    move_organization: async ({ input, progress }: { input: MoveInput; progress: Channel<JobProgress> }) => {
      await world.work(input.job, DOCUMENTS, progress);
      const moves = input.kind === "move";
      const organization = named(input.id);
      if (moves && organization) organization.status = "trashed";
      return {
        received: received(input.name, input.email),
        people: moves ? 4 : 0,
        invited: [],
        left: [],
        note: moves ? "move-1" : null,
        unfinished: null,
      };
    },
    preview_masking: () => ({
      fields: [
        { path: "contact.email", looks: "email_address", values: 10 },
        { path: "contact.name", looks: "name", values: 10 },
      ],
      documents: Array.from({ length: 10 }, (_, place) => ({
        id: idFor(30_000 + place),
        replaced: [
          { path: "contact.name", before: "Amara Osei", after: "Iteke Uqoi" },
          { path: "contact.email", before: "amara@acme.com", after: "kobutefalu@zulimare.example" },
        ],
      })),
    }),
    list_unfinished_moves: () => unfinished,
    finish_move: ({ id }: { id: string }) => {
      end(id);
      return { standing: "at_target", invited: [], left: [] };
    },
    take_back_move: ({ id }: { id: string }) => {
      end(id);
      return { standing: "at_source", invited: [], left: [] };
    },
  };
}
