import type { ToastState } from "$lib/state";
import type { Announcement } from "./state/announcements";

/**
 * Shows announcements as toasts. `elsewhere` names the workspace if another one is on screen, whose news it would seem
 * to be.
 */
export function announceIn(
  toasts: ToastState,
  elsewhere: () => string | null,
): (announcement: Announcement) => void {
  return ({ kind, title, text, action }) =>
    void toasts[kind](title, { text: [elsewhere(), text].filter(Boolean).join(": "), action });
}
