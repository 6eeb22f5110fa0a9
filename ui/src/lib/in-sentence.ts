/** So many characters of a text fit into a sentence; a name that other software wrote may have any number. */
const LONGEST = 400;

/** Letters that are written from right to left, and characters that change the direction of what follows them. */
const CHANGES_DIRECTION =
  /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]|[\ud802-\ud803\ud83a-\ud83b]/;

/** Starts, and ends, an isolate: what is inside it changes the direction of nothing outside (UAX #9). */
const [ISOLATE, END] = ["\u2068", "\u2069"];

/**
 * A value as it stands in a sentence. Every message puts its values in by this: `vite.config.ts` writes the call. A
 * text with another direction stays between its own ends, and a very long one is cut.
 */
export function inSentence<Value>(value: Value): Value | string {
  if (typeof value !== "string") return value;
  const text = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  if (!CHANGES_DIRECTION.test(text)) return text;
  // Marks of the text's own would end the isolate early, or leave it open.
  return ISOLATE + text.replace(/[\u2066-\u2069]/g, "") + END;
}
