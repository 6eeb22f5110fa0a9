import type { Act, OrganizationView } from "./api";
import type { Part } from "./parts";

/** What a feature brings to a panel of another: the shell hands it in, as features know nothing of each other. */
interface Slot<Props extends object> {
  readonly name: string;
  readonly label: () => string;
  /** The act that a person must be allowed to do to see it. */
  readonly right: Act;
  /** Whether it is of no use to a person who may do that act only on what is theirs alone. */
  readonly others?: true;
  readonly part: Part<Props>;
}

/** A tab in the panel of an organization. */
export type OrganizationTab = Slot<{ organization: OrganizationView }>;

/** Somebody who signs in: an operator, or a person of organizations. */
export interface Somebody {
  readonly kind: "operator" | "person";
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** A section in the panel of an operator or a person. */
export type SomebodySection = Slot<{ somebody: Somebody }>;
