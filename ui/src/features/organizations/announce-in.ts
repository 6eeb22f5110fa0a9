import type { ToastState } from "$lib/state";
import type { Announcement } from "./state/announcements";

/**
 * Shows announcements as toasts. A toast disappears when its action is used. `elsewhere` names the workspace if
 * another one is on screen, whose news it would seem to be.
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
