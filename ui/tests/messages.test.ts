import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "svelte/compiler";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");

function filesBelow(folder: string, endings: string[]): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((name) => !name.includes("paraglide") && endings.some((ending) => name.endsWith(ending)));
}

const settings = JSON.parse(readFileSync(path.join(root, "project.inlang/settings.json"), "utf8")) as {
  "plugin.inlang.messageFormat": { pathPattern: string[] };
};
const catalogs = settings["plugin.inlang.messageFormat"].pathPattern.map((pattern) =>
  pattern.replace("./", "").replace("{locale}", "en"),
);
const keysOf = (catalog: string) =>
  Object.keys(JSON.parse(readFileSync(path.join(root, catalog), "utf8")) as object).filter(
    (key) => key !== "$schema",
  );
const keys = catalogs.flatMap(keysOf);

const sources = filesBelow("src", [".svelte", ".ts"]).filter((name) => !name.endsWith(".test.ts"));
const used = new Set(
  sources.flatMap((name) =>
    [...readFileSync(path.join(root, name), "utf8").matchAll(/\bm\s*\.\s*([a-z][A-Za-z0-9_]*)/g)].map(
      (match) => match[1] ?? "",
    ),
  ),
);

describe("the message catalogs", () => {
  it("are all named in the settings", () => {
    expect(filesBelow("messages", [".json"]).sort()).toEqual([...catalogs].sort());
  });

  it("hold every message that the sources use", () => {
    expect([...used].filter((key) => !keys.includes(key))).toEqual([]);
  });

  it("hold no message that nothing uses", () => {
    expect(keys.filter((key) => !used.has(key))).toEqual([]);
  });

  it("hold no key twice", () => {
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it("have no empty message", () => {
    const empty = catalogs.flatMap((catalog) =>
      Object.entries(JSON.parse(readFileSync(path.join(root, catalog), "utf8")) as object).filter(
        ([, text]) => text === "",
      ),
    );
    expect(empty).toEqual([]);
  });
});

interface Node {
  type: string;
  name?: string;
  data?: string;
  [key: string]: unknown;
}

const SPOKEN = new Set([
  "aria-label",
  "aria-description",
  "title",
  "placeholder",
  "alt",
  "label",
  "text",
  "hint",
]);
/** Names that are the same in every language: products, units, keys. */
const NOT_WORDS = /^(SQLite|MongoDB|Tenantry|kB|MB|GB|TB|ms|s|Enter|Esc|N|E|F2|Del|Ctrl|Cmd)$/;

/** The literal words of a component's markup: text between tags, and attributes that are read out or shown. */
export function literalWords(source: string): string[] {
  const found: string[] = [];
  const note = (text: string) => {
    const trimmed = text.trim();
    if (/\p{L}{2,}/u.test(trimmed) && !NOT_WORDS.test(trimmed)) found.push(trimmed);
  };
  // Inside braces only what is shown as it stands: a text, or one of two.
  const express = (node: Node | undefined): void => {
    if (node?.type === "Literal" && typeof node.value === "string") note(node.value);
    if (node?.type === "TemplateLiteral")
      for (const quasi of node.quasis as { value: { cooked: string } }[]) note(quasi.value.cooked);
    if (node?.type === "ConditionalExpression" || node?.type === "LogicalExpression")
      for (const part of [node.consequent, node.alternate, node.left, node.right]) express(part as Node);
  };
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (typeof node !== "object" || node === null) return;
    const { type, name, value, data, expression } = node as Node;
    if (type === "Attribute") {
      if (!name || !SPOKEN.has(name)) return;
      for (const part of [value].flat() as Node[]) {
        if (part.type === "Text") note(part.data ?? "");
        else if (part.type === "ExpressionTag") express(part.expression as Node);
      }
    } else if (type?.endsWith("Directive")) return;
    else if (type === "Text") note(data ?? "");
    else if (type === "ExpressionTag") express(expression as Node);
    else
      for (const [key, child] of Object.entries(node))
        if (!["expression", "parent", "metadata"].includes(key)) walk(child);
  };
  walk(parse(source, { modern: true }).fragment);
  return found;
}

describe("components", () => {
  it.each(sources.filter((name) => name.endsWith(".svelte")))("%s has no word of its own", (name) => {
    expect(literalWords(readFileSync(path.join(root, name), "utf8"))).toEqual([]);
  });

  it("are searched where words can hide", () => {
    const source = `<p>Hello there</p><Field label="Name" id="x" class="row">{#if a}<b title="Gone {b}">{c}</b>{/if}{d ? "Left" : e}</Field><Button size="sm" label={f ? "Yes" : m.no()} />`;
    expect(literalWords(source)).toEqual(["Hello there", "Name", "Gone", "Left", "Yes"]);
  });
});
