import { ApiError } from "$lib/api";
import { formatBytes, formatCount } from "$lib/format";
import { m } from "$lib/messages";
import type { ToastState } from "$lib/state";
import type { ExportRun } from "./export-run.svelte";

/** Long enough to reach for the button that shows the file. */
const DONE_LIFETIME = 10_000;

/** Shows an export whose dialog is closed: its progress, then its outcome. */
export async function followInToast(
  run: ExportRun,
  toasts: ToastState,
  revealFile: (path: string) => Promise<unknown>,
): Promise<void> {
  const cancel = { label: m.exports_cancel(), run: () => void run.cancel(), stays: true };
  const id = toasts.info(m.exports_running(), { ...progressOf(run), action: cancel, lifetime: null });
  run.onprogress = () => toasts.update(id, progressOf(run));
  await run.ended;
  toasts.dismiss(id);
  showOutcome(run, toasts, revealFile);
}

/** The toast of a finished export. */
export function showOutcome(
  run: ExportRun,
  toasts: ToastState,
  revealFile: (path: string) => Promise<unknown>,
): void {
  const { report, failure } = run;
  if (report) {
    const reveal = () => {
      revealFile(report.path).catch((error: unknown) => toasts.failure(error));
    };
    const title = m.exports_done({ count: report.rows, shown: formatCount(report.rows) });
    const text = m.exports_done_text({ size: formatBytes(report.bytes), path: report.path });
    const action = { label: m.exports_reveal(), run: reveal, stays: true };
    const missing = [
      { count: report.cutCells, say: m.exports_done_cut },
      { count: report.unshowable, say: m.exports_done_unshowable },
    ].filter(({ count }) => count > 0);
    if (missing.length === 0) {
      toasts.success(title, { text, action, lifetime: DONE_LIFETIME });
    } else {
      const said = missing.map(({ count, say }) => say({ count, shown: formatCount(count) }));
      toasts.warning(title, { text: `${text}. ${said.join(" ")}`, action });
    }
  } else if (isCancelled(failure)) {
    toasts.info(m.exports_cancelled(), { text: m.exports_cancelled_text() });
  } else {
    toasts.failure(failure);
  }
}

export function isCancelled(failure: unknown): boolean {
  return failure !== null && ApiError.from(failure).code === "cancelled";
}

// A screen reader reads a toast's text whenever it changes, so it changes only at every tenth.
function progressOf(run: ExportRun): { text: string | null; progress: { part: number | null } } {
  const { percent } = run;
  if (percent === null) return { text: null, progress: { part: null } };
  const tenth = Math.floor(percent / 10) * 10;
  return { text: m.exports_running_announced({ percent: tenth }), progress: { part: percent / 100 } };
}
