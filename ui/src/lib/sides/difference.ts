/** A text in three parts: the middle is what differs from another text. */
export type Parts = { same: string; changed: string; rest: string };

/** Two texts, each with the part that the other one does not have. */
export function differenceOf(before: string, after: string): { before: Parts; after: Parts } {
  // By characters as people count them: a mark is never cut from its letter.
  const [left, right] = [charactersOf(before), charactersOf(after)];
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < shorter - start && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const parts = (text: string[]): Parts => ({
    same: text.slice(0, start).join(""),
    changed: text.slice(start, text.length - end).join(""),
    rest: text.slice(text.length - end).join(""),
  });
  return { before: parts(left), after: parts(right) };
}

const segments = new Intl.Segmenter();

function charactersOf(text: string): string[] {
  return Array.from(segments.segment(text), ({ segment }) => segment);
}
