import { describe, expect, it } from "vitest";
import { oneLine, segmentsOf } from "./segments";

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

  it("hides all of a command or a line of settings until the program has said what is secret in it", () => {
    for (const text of [
      'mongosh "mongodb+srv://c.example/" --username ann --password Pl4nted',
      'MONGODB_URL="mongodb://ann:Pl4nted@a.example"',
      "mongosh --host a.example -u ann -pPl4nted",
      "mongodb+srv://c.example/ --username ann --password Pl4nted",
      'mongodb+srv://c.example/ \\ -u ann -p "Pl4nted"',
    ]) {
      const pieces = segmentsOf(text, []).map((piece) => piece.text);
      expect(pieces.join("")).toHaveLength(text.length);
      expect(pieces.join("")).not.toContain("Pl4nted");
    }
  });

  it("shows what is still to be typed, and hides a password that was typed between the brackets", () => {
    expect(drawn("mongodb://ann:<db_password>@a.example")).toEqual(["name:ann", "name:a.example"]);
    expect(drawn("mongodb://ann:<Pl4nted>@a.example")).toEqual([
      "name:ann",
      "secret:•••••••••",
      "name:a.example",
    ]);
  });

  it("does not look for the password's end in the options", () => {
    expect(drawn("mongodb://ann:pass@a.example/?appName=@shop@")).toEqual([
      "name:ann",
      "secret:••••",
      "name:a.example",
    ]);
    expect(drawn("mongodb://ann:pa?ss@a.example")).toEqual(["name:ann", "secret:•••••", "name:a.example"]);
  });
});

describe("a text of several lines", () => {
  it("is put together again when a connection string was wrapped, and else keeps its words apart", () => {
    expect(oneLine("mongodb://ann@a.example/\n?w=1")).toBe("mongodb://ann@a.example/?w=1");
    expect(oneLine("A=1\r\nMONGODB_URL=mongodb://a.example\nB=2")).toBe(
      "A=1 MONGODB_URL=mongodb://a.example B=2",
    );
  });
});
