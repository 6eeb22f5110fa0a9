import type { OrganizationView } from "$lib/api";
import type { ToastMessage } from "$lib/components";
import { formatCount } from "$lib/format";
import type { BulkResult } from "$lib/lists";
import { m } from "$lib/messages";
import { displayNameOf } from "../organization-words";
import type { ErasureReport } from "../dialogs";
import type { ActOutcome, ReversibleAct } from "./organization-acts";

export type Announcement = Pick<ToastMessage, "kind" | "title" | "text" | "action">;

type Describe = (problem: unknown) => string;

const ONE_DONE: Record<ReversibleAct, (inputs: { name: string }) => string> = {
  deactivate: m.organizations_done_deactivate,
  reactivate: m.organizations_done_reactivate,
  trash: m.organizations_done_trash,
};

const MANY_DONE: Record<ReversibleAct, (inputs: { count: number; shown: string }) => string> = {
  deactivate: m.organizations_done_many_deactivate,
  reactivate: m.organizations_done_many_reactivate,
  trash: m.organizations_done_many_trash,
};

const ONE_FAILED: Record<ReversibleAct, (inputs: { name: string }) => string> = {
  deactivate: m.organizations_failed_deactivate,
  reactivate: m.organizations_failed_reactivate,
  trash: m.organizations_failed_trash,
};

const MIXED: Record<ReversibleAct, (inputs: { done: string; all: string }) => string> = {
  deactivate: m.organizations_mixed_deactivate,
  reactivate: m.organizations_mixed_reactivate,
  trash: m.organizations_mixed_trash,
};

/** One toast for the outcome of an act: all, some or none done. Null if there was nothing to do. */
export function announceOutcome(
  outcome: ActOutcome,
  describe: Describe,
  offer: { undo: (() => void) | undefined; showDetails: () => void },
): Announcement | null {
  const { act, changed, failed, left } = outcome;
  const [failure] = failed;
  if (failure === undefined) return changed.length === 0 ? null : announceDone(act, changed, offer.undo);
  if (changed.length === 0 && failed.length === 1) {
    const name = displayNameOf(failure.row);
    return { kind: "danger", title: ONE_FAILED[act]({ name }), text: describe(failure.error) };
  }
  const all = changed.length + failed.length + left.length;
  return {
    kind: "warning",
    title: MIXED[act]({ done: formatCount(changed.length), all: formatCount(all) }),
    text: m.lists_mixed_why({
      name: displayNameOf(failure.row),
      reason: describe(failure.error),
    }),
    action: { label: m.lists_show_details(), run: offer.showDetails },
  };
}

function announceDone(
  act: ReversibleAct,
  changed: OrganizationView[],
  undo: (() => void) | undefined,
): Announcement {
  const [only] = changed;
  const title =
    changed.length === 1 && only !== undefined
      ? ONE_DONE[act]({ name: displayNameOf(only) })
      : MANY_DONE[act]({ count: changed.length, shown: formatCount(changed.length) });
  const stayed = changed.filter((organization) => organization.leftShared).length;
  const text =
    stayed > 0
      ? m.organizations_done_shared({ count: changed.length, shown: formatCount(stayed) })
      : undefined;
  return { kind: "info", title, text, action: undo && { label: m.common_undo(), run: undo } };
}

/** The outcome of a deletion for good whose dialog was closed meanwhile. */
export function announceErased(
  { erased, failed, left }: ErasureReport,
  describe: Describe,
  showDetails: () => void,
): Announcement {
  const [failure] = failed;
  const [only] = erased;
  const action =
    only === undefined ? undefined : { label: m.organizations_deleted_certificates(), run: showDetails };
  const done = formatCount(erased.length);
  const all = formatCount(erased.length + failed.length + left.length);
  if (failure !== undefined)
    return {
      kind: "warning",
      title: m.organizations_deleted_mixed({ done, all }),
      text: m.lists_mixed_why({ name: displayNameOf(failure.row), reason: describe(failure.error) }),
      action,
    };
  if (left.length > 0) return { kind: "info", title: m.organizations_deleted_mixed({ done, all }), action };
  const title =
    only !== undefined && erased.length === 1
      ? m.organizations_deleted_forever({ name: displayNameOf(only.organization) })
      : m.organizations_deleted_many({ count: erased.length, shown: done });
  return { kind: "info", title, action };
}

/** The outcome of undoing an act. */
export function announceUndone(undone: BulkResult<OrganizationView>, describe: Describe): Announcement {
  const [failure] = undone.failed;
  if (failure === undefined) return { kind: "success", title: m.lists_undone() };
  const text = m.lists_mixed_why({
    name: displayNameOf(failure.row),
    reason: describe(failure.error),
  });
  return { kind: "danger", title: m.lists_undo_failed(), text };
}
