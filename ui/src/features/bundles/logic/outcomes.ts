import type { BackUpReport, MoveReport, ReceivedView } from "$lib/api";
import { formatBytes, formatCount } from "$lib/format";
import { m } from "$lib/messages";
import type { ToastState } from "$lib/state";

/** Long enough to reach for the button. */
const DONE_LIFETIME = 10_000;

/** The toast after a backup. What others changed meanwhile is said, and so is what could not be written. */
export function showBackUp(
  report: BackUpReport,
  toasts: ToastState,
  reveal: (path: string) => Promise<unknown>,
  showDetails: () => void,
): void {
  const written = report.results.filter(({ path }) => path !== null);
  const missing = report.results.length - written.length;
  const [first] = written;
  const bytes = written.reduce((total, result) => total + (result.bytes ?? 0), 0);
  const changed = written.filter((result) => result.changed !== null);
  if (missing > 0 || first === undefined || first.path === null) {
    toasts.warning(
      m.bundles_backed_up_some({ done: formatCount(written.length), missing: formatCount(missing) }),
      {
        text: report.cancelled ? m.bundles_backed_up_cancelled() : null,
        action: { label: m.bundles_show_details(), run: showDetails },
      },
    );
    return;
  }
  const { path } = first;
  const title =
    written.length === 1
      ? m.bundles_backed_up({ name: first.name ?? "" })
      : m.bundles_backed_up_many({ shown: formatCount(written.length) });
  const action = {
    label: m.bundles_reveal(),
    run: () => void reveal(path).catch((error: unknown) => toasts.failure(error)),
    stays: true,
  };
  const text = m.bundles_backed_up_text({ size: formatBytes(bytes), path });
  if (changed.length === 0) toasts.success(title, { text, action, lifetime: DONE_LIFETIME });
  else {
    const names = changed.map(({ name }) => name ?? "").join(", ");
    toasts.warning(title, { text: m.bundles_backed_up_changed({ names }), action });
  }
}

/** The toast after a restore. */
export function showRestored(report: ReceivedView, toasts: ToastState): void {
  toasts.success(m.bundles_restored({ name: report.organization.displayName ?? report.organization.name }), {
    text: receivedText(report),
    lifetime: DONE_LIFETIME,
  });
}

/** What came in, and what it lacks: it has the indexes that it had. */
function receivedText({ documents, organization, lacks }: ReceivedView): string {
  const text = m.bundles_received_text({
    documents: formatCount(documents),
    collection: organization.collectionName,
  });
  if (lacks === 0) return text;
  return `${text} ${m.bundles_received_lacks({ count: lacks, shown: formatCount(lacks) })}`;
}

/** The toast after a copy or a move; a move can be taken back from it. */
export function showMoved(
  report: MoveReport,
  workspace: string,
  toasts: ToastState,
  takeBack: ((move: string) => void) | null,
): void {
  const { received, note } = report;
  if (received === null) return;
  const name = received.organization.displayName ?? received.organization.name;
  const text = receivedText(received);
  if (note === null || takeBack === null)
    toasts.success(m.bundles_copied({ name, workspace }), { text, lifetime: DONE_LIFETIME });
  else
    toasts.success(m.bundles_moved({ name, workspace }), {
      text,
      lifetime: 20_000,
      action: { label: m.bundles_take_back(), run: () => takeBack(note) },
    });
}
