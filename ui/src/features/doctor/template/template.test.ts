import { describe, expect, it, vi } from "vitest";
import { madeUpFinding } from "$fake/doctor";
import type { Environment, PassSummary } from "$lib/api";
import { Doctor } from "../state/doctor.svelte";
import { ManyMends } from "../state/many-mends.svelte";
import { ApplyPlan } from "./apply-plan.svelte";
import { IndexDraft } from "./index-draft.svelte";
import { expiryWords, indexTraits } from "./index-words";

const expiring = (name: string) =>
  madeUpFinding("index_missing", name, {
    evidence: [
      { what: "index", organization: null, metadata: "{}", storage: null },
      { what: "expires_after", organization: null, metadata: "3600", storage: null },
    ],
  });

describe("an index that deletes documents", () => {
  it("is told in the largest unit that holds the time exactly", () => {
    expect([0, 90, 120, 3_600, 2_592_000].map(expiryWords)).toEqual([
      "0 seconds",
      "90 seconds",
      "2 minutes",
      "1 hour",
      "30 days",
    ]);
  });

  it("has a single field in an order, and a time that a server takes", () => {
    const draft = new IndexDraft({ indexes: [] });
    draft.change(0, { field: "seen_at" });
    draft.expiry.on = true;
    expect(draft.index.expireAfterSeconds).toBe(2_592_000);
    expect(draft.blocked).toBeNull();
    draft.change(0, { kind: "hashed" });
    expect(draft.blocked).toBe("Only a single field, ascending or descending, deletes by age.");
    draft.change(0, { kind: "descending" });
    draft.add();
    draft.change(1, { field: "by" });
    expect(draft.blocked).toBe("Only a single field, ascending or descending, deletes by age.");
    for (const amount of ["", "-1", "1.5", "99999"]) {
      draft.expiry.change(amount, "day");
      expect(draft.expiry.blocked, amount).not.toBeNull();
    }
    draft.expiry.change("0", "second");
    expect(draft.index.expireAfterSeconds).toBe(0);
  });

  it("is confirmed as a deletion for good is", () => {
    const many = (environment: Environment, mend: "create_indexes" | "set_validator" = "create_indexes") =>
      new ManyMends([expiring("acme")], mend, environment, null);
    expect(many("local").typed).toBeNull();
    expect(many("local").expiresAfter).toBe(3_600);
    expect(many("staging").typed?.expected).toBe("acme");
    expect(many("staging", "set_validator").typed).toBeNull();
    vi.useFakeTimers();
    const { typed } = many("production");
    if (typed) typed.typed = "acme";
    expect(typed?.secondsLeft).toBe(3);
    vi.advanceTimersByTime(3_000);
    expect(typed?.blocked).toBeNull();
    vi.useRealTimers();
  });
});

describe("the name of an index", () => {
  it("is no other's, and the fields are no other index's", () => {
    const draft = new IndexDraft({
      indexes: [
        {
          keys: [{ field: "a", kind: "ascending" }],
          unique: true,
          sparse: false,
          name: "by a",
          expireAfterSeconds: 60,
        },
      ],
    });
    draft.change(0, { field: "a" });
    expect(draft.blocked).toBe("Every collection has this index already.");
    draft.change(0, { field: "b" });
    expect([draft.madeName, draft.index.name, draft.blocked]).toEqual(["b_1", null, null]);
    draft.name.value = " by a ";
    expect(draft.blocked).toBe("Another index has this name.");
    draft.name.value = "by b";
    expect([draft.index.name, draft.blocked]).toEqual(["by b", null]);
    expect(indexTraits(draft.index)).toBe("b: 1");
  });
});

it("applying waits for a run that somebody began, and looks at indexes then", async () => {
  const summary = { checkedAt: "now", groups: [] } as unknown as PassSummary;
  const ends: (() => void)[] = [];
  const runDoctor = vi.fn(() => new Promise<PassSummary>((resolve) => ends.push(() => resolve(summary))));
  const doctor = new Doctor({ runDoctor, doctorSummary: () => Promise.resolve(null), cancelJob: vi.fn() });
  const listFindings = vi.fn(() => Promise.resolve({ findings: [expiring("acme")], total: 1, groups: [] }));
  void doctor.run("quick");
  const plan = new ApplyPlan(doctor, { listFindings });
  const made = plan.make();
  expect(plan.own).toBe(false);
  ends[0]?.();
  await vi.waitFor(() => expect(plan.own).toBe(true));
  expect(runDoctor.mock.calls.map(([depth]: unknown[]) => depth)).toEqual(["quick", "deep"]);
  ends[1]?.();
  await made;
  expect(plan.lacking?.map(({ subject }) => subject)).toEqual(["acme"]);
  expect(doctor.deep, "the choice of the page is the page's").toBe(false);
});
