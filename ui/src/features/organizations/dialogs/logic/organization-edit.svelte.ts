import {
  ApiError,
  type ActedOn,
  type Difference,
  type OrganizationDetails,
  type OrganizationView,
  type UpdateInput,
} from "$lib/api";
import { Elsewhere, type ElsewhereRow } from "$lib/elsewhere";
import { m } from "$lib/messages";
import { changeOf } from "./fields";

export type EditBackend = {
  updateOrganization: (input: UpdateInput) => Promise<ActedOn>;
  getOrganization: (id: string) => Promise<OrganizationDetails>;
};

export type Wanted = Partial<Pick<UpdateInput, "name" | "displayName" | "email" | "password">>;
type Seen = NonNullable<UpdateInput["seen"]>;
type Key = keyof Wanted;

const KEYS: Partial<Record<Difference["field"], Key>> = {
  name: "name",
  displayName: "displayName",
  email: "email",
  password: "password",
};

const LABELS: Record<Key, () => string> = {
  name: m.nets_elsewhere_name,
  displayName: m.nets_elsewhere_display_name,
  email: m.nets_elsewhere_email,
  password: m.nets_elsewhere_password,
};

/** Changes an organization as it was shown. What somebody else changed meanwhile is chosen field by field. */
export class OrganizationEdit {
  readonly elsewhere = new Elsewhere();
  readonly #before: OrganizationView;
  readonly #backend: EditBackend;
  readonly #details: Promise<OrganizationDetails> | null;
  #seen: Seen;
  #stored: OrganizationView;

  /** `readsPassword` where the admin's password may be changed: whether it is still the same then. */
  constructor(before: OrganizationView, backend: EditBackend, readsPassword = false) {
    this.#before = this.#stored = before;
    this.#backend = backend;
    this.#seen = seenOf(before, null);
    this.#details = readsPassword ? backend.getOrganization(before.id) : null;
    // Who changes no password does not need it: the failure is told to who does.
    this.#details?.catch(() => undefined);
  }

  /** Writes what is wanted, or nothing if what is stored is to stay. Null if nothing was written. */
  async save(wanted: Wanted): Promise<ActedOn | null> {
    const left = Object.fromEntries(
      Object.entries(wanted).filter(([key, value]) => value !== null && !this.#leaves(key as Key)),
    ) as Wanted;
    if (Object.keys(left).length === 0) return null;
    if (left.password && this.#seen.passwordMark === null) {
      this.#seen = { ...this.#seen, passwordMark: (await this.#details)?.passwordMark ?? null };
    }
    try {
      return await this.#backend.updateOrganization(changeOf(this.#before.id, { ...left, seen: this.#seen }));
    } catch (error) {
      const { wire } = ApiError.from(error);
      // Another failure is about what was typed, so the fields are shown again.
      if (wire.code === "changed_elsewhere") await this.#meet(wire.details.fields, left);
      else this.elsewhere.show([]);
      throw error;
    }
  }

  /** The organization as it was last seen. */
  get stored(): OrganizationView {
    return this.#stored;
  }

  #leaves(key: Key): boolean {
    return this.elsewhere.rows.some(({ field }) => KEYS[field] === key && this.elsewhere.leaves(field));
  }

  /** The next try is on top of what is stored now. */
  async #meet(differences: Difference[], wanted: Wanted): Promise<void> {
    const stored = await this.#backend.getOrganization(this.#before.id);
    this.#stored = stored;
    this.#seen = seenOf(stored, stored.passwordMark);
    this.elsewhere.show(differences.flatMap((difference) => rowOf(difference, stored, wanted)));
  }
}

function seenOf(organization: OrganizationView, passwordMark: string | null): Seen {
  const { name, displayName, adminEmail } = organization;
  return { name, displayName: displayName ?? "", email: adminEmail, passwordMark };
}

function rowOf({ field, seen }: Difference, stored: OrganizationView, wanted: Wanted): ElsewhereRow[] {
  const key = KEYS[field];
  if (key === undefined) return [];
  const label = LABELS[key]();
  const mine = wanted[key] ?? null;
  if (key === "password") {
    const [before, now] = [m.nets_elsewhere_password_seen(), m.nets_elsewhere_password_stored()];
    return [{ field, label, seen: before, stored: now, mine: m.nets_elsewhere_password_mine() }];
  }
  const now = { name: stored.name, displayName: stored.displayName, email: stored.adminEmail }[key];
  const shown = (text: string | null) => text || m.nets_elsewhere_nothing();
  return [{ field, label, seen: shown(seen), stored: shown(now), mine: mine === null ? null : shown(mine) }];
}
