import { expect, test } from "vitest";
import { madeUpEntry } from "$fake/entries";
import { differenceOf } from "$lib/sides";
import { plainSentence, sentenceOf } from "./entry-words";
import { KINDS } from "./sentences";
import type { ActivityKind, Outcome } from "$lib/api";

test("a sentence names who did what, with the names apart from it", () => {
  const renamed = madeUpEntry(1, {
    kind: "organization_renamed",
    organizationName: "aldgate-cover",
    changes: [{ field: "name", before: "aldgate", after: "aldgate-cover" }],
  });
  expect(plainSentence(renamed)).toBe("dana@meridian.example renamed aldgate to aldgate-cover");
  expect(sentenceOf(renamed).filter(({ name }) => name)).toEqual([
    { text: "dana@meridian.example", name: true },
    { text: "aldgate", name: true },
    { text: "aldgate-cover", name: true },
  ]);
});

test("what did not take place was tried", () => {
  const entry = madeUpEntry(1, {
    kind: "organization_trashed",
    organizationName: "zephyr",
    outcome: "refused",
  });
  expect(plainSentence(entry)).toBe("dana@meridian.example tried to move zephyr to the trash");
});

test("several fields are listed", () => {
  const fields = ["email", "display_name", "password", "made_up"];
  const entry = (count: number) =>
    madeUpEntry(1, {
      kind: "organization_changed",
      organizationName: "zephyr",
      changes: fields.slice(0, count).map((field) => ({ field, before: null, after: null })),
    });
  expect(plainSentence(entry(1))).toContain("changed the address of zephyr");
  expect(plainSentence(entry(2))).toContain("changed the address and display name of zephyr");
  expect(plainSentence(entry(4))).toContain("the address, display name, password and made up of zephyr");
});

test("a name that looks like a place for a value, or like a mark, is text", () => {
  const name = "{who} \ue000 **x** <img onerror=alert(1)>";
  const entry = madeUpEntry(1, { kind: "organization_created", organizationName: name });
  expect(sentenceOf(entry).at(-1)).toEqual({ text: name, name: true });
});

test("every kind has a sentence for every outcome", () => {
  const outcomes: Outcome[] = ["done", "refused", "throttled", "failed", "undone"];
  for (const kind of Object.keys(KINDS) as ActivityKind[])
    for (const outcome of outcomes) {
      const sentence = plainSentence(
        madeUpEntry(1, { kind, outcome, organizationName: "zephyr", subject: "ines" }),
      );
      expect(sentence).toMatch(/^\S.*\S$/);
      expect(sentence).not.toMatch(/[\ue000-\ue005{}]/);
    }
});

test("a difference is what neither text shares with the other", () => {
  expect(differenceOf("aldgate", "aldgate-cover")).toEqual({
    before: { same: "aldgate", changed: "", rest: "" },
    after: { same: "aldgate", changed: "-cover", rest: "" },
  });
  expect(differenceOf("aa", "aaa").after.changed).toBe("a");
  expect(differenceOf("", "x").after).toEqual({ same: "", changed: "x", rest: "" });
  // A letter and its accent are one character for whoever reads it.
  expect(differenceOf("cafe", "cafe\u0301").after.changed).toBe("e\u0301");
});
