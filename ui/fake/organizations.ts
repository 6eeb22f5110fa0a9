import type { Channel } from "@tauri-apps/api/core";
import type {
  CertificateView,
  CreateInput,
  EraseInput,
  JobProgress,
  OrganizationQuery,
  OrganizationView,
  UpdateInput,
} from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { idFor, madeUpOrganization, madeUpOrganizations } from "./data";
import { pageOf } from "./paging";
import { recorded } from "./recorded";
import { notFound, now, refuse, type World } from "./world";

const BYTES_OF_A_DOCUMENT = 2311;

const documentsOf = (organization: OrganizationView) =>
  (Number.parseInt(organization.id.slice(-4), 16) * 7919) % 190_000;

/** The organizations that a filter finds and the session may see. */
export function matching(world: World, filter: OrganizationQuery["filter"]): OrganizationView[] {
  const needle = filter.search.trim().toLowerCase();
  const session = world.place?.session ?? null;
  const own = session?.organizationId ?? null;
  return world.organizations.filter(
    (each) =>
      (own === null || each.id === own) &&
      (filter.status === "all" ? each.status !== "trashed" : each.status === filter.status) &&
      [each.name, each.displayName ?? "", each.adminEmail].some((text) =>
        text.toLowerCase().includes(needle),
      ),
  );
}

function sorted(list: OrganizationView[], { sort, direction }: OrganizationQuery): OrganizationView[] {
  const sign = direction === "ascending" ? 1 : -1;
  return list.sort((a, b) => sign * (a[sort] ?? "").localeCompare(b[sort] ?? "") || a.id.localeCompare(b.id));
}

function madeUpCertificate({ id, name }: OrganizationView): CertificateView {
  const read = `db.organizations.countDocuments({ _id: ObjectId("${id}") })`;
  return {
    organizationId: id,
    name,
    deletedBy: "dana@example.com",
    deletedAt: now(),
    deletedEntry: "41",
    issuedBy: "dana@example.com",
    issuedAt: now(),
    places: [{ place: "document", removed: null, read, answer: "none", absent: true }],
    recordEntries: "7",
    bundles: [],
    digest: "ab".repeat(32),
  };
}

