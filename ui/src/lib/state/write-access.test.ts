import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AccessState } from "../api";
import { WriteAccess } from "./write-access.svelte";

const at = (seconds: number) => new Date(seconds * 1_000).toISOString();
const locked: AccessState = {
  access: "locked",
  environment: "production",
  decided: null,
  writable: false,
  unlockedUntil: null,
  locksWhenIdleAt: null,
  reason: null,
};

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

/** A program that unlocks for ten minutes and locks after two without activity. */
function production() {
  let view = locked;
  const seconds = () => Date.now() / 1_000;
  const source = {
    accessState: vi.fn(async () => {
      const over =
        Date.now() >= Math.min(Date.parse(view.unlockedUntil ?? ""), Date.parse(view.locksWhenIdleAt ?? ""));
      if (over) view = locked;
      return view;
    }),
    unlockWorkspace: vi.fn(async (reason: string) => {
      view = {
        ...locked,
        writable: true,
        unlockedUntil: at(seconds() + 600),
        locksWhenIdleAt: at(seconds() + 120),
        reason,
      };
      return view;
    }),
    lockWorkspace: vi.fn(async () => (view = locked)),
    noteActivity: vi.fn(async () => (view = { ...view, locksWhenIdleAt: at(seconds() + 120) })),
  };
  const access = new WriteAccess(source, locked);
  setInterval(() => access.tick(Date.now()), 1_000);
  return { access, source };
}
const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

describe("a locked workspace", () => {
  it("is writable for as long as it is unlocked, and counts down", async () => {
    const { access } = production();
    expect(access.writable).toBe(false);
    expect(access.locked).toBe(true);
    await access.unlock("CHG-2041");
    expect(access.unlocked).toBe(true);
    await pass(19);
    expect(access.remaining).toBe(581_000);
    expect(access.view.reason).toBe("CHG-2041");
    await access.lock();
    expect(access.locked).toBe(true);
  });

  it("warns for 30 s before it locks because nobody is there, and then is locked", async () => {
    const { access, source } = production();
    await access.unlock("CHG-2041");
    await pass(89);
    expect(access.warning).toBe(false);
    await pass(1);
    expect(access.warning).toBe(true);
    expect(access.idleRemaining).toBe(30_000);
    await pass(30);
    expect(access.locked).toBe(true);
    expect(source.accessState).toHaveBeenCalled();
  });

  it("stays open while somebody is there, told at most every 15 s, but never past ten minutes", async () => {
    const { access, source } = production();
    await access.unlock("CHG-2041");
    for (let second = 1; second < 600; second += 1) {
      await pass(1);
      access.noteActivity();
      expect(access.warning).toBe(false);
      expect(access.writable).toBe(true);
    }
    expect(source.noteActivity).toHaveBeenCalledTimes(39);
    await pass(1);
    expect(access.locked).toBe(true);
  });

  it("tells of somebody's presence while it is locked too: it keeps the window uncovered", async () => {
    const { access, source } = production();
    await pass(60);
    access.noteActivity();
    access.noteActivity();
    expect(source.noteActivity).toHaveBeenCalledOnce();
  });

  it("counts as locked when its time is over, though the program does not answer", async () => {
    const { access, source } = production();
    await access.unlock("CHG-2041");
    source.accessState.mockRejectedValue(new Error("no answer"));
    await pass(120);
    expect(access.writable).toBe(false);
    expect(access.locked).toBe(true);
  });

  it("stays as it is when a reason is refused", async () => {
    const { access, source } = production();
    source.unlockWorkspace.mockRejectedValue(new Error("too short"));
    await expect(access.unlock("x")).rejects.toThrow("too short");
    expect(access.locked).toBe(true);
  });
});
