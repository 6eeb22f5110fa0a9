import type { DoctorFinding, MendKind } from "../bindings";

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

export type IndexKeyKind = "ascending" | "descending" | "text" | "hashed" | "sphere";
export type IndexKey = { field: string; kind: IndexKeyKind };
export type TemplateIndex = { keys: IndexKey[]; unique: boolean; sparse: boolean };
export type Template = { indexes: TemplateIndex[] };

export type MendedFinding = { entry: number; oneTimePassword: string | null };
export type MendedNow = { finding: DoctorFinding | null; oneTimePassword: string | null };
