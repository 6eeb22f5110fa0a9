import { movementForKey, type Movement } from "./row-movement";

export type TableCommand =
  | { kind: "move"; movement: Movement; extend: boolean }
  | { kind: "open" }
  | { kind: "toggle" }
  | { kind: "check_all" }
  | { kind: "menu" };

export type KeyPress = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

/** The meaning of a key while a row has the focus; null if it has none. */
export function tableCommand(press: KeyPress): TableCommand | null {
  if (press.altKey) return null;
  if (press.ctrlKey || press.metaKey)
    return press.key.toLowerCase() === "a" && !press.shiftKey ? { kind: "check_all" } : null;
  const movement = movementForKey(press.key);
  if (movement !== null) return { kind: "move", movement, extend: press.shiftKey };
  switch (press.key) {
    case "Enter":
      return { kind: "open" };
    case " ":
      return { kind: "toggle" };
    case "ContextMenu":
      return { kind: "menu" };
    case "F10":
      return press.shiftKey ? { kind: "menu" } : null;
    default:
      return null;
  }
}

/** The name of a key with its modifiers, as in a list's own keys: `F2`, `Mod+Shift+C`. */
export function keyName({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyPress): string {
  const held = [(ctrlKey || metaKey) && "Mod", altKey && "Alt", shiftKey && "Shift"];
  return [...held, key.length === 1 ? key.toUpperCase() : key].filter(Boolean).join("+");
}
