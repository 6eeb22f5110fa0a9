import type { ImportEntry, ImportSource } from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { savedFrom } from "./profiles";
import { readingOf } from "./recorded";
import { FAKE_PASSPHRASE, refuse, type World } from "./world";

/** Connections that come in from lists and files and go out to files. Every file is sealed with one passphrase. */
export function transferHandlers(world: World): Handlers {
  const { workspaces } = world;

  function bringIn(line: string): ImportEntry {
    const reading = readingOf(line);
    const name = reading.fields?.hosts[0] ?? line.slice(0, 24);
    if (reading.problems.length > 0)
      return { name, outcome: "refused", notes: [{ kind: "no_connection_string" }], workspaceId: null };
    if (workspaces.some((each) => each.connectionString === reading.text))
      return { name, outcome: "already_there", notes: [{ kind: "same", name }], workspaceId: null };
    const id = `imported-${workspaces.length}`;
    workspaces.push(savedFrom(reading, { id, name }));
    return reading.needsPassword && !reading.fields?.hasPassword
      ? { name, outcome: "imported_without_secret", notes: [{ kind: "password_asked" }], workspaceId: id }
      : { name, outcome: "imported", notes: [], workspaceId: id };
  }

  return {
    choose_import_file: () => ({
      path: "~/Downloads/connections.json",
      name: "connections.json",
      sealed: true,
      kind: "compass",
    }),
    import_profiles: ({ source, passphrase }: { source: ImportSource; passphrase: string | null }) => {
      if (source.kind === "file" && passphrase !== FAKE_PASSPHRASE) refuse({ code: "passphrase_refused" });
      const entries = (
        source.kind === "text"
          ? source.text.split("\n")
          : ["mongodb+srv://ops@rig.k3x9f.mongodb.net", "mongodb://rig.example:27017"]
      ).map(bringIn);
      return { imported: entries.filter(({ workspaceId }) => workspaceId !== null).length, entries };
    },
    choose_profiles_file: () => "~/Documents/tenantry-connections.json",
    export_profiles: (args: { path: string; ids: string[]; passphrase: string | null }) => ({
      path: args.path,
      profiles: args.ids.length,
      secrets: args.passphrase === null ? 0 : args.ids.length,
    }),
  };
}
