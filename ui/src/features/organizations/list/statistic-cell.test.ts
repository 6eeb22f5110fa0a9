import { render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { SummaryReading } from "../state/statistics-cache.svelte";
import StatisticCell from "./StatisticCell.svelte";

const NOTE = "The database user lacks the privilege collStats: sizes are not known.";
const reading: SummaryReading = {
  state: "read",
  documents: 12345,
  exact: false,
  dataSize: null,
  note: NOTE,
  readAt: "2026-11-23T10:00:00Z",
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime("2026-11-23T10:00:40Z");
});
afterEach(() => vi.useRealTimers());

it("shows an estimated count as one, with the reason and the age", () => {
  render(StatisticCell, { column: "documents", reading });
  expect(screen.getByTitle(NOTE, { exact: false })).toHaveTextContent("~12,345");
  expect(screen.getByTitle(/Loaded 40 s ago/)).toBeInTheDocument();
});

it("says of an unknown size why it is not there, and keeps the count beside it", () => {
  render(StatisticCell, { column: "dataSize", reading });
  expect(screen.getByTitle(NOTE, { exact: false })).toHaveTextContent("Not available");
});

it("shows what was counted as it is", () => {
  render(StatisticCell, { column: "documents", reading: { ...reading, exact: true, note: null } });
  expect(screen.getByTitle(/Loaded 40 s ago/)).toHaveTextContent(/^12,345$/);
});
