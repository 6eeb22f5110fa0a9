import { RIGHTS, type Act, type Reach, type SessionView } from "./api";

/** Whose things a person may do an act on. */
export const reachOf = (session: Pick<SessionView, "role"> | null, act: Act): Reach =>
  (session && RIGHTS.find((row) => row.act === act)?.[session.role]) ?? "nothing";

/** Whether a person may do it on more than what is theirs alone. */
export const reachesOthers = (session: Pick<SessionView, "role"> | null, act: Act): boolean =>
  ["own", "all"].includes(reachOf(session, act));
