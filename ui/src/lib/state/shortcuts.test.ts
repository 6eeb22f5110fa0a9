import { describe, expect, it, vi } from "vitest";
import { ShortcutState } from "$lib/state";

describe("keys of one letter", () => {
  const press = (target: Element, key: string, more: KeyboardEventInit = {}) =>
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));

  function shortcuts() {
    const state = new ShortcutState();
    const run = vi.fn();
    state.on("n", run);
    document.body.innerHTML = `<input id="field" /><input id="box" type="checkbox" /><p id="text"></p>`;
    document.body.onkeydown = state.handle;
    const at = (id: string) => document.getElementById(id) as Element;
    return { state, run, at };
  }

  it("work outside of text fields", () => {
    const { run, at } = shortcuts();
    press(at("text"), "n");
    press(at("box"), "N");
    expect(run).toHaveBeenCalledTimes(2);
  });

  it("are letters in text fields", () => {
    const { run, at } = shortcuts();
    press(at("field"), "n");
    expect(run).not.toHaveBeenCalled();
  });

  it("leave combinations alone", () => {
    const { run, at } = shortcuts();
    press(at("text"), "n", { ctrlKey: true });
    expect(run).not.toHaveBeenCalled();
  });

  it("do nothing under a dialog", () => {
    const { run, at } = shortcuts();
    document.body.insertAdjacentHTML("beforeend", `<div role="dialog"></div>`);
    press(at("text"), "n");
    expect(run).not.toHaveBeenCalled();
  });

  it("can be turned off, and stay off", () => {
    const { state, run, at } = shortcuts();
    state.enabled = false;
    press(at("text"), "n");
    expect(run).not.toHaveBeenCalled();
    expect(new ShortcutState().enabled).toBe(false);
  });

  it("are given back", () => {
    const state = new ShortcutState();
    const run = vi.fn();
    state.on("e", run)();
    state.handle(new KeyboardEvent("keydown", { key: "e" }));
    expect(run).not.toHaveBeenCalled();
  });
});
