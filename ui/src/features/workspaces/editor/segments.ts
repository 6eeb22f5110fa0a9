/** A piece of a connection string in the drawing. */
export interface Segment {
  readonly text: string;
  readonly kind: "plain" | "name" | "secret";
  /** Whether it contains a problem. */
  readonly bad: boolean;
}

export interface Mark {
  readonly start: number;
  readonly end: number;
}

const SCHEME = /^\s*mongodb(\+srv)?:\/\//i;
const SECRET_OPTION = /([?&][^=&]*password=)([^&]*)/gi;
const DOT = "\u2022";
const STRING_INSIDE = /mongodb(\+srv)?:\/\//i;
const BEGINS_WITH_STRING = /^\s*["'`]?mongodb(\+srv)?:\/\//i;
const PASSWORD_FLAG = /(^|\s)-p\S*|(password|passwd|secret)["']?\s*[=:\s]/i;
const FLAGS_BEHIND = /\s\\?(--[a-z]|-[up]\b)/i;
/** What templates have in place of a password. */
const PLACEHOLDER =
  /^(<((your|my|enter|the)[_ -]?)?((database|db|user|db_?user)[_ -]?)?(password|passwd|pass|pwd|secret)([_ -]?here)?>|\$\{[\w. -]+\}|\{\{[\w. -]+\}\})$/i;

/** A wrapped connection string is one word; any other text with one word per line keeps them apart. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, BEGINS_WITH_STRING.test(text) ? "" : " ");
}

/** The position of the character that ends user and password: the last one outside the values of options. */
function endOfUser(text: string): number {
  const question = text.indexOf("?");
  const before = question < 0 ? -1 : text.lastIndexOf("@", question);
  const options = text.slice(question + 1).split("&");
  const isOfOptions = before >= 0 && options.every((option) => !/^[^=]*@/.test(option));
  return isOfOptions ? before : text.lastIndexOf("@");
}

/**
 * Cuts a connection string for the drawing. Every piece is exactly as long as the typed text, with a dot for each
 * character of a secret, so that the drawing lies under the edited text.
 */
export function segmentsOf(text: string, marks: readonly Mark[]): Segment[] {
  const kinds = new Array<Segment["kind"]>(text.length).fill("plain");
  const paint = (start: number, end: number, kind: Segment["kind"]) => kinds.fill(kind, start, end);

  const start = SCHEME.exec(text)?.[0].length;
  if (start !== undefined) {
    const at = endOfUser(text);
    const hosts = at < start ? start : at + 1;
    if (at >= start) {
      const colon = text.slice(start, at).indexOf(":");
      paint(start, colon < 0 ? at : start + colon, "name");
      if (colon >= 0 && !PLACEHOLDER.test(text.slice(start + colon + 1, at)))
        paint(start + colon + 1, at, "secret");
    }
    // A user and the start of a password, before the character that ends it is typed.
    const begun = at < start ? /^[^:/?,@]+:(?!\d*(?:[,/?]|$))/.exec(text.slice(start)) : null;
    const rest = text.slice(hosts).search(/[/?]/);
    if (begun) {
      paint(start, start + begun[0].length - 1, "name");
      paint(start + begun[0].length, text.length, "secret");
    } else paint(hosts, rest < 0 ? text.length : hosts + rest, "name");
  }
  for (const found of text.matchAll(SECRET_OPTION)) {
    const from = found.index + (found[1]?.length ?? 0);
    paint(from, from + (found[2]?.length ?? 0), "secret");
  }
  // Text around a string, or a password without a string: until Rust has said what is secret in it, all of it is
  // hidden.
  const flags = text.search(FLAGS_BEHIND);
  if (start === undefined && (STRING_INSIDE.test(text) || PASSWORD_FLAG.test(text)))
    paint(0, text.length, "secret");
  else if (start !== undefined && flags >= 0) paint(flags, text.length, "secret");

  const isBad = (index: number) => marks.some((mark) => index >= mark.start && index < mark.end);
  const segments: Segment[] = [];
  let from = 0;
  for (let index = 1; index <= text.length; index += 1) {
    if (index < text.length && kinds[index] === kinds[from] && isBad(index) === isBad(from)) continue;
    const kind = kinds[from] ?? "plain";
    const piece = text.slice(from, index);
    segments.push({ text: kind === "secret" ? DOT.repeat(piece.length) : piece, kind, bad: isBad(from) });
    from = index;
  }
  return segments;
}
