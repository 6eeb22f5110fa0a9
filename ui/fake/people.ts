import type { Channel } from "@tauri-apps/api/core";
import type {
  AddOperatorInput,
  AddPersonInput,
  ExportOperatorsInput,
  ExportPeopleInput,
  JobProgress,
  MembershipView,
  OrganizationView,
  PeopleCounts,
  Role,
  SomebodyQuery,
  SomebodyView,
} from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { idFor } from "./data";
import { pageOf } from "./paging";
import { notFound, now, refuse, type World } from "./world";

export const FAKE_ONE_TIME = "Kd7m-Wq4x-Pz9t-Rb2n";
const WEEK_MILLISECONDS = 7 * 86_400_000;
/** As many memberships as a list tells of. */
const MEMBERSHIPS_TOLD = 3;

/** The one place where tests write down every field of an operator or a person. */
export function madeUpSomebody(name: string, change: Partial<SomebodyView> = {}): SomebodyView {
  const email = `${name.toLowerCase().replace(/[^a-z]+/g, ".")}@meridian.example`;
  return {
    id: email,
    name,
    email,
    role: "operator",
    status: "active",
    oneTimeUntil: null,
    memberships: [],
    membershipsInAll: 0,
    createdAt: "2026-02-03T09:30:00Z",
    lastSignInAt: "2026-11-23T08:20:00Z",
    hasRecoveryCode: false,
    isLastOwner: false,
    ...change,
  };
}

export function madeUpOperators(): SomebodyView[] {
  return [
    madeUpSomebody("Dana Whitlock", {
      email: "dana@meridian.example",
      role: "owner",
      hasRecoveryCode: true,
      isLastOwner: true,
    }),
    madeUpSomebody("Ines Okafor"),
    madeUpSomebody("Lena Brandt", { role: "read_only_operator" }),
    madeUpSomebody("Tomas Nakamura", {
      status: "invited",
      lastSignInAt: null,
      oneTimeUntil: "2026-12-02T12:00:00Z",
    }),
    madeUpSomebody("Uwe Solberg", {
      status: "expired",
      lastSignInAt: null,
      oneTimeUntil: "2026-11-01T12:00:00Z",
    }),
    madeUpSomebody("Vera Calder", { status: "deactivated" }),
  ].map((somebody, index) => ({ ...somebody, id: idFor(20_000 + index) }));
}

const first = "Ada Bela Cora Dario Edith Faris Greta Hugo Iris Jonas Karla Leon Mira Nils Olga Pavel".split(
  " ",
);
const last = "Abel Brandt Cole Dietz Engel Falk Grau Hahn Iversen Jansen".split(" ");

export function madeUpPeople(organizations: OrganizationView[]): SomebodyView[] {
  const live = organizations.filter(({ status }) => status !== "trashed");
  const member = (index: number, role: Role): MembershipView => {
    const organization = live[index % live.length];
    return {
      organizationId: organization?.id ?? "",
      organizationName: organization?.displayName ?? organization?.name ?? null,
      role,
      isActive: true,
      organizationIsActive: organization?.status === "active",
      since: "2026-05-04T08:00:00Z",
    };
  };
  if (live.length === 0) return [];
  return Array.from({ length: 60 }, (_, index) => {
    const count = index % 7 === 0 ? 4 : index % 3 === 0 ? 2 : 1;
    const memberships = Array.from({ length: Math.min(count, live.length) }, (_unused, place) =>
      member(index + place * 5, (index + place) % 4 === 0 ? "organization_admin" : "viewer"),
    );
    const name = `${first[index % first.length]} ${last[(index * 3) % last.length]}`;
    const status = (["active", "active", "active", "invited", "active", "expired", "deactivated"] as const)[
      index % 7
    ];
    const waits = status === "invited" || status === "expired";
    return madeUpSomebody(name, {
      id: idFor(30_000 + index),
      email: `${name.toLowerCase().replace(" ", ".")}.${index}@example.com`,
      memberships,
      membershipsInAll: memberships.length,
      role: memberships.every(({ role }) => role === memberships[0]?.role)
        ? (memberships[0]?.role ?? null)
        : null,
      status: status ?? "active",
      lastSignInAt: waits ? null : "2026-11-20T10:00:00Z",
      oneTimeUntil: waits ? (status === "expired" ? "2026-11-01T12:00:00Z" : "2026-12-02T12:00:00Z") : null,
    });
  });
}

