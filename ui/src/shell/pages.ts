import type { Component, ComponentProps } from "svelte";
import type { Act } from "$lib/api";
import type { IconName } from "$lib/components";
import { m } from "$lib/messages";
import AboutPage from "../features/about/AboutPage.svelte";
import HealthPage from "../features/health/HealthPage.svelte";
import OrganizationsPage from "../features/organizations/OrganizationsPage.svelte";
import SettingsPage from "../features/settings/SettingsPage.svelte";

/** What the shell hands to every page; a page takes what it needs. */
export type PageProps = ComponentProps<typeof OrganizationsPage> & ComponentProps<typeof SettingsPage>;

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
  readonly component: Component<PageProps> | Component<Record<string, never>>;
}

/** The pages of the shell in their order. Sidebar, keys and the list of keys are made from them. */
export const PAGES: readonly Page[] = [
  { name: "organizations", label: m.shell_organizations, icon: "building-2", component: OrganizationsPage },
  { name: "health", label: m.shell_health, icon: "heart-pulse", right: "workspace", component: HealthPage },
  {
    name: "settings",
    label: m.shell_settings,
    icon: "settings",
    key: ",",
    program: true,
    component: SettingsPage,
  },
  { name: "about", label: m.shell_about, icon: "info", program: true, component: AboutPage },
];

/** The pages that a person sees who may do some acts. */
export const pagesFor = (may: (act: Act) => boolean): Page[] =>
  PAGES.filter(({ right }) => right === undefined || may(right));

/** The page a key leads to: Ctrl or Cmd with the number of its place, or with its own key. */
export function pageOfKey(event: KeyboardEvent, pages: readonly Page[]): Page | undefined {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return undefined;
  return pages.find(({ key }, index) => event.key === key || event.key === String(index + 1));
}
