/** A third-party part of the program. */
export interface Part {
  name: string;
  /** Empty if it has none. */
  version: string;
  /** As its makers write it: `MIT OR Apache-2.0`. */
  licence: string;
  /** The index of its text. */
  text: number;
}

/** The licences of everything in the program. `scripts/licences.ts` writes them when the UI is built. */
export interface Licences {
  parts: Part[];
  texts: string[];
}

/** Loads the list, which is beside the page and not in it: few people look at it. */
export async function loadLicences(): Promise<Licences> {
  const answer = await fetch("/licences.json");
  if (!answer.ok) throw new Error(`licences.json: ${answer.status}`);
  return (await answer.json()) as Licences;
}
