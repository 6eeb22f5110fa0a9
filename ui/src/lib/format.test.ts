import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatCountdown,
  formatDay,
  formatDuration,
  formatExactBytes,
  formatFullTime,
  formatRelativeTime,
  formatShortCount,
} from "$lib/format";

const plain = (text: string) => text.replaceAll("\u202f", " ");

describe("counts", () => {
  it("are grouped and exact", () => expect(formatCount(8_412_775)).toBe("8,412,775"));
  it("say zero as 0", () => expect(formatCount(0)).toBe("0"));
  it("say unknown in words", () => expect(formatCount(null)).toBe("Not available"));
  it.each([
    [999_999, "999,999"],
    [1_000_000, "1.0 M"],
    [318_400_000, "318.4 M"],
    [2_500_000_000, "2.5 G"],
  ])("shorten %d for a tile", (value, text) => expect(plain(formatShortCount(value))).toBe(text));
});

describe("sizes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.00 kB"],
    [2_300, "2.30 kB"],
    [99_994, "99.99 kB"],
    [99_996, "100.0 kB"],
    [918_400_000, "918.4 MB"],
    [999_949_000, "999.9 MB"],
    [999_950_000, "1.00 GB"],
    [41_800_000_000, "41.80 GB"],
    [1_500_000_000_000, "1.50 TB"],
  ])("of %d bytes are decimal and round within their unit", (value, text) =>
    expect(plain(formatBytes(value))).toBe(text),
  );
  it("are joined by a narrow no-break space", () => expect(formatBytes(1_000)).toBe("1.00\u202fkB"));
  it("say unknown in words", () => expect(formatBytes(null)).toBe("Not available"));
  it("are exact in the tooltip", () =>
    expect(plain(formatExactBytes(19_340_000_123))).toBe("19,340,000,123 B"));
});

describe("times", () => {
  const now = new Date(2026, 10, 23, 14, 30, 0);
  const ago = (milliseconds: number) => new Date(now.getTime() - milliseconds).toISOString();
  const MINUTE = 60_000;
  const HOUR = 60 * MINUTE;
  it.each([
    [0, "just now"],
    [59_000, "just now"],
    [6 * MINUTE, "6 min ago"],
    [59 * MINUTE, "59 min ago"],
    [3 * HOUR, "3 h ago"],
    [14 * HOUR, "14 h ago"],
    [15 * HOUR, "yesterday"],
    [48 * HOUR, "2 days ago"],
    [6 * 24 * HOUR, "6 days ago"],
    [7 * 24 * HOUR, "16 Nov 2026"],
  ])("%d ms ago", (age, text) => expect(formatRelativeTime(ago(age), now)).toBe(text));
  it("a little in the future are now, because two clocks never agree", () =>
    expect(formatRelativeTime(ago(-30_000), now)).toBe("just now"));
  it("after midnight stay hours for a while", () => {
    const night = new Date(2026, 10, 23, 1, 0, 0);
    expect(formatRelativeTime(new Date(night.getTime() - 2 * HOUR).toISOString(), night)).toBe("2 h ago");
  });
  it("have a day with the month's name", () =>
    expect(formatDay(new Date(2023, 1, 8, 12).toISOString())).toBe("8 Feb 2023"));
  it("have a 24 hour clock", () => expect(formatClock(new Date(2023, 1, 8, 4, 5, 6))).toBe("04:05:06"));
  it("in full name their zone", () =>
    expect(formatFullTime(new Date(2023, 1, 8, 14, 32, 8).toISOString())).toMatch(
      /^8 Feb 2023, 14:32:08 \S+/,
    ));
});

describe("durations", () => {
  it.each([
    [0, "<1 ms"],
    [12, "12 ms"],
    [999.4, "999 ms"],
    [999.6, "1 s"],
    [1_400, "1.4 s"],
    [46_000, "46 s"],
    [120_000, "2 min"],
    [46 * 3_600_000, "46 h"],
  ])("of %d ms", (value, text) => expect(plain(formatDuration(value))).toBe(text));
  it.each([
    [29 * 60_000 - 1, "29 min"],
    [121_000, "3 min"],
    [60_000, "60 s"],
    [900, "1 s"],
    [-5, "0 s"],
  ])("that run out, %d ms before", (value, text) => expect(plain(formatCountdown(value))).toBe(text));
});

describe("stored dates", () => {
  it("that are not known are said to be, and are not 1970", () => {
    for (const format of [formatDay, formatRelativeTime]) expect(format(null)).toBe("Not known");
    expect(formatFullTime(null)).toMatch(/has no date/);
  });
  it.each([
    ["1899-12-31T23:59:59.999Z", "Before 1900"],
    ["-271821-04-20T00:00:00.000Z", "Before 1900"],
    ["+010000-01-01T00:00:00.000Z", "After 9999"],
    // What even the web view's own dates do not hold.
    ["+292278994-08-17T07:12:55.807Z", "After 9999"],
  ])("beyond every calendar are told, and stay in full as they are: %s", (time, told) => {
    expect(formatDay(time)).toBe(told);
    expect(formatRelativeTime(time)).toBe(told);
    expect(formatFullTime(time)).toBe(time);
  });
  it("at the ends of calendars are dates", () => {
    expect(formatDay("1900-01-02T12:00:00.000Z")).toBe("2 Jan 1900");
    expect(formatDay("9999-12-30T12:00:00.000Z")).toBe("30 Dec 9999");
  });
});
