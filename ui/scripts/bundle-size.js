// Prints the gzip size of the bundle's scripts, and of those that the start screen waits for; fails over a limit.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

// Operators, people, their dialogs and the steps of a sign-in take 18 kB, the activity record 14 kB, live sessions and
// the settings of a workspace 4 kB, which the start screen does not wait for. Nor does it wait for the doctor with its
// mends and the template, both sides of a finding beside each other, bundles with moves and masking, the import,
// deletions for good of one or many with their certificates, and the comparison of what somebody else has changed:
// 58 kB together.
const LIMITS = { total: 248_000, start: 70_000 };
const dist = new URL("../dist/", import.meta.url);

const sizes = new Map(
  readdirSync(new URL("assets/", dist))
    .filter((name) => name.endsWith(".js"))
    .map((name) => [name, gzipSync(readFileSync(new URL(`assets/${name}`, dist)), { level: 9 }).length]),
);
const page = readFileSync(new URL("index.html", dist), "utf8");
const start = [...page.matchAll(/(?:src|href)="\/assets\/([^"]+\.js)"/g)].map(([, name]) => name);
const sum = (names) => names.reduce((total, name) => total + sizes.get(name), 0);
const shown = (size) => `${(size / 1000).toFixed(1).padStart(8)} kB`;

for (const [name, size] of sizes) console.log(`${shown(size)}  ${name}`);
let over = false;
for (const [what, names, limit] of [
  ["of the start screen", start, LIMITS.start],
  ["in total", [...sizes.keys()], LIMITS.total],
]) {
  console.log(`${shown(sum(names))}  JavaScript ${what}, gzip (limit ${limit / 1000} kB)`);
  over ||= sum(names) > limit;
}
if (over) {
  console.error("The bundle is over its limit.");
  process.exit(1);
}
