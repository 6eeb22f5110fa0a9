// Prints the gzip size of the bundle's scripts and fails over the limit.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 150_000;
const folder = new URL("../dist/assets/", import.meta.url);

let total = 0;
for (const name of readdirSync(folder).filter((entry) => entry.endsWith(".js"))) {
  const size = gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length;
  total += size;
  console.log(`${(size / 1000).toFixed(1).padStart(8)} kB  ${name}`);
}
console.log(
  `${(total / 1000).toFixed(1).padStart(8)} kB  JavaScript in total, gzip (limit ${LIMIT / 1000} kB)`,
);
if (total > LIMIT) {
  console.error("The bundle is over its limit.");
  process.exit(1);
}
