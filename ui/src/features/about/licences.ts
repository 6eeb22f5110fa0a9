/** A part that somebody else made. */
export interface Part {
  name: string;
  /** Empty where it has none. */
  version: string;
  /** As its makers write it: `MIT OR Apache-2.0`. */
  licence: string;
  /** Which of the texts. */
  text: number;
}

/** What the program is made of. `scripts/licences.ts` writes it when the UI is built. */
export interface Licences {
  parts: Part[];
  texts: string[];
}

/** Asks for the list, which is beside the page and not in it: few people look at it. */
export async function loadLicences(): Promise<Licences> {
  const answer = await fetch("/licences.json");
  if (!answer.ok) throw new Error(`licences.json: ${answer.status}`);
  return (await answer.json()) as Licences;
}
