import type { OrganizationView } from "$lib/api";

/** What can be done with bundles to organizations of a list. */
export type BundleAct = "back_up" | "move";

/** What a person wants to do with bundles, wherever they asked for it. */
export type BundleWish =
  | { kind: "back_up"; organizations: OrganizationView[] }
  | { kind: "move"; organization: OrganizationView }
  | { kind: "restore" }
  | { kind: "verify" };
