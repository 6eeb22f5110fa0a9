import type { Act, SessionView } from "./api";

/** Whether the person who is signed in may do this, on what is their own. Nobody may do anything before that. */
export const may = (session: Pick<SessionView, "may"> | null, act: Act): boolean =>
  session?.may.includes(act) ?? false;
