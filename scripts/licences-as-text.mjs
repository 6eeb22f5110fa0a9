// scripts/licences-as-text.mjs < ui/dist/licences.json: the same list to be read, each text once.
import { readFileSync } from "node:fs";

const { parts, texts } = JSON.parse(readFileSync(0, "utf8"));
const line = "=".repeat(80);

console.log(`Tenantry is under the Apache License 2.0, the text of which is among those below.
It is made of the parts listed here, each under a licence of its own, as its makers write it.`);
texts.forEach((text, index) => {
  console.log(`\n${line}`);
  for (const part of parts.filter((one) => one.text === index))
    console.log(`${part.name} ${part.version}: ${part.licence}`.replace(" :", ":"));
  console.log(`${line}\n\n${text}`);
});
