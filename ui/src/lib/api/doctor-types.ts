import type { MendKind } from "../bindings";

export type MendChoices = {
  organization: string | null;
  collection: string | null;
  name: string | null;
  adminEmail: string | null;
  decision: string | null;
  seen: string | null;
  copyToBoth: boolean;
  target: string | null;
};
export type MendRequest = { finding: string; mend: MendKind; choices: MendChoices };
export type DryRun = { commands: string[]; canBeUndone: boolean };
