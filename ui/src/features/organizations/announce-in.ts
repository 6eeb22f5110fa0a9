import type { ToastState } from "$lib/state";
import type { Announcement } from "./state/announcements";

/**
 * Shows announcements as toasts. A toast whose action was taken has said what it had to say. `elsewhere` names the
 * workspace when another one is on screen: its news would be taken for that one's.
 */
export function announceIn(
  toasts: ToastState,
  elsewhere: () => string | null,
): (announcement: Announcement) => void {
  return ({ kind, title, text, action }) => {
    const id: number = toasts[kind](title, {
      text: [elsewhere(), text].filter(Boolean).join(": "),
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
