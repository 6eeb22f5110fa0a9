/** Free room between a floating element and the edge of the window. */
const MARGIN = 8;
/** Between a floating element and its anchor. */
const GAP = 4;

/** A rectangle of the window. */
export type Area = Pick<DOMRect, "left" | "top" | "right" | "bottom">;

/**
 * The place of a floating element: below its anchor, or above it if there is more room, and never over the edge of
 * the window.
 */
export function placeBeside(
  anchor: Area,
  size: { width: number; height: number },
  room: { width: number; height: number },
  align: "start" | "center" | "end",
): { left: number; top: number } {
  const below = anchor.bottom + GAP;
  const above = anchor.top - GAP - size.height;
  const fits = below + size.height <= room.height - MARGIN || above < MARGIN;
  const wanted =
    align === "start"
      ? anchor.left
      : align === "end"
        ? anchor.right - size.width
        : (anchor.left + anchor.right - size.width) / 2;
  const within = (value: number, whole: number, part: number) =>
    Math.max(MARGIN, Math.min(value, whole - part - MARGIN));
  return {
    left: within(wanted, room.width, size.width),
    top: within(fits ? below : above, room.height, size.height),
  };
}

/**
 * Moves an element to the end of the page or of a part of it, so that nothing around it clips it. Returns how to
 * remove it: Svelte removes only what stands in its own place.
 */
export function portal(element: HTMLElement, part: Element = document.body): () => void {
  part.append(element);
  return () => element.remove();
}
