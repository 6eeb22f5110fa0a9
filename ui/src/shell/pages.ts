import type { ComponentProps } from "svelte";
import type { Act } from "$lib/api";
import type { IconName } from "$lib/components";
import { m } from "$lib/messages";
import { Part } from "$lib/parts";
import type OrganizationsPage from "../features/organizations/OrganizationsPage.svelte";
import type PeoplePage from "../features/people/PeoplePage.svelte";
import type SettingsPage from "../features/settings/SettingsPage.svelte";

/** What the shell hands to every page; a page takes what it needs. */
export type PageProps = ComponentProps<typeof OrganizationsPage> &
  ComponentProps<typeof PeoplePage> &
  ComponentProps<typeof SettingsPage>;

export interface Page {
  readonly name: string;
  readonly label: () => string;
  readonly icon: IconName;
  /** The act that a person must be allowed to do to see it. */
  readonly right?: Act;
  /** A key of its own with Ctrl or Cmd, beside the number of its place. */
  readonly key?: string;
  /** Whether it is about Tenantry and not about the workspace, and stands apart. */
  readonly program?: true;
  /** Stands at the end of its line: what waits there. */
  readonly badge?: Part<Record<string, never>>;
  readonly part: Part<PageProps> | Part<Record<string, never>>;
}

const organizations = new Part(() => import("../features/organizations/OrganizationsPage.svelte"));
const people = new Part(() => import("../features/people/PeoplePage.svelte"));
const operators = new Part(() => import("../features/people/OperatorsPage.svelte"));
const activity = new Part(() => import("../features/activity/ActivityPage.svelte"));
const doctor = new Part(() => import("../features/doctor/DoctorPage.svelte"));
const findings = new Part(() => import("../features/doctor/DoctorBadge.svelte"));
const health = new Part(() => import("../features/health/HealthPage.svelte"));
const settings = new Part(() => import("../features/settings/SettingsPage.svelte"));
const about = new Part(() => import("../features/about/AboutPage.svelte"));

/** The pages of the shell in their order. Sidebar, keys and the list of keys are made from them. */
export const PAGES: readonly Page[] = [
  { name: "organizations", label: m.shell_organizations, icon: "building-2", part: organizations },
  { name: "people", label: m.shell_people, icon: "users", right: "read_people", part: people },
  { name: "operators", label: m.shell_operators, icon: "shield-check", right: "operators", part: operators },
  { name: "activity", label: m.shell_activity, icon: "activity", right: "activity", part: activity },
  {
    name: "doctor",
    label: m.shell_doctor,
    icon: "stethoscope",
    right: "findings",
    badge: findings,
    part: doctor,
  },
  { name: "health", label: m.shell_health, icon: "heart-pulse", right: "health", part: health },
  {
    name: "settings",
    label: m.shell_settings,
    icon: "settings",
    key: ",",
    program: true,
    part: settings,
  },
  { name: "about", label: m.shell_about, icon: "info", program: true, part: about },
];

/** Pages that another page leads to: they have no place in the sidebar, and stand for the page that leads there. */
export const SUBPAGES: readonly (Page & { within: string })[] = [
  {
    name: "import",
    label: m.import_title,
    icon: "upload",
    right: "import",
    within: "organizations",
    part: new Part(() => import("../features/import/ImportPage.svelte")),
  },
];

/** The pages that a person sees who may do some acts. */
export const pagesFor = (may: (act: Act) => boolean): Page[] =>
  PAGES.filter(({ right }) => right === undefined || may(right));

/** The page a key leads to: Ctrl or Cmd with the number of its place, or with its own key. */
export function pageOfKey(event: KeyboardEvent, pages: readonly Page[]): Page | undefined {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return undefined;
  return pages.find(({ key }, index) => event.key === key || event.key === String(index + 1));
}
