import type { Channel } from "@tauri-apps/api/core";
import type { ExportInput, JobProgress } from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { matching } from "./organizations";
import type { World } from "./world";

/** Exports of lists, and every job's cancelling. */
export function exportHandlers(world: World): Handlers {
  return {
    choose_export_file: ({ list, format }: { list: string; format: string }) => ({
      target: "chosen",
      displayPath: `~/Documents/${list}.${format}`,
      exists: false,
    }),
    default_export_file: ({ list, format }: { list: string; format: string }) => ({
      target: "default",
      displayPath: `~/Downloads/${list}.${format}`,
      exists: false,
    }),
    export_organizations: async (args: { input: ExportInput; progress: Channel<JobProgress> }) => {
      const { scope, job, format } = args.input;
      const everything = { search: "", status: "all" } as const;
      const rows =
        scope.kind === "selected"
          ? scope.ids.length
          : matching(world, scope.kind === "filtered" ? scope.filter : everything).length;
      await world.work(job, rows, args.progress);
      return {
        path: `~/Downloads/organizations.${format}`,
        rows,
        cutCells: 0,
        unshowable: 0,
        bytes: rows * 143,
        milliseconds: 480,
      };
    },
    reveal_file: () => null,
    cancel_job: ({ job }: { job: string }) => {
      world.cancelled.add(job);
      return null;
    },
  };
}
