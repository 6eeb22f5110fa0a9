import type { ToastState } from "$lib/state";
import type { Announcement } from "./state/announcements";

/** Shows announcements as toasts. A toast whose action was taken has said what it had to say. */
export function announceIn(toasts: ToastState): (announcement: Announcement) => void {
  return ({ kind, title, text, action }) => {
    const id: number = toasts[kind](title, {
      text,
      action: action && {
        label: action.label,
        run: () => {
          toasts.dismiss(id);
          action.run();
        },
      },
    });
  };
}
