export type Movement = "up" | "down" | "home" | "end" | "page_up" | "page_down";

const MOVEMENT_BY_KEY: Record<string, Movement> = {
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "home",
  End: "end",
  PageUp: "page_up",
  PageDown: "page_down",
};

export function movementForKey(key: string): Movement | null {
  return MOVEMENT_BY_KEY[key] ?? null;
}

/**
 * The row that a movement leads to. `pageRows` is how many rows fit on screen; a page keeps one of them for
 * orientation.
 */
export function moveRow(movement: Movement, current: number, rowCount: number, pageRows: number): number {
  if (rowCount === 0) return 0;
  const page = Math.max(1, pageRows - 1);
  return clamp(target(movement, current, rowCount, page), 0, rowCount - 1);
}

function target(movement: Movement, current: number, rowCount: number, page: number): number {
  switch (movement) {
    case "up":
      return current - 1;
    case "down":
      return current + 1;
    case "home":
      return 0;
    case "end":
      return rowCount - 1;
    case "page_up":
      return current - page;
    case "page_down":
      return current + page;
  }
}

/**
 * The scroll position at which a row is wholly in view, leaving `bottomInset` free; the current one if it already is.
 */
export function scrollToShow(
  index: number,
  rowHeight: number,
  scrollTop: number,
  viewportHeight: number,
  bottomInset: number,
): number {
  const top = index * rowHeight;
  const bottom = top + rowHeight;
  const room = Math.max(rowHeight, viewportHeight - bottomInset);
  if (top < scrollTop) return top;
  if (bottom > scrollTop + room) return bottom - room;
  return scrollTop;
}

export type RowWindow = { first: number; last: number };

/** The rows that are on screen, whole or in part. Null if there are none. */
export function rowsInView(
  scrollTop: number,
  viewportHeight: number,
  rowHeight: number,
  rowCount: number,
): RowWindow | null {
  if (rowCount === 0 || viewportHeight <= 0) return null;
  const first = clamp(Math.floor(scrollTop / rowHeight), 0, rowCount - 1);
  const last = clamp(Math.ceil((scrollTop + viewportHeight) / rowHeight) - 1, first, rowCount - 1);
  return { first, last };
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(Math.max(value, lowest), highest);
}
