import { m } from "$lib/messages";
import { Part } from "$lib/parts";
import type { OrganizationTab, SomebodySection } from "$lib/slots";

const people = new Part(() => import("./OrganizationPeopleTab.svelte"));
const organizationActivity = new Part(() => import("../features/activity/OrganizationActivity.svelte"));
const somebodyActivity = new Part(() => import("../features/activity/SomebodyActivity.svelte"));
const somebodySessions = new Part(() => import("../features/sessions/SomebodySessions.svelte"));
const activity = { name: "activity", label: m.shell_activity, right: "activity" } as const;

/** Live sessions: of an account, of an organization, one's own, or everybody's. */
export const sessions = new Part(() => import("../features/sessions/SessionsPart.svelte"));

/** The template of tenant collections, with a way to apply it to all. */
export const template = new Part(() => import("../features/doctor/template/TemplateSection.svelte"));

/** The further tabs of an organization's panel, in their order. */
export const ORGANIZATION_TABS: readonly OrganizationTab[] = [
  { name: "people", label: m.people_tab, right: "read_people", part: people },
  { ...activity, part: organizationActivity },
];

/** The further sections in the panel of an operator or a person, in their order. */
export const SOMEBODY_SECTIONS: readonly SomebodySection[] = [
  { name: "sessions", label: m.sessions_title, right: "sessions", others: true, part: somebodySessions },
  { ...activity, part: somebodyActivity },
];
