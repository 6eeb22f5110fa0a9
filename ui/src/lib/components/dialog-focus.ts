import { portal } from "./floating";
import { openDialogs } from "./open-dialogs";

const FOCUSABLE =
  ":is(a[href], button, input, select, textarea, summary, [tabindex]):not(:disabled, [tabindex='-1'])";

const stopsOf = (dialog: HTMLElement) =>
  [...dialog.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
    (element) => !element.closest("[hidden], [inert]"),
  );

/**
 * Focuses what a dialog starts in: a form its first field; a destructive question the typed field, otherwise Cancel,
 * the first button of the footer.
 */
export function focusFirst(dialog: HTMLElement): void {
  const first =
    dialog.querySelector<HTMLElement>("[data-autofocus]") ??
    dialog.querySelector<HTMLElement>(
      ".body :is(input, textarea, select):not([type=checkbox], :disabled), .footer button",
    ) ??
    dialog;
  first.focus();
  // Selects existing text to type over it: the name in a rename.
  if (first instanceof HTMLInputElement) first.select();
}

/** Keeps Tab inside of a dialog. */
export function walk(event: KeyboardEvent, dialog: HTMLElement): void {
  const stops = stopsOf(dialog);
  const leaves = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement !== leaves && document.activeElement !== dialog) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
}

/**
 * Gives the focus and the keys to the dialog at the end of `layer`, unless another dialog is above it. Returns how to
 * take the dialog away, which gives the focus back.
 */
export function holdFocus(layer: HTMLElement, keydown: (event: KeyboardEvent) => void): () => void {
  const before = document.activeElement;
  const dialog = layer.lastElementChild as HTMLElement;
  // Moved before it takes the focus: moving an element loses it.
  const takeAway = portal(layer);
  openDialogs.push(dialog);
  focusFirst(dialog);
  const press = (event: KeyboardEvent) => {
    if (openDialogs.at(-1) === dialog) keydown(event);
  };
  const keepInside = (event: FocusEvent) => {
    const target = event.target as Element;
    if (openDialogs.at(-1) !== dialog || dialog.contains(target)) return;
    // Menus and messages are above a dialog.
    if (!target.closest("[role=menu], [data-above-dialogs]")) (stopsOf(dialog)[0] ?? dialog).focus();
  };
  document.addEventListener("focusin", keepInside);
  // On the page, not on the dialog: the focused element may be gone, and keys then go to the page.
  document.addEventListener("keydown", press);
  return () => {
    document.removeEventListener("focusin", keepInside);
    document.removeEventListener("keydown", press);
    openDialogs.splice(openDialogs.indexOf(dialog), 1);
    takeAway();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  };
}
