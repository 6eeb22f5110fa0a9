import type {
  CertificateFile,
  ConnectionFields,
  ConnectionReading,
  FieldIssue,
  ProfileInput,
  WorkspaceSummary,
} from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { readingOf, recorded, writingOf } from "./recorded";
import { notFound, refuse, type World } from "./world";

/** A saved connection to where the reading leads. */
export const savedFrom = (
  reading: ConnectionReading,
  fields: Pick<WorkspaceSummary, "id" | "name"> & Partial<WorkspaceSummary>,
): WorkspaceSummary => ({
  kind: reading.kind,
  environment: "development",
  address: reading.fields?.hosts.join(",") ?? "",
  database: reading.fields?.defaultDatabase ?? "organization_management",
  lastOpenedAt: null,
  passwordStored: false,
  passwordNeeded: reading.needsPassword,
  connectionString: reading.text,
  hasSigningSecret: false,
  notes: "",
  favorite: false,
  access: "read_write",
  decided: null,
  isOpen: false,
  ...fields,
});

function requireComplete({ name, database }: ProfileInput): void {
  const missing = { profileName: name, database };
  const fields = Object.entries(missing)
    .filter(([, value]) => !value.trim())
    .map(([field]) => ({ field, rule: "required", message: "A value is needed." }) as FieldIssue);
  if (fields.length > 0) refuse({ code: "invalid_input", details: { fields } });
}

/** Saved connections and their editor. */
export function profileHandlers(world: World): Handlers {
  const { workspaces } = world;
  const removed = new Map<string, { workspace: WorkspaceSummary; place: number }>();
  const find = (id: string) => workspaces.find((each) => each.id === id) ?? notFound("workspace");

  return {
    list_workspaces: () => ({
      workspaces: workspaces.map((each) => ({ ...each, isOpen: world.placeOf(each.id) !== null })),
      secrets: world.keeping,
      notices: [],
    }),
    connection_templates: () => recorded("connection_templates", {}),
    read_connection_string: ({ draft, text }: { draft: string; text: string }) => {
      const reading = recorded("read_connection_string", { text });
      if (reading.tookSecrets) world.typedSecrets.set(draft, text);
      return reading;
    },
    write_connection_string: ({ text, fields }: { text: string; fields: ConnectionFields }) =>
      writingOf(text, fields),
    /** Every name stands for the same three hosts. */
    seed_list: () => {
      const hosts = [0, 1, 2].map((at) => `meridian-prod-shard-00-0${at}.k3x9f.mongodb.net:27017`);
      const options = "retryWrites=true&tls=true&replicaSet=atlas-abc-shard-0&authSource=admin";
      return readingOf(`mongodb://tenantry_admin:••••••••@${hosts.join(",")}/?${options}`);
    },
    forget_draft: ({ draft }: { draft: string }) => {
      world.typedSecrets.delete(draft);
      return null;
    },
    choose_certificate_file: ({ file }: { file: CertificateFile }) => `/home/olga/certificates/${file}.pem`,
    save_profile: ({ input }: { input: ProfileInput }) => {
      requireComplete(input);
      const reading = readingOf(input.connectionString);
      if (reading.problems[0])
        refuse({
          code: "connection_string_invalid",
          details: { problem: reading.problems[0].message },
        });
      const before = workspaces.find((each) => each.id === input.id);
      const { password, signingSecret } = input;
      const hadPassword = (reading.fields?.hasPassword ?? false) || (before?.passwordStored ?? false);
      const saved = savedFrom(reading, {
        id: before?.id ?? `p${workspaces.length + 1}`,
        name: input.name.trim(),
        environment: input.environment,
        database: input.database,
        lastOpenedAt: before?.lastOpenedAt ?? null,
        passwordStored: input.remember && (password === null ? hadPassword : password !== ""),
        hasSigningSecret: signingSecret === null ? (before?.hasSigningSecret ?? false) : signingSecret !== "",
        notes: input.notes,
        favorite: before?.favorite ?? false,
        access: input.access,
      });
      workspaces.splice(before ? workspaces.indexOf(before) : workspaces.length, before ? 1 : 0, saved);
      return saved;
    },
    duplicate_profile: ({ id }: { id: string }) => {
      const copy = { ...find(id), id: `p${workspaces.length + removed.size + 1}`, lastOpenedAt: null };
      copy.name = `${copy.name} (copy)`;
      workspaces.push(copy);
      return copy;
    },
    remove_profile: ({ id }: { id: string }) => {
      const workspace = find(id);
      const place = workspaces.indexOf(workspace);
      workspaces.splice(place, 1);
      removed.set(id, { workspace, place });
      return null;
    },
    restore_profile: ({ id }: { id: string }) => {
      const back = removed.get(id) ?? notFound("workspace");
      workspaces.splice(back.place, 0, back.workspace);
      removed.delete(id);
      return back.workspace;
    },
    arrange_profiles: ({ ids }: { ids: string[] }) => {
      workspaces.sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id));
      return null;
    },
    mark_favorite: ({ id, favorite }: { id: string; favorite: boolean }) =>
      Object.assign(find(id), { favorite }),
  };
}
