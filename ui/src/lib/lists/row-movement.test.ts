import { describe, expect, it } from "vitest";
import { moveRow, movementForKey, rowsInView, scrollToShow } from "./row-movement";

describe("moving the current row", () => {
  it("stays within the list at both ends", () => {
    expect(moveRow("up", 0, 50, 10)).toBe(0);
    expect(moveRow("down", 49, 50, 10)).toBe(49);
    expect(moveRow("page_down", 45, 50, 10)).toBe(49);
    expect(moveRow("page_up", 3, 50, 10)).toBe(0);
  });

  it("keeps one row of the old page in view", () => {
    expect(moveRow("page_down", 0, 50, 10)).toBe(9);
  });

  it("goes to the first and the last of all rows, not of the loaded ones", () => {
    expect(moveRow("end", 3, 100_000, 10)).toBe(99_999);
    expect(moveRow("home", 99_999, 100_000, 10)).toBe(0);
  });

  it("ignores keys that move nothing", () => {
    expect(movementForKey("a")).toBeNull();
  });
});

describe("scrolling to a row", () => {
  it("does not scroll when the row is wholly in view", () => {
    expect(scrollToShow(5, 32, 100, 320, 0)).toBe(100);
  });

  it("leaves the room of the bulk bar free", () => {
    expect(scrollToShow(9, 32, 0, 320, 60)).toBe(60);
  });

  it("aligns a row above the view with its top", () => {
    expect(scrollToShow(1, 32, 320, 320, 0)).toBe(32);
  });
});

describe("the rows in view", () => {
  it("are few, however long the list is", () => {
    expect(rowsInView(1_600_016, 640, 32, 100_000)).toEqual({ first: 50_000, last: 50_020 });
  });

  it("end with the list", () => {
    expect(rowsInView(3_199_360, 640, 32, 100_000)?.last).toBe(99_999);
  });

  it("are none in an empty list", () => {
    expect(rowsInView(0, 640, 32, 0)).toBeNull();
  });
});
