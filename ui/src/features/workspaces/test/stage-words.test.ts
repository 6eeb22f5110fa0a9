import { expect, it } from "vitest";
import type { Certificate } from "$lib/api";
import { stageWords } from "./stage-words";

const certificate = (subject: string, endsSoon: boolean): Certificate => ({
  subject,
  names: [],
  issuer: "Root authority",
  validFrom: "2026-01-12T00:00:00Z",
  validUntil: "2026-12-02T00:00:00Z",
  endsSoon,
});

it("a certificate of the chain that ends soon is marked, whichever it is", () => {
  const chain = [certificate("db.example", false), certificate("Issuing authority", true)];
  const words = stageWords({
    stage: "tls",
    state: "passed",
    milliseconds: 8,
    facts: { kind: "tls", version: "TLS 1.3", trusted: true, chain, leftOut: [] },
  });
  expect(words?.more).toEqual([
    { text: "db.example, issued by Root authority, valid from 12 Jan 2026 until 2 Dec 2026", warning: false },
    {
      text: "Issuing authority, issued by Root authority, valid from 12 Jan 2026 and only until 2 Dec 2026",
      warning: true,
    },
  ]);
});

it("what could not be read of the authorities is told although the server's certificate is good", () => {
  const leftOut = [
    "In the file of tlsCAFile, certificate 2 begins in line 9 and is damaged. It is left out.",
  ];
  const words = stageWords({
    stage: "tls",
    state: "passed",
    milliseconds: 8,
    facts: { kind: "tls", version: "TLS 1.3", trusted: true, chain: [], leftOut },
  });
  expect(words).toMatchObject({
    line: "TLS 1.3",
    warning: true,
    more: [{ text: leftOut[0], warning: true }],
  });
});