const matches = (somebody: SomebodyView, search: string) =>
  [somebody.name, somebody.email].some((text) => text.toLowerCase().includes(search.trim().toLowerCase()));

function counted(found: SomebodyView[]): PeopleCounts {
  const of = (status: SomebodyView["status"]) => found.filter((each) => each.status === status).length;
  return {
    all: found.length,
    active: of("active"),
    invited: of("invited"),
    expired: of("expired"),
    deactivated: of("deactivated"),
  };
}

function listed(all: SomebodyView[], { search, status, sort, direction, ...place }: SomebodyQuery) {
  const value = (somebody: SomebodyView) =>
    sort === "lastSignIn" ? (somebody.lastSignInAt ?? "") : somebody[sort].toLowerCase();
  const sign = direction === "ascending" ? 1 : -1;
  const found = all
    .filter((each) => matches(each, search) && (status === null || each.status === status))
    .sort((one, other) => sign * (value(one).localeCompare(value(other)) || one.id.localeCompare(other.id)));
  return pageOf(found, place);
}

/** Operators, and people of organizations. */
export function peopleHandlers(world: World): Handlers {
  const { operators, people } = world;
  const allowed = (right: "operators" | "manage_people") => {
    if (!world.here().session?.may.includes(right)) refuse({ code: "forbidden" });
  };
  const find = (all: SomebodyView[], id: string) => all.find((each) => each.id === id) ?? notFound("person");
  const added = (all: SomebodyView[], somebody: SomebodyView) => {
    if ([...operators, ...people].some(({ email }) => email === somebody.email))
      refuse({ code: "conflict", details: { field: "email" } });
    all.push(somebody);
    return { somebody, oneTimePassword: FAKE_ONE_TIME };
  };
  const fresh = () => ({
    status: "invited" as const,
    lastSignInAt: null,
    createdAt: now(),
    oneTimeUntil: new Date(Date.now() + WEEK_MILLISECONDS).toISOString(),
  });
  const setPassword = (somebody: SomebodyView) => {
    const { status, oneTimeUntil } = fresh();
    Object.assign(somebody, { oneTimeUntil }, somebody.lastSignInAt === null ? { status } : {});
    return FAKE_ONE_TIME;
  };
  /** The people of an organization as it sees them. */
  const within = (organizationId: string | null) =>
    people.flatMap((person): SomebodyView[] => {
      if (organizationId === null)
        return [{ ...person, memberships: person.memberships.slice(0, MEMBERSHIPS_TOLD) }];
      const here = person.memberships.find((each) => each.organizationId === organizationId);
      if (!here) return [];
      const status = here.isActive ? person.status : "deactivated";
      return [{ ...person, status, role: here.role, memberships: [here] }];
    });
  const change = (id: string, organizationId: string | null, fields: Partial<MembershipView>) => {
    const person = find(people, id);
    for (const each of person.memberships)
      if (organizationId === null || each.organizationId === organizationId) Object.assign(each, fields);
    const [one] = person.memberships;
    person.role = person.memberships.every(({ role }) => role === one?.role) ? (one?.role ?? null) : null;
    if (fields.isActive !== undefined)
      person.status = person.memberships.some(({ isActive }) => isActive) ? "active" : "deactivated";
    return null;
  };
  const report = async (
    ids: string[] | null,
    all: number,
    file: ExportPeopleInput["file"],
    progress: Channel<JobProgress>,
  ) => {
    const rows = ids?.length ?? all;
    await world.work(file.job, rows, progress);
    const path = `~/Downloads/people.${file.format}`;
    return { path, rows, cutCells: 0, unshowable: 0, bytes: rows * 90, milliseconds: 120 };
  };

  return {
    list_operators: ({ query }: { query: SomebodyQuery }) => listed(operators, query),
    count_operators: ({ search }: { search: string }) =>
      counted(operators.filter((each) => matches(each, search))),
    get_operator: ({ id }: { id: string }) => find(operators, id),
    add_operator: ({ input }: { input: AddOperatorInput }) => {
      allowed("operators");
      const id = idFor(21_000 + operators.length);
      return added(operators, madeUpSomebody(input.name, { id, ...input, ...fresh() }));
    },
    change_operator_role: ({ id, role }: { id: string; role: Role }) => {
      allowed("operators");
      Object.assign(find(operators, id), { role });
      return null;
    },
    deactivate_operator: ({ id }: { id: string }) => {
      Object.assign(find(operators, id), { status: "deactivated" });
      return null;
    },
    reactivate_operator: ({ id }: { id: string }) => {
      Object.assign(find(operators, id), { status: "active" });
      return null;
    },
    remove_operator: ({ id }: { id: string }) => {
      operators.splice(operators.indexOf(find(operators, id)), 1);
      return null;
    },
    set_operator_password: ({ id }: { id: string }) => setPassword(find(operators, id)),
    export_operators: ({
      input,
      progress,
    }: {
      input: ExportOperatorsInput;
      progress: Channel<JobProgress>;
    }) => report(input.ids, operators.length, input.file, progress),

    list_people: ({ query, organizationId }: { query: SomebodyQuery; organizationId: string | null }) =>
      listed(within(organizationId), query),
    count_people: ({ search, organizationId }: { search: string; organizationId: string | null }) =>
      counted(within(organizationId).filter((each) => matches(each, search))),
    get_person: ({ id }: { id: string }) => find(people, id),
    add_person: ({ input }: { input: AddPersonInput }) => {
      allowed("manage_people");
      const { organizationId, name, email, role } = input;
      const organization = world.organizations.find((each) => each.id === organizationId) ?? notFound();
      const membership: MembershipView = {
        organizationId,
        organizationName: organization.displayName ?? organization.name,
        role,
        isActive: true,
        organizationIsActive: organization.status === "active",
        since: now(),
      };
      const known = people.find((each) => each.email === email);
      if (known) {
        known.memberships.push(membership);
        known.membershipsInAll += 1;
        return { somebody: known, oneTimePassword: null };
      }
      const facts = { id: idFor(31_000 + people.length), email, role, membershipsInAll: 1 };
      return added(people, madeUpSomebody(name, { ...facts, memberships: [membership], ...fresh() }));
    },
    change_person_role: ({ id, organizationId, role }: { id: string; organizationId: string; role: Role }) =>
      change(id, organizationId, { role }),
    deactivate_person: ({ id, organizationId }: { id: string; organizationId: string | null }) =>
      change(id, organizationId, { isActive: false }),
    reactivate_person: ({ id, organizationId }: { id: string; organizationId: string | null }) =>
      change(id, organizationId, { isActive: true }),
    remove_person: ({ id, organizationId }: { id: string; organizationId: string | null }) => {
      const person = find(people, id);
      person.memberships = person.memberships.filter(
        (each) => organizationId !== null && each.organizationId !== organizationId,
      );
      person.membershipsInAll = person.memberships.length;
      if (person.membershipsInAll === 0) people.splice(people.indexOf(person), 1);
      return null;
    },
    set_person_password: ({ id }: { id: string }) => setPassword(find(people, id)),
    export_people: ({ input, progress }: { input: ExportPeopleInput; progress: Channel<JobProgress> }) =>
      report(input.ids, within(input.organizationId).length, input.file, progress),
  };
}
