import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, type LineView } from "../api";
import { LineState } from "./line.svelte";

const answers: LineView = {
  reachable: true,
  problem: null,
  primary: "a:27017",
  members: 3,
  roundTripMilliseconds: 12,
  checkedAt: "2026-11-23T14:31:36Z",
};
const silent: LineView = {
  ...answers,
  reachable: false,
  problem: "No host answered for 5 seconds.",
  primary: null,
};

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

function watched(view: LineView, remote = true) {
  const server = { view };
  const checkLine = vi.fn(async () => server.view);
  let visible = true;
  const line = new LineState({ checkLine }, { remote, visible: () => visible });
  const stop = line.watch();
  return { line, server, checkLine, stop, hide: () => (visible = false) };
}
const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

describe("the line", () => {
  it("is checked every 15 s while nothing else is heard", async () => {
    const { line, checkLine } = watched(answers);
    await pass(14);
    expect(checkLine).not.toHaveBeenCalled();
    line.heard();
    await pass(14);
    expect(checkLine).not.toHaveBeenCalled();
    await pass(1);
    expect(checkLine).toHaveBeenCalledOnce();
    await pass(30);
    expect(checkLine).toHaveBeenCalledTimes(3);
  });

  it("of a file is not checked while it is quiet, and leaves no timer", async () => {
    const { line, checkLine } = watched(answers, false);
    expect(vi.getTimerCount()).toBe(0);
    await pass(120);
    expect(checkLine).not.toHaveBeenCalled();
    line.suspect();
    await pass(0);
    expect(checkLine).toHaveBeenCalledOnce();
  });

  it("is not checked while nobody can see the window", async () => {
    const { checkLine, hide } = watched(answers);
    hide();
    await pass(120);
    expect(checkLine).not.toHaveBeenCalled();
  });

  it("is checked at once when a call finds the server silent, and is not lost by one slow call", async () => {
    const { line, checkLine } = watched(answers);
    line.suspect();
    await pass(0);
    expect(checkLine).toHaveBeenCalledOnce();
    expect(line.lost).toBeNull();
  });

  it("is tried again after 1, 2, 4, 8, 15 and then every 30 s, whatever fails meanwhile", async () => {
    const { line, checkLine } = watched(silent);
    line.suspect();
    await pass(0);
    expect(line.lost).toEqual({ problem: "No host answered for 5 seconds." });
    for (const [attempts, wait] of [1, 2, 4, 8, 15, 30, 30].entries()) {
      expect(line.clock.secondsLeft).toBe(wait);
      expect(line.clock.attempts).toBe(attempts + 1);
      line.suspect();
      await pass(wait - 1);
      expect(checkLine).toHaveBeenCalledTimes(attempts + 1);
      await pass(1);
      expect(checkLine).toHaveBeenCalledTimes(attempts + 2);
    }
  });

  it("is back by itself, and then lets the screens load again once", async () => {
    const { line, server } = watched(silent);
    line.suspect();
    await pass(0);
    expect(line.generation).toBe(0);
    server.view = answers;
    await pass(1);
    expect(line.lost).toBeNull();
    expect(line.clock.secondsLeft).toBeNull();
    expect(line.clock.attempts).toBe(0);
    await pass(60);
    expect(line.generation).toBe(1);
  });

  it("is back as soon as any call is answered", async () => {
    const { line } = watched(silent);
    line.suspect();
    await pass(0);
    line.heard();
    expect(line.lost).toBeNull();
    expect(line.generation).toBe(1);
  });

  it("is tried at once when asked to, and the clock goes on from there", async () => {
    const { line, checkLine } = watched(silent);
    line.suspect();
    await pass(1);
    expect(line.clock.secondsLeft).toBe(2);
    line.retry();
    await pass(0);
    expect(checkLine).toHaveBeenCalledTimes(3);
    expect(line.clock.secondsLeft).toBe(4);
  });

  it("is checked at once when the computer wakes, long before the clock would", async () => {
    const { line, checkLine } = watched(silent);
    for (let round = 0; round < 6; round += 1) {
      line.retry();
      await pass(0);
    }
    expect(line.clock.secondsLeft).toBe(30);
    const before = checkLine.mock.calls.length;
    // The clock on the wall went on while no timer ran.
    vi.setSystemTime(3_600_000);
    await pass(1);
    expect(checkLine).toHaveBeenCalledTimes(before + 1);
  });

  it("asks nothing more once nobody watches it", async () => {
    const { line, checkLine, stop } = watched(silent);
    line.suspect();
    await pass(0);
    stop();
    await pass(120);
    expect(checkLine).toHaveBeenCalledOnce();
  });

  it("is not lost by a workspace that was closed meanwhile", async () => {
    const { line, checkLine } = watched(answers);
    checkLine.mockRejectedValue(new ApiError({ code: "no_workspace" }));
    line.suspect();
    await pass(0);
    expect(line.lost).toBeNull();
  });
});
