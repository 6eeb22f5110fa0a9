import type { OrganizationView } from "$lib/api";
import type { BundleAct, BundleWish } from "$lib/bundles";
import type { BulkAction } from "$lib/lists";
import { m } from "$lib/messages";
import type { AppState, OpenedWorkspace } from "$lib/state";
import type { ExportWish } from "./export-wish";
import { BULK_LOOKS, organizationMenu } from "./organization-menu";
import type { OrganizationAct } from "./state/organization-acts";
import type { OrganizationsPageState } from "./state/organizations-page.svelte";

/** What a person wants that other features do. */
export type Wishes = { onexport: (wish: ExportWish) => void; onbundle: (wish: BundleWish) => void };

/** What can be asked of one organization, in its row and in its panel, and of the selected ones. */
export function pageMenus(
  page: OrganizationsPageState,
  app: AppState,
  { session }: OpenedWorkspace,
  { onexport, onbundle }: Wishes,
) {
  async function exportList(): Promise<void> {
    const wish = await page.wishForList();
    if (wish !== null) onexport(wish);
  }

  async function oncopy({ collectionName }: OrganizationView): Promise<void> {
    try {
      await navigator.clipboard.writeText(collectionName);
      app.toasts.success(m.organizations_copied_collection(), { text: collectionName });
    } catch {
      app.toasts.danger(m.organizations_copy_failed(), { text: m.organizations_copy_failed_why() });
    }
  }

  async function backUpChecked(): Promise<void> {
    const organizations = await page.checkedForBackUp();
    if (organizations?.length) onbundle({ kind: "back_up", organizations });
  }

  const menu = {
    limits: { reasonFor: page.reasonFor, onrole: () => app.ask("role") },
    oncopy,
    onexport: (organization: OrganizationView) => onexport(page.wishFor(organization)),
    onact: (act: OrganizationAct, organization: OrganizationView) => page.acts.start(act, organization),
    onbundle: (act: BundleAct, organization: OrganizationView) =>
      onbundle(act === "move" ? { kind: act, organization } : { kind: act, organizations: [organization] }),
  };

  const row = {
    menu: (organization: OrganizationView) =>
      organizationMenu(organization, {
        ...menu,
        offered: page.actsFor(organization),
        bundles: page.bundleActsFor(organization),
      }),
    keys: {
      F2: (organization: OrganizationView) => page.startByKey("rename", organization),
      Delete: (organization: OrganizationView) => page.startByKey("trash", organization),
      "Mod+Shift+C": oncopy,
    },
    busy: ({ id }: OrganizationView) => page.acts.isBusy(id),
  };

  const bulk = (): BulkAction[] => [
    { label: m.organizations_bulk_export(), icon: "download", run: exportList },
    ...(session.may("back_up")
      ? [{ label: m.bundles_bulk_back_up(), icon: "package" as const, run: backUpChecked }]
      : []),
    ...page.bulkActs.map((act) => ({
      ...BULK_LOOKS[act](),
      disabledReason: page.reasonFor(act),
      run: () => page.bulk(act),
    })),
  ];

  return { menu, row, bulk, exportList };
}
