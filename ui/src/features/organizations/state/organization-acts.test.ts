import { describe, expect, it } from "vitest";
import type { Act, OrganizationView, SessionView } from "$lib/api";
import { madeUpOrganization } from "$fake/data";
import { offeredActs, offeredBulkActs, deactivatesAtOnce } from "./organization-acts";

const every: Act[] = ["list", "create", "change", "deactivate", "trash", "restore", "delete_forever"];

function session(role: SessionView["role"], acts: Act[], organizationId: string | null = null): SessionView {
  return {
    account: "operator:1",
    role,
    name: "Dana",
    email: "dana@example.test",
    organizationId,
    expiresAt: "2026-11-23T12:00:00Z",
    may: acts,
  };
}

const organization = (change: Partial<OrganizationView> = {}) =>
  madeUpOrganization("acme", { id: "1", ...change });

describe("the acts that are offered", () => {
  it("are all of a live organization's to an operator", () => {
    expect(offeredActs(session("operator", every), organization())).toEqual([
      "edit",
      "rename",
      "deactivate",
      "trash",
    ]);
  });

  it("are only restoring and deleting for good in the trash", () => {
    expect(offeredActs(session("operator", every), organization({ status: "trashed" }))).toEqual([
      "restore",
      "delete_forever",
    ]);
  });

  it("let an organization admin rename their own and no other organization", () => {
    const admin = session("organization_admin", ["list", "change", "trash"], "1");
    expect(offeredActs(admin, organization())).toContain("rename");
    expect(offeredActs(admin, organization({ id: "2" }))).not.toContain("rename");
  });

  it("are none for a viewer", () => {
    expect(offeredActs(session("viewer", ["list"], "1"), organization())).toEqual([]);
  });

  it("in bulk hold what at least one of the rows can take", () => {
    expect(offeredBulkActs(session("operator", every), ["active", "deactivated"])).toEqual([
      "deactivate",
      "reactivate",
      "trash",
    ]);
    expect(offeredBulkActs(session("operator", every), ["deactivated"])).toEqual(["reactivate", "trash"]);
    expect(offeredBulkActs(session("operator", every), ["trashed"])).toEqual(["delete_forever"]);
    expect(offeredBulkActs(session("viewer", ["list"], "1"), ["active"])).toEqual([]);
  });
});

describe("deactivating", () => {
  it("runs at once on local and development workspaces only", () => {
    expect(deactivatesAtOnce("local", 1)).toBe(true);
    expect(deactivatesAtOnce("development", 10)).toBe(true);
    expect(deactivatesAtOnce("staging", 1)).toBe(false);
    expect(deactivatesAtOnce("production", 1)).toBe(false);
  });

  it("asks everywhere when it touches more than ten", () => {
    expect(deactivatesAtOnce("local", 11)).toBe(false);
  });
});
