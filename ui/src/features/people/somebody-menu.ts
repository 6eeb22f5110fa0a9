import type { IconName, MenuItem } from "$lib/components";
import { m } from "$lib/messages";
import type { SomebodyAct } from "./state/somebody-acts";

type Entry = { label: () => string; icon: IconName; danger?: boolean };

export const ACT_LOOKS: Record<SomebodyAct, Entry> = {
  role: { label: m.people_act_role, icon: "user-round" },
  add_to: { label: m.people_act_add_to, icon: "plus" },
  password: { label: m.people_act_password, icon: "key-round" },
  deactivate: { label: m.people_act_deactivate, icon: "circle-pause" },
  reactivate: { label: m.people_act_reactivate, icon: "circle-play" },
  remove: { label: m.people_act_remove, icon: "trash-2", danger: true },
};

const CONSEQUENTIAL: SomebodyAct[] = ["deactivate", "reactivate", "remove"];

type MenuActs = { reasonFor: (act: SomebodyAct) => string | null; onact: (act: SomebodyAct) => void };

/** The menu of somebody: acts with consequences after a rule. */
export function somebodyMenu(offered: SomebodyAct[], { reasonFor, onact }: MenuActs): MenuItem[] {
  const entry = (act: SomebodyAct): MenuItem => {
    const { label, ...look } = ACT_LOOKS[act];
    return { ...look, label: label(), disabledReason: reasonFor(act), onselect: () => onact(act) };
  };
  const mild = offered.filter((act) => !CONSEQUENTIAL.includes(act)).map(entry);
  const consequential = offered.filter((act) => CONSEQUENTIAL.includes(act)).map(entry);
  return mild.length > 0 && consequential.length > 0
    ? [...mild, "separator", ...consequential]
    : [...mild, ...consequential];
}
