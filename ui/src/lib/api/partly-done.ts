import type { WireError } from "../bindings";
import { m } from "../messages";
import type { Sentences } from "./errors";

type Details = Extract<WireError, { code: "partly_done" }>["details"];
type Field = Details["done"][number];

/** The fields of an organization that one update can change. */
const words: Partial<Record<Field, () => string>> = {
  name: m.errors_partly_done_name,
  displayName: m.errors_partly_done_display_name,
  email: m.errors_partly_done_email,
  password: m.errors_partly_done_password,
};

function list(fields: readonly Field[]): string {
  return fields.map((field) => words[field]?.() ?? field).join(", ");
}

/** Says of each field what became of it, and why. */
export function partlyDoneSentences({ done, notDone, unclear, cause }: Details): Sentences {
  const text = [
    done.length > 0 ? m.errors_partly_done_changed({ fields: list(done) }) : "",
    notDone.length > 0 ? m.errors_partly_done_unchanged({ fields: list(notDone) }) : "",
    unclear.length > 0 ? m.errors_partly_done_unclear({ fields: list(unclear) }) : "",
    cause,
  ];
  return {
    title: m.errors_partly_done_title(),
    text: text.filter((sentence) => sentence !== "").join(" "),
    remedy: m.errors_partly_done_remedy(),
  };
}
