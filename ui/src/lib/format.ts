import { m } from "./messages";

/** Holds a number and its unit together and is narrower than a space. */
const NARROW_SPACE = "\u202f";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const twoDecimals = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const monthName = new Intl.DateTimeFormat("en-US", { month: "short" });
const zoneName = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" });

/** A count, exact and grouped: 8,412,775. Null is unknown and reads "Not available". */
export function formatCount(value: number | null): string {
  return value === null ? m.common_not_available() : grouped.format(value);
}

/** A count for a tile: from a million on one decimal, 318.4 M. */
export function formatShortCount(value: number): string {
  const steps = [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
  ] as const;
  for (const [size, unit] of steps) {
    if (value >= size) return `${oneDecimal.format(value / size)}${NARROW_SPACE}${unit}`;
  }
  return grouped.format(value);
}

/** A size in decimal units, as number and unit apart, for columns where the decimals line up. */
export function splitBytes(size: number): { number: string; unit: string } {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let scaled = size;
  let index = 0;
  // 999.95 would be written as 1,000.0: the next unit starts where the rounding does.
  while (scaled >= 999.95 && index < units.length - 1) {
    scaled /= 1000;
    index += 1;
  }
  const unit = units[index] ?? "B";
  if (index === 0) return { number: grouped.format(scaled), unit };
  return { number: (scaled < 99.995 ? twoDecimals : oneDecimal).format(scaled), unit };
}

/** A size in one piece: 19.34 GB. Null is unknown and reads "Not available". */
export function formatBytes(size: number | null): string {
  if (size === null) return m.common_not_available();
  const { number, unit } = splitBytes(size);
  return `${number}${NARROW_SPACE}${unit}`;
}

/** A size to the byte, for the tooltip beside {@link formatBytes}. */
export function formatExactBytes(value: number): string {
  return `${grouped.format(value)}${NARROW_SPACE}B`;
}

function startOfDay(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}

/** Words for a date that is unknown or that no calendar shows; null for any other. Rust decides what is stored. */
function toldDate(time: string | null): string | null {
  if (time === null) return m.format_not_known();
  // Years of more than four digits have a sign.
  if (time.startsWith("+")) return m.format_after_9999();
  return time.startsWith("-") || time.slice(0, 4) < "1900" ? m.format_before_1900() : null;
}

/** A day: 8 Feb 2023. */
export function formatDay(time: string | null): string {
  const told = toldDate(time);
  if (time === null || told !== null) return told ?? "";
  const date = new Date(time);
  return `${date.getDate()} ${monthName.format(date)} ${date.getFullYear()}`;
}

const twoDigits = (value: number) => String(value).padStart(2, "0");

/** The time of day: 14:32:08. */
export function formatClock(time: string | Date): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
}

/**
 * How long ago: just now, 6 min ago, 3 h ago, yesterday, 2 days ago (to 6), then 8 Feb 2023. A time in the
 * future, which clocks of two computers make possible, is "just now" up to a minute and a date after it.
 */
export function formatRelativeTime(time: string | null, now: Date = new Date()): string {
  if (time === null || toldDate(time) !== null) return formatDay(time);
  const date = new Date(time);
  const age = now.getTime() - date.getTime();
  if (age < -MINUTE) return formatDay(time);
  if (age < MINUTE) return m.format_just_now();
  if (age < HOUR) return m.format_minutes_ago({ count: Math.floor(age / MINUTE) });
  const days = Math.round((startOfDay(now) - startOfDay(date)) / DAY);
  if (days === 0 || age < 6 * HOUR) return m.format_hours_ago({ count: Math.floor(age / HOUR) });
  if (days === 1) return m.format_yesterday();
  if (days <= 6) return m.format_days_ago({ count: days });
  return formatDay(time);
}

/**
 * A time in full, local, with its zone: 8 Feb 2023, 14:32:08 GMT+1. For tooltips. A date that no calendar shows stays
 * as it is stored.
 */
export function formatFullTime(time: string | null): string {
  if (time === null) return m.format_not_known_why();
  if (toldDate(time) !== null) return time;
  const date = new Date(time);
  const zone = zoneName.formatToParts(date).find((part) => part.type === "timeZoneName")?.value ?? "";
  return `${formatDay(time)}, ${formatClock(date)} ${zone}`.trim();
}

/** A duration: <1 ms, 12 ms, 1.4 s, 46 s, 12 min, 46 h. */
export function formatDuration(milliseconds: number): string {
  const join = (value: string | number, unit: string) => `${value}${NARROW_SPACE}${unit}`;
  if (milliseconds < 1) return join("<1", "ms");
  if (milliseconds < 999.5) return join(Math.round(milliseconds), "ms");
  if (milliseconds < 9_950) return join(oneDecimal.format(milliseconds / 1000).replace(/\.0$/, ""), "s");
  if (milliseconds < 99_500) return join(Math.round(milliseconds / 1000), "s");
  if (milliseconds < 99.5 * MINUTE) return join(Math.round(milliseconds / MINUTE), "min");
  return join(Math.round(milliseconds / HOUR), "h");
}

/** The rest of a time that runs out: whole minutes, seconds in the last one. 29 min, 48 s. */
export function formatCountdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return seconds > 60 ? `${Math.ceil(seconds / 60)}${NARROW_SPACE}min` : `${seconds}${NARROW_SPACE}s`;
}

/** The rest of some minutes, to the second, rounded up: 9:41, 0:08. */
export function formatMinutes(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${twoDigits(seconds % 60)}`;
}
