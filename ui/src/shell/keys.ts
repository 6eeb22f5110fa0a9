/** The key of an open workspace, as the menu and the settings print it; none after the ninth. */
export function switchKey(index: number): string | undefined {
  return index < 9 ? `Alt+${index + 1}` : undefined;
}

/**
 * The open workspace that a key leads to, of `count` in the order of opening, with `current` on screen: Alt with 1 to
 * 9, or the next and the previous one with Ctrl+Tab. The keys are read by their place on the keyboard, because Alt
 * with a digit types another character on many layouts.
 */
export function workspaceOfKey(event: KeyboardEvent, count: number, current: number): number | null {
  const { altKey, ctrlKey, metaKey, shiftKey, code } = event;
  if (ctrlKey && !altKey && !metaKey && code === "Tab" && count > 1)
    return (current + (shiftKey ? -1 : 1) + count) % count;
  if (!altKey || ctrlKey || metaKey || shiftKey || !/^Digit[1-9]$/.test(code)) return null;
  const index = Number(code.slice(-1)) - 1;
  return index < count ? index : null;
}

const FOCUSABLE =
  ":is(button, [href], input, select, textarea, [tabindex='0']):not([tabindex='-1'], :disabled)";

/** Moves the focus to the next or previous region of the window: the elements marked `data-region`. */
export function moveToRegion(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>("[data-region]")].filter(
    (region) => region.getClientRects().length > 0,
  );
  if (regions.length === 0) return;
  // The innermost region counts: a panel inside the main part is a region of its own.
  const current = regions.findLastIndex((region) => region.contains(document.activeElement));
  const next = regions[(current + step + regions.length) % regions.length];
  (next?.querySelector<HTMLElement>(FOCUSABLE) ?? next)?.focus();
}
