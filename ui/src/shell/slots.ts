import type { OrganizationTab, SomebodySection } from "$lib/slots";

/** The further tabs of an organization's panel, in their order. */
export const ORGANIZATION_TABS: readonly OrganizationTab[] = [];

/** The further sections in the panel of an operator or a person, in their order. */
export const SOMEBODY_SECTIONS: readonly SomebodySection[] = [];
