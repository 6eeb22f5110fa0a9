import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import type { Licences, Part } from "../src/features/about/licences";

const ui = fileURLToPath(new URL("..", import.meta.url));
const project = path.dirname(ui);

/** What is in the sources themselves: each has its licence in a file beside it. */
const IN_THE_SOURCES = [
  { name: "Inter", licence: "OFL-1.1", file: "src/fonts/LICENSE-inter.txt" },
  { name: "JetBrains Mono", licence: "OFL-1.1", file: "src/fonts/LICENSE-jetbrains-mono.txt" },
  { name: "Lucide", licence: "ISC", file: "src/lib/components/LICENSE-lucide.txt" },
];

/** For the few crates that name the MIT licence and come without its text. */
const mit = (authors: string[]) => `Copyright (c) ${authors.join(", ") || "the authors"}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

const apache = () => readFileSync(path.join(project, "LICENSE"), "utf8");

/** The texts that lie in a folder; C sources that a crate brings along have theirs one folder below. */
function textsIn(folder: string, wanted: RegExp, below = true): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return below && entry.name !== "tests" ? textsIn(place, wanted, false) : [];
    return wanted.test(entry.name) ? [readFileSync(place, "utf8")] : [];
  });
}

/** The text under which a part is in the program. Where there is a choice it is Apache-2.0, one text for most. */
function textOf(name: string, licence: string, folder: string, authors: string[]): string {
  const choice = licence.split(/ OR | ?\/ ?/);
  if (!licence.includes(" AND ") && choice.includes("Apache-2.0"))
    return [apache(), ...textsIn(folder, /^NOTICE/i, false)].join("\n");
  // `COPYING` often is the choice that is not taken.
  const files = [/^(LICEN[CS]E|UNLICENSE|COPYRIGHT|NOTICE)/i, /^COPYING/i];
  const texts = files.map((wanted) => textsIn(folder, wanted)).find(({ length }) => length > 0);
  if (texts) return [...new Set(texts)].join("\n");
  if (choice.includes("MIT")) return mit(authors);
  throw new Error(`No text of the licence ${licence} of ${name}: look at ui/scripts/licences.ts`);
}

interface Crate {
  name: string;
  version: string;
  source: string | null;
  license: string | null;
  manifest_path: string;
  authors: string[];
}

/** Every crate that is linked into the program on this system. What only builds it is no part of it. */
function crates(): [Part, string][] {
  const cargo = (...options: string[]) =>
    execFileSync("cargo", options, { cwd: project, encoding: "utf8", maxBuffer: 2 ** 28 });
  const compiler = execFileSync("rustc", ["-vV"], { encoding: "utf8" });
  const told = (what: string) => new RegExp(`^${what}: (.*)$`, "m").exec(compiler)?.[1] ?? "";
  // Without the filter cargo would fetch the crates of every system.
  const filter = `--filter-platform=${told("host")}`;
  const known = JSON.parse(cargo("metadata", "--format-version=1", "--locked", filter)) as {
    packages: Crate[];
  };
  const edges = "--edges=normal,no-proc-macro";
  const linked = new Set(
    cargo("tree", "--package=tenantry", edges, "--prefix=none", "--format={p}", "--locked")
      .split("\n")
      .map((line) => line.split(" ").slice(0, 2).join(" ")),
  );
  const parts = known.packages.filter(
    ({ name, version, source }) => source && linked.has(`${name} v${version}`),
  );
  const standard: [Part, string] = [
    { name: "Rust's standard library", version: told("release"), licence: "MIT OR Apache-2.0", text: 0 },
    apache(),
  ];
  return [
    standard,
    ...parts.map(({ name, version, license, manifest_path, authors }): [Part, string] => [
      { name, version, licence: license ?? "", text: 0 },
      textOf(name, license ?? "", path.dirname(manifest_path), authors),
    ]),
  ];
}

/** The packages that have a module in the bundle. */
function packages(modules: string[]): [Part, string][] {
  const folders = new Set(
    modules.flatMap((id) => {
      if (id.includes("/src/lib/paraglide/")) return [path.join(ui, "node_modules/@inlang/paraglide-js")];
      const folder = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
      return folder ? [folder] : [];
    }),
  );
  return [...folders].map((folder) => {
    const manifest = readFileSync(path.join(folder, "package.json"), "utf8");
    const { name, version, license } = JSON.parse(manifest) as Record<"name" | "version" | "license", string>;
    return [{ name, version, licence: license, text: 0 }, textOf(name, license, folder, [])];
  });
}

/** Every part with the text of its licence, each text once. */
function listed(parts: [Part, string][]): Licences {
  const texts = new Map<string, number>();
  return {
    parts: parts
      .map(([part, text]) => {
        const plain = text.replaceAll("\r", "").trim();
        if (!texts.has(plain)) texts.set(plain, texts.size);
        return { ...part, text: texts.get(plain) ?? 0 };
      })
      .sort((one, other) => one.name.localeCompare(other.name, "en", { sensitivity: "base" })),
    texts: [...texts.keys()],
  };
}

/** Puts `licences.json` beside the bundle: what the program is made of, under which licences. */
export function licences(): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
      const own = IN_THE_SOURCES.map(({ name, licence, file }): [Part, string] => [
        { name, version: "", licence, text: 0 },
        readFileSync(path.join(ui, file), "utf8"),
      ]);
      const source = JSON.stringify(listed([...crates(), ...packages(modules), ...own]));
      this.emitFile({ type: "asset", fileName: "licences.json", source });
    },
  };
}
