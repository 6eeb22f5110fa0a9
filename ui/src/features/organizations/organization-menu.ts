import type { OrganizationView } from "$lib/api";
import type { BundleAct } from "$lib/bundles";
import type { IconName, MenuItem } from "$lib/components";
import { m } from "$lib/messages";
import type { ActLimits, BulkAct, OrganizationAct } from "./state/organization-acts";

export type MenuActs = {
  offered: OrganizationAct[];
  limits: ActLimits;
  oncopy: (organization: OrganizationView) => void;
  onexport: (organization: OrganizationView) => void;
  onact: (act: OrganizationAct, organization: OrganizationView) => void;
  /** What can be done with bundles to it. */
  bundles: BundleAct[];
  onbundle: (act: BundleAct, organization: OrganizationView) => void;
};

type Entry = { label: () => string; icon: IconName; kbd?: string; danger?: boolean };

const ENTRIES: Record<OrganizationAct, Entry> = {
  edit: { label: m.organizations_act_edit, icon: "pencil" },
  rename: { label: m.organizations_act_rename_with_collection, icon: "text-cursor-input", kbd: "F2" },
  deactivate: { label: m.organizations_act_deactivate, icon: "circle-pause" },
  reactivate: { label: m.organizations_act_reactivate, icon: "circle-play" },
  trash: { label: m.organizations_act_trash, icon: "trash-2", kbd: "Del", danger: true },
  restore: { label: m.organizations_act_restore, icon: "archive-restore" },
  delete_forever: { label: m.organizations_act_delete_forever, icon: "trash-2", danger: true },
};

/** The buttons of the bar for selected rows. */
export const BULK_LOOKS: Record<BulkAct, () => { label: string; icon: IconName }> = {
  deactivate: () => ({ label: m.organizations_bulk_deactivate(), icon: ENTRIES.deactivate.icon }),
  reactivate: () => ({ label: m.organizations_bulk_reactivate(), icon: ENTRIES.reactivate.icon }),
  trash: () => ({ label: m.organizations_bulk_trash(), icon: ENTRIES.trash.icon }),
  delete_forever: () => ({ label: m.organizations_bulk_delete(), icon: ENTRIES.delete_forever.icon }),
};

const BUNDLES: Record<BundleAct, Entry> = {
  back_up: { label: m.bundles_act_back_up, icon: "package" },
  move: { label: m.bundles_act_move, icon: "arrow-right" },
};

const EDITS: OrganizationAct[] = ["edit", "rename"];

/** The menu of one organization: viewing and editing first, actions with consequences after a rule. */
export function organizationMenu(organization: OrganizationView, acts: MenuActs): MenuItem[] {
  const { offered, limits, oncopy, onexport, onact, bundles, onbundle } = acts;
  const entry = (act: OrganizationAct): MenuItem => {
    const { label, ...look } = ENTRIES[act];
    return {
      ...look,
      label: label(),
      disabledReason: limits.reasonFor(act),
      onselect: () => onact(act, organization),
    };
  };
  const items = offered.filter((act) => EDITS.includes(act)).map(entry);
  items.push({
    label: m.organizations_act_copy_collection(),
    icon: "copy",
    onselect: () => oncopy(organization),
  });
  items.push({
    label: m.organizations_act_export(),
    icon: "download",
    onselect: () => onexport(organization),
  });
  for (const act of bundles) {
    const { label, icon } = BUNDLES[act];
    items.push({ label: label(), icon, onselect: () => onbundle(act, organization) });
  }
  const consequential = offered.filter((act) => !EDITS.includes(act)).map(entry);
  if (consequential.length > 0) items.push("separator", ...consequential);
  if (offered.some((act) => limits.reasonFor(act) !== null))
    items.push("separator", { label: m.common_show_role(), icon: "key-round", onselect: limits.onrole });
  return items;
}
