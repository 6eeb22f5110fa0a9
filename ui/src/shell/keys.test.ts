import { afterEach, describe, expect, it, vi } from "vitest";
import { moveToRegion, switchKey, workspaceOfKey } from "./keys";
import { pageOfKey, PAGES } from "./pages";

const key = (code: string, held: Partial<KeyboardEventInit> = {}) =>
  new KeyboardEvent("keydown", { code, key: code.replace("Digit", ""), ...held });

describe("the keys of open workspaces", () => {
  it("are Alt with the number that the menu shows, by the key's place", () => {
    expect(workspaceOfKey(key("Digit2", { altKey: true }), 3, 0)).toBe(1);
    expect(workspaceOfKey(key("Digit2", { altKey: true, key: "™" }), 3, 0)).toBe(1);
    expect(workspaceOfKey(key("Digit4", { altKey: true }), 3, 0)).toBeNull();
    expect(switchKey(1)).toBe("Alt+2");
    expect(switchKey(9)).toBeUndefined();
  });

  it("are not those of the pages", () => {
    const page = key("Digit2", { ctrlKey: true });
    expect(pageOfKey(page, PAGES)).toBe(PAGES[1]);
    expect(workspaceOfKey(page, 3, 0)).toBeNull();
    const workspace = key("Digit2", { altKey: true });
    expect(pageOfKey(workspace, PAGES)).toBeUndefined();
  });

  it("go around with Ctrl+Tab both ways, and nowhere from the only one", () => {
    const next = key("Tab", { ctrlKey: true });
    const previous = key("Tab", { ctrlKey: true, shiftKey: true });
    expect(workspaceOfKey(next, 3, 2)).toBe(0);
    expect(workspaceOfKey(previous, 3, 0)).toBe(2);
    expect(workspaceOfKey(next, 1, 0)).toBeNull();
    expect(workspaceOfKey(key("Tab"), 3, 0)).toBeNull();
  });
});

describe("the key of the next region", () => {
  afterEach(() => document.body.replaceChildren());

  it("leads to what Tab would reach there, past what only the mouse reaches", () => {
    vi.spyOn(HTMLElement.prototype, "getClientRects").mockReturnValue([{}] as unknown as DOMRectList);
    document.body.innerHTML = `<section data-region>
      <button tabindex="-1">Check all</button><button disabled>Off</button><div tabindex="0">The row</div>
    </section>`;
    moveToRegion(1);
    expect(document.querySelector("[tabindex='0']")).toHaveFocus();
  });

  it("leads to what floats over the window too", () => {
    // As web views answer it of what is fixed.
    vi.spyOn(HTMLElement.prototype, "offsetParent", "get").mockReturnValue(null);
    vi.spyOn(HTMLElement.prototype, "getClientRects").mockReturnValue([{}] as unknown as DOMRectList);
    document.body.innerHTML = `<section data-region style="position: fixed"><button>Undo</button></section>`;
    moveToRegion(1);
    expect(document.querySelector("button")).toHaveFocus();
  });
});
