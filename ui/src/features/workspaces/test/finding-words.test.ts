import { describe, expect, it } from "vitest";
import type { Finding, FindingCode } from "$lib/api";
import { findingWords } from "./finding-words";

/** Every code, in a table that the compiler keeps complete. */
const codes = Object.keys({
  string_malformed: true,
  host_unknown: true,
  srv_not_found: true,
  srv_foreign_domain: true,
  look_up_failed: true,
  connection_refused: true,
  connection_silent: true,
  no_route: true,
  access_list: true,
  certificate_unknown_authority: true,
  certificate_wrong_name: true,
  certificate_expired: true,
  certificate_not_yet_valid: true,
  certificate_file: true,
  client_certificate_needed: true,
  tls_expected_by_server: true,
  tls_not_expected_by_server: true,
  tls_failed: true,
  credentials_refused: true,
  wrong_auth_source: true,
  mechanism_refused: true,
  no_privilege: true,
  server_too_old: true,
  no_primary: true,
  wrong_replica_set: true,
  not_mongodb: true,
  closed_by_server: true,
  took_too_long: true,
  other: true,
} satisfies Record<FindingCode, true>) as FindingCode[];

const nothingKnown: Finding["facts"] = {
  host: null,
  database: null,
  user: null,
  authSource: null,
  otherAuthSource: null,
  certificate: null,
  version: null,
  domain: null,
  foreignHost: null,
  problem: null,
  start: null,
  end: null,
  missing: [],
  percentInPassword: false,
  atlas: false,
};
const finding = (code: FindingCode, facts: Partial<Finding["facts"]> = {}): Finding => ({
  code,
  stage: "read",
  tab: "general",
  technical: "",
  facts: { ...nothingKnown, ...facts },
});

describe("a finding", () => {
  it.each(codes)("%s has words of its own, also when little is known", (code) => {
    const words = findingWords(finding(code));
    for (const sentence of [words.title, words.cause, words.remedy, words.edit]) {
      expect(sentence).toMatch(/^\p{L}|^[<{]/u);
      expect(sentence).not.toMatch(/null|undefined|\{|\}/);
    }
    expect(words.title).not.toMatch(/\.$/);
    expect(words.remedy).toMatch(/\.$/);
  });

  it("has a title that no other has", () => {
    const titles = codes.map((code) => findingWords(finding(code)).title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it("names the access list of Atlas where the cluster is one", () => {
    expect(findingWords(finding("access_list", { atlas: true })).remedy).toContain("Network Access");
    expect(findingWords(finding("no_primary", { atlas: true })).cause).toContain("access list");
    expect(findingWords(finding("access_list")).remedy).not.toContain("Atlas");
  });

  it("says what is known of the certificate", () => {
    const certificate = {
      subject: "a.example",
      names: ["a.example", "b.example"],
      issuer: "Meridian Internal CA",
      validFrom: "2025-01-12T00:00:00Z",
      validUntil: "2026-01-12T00:00:00Z",
      endsSoon: true,
    };
    const wrong = findingWords(finding("certificate_wrong_name", { host: "db.example", certificate }));
    expect(wrong.cause).toBe("It is for a.example, b.example, not db.example.");
    const expired = findingWords(finding("certificate_expired", { certificate }));
    expect(expired.cause).toContain("12 Jan 2026");
  });

  it("offers to put right what can be put right without typing", () => {
    expect(findingWords(finding("wrong_auth_source", { otherAuthSource: "admin" })).fix?.change).toEqual({
      authSource: "admin",
    });
    expect(findingWords(finding("wrong_auth_source")).fix).toBeNull();
    expect(findingWords(finding("tls_expected_by_server")).fix?.change).toEqual({ tls: "on" });
    expect(findingWords(finding("tls_not_expected_by_server")).fix).toBeNull();
  });

  it("asks for a user where the string names none, and for rights where it does", () => {
    expect(findingWords(finding("no_privilege")).title).toBe("The server requires a user");
    const signedIn = findingWords(finding("no_privilege", { user: "dana", database: "tenants" }));
    expect(signedIn.title).toBe("This user lacks permissions on tenants");
  });
});
