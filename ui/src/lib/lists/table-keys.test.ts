import { describe, expect, it } from "vitest";
import { tableCommand, type KeyPress } from "./table-keys";

function press(key: string, held: Partial<KeyPress> = {}): KeyPress {
  return { key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held };
}

describe("the keys of the table", () => {
  it("extend the checks when Shift is held with an arrow", () => {
    expect(tableCommand(press("ArrowDown"))).toEqual({ kind: "move", movement: "down", extend: false });
    expect(tableCommand(press("ArrowDown", { shiftKey: true }))).toMatchObject({ extend: true });
  });

  it("check all with Ctrl or Cmd and A", () => {
    expect(tableCommand(press("a", { ctrlKey: true }))).toEqual({ kind: "check_all" });
    expect(tableCommand(press("a", { metaKey: true }))).toEqual({ kind: "check_all" });
  });

  it("open the row's menu with either menu key", () => {
    expect(tableCommand(press("ContextMenu"))).toEqual({ kind: "menu" });
    expect(tableCommand(press("F10", { shiftKey: true }))).toEqual({ kind: "menu" });
  });

  it("leave everything else to the window", () => {
    expect(tableCommand(press("n"))).toBeNull();
    expect(tableCommand(press("Home", { ctrlKey: true }))).toBeNull();
    expect(tableCommand(press("Enter", { altKey: true }))).toBeNull();
  });
});
