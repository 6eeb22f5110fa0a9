import { expect, test } from "vitest";
import { inSentence } from "./in-sentence";
import { m } from "./messages";

test("a usual text is itself in a sentence", () => {
  expect(m.organizations_done_deactivate({ name: "Åcme 組織 & Söhne" })).toBe(
    "Åcme 組織 & Söhne deactivated",
  );
  expect(inSentence(7)).toBe(7);
});

test("a text that changes the direction ends with itself", () => {
  for (const name of ["abc\u202etxt", "חברה", "شركة", "\u{10800}"])
    expect(m.organizations_done_deactivate({ name })).toBe(`\u2068${name}\u2069 deactivated`);
  // Marks that would end the isolate before the name does.
  expect(m.organizations_done_deactivate({ name: "a\u2069\u202eb" })).toBe(
    "\u2068a\u202eb\u2069 deactivated",
  );
});

test("a very long text is cut in a sentence", () => {
  const said = m.organizations_done_deactivate({ name: "x".repeat(50_000) });
  expect(said).toBe(`${"x".repeat(400)}… deactivated`);
});

test("the values of a plural are put in the same way", () => {
  const said = m.dialogs_rename_documents({ count: 2, shown: "\u202e2" });
  expect(said).toBe("\u2068\u202e2\u2069 kept in place, none copied");
});