/** Organizations: their list, their changes, and what their collections hold. */
export function organizationHandlers(world: World): Handlers {
  const { organizations } = world;
  const find = (nameOrId: string) =>
    organizations.find((each) => each.id === nameOrId || each.name === nameOrId.toLowerCase()) ?? notFound();
  const change = (id: string, fields: Partial<OrganizationView>) =>
    Object.assign(find(id), fields, { updatedAt: now() });
  const acts = new Map<string, OrganizationView>();
  /** A change that can be undone. */
  const act = (id: string, fields: Partial<OrganizationView>) => {
    const name = `act-${acts.size}`;
    acts.set(name, { ...find(id) });
    return { ...change(id, fields), act: name };
  };
  const isTaken = (name: string, forId: string | null = null) =>
    organizations.some((each) => each.name === name.toLowerCase() && each.id !== forId);
  const named = (name: string | null) =>
    name ? { name: name.toLowerCase(), collectionName: `org_${name.toLowerCase()}` } : {};
  const confirm = (organization: OrganizationView, confirmation: string | null) => {
    if (confirmation !== organization.name) refuse({ code: "confirmation_mismatch" });
  };
  const isProduction = () => world.place?.workspace.environment === "production";

  return {
    list_organizations: ({ query }: { query: OrganizationQuery }) => {
      const { rows, ...cursors } = pageOf(sorted(matching(world, query.filter), query), query);
      return { organizations: rows, ...cursors };
    },
    count_organizations: ({ search }: { search: string }) => {
      const of = (status: OrganizationQuery["filter"]["status"]) =>
        matching(world, { search, status }).length;
      return {
        all: of("all"),
        active: of("active"),
        deactivated: of("deactivated"),
        trashed: of("trashed"),
        exact: true,
        unshowable: { live: 0, trashed: 0, idTypes: [] },
      };
    },
    get_organization: ({ nameOrId }: { nameOrId: string }) => ({
      ...find(nameOrId),
      unverifiableHash: world.options.unverifiableHash ?? null,
      passwordMark: "mark",
      movedTo: world.options.movedTo ?? null,
    }),
    check_organization_name: ({ name, forId }: { name: string; forId: string | null }) => {
      const check = recorded("check_organization_name", { name });
      if (!check.valid || !isTaken(name, forId)) return check;
      const problem = { field: "name", rule: "taken", message: "That name is taken." } as const;
      return { ...check, valid: false, available: false, problems: [problem] };
    },
    check_admin_email: ({ email, forId }: { email: string; forId: string | null }) => {
      const check = recorded("check_admin_email", { email });
      if (!organizations.some((each) => each.adminEmail === email.toLowerCase() && each.id !== forId))
        return check;
      const problem = { field: "email", rule: "taken", message: "That address is taken." } as const;
      return { valid: false, problems: [...check.problems, problem] };
    },
    check_password: ({ password }: { password: string }) => recorded("check_password", { password }),
    create_organization: ({ input }: { input: CreateInput }) => {
      if (isTaken(input.name)) refuse({ code: "conflict", details: { field: "name" } });
      const made = madeUpOrganization(input.name.toLowerCase(), {
        id: idFor(10_000 + organizations.length),
        displayName: input.displayName,
        adminEmail: input.email,
        createdAt: now(),
        updatedAt: now(),
      });
      organizations.push(made);
      return made;
    },
    update_organization: ({ input }: { input: UpdateInput }) =>
      act(input.id, {
        ...named(input.name),
        ...(input.displayName === null ? {} : { displayName: input.displayName || null }),
        ...(input.email ? { adminEmail: input.email } : {}),
      }),
    preview_rename: ({ id, name }: { id: string; name: string }) => {
      const organization = find(id);
      return {
        from: organization.name,
        to: name.toLowerCase(),
        fromCollection: organization.collectionName,
        toCollection: `org_${name.toLowerCase()}`,
        documents: documentsOf(organization),
        indexes: 3,
        shared: false,
        available: !isTaken(name, id),
        problems: recorded("check_organization_name", { name }).problems,
      };
    },
    deactivate_organization: ({ id }: { id: string }) => act(id, { status: "deactivated" }),
    reactivate_organization: ({ id }: { id: string }) => act(id, { status: "active" }),
    preview_removal: ({ id }: { id: string }) => {
      const organization = find(id);
      return {
        organization,
        documents: documentsOf(organization),
        dataSize: documentsOf(organization) * BYTES_OF_A_DOCUMENT,
        indexes: 3,
        collectionExists: true,
        shared: false,
        confirmationNeeded: isProduction() || organization.status === "trashed",
        erasure:
          organization.status === "trashed"
            ? {
                lastWrite: organization.updatedAt,
                people: 2,
                sessions: 1,
                commands: [`db.getCollection("${organization.collectionName}").drop()`],
              }
            : null,
      };
    },
    delete_organization: ({ id, confirmation }: { id: string; confirmation: string | null }) => {
      if (isProduction()) confirm(find(id), confirmation);
      return act(id, {
        status: "trashed",
        trashedAt: now(),
        trashedBy: world.place?.session?.email ?? null,
      });
    },
    restore_organization: ({ id, name }: { id: string; name: string | null }) =>
      act(id, { status: "active", trashedAt: null, trashedBy: null, ...named(name) }),
    undo_act: ({ id, act }: { id: string; act: string }) => change(id, acts.get(act) ?? notFound()),
    erase_organization: async ({
      input,
      progress,
    }: {
      input: EraseInput;
      progress: Channel<JobProgress>;
    }) => {
      const organization = find(input.id);
      confirm(organization, input.confirmation);
      if (input.backup !== null)
        for (const step of ["writing", "reading_back"] as const)
          await world.work(input.job, documentsOf(organization), progress, step);
      organizations.splice(organizations.indexOf(organization), 1);
      const backup = input.backup === null ? null : `~/Downloads/${organization.name}.tenant`;
      return { backup, certificate: madeUpCertificate(organization), problem: null };
    },
    save_erasure_certificate: () => "~/Downloads/erasure-certificate.json",
    erasure_certificate: ({ id }: { id: string }) => {
      const deleted = world.entries.find(({ organizationId }) => organizationId === id);
      return madeUpCertificate(madeUpOrganization(deleted?.organizationName ?? "gone", { id }));
    },
    list_kept_long_enough: () =>
      organizations
        .filter(({ status, keptUntil }) => status === "trashed" && keptUntil !== null && keptUntil <= now())
        .sort((one, other) => ((one.keptUntil ?? "") < (other.keptUntil ?? "") ? -1 : 1)),
    deployment_room: () => ({
      used: null,
      limit: null,
      limitSource: null,
      nearlyFull: false,
      nameBytes: 227,
    }),
    collection_statistics: ({ id }: { id: string }) => {
      const organization = find(id);
      const count = documentsOf(organization);
      const size = count * BYTES_OF_A_DOCUMENT;
      return {
        collection: organization.collectionName,
        exists: true,
        documents: count,
        dataSize: size,
        averageDocument: count > 0 ? BYTES_OF_A_DOCUMENT : null,
        storageSize: Math.round(size * 0.36),
        indexes: [
          { name: "_id_", size: count * 31 },
          { name: "created_at_1", size: count * 22 },
          { name: "updated_at_1", size: count * 22 },
        ],
        indexSize: count * 75,
        exact: true,
        readAt: now(),
        command: "$collStats",
        note: null,
      };
    },
    summarize_statistics: ({ ids }: { ids: string[] }) =>
      ids.map((id) => ({
        id,
        documents: documentsOf(find(id)),
        exact: true,
        dataSize: documentsOf(find(id)) * BYTES_OF_A_DOCUMENT,
        note: null,
        readAt: now(),
        problem: null,
      })),
    load_sample_organizations: async (args: { progress: Channel<JobProgress>; job: string }) => {
      await world.work(args.job, 60, args.progress);
      if (organizations.length === 0) organizations.push(...madeUpOrganizations(60));
      return { created: 60, alreadyThere: 0, password: "Sample-Password-1" };
    },
  };
}
