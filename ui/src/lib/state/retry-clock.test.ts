import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RetryClock } from "./retry-clock.svelte";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("the retry clock", () => {
  it("waits longer after each failure, up to half a minute", () => {
    const waits: (number | null)[] = [];
    const clock = new RetryClock(() => {
      clock.wait();
      waits.push(clock.secondsLeft);
    });
    clock.wait();
    waits.push(clock.secondsLeft);
    vi.advanceTimersByTime(1_000 * (1 + 2 + 4 + 8 + 15 + 30));
    expect(waits).toEqual([1, 2, 4, 8, 15, 30, 30]);
  });

  it("starts from one second again after a success", () => {
    const clock = new RetryClock(() => undefined);
    clock.wait();
    clock.wait();
    clock.succeed();
    clock.wait();
    expect(clock.secondsLeft).toBe(1);
  });

  it("does not attempt any more once it was stopped", () => {
    const attempt = vi.fn();
    const clock = new RetryClock(attempt);
    clock.wait();
    clock.stop();
    vi.advanceTimersByTime(60_000);
    expect(attempt).not.toHaveBeenCalled();
  });
});
