import type { ExportRun } from "../exports";
import { ApiError } from "../api";
import { m } from "../messages";
import type { ToastState } from "../state";

/** Shows a job whose dialog is closed: its progress with Cancel, then its outcome. */
export async function followJob<Report>(
  run: ExportRun<Report>,
  label: () => string,
  toasts: ToastState,
  ondone: (report: Report) => void,
): Promise<void> {
  const cancel = { label: m.bundles_cancel(), run: () => void run.cancel(), stays: true };
  const id = toasts.info(label(), { ...progressOf(run), action: cancel, lifetime: null });
  run.onprogress = () => toasts.update(id, { title: label(), ...progressOf(run) });
  await run.ended;
  toasts.dismiss(id);
  if (run.report !== null) ondone(run.report);
  else if (ApiError.from(run.failure).code === "cancelled")
    toasts.info(m.bundles_cancelled(), { text: m.bundles_cancelled_text() });
  else toasts.failure(run.failure);
}

// A screen reader reads a toast's text whenever it changes, so it changes only at every tenth.
function progressOf(run: ExportRun<unknown>) {
  const { percent } = run;
  if (percent === null) return { text: null, progress: { part: null } };
  const tenth = Math.floor(percent / 10) * 10;
  return {
    text: m.bundles_running_percent({ percent: tenth }),
    progress: { part: percent / 100 },
  };
}
