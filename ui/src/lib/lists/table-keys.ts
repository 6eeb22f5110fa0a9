import { movementForKey, type Movement } from "./row-movement";

export type TableCommand =
  | { kind: "move"; movement: Movement; extend: boolean }
  | { kind: "open" }
  | { kind: "toggle" }
  | { kind: "check_all" }
  | { kind: "rename" }
  | { kind: "trash" }
  | { kind: "copy_collection" }
  | { kind: "menu" };

export type KeyPress = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

/** What a key means while the focus is on a row; null when it means nothing there. */
export function tableCommand(press: KeyPress): TableCommand | null {
  if (press.altKey) return null;
  if (press.ctrlKey || press.metaKey) return chordCommand(press);
  const movement = movementForKey(press.key);
  if (movement !== null) return { kind: "move", movement, extend: press.shiftKey };
  switch (press.key) {
    case "Enter":
      return { kind: "open" };
    case " ":
      return { kind: "toggle" };
    case "F2":
      return { kind: "rename" };
    case "Delete":
      return { kind: "trash" };
    case "ContextMenu":
      return { kind: "menu" };
    case "F10":
      return press.shiftKey ? { kind: "menu" } : null;
    default:
      return null;
  }
}

function chordCommand(press: KeyPress): TableCommand | null {
  const key = press.key.toLowerCase();
  if (key === "a" && !press.shiftKey) return { kind: "check_all" };
  if (key === "c" && press.shiftKey) return { kind: "copy_collection" };
  return null;
}
