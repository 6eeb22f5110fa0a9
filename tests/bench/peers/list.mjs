// Reads the list of organizations with the Node driver, on command: one line in, the seconds it took out.
import { createWriteStream } from "node:fs";
import { createRequire } from "node:module";
import { once } from "node:events";
import { createInterface } from "node:readline";

// Installed in the cache, not beside this file.
const { MongoClient } = createRequire(`${process.env.NODE_PATH}/`)("mongodb");

const [, , uri, database, target] = process.argv;
const FIELDS = [
  "_id",
  "organization_name",
  "console.display_name",
  "is_active",
  "admin_email",
  "collection_name",
  "created_at",
  "updated_at",
];
const client = await new MongoClient(uri).connect();
const organizations = client.db(database).collection("organizations");

function cell(document, field) {
  const value = field.split(".").reduce((inner, part) => inner?.[part], document);
  const text = value instanceof Date ? value.toISOString() : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const acts = {
  async page() {
    return (await organizations.find().sort({ organization_name: 1 }).limit(100).toArray()).length;
  },
  async read() {
    let rows = 0;
    for await (const _ of organizations.find().sort({ organization_name: 1 })) rows += 1;
    return rows;
  },
  async export() {
    const file = createWriteStream(target);
    const projection = Object.fromEntries(FIELDS.map((field) => [field, 1]));
    let rows = 0;
    let text = `${FIELDS.join(",")}\r\n`;
    for await (const document of organizations.find({}, { projection }).sort({ organization_name: 1 })) {
      text += `${FIELDS.map((field) => cell(document, field)).join(",")}\r\n`;
      rows += 1;
      if (text.length > 65_536) {
        if (!file.write(text)) await once(file, "drain");
        text = "";
      }
    }
    file.end(text);
    await once(file, "finish");
    return rows;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const rows = await acts[line.trim()]();
  console.log((performance.now() - start) / 1000, rows);
}
await client.close();
