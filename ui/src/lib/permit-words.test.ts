import { expect, it } from "vitest";
import { exceeds } from "./permit-words";

it("permits more when either the environment or the access does", () => {
  const production = { environment: "production", access: "locked" } as const;
  expect(exceeds({ environment: "local", access: "locked" }, production)).toBe(true);
  expect(exceeds({ environment: "production", access: "read_write" }, production)).toBe(true);
  expect(exceeds(production, production)).toBe(false);
  expect(exceeds({ environment: "production", access: "read_only" }, production)).toBe(false);
});
