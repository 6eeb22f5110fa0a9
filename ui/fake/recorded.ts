/**
 * Answers of the commands that parse or check what a person types, as the program gave them. The fake has no such rule
 * of its own: `src-tauri/src/commands/tests/recorded.rs` asks the commands for every input in `recorded/inputs.json`.
 */
import type { ConnectionFields, ConnectionReading } from "../src/lib/bindings";
import type { Answers } from "./commands";
import recording from "./recorded/answers.json?raw";

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    each !== null && typeof each === "object" && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );

const answers = new Map<string, unknown>();
const readings = new Map<string, ConnectionReading>();
const entries = JSON.parse(recording) as Record<string, { input: object; answer: unknown }[]>;
for (const [command, all] of Object.entries(entries)) {
  for (const { input, answer } of all) {
    answers.set(command + canonical(input), answer);
    // A string that was written is read as it was answered.
    if (command === "write_connection_string")
      readings.set((answer as ConnectionReading).text, answer as ConnectionReading);
  }
}

/** What was asked for in vain since this was last emptied: the tests' setup fails on it. */
export const unrecorded: string[] = [];

/** The recorded answer of a command. */
export function recorded<Command extends keyof Answers>(command: Command, input: object): Answers[Command] {
  const answer = answers.get(command + canonical(input));
  if (answer !== undefined) return structuredClone(answer) as Answers[Command];
  const missing =
    `No answer of ${command} is recorded for ${JSON.stringify(input)}. Add this input to ` +
    "ui/fake/recorded/inputs.json and run UPDATE_FIXTURES=1 cargo test -p tenantry --lib recorded";
  unrecorded.push(missing);
  throw new Error(missing);
}

/** A connection string, read. */
export function readingOf(text: string): ConnectionReading {
  const written = readings.get(text);
  return written ? structuredClone(written) : recorded("read_connection_string", { text });
}

/** A connection string, changed to say what the fields say. */
export function writingOf(text: string, fields: ConnectionFields): ConnectionReading {
  const before: Partial<ConnectionFields> = readingOf(text).fields ?? {};
  const changed = Object.entries(fields).filter(
    ([name, value]) => canonical(value) !== canonical(before[name as keyof ConnectionFields]),
  );
  return recorded("write_connection_string", { text, fields: Object.fromEntries(changed) });
}
