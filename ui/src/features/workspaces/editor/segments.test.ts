import { describe, expect, it } from "vitest";
import { segmentsOf } from "./segments";

const drawn = (text: string) =>
  segmentsOf(text, [])
    .filter(({ kind }) => kind !== "plain")
    .map(({ kind, text }) => `${kind}:${text}`);

describe("a connection string that is drawn", () => {
  it("is as long as the text, piece by piece", () => {
    const text = "mongodb+srv://ann:p@ss/word@host.example/db?tlsCertificateKeyFilePassword=abc&w=1";
    const pieces = segmentsOf(text, [{ start: 3, end: 9 }]);
    expect(pieces.map((piece) => piece.text).join("")).toHaveLength(text.length);
  });

  it("shows names, and dots for secrets", () => {
    expect(drawn("mongodb://ann:pass@a.example,b.example/db")).toEqual([
      "name:ann",
      "secret:••••",
      "name:a.example,b.example",
    ]);
    expect(drawn("mongodb://a.example/?tlsCertificateKeyFilePassword=key&w=1")).toEqual([
      "name:a.example",
      "secret:•••",
    ]);
  });

  it("never shows a password with signs in it that end other parts", () => {
    const text = segmentsOf("mongodb://ann:p@s:s@a.example", [])
      .map((piece) => piece.text)
      .join("");
    expect(text).toBe("mongodb://ann:•••••@a.example");
  });

  it("shows dots for a password that is only begun, and a port as it is", () => {
    expect(drawn("mongodb://ann:pas")).toEqual(["name:ann", "secret:•••"]);
    expect(drawn("mongodb://ann:27017,b:1")).toEqual(["name:ann:27017,b:1"]);
    expect(drawn("mongodb://ann:27")).toEqual(["name:ann:27"]);
  });

  it("marks the places of problems", () => {
    const bad = segmentsOf("http://a.example", [{ start: 0, end: 4 }]).filter((piece) => piece.bad);
    expect(bad.map((piece) => piece.text)).toEqual(["http"]);
  });
});
