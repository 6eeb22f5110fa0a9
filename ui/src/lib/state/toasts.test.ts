import { describe, expect, it, vi } from "vitest";
import { ToastState } from "$lib/state";

describe("toasts", () => {
  it("go once their action was taken, unless they are to stay", () => {
    const toasts = new ToastState();
    const run = vi.fn(() => expect(toasts.list).toHaveLength(1));
    toasts.info("Trashed", { action: { label: "Undo", run } });
    toasts.list[0]?.action?.run();
    expect(run).toHaveBeenCalledOnce();
    expect(toasts.list).toEqual([]);
    toasts.info("Exported", { action: { label: "Show", run, stays: true } });
    toasts.list[0]?.action?.run();
    expect(toasts.list).toHaveLength(1);
  });

  it("are at most four, the newest last", () => {
    const toasts = new ToastState();
    for (const title of ["1", "2", "3", "4", "5"]) toasts.warning(title);
    expect(toasts.list.map(({ title }) => title)).toEqual(["2", "3", "4", "5"]);
  });

  it("make room by what would go by itself, then by the oldest told, and never by work that can be cancelled", () => {
    const toasts = new ToastState();
    const titles = () => toasts.list.map(({ title }) => title);
    toasts.info("Exporting", { lifetime: null, progress: { part: null } });
    toasts.danger("Failed");
    toasts.success("Saved");
    toasts.warning("Found");
    toasts.info("Trashed");
    expect(titles()).toEqual(["Exporting", "Failed", "Found", "Trashed"]);
    toasts.warning("Lost");
    toasts.info("Renamed");
    expect(titles()).toEqual(["Exporting", "Found", "Lost", "Renamed"]);
  });

  it("can be changed and taken away", () => {
    const toasts = new ToastState();
    const id = toasts.info("Exporting");
    toasts.update(id, { progress: { part: 0.5 } });
    expect(toasts.list[0]?.progress?.part).toBe(0.5);
    toasts.dismiss(id);
    expect(toasts.list).toEqual([]);
  });
});
