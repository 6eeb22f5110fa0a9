import {
  fieldSentence,
  inRange,
  type FieldProblem,
  type WorkspaceApi,
  type WorkspaceSettings,
} from "$lib/api";
import { Draft } from "$lib/forms";
import { SettingField } from "./setting-field.svelte";

type NumberName = "sessionMinutes" | "idleLockMinutes" | "keepRecordMonths" | "keepTrashDays";

const text = (number: number | null) => (number === null ? "" : String(number));
const numberOf = (typed: string) => (typed.trim() === "" ? null : Number(typed));

function numberField(name: NumberName, stored: number | null): SettingField {
  const problem = (rule: FieldProblem["rule"]) => fieldSentence({ field: name, rule });
  return new SettingField(text(stored), (typed) => {
    const number = numberOf(typed);
    if (number === null) return name === "sessionMinutes" ? problem("required") : null;
    return inRange(name, number) ? null : problem("range");
  });
}

/** The settings of a workspace while a person changes them. */
export class SettingsDraft {
  readonly draft;
  readonly #api: WorkspaceApi;
  #seen: WorkspaceSettings;

  constructor(api: WorkspaceApi, stored: WorkspaceSettings) {
    this.#api = api;
    this.#seen = stored;
    this.draft = new Draft({
      sessionMinutes: numberField("sessionMinutes", stored.sessionMinutes),
      renewWhileWorking: new SettingField<boolean>(stored.renewWhileWorking),
      idleLockMinutes: numberField("idleLockMinutes", stored.idleLockMinutes),
      keepRecordMonths: numberField("keepRecordMonths", stored.keepRecordMonths),
      keepTrashDays: numberField("keepTrashDays", stored.keepTrashDays),
    });
  }

  /** What is typed; what was left alone is as it is stored. */
  get #next(): WorkspaceSettings {
    const { sessionMinutes, renewWhileWorking, idleLockMinutes, keepRecordMonths, keepTrashDays } =
      this.draft.fields;
    return {
      sessionMinutes: Number(sessionMinutes.value),
      renewWhileWorking: renewWhileWorking.value,
      idleLockMinutes: numberOf(idleLockMinutes.value),
      keepRecordMonths: numberOf(keepRecordMonths.value),
      keepTrashDays: numberOf(keepTrashDays.value),
    };
  }

  save(done: () => void): Promise<void> {
    const change = async () => {
      this.#meet(await this.#api.changeWorkspaceSettings(this.#seen, this.#next));
      this.reset();
    };
    return this.draft.run(change, done).then(async () => {
      if (this.draft.failure?.code !== "facts_changed") return;
      // What somebody else stored meanwhile is shown beside what is typed; the next try is on top of it.
      await this.#api.workspaceSettings().then(
        (stored) => this.#meet(stored),
        () => undefined,
      );
    });
  }

  reset(): void {
    for (const field of Object.values(this.draft.fields)) field.reset();
  }

  #meet(stored: WorkspaceSettings): void {
    const { sessionMinutes, renewWhileWorking, idleLockMinutes, keepRecordMonths, keepTrashDays } =
      this.draft.fields;
    this.#seen = stored;
    sessionMinutes.meet(text(stored.sessionMinutes));
    renewWhileWorking.meet(stored.renewWhileWorking);
    idleLockMinutes.meet(text(stored.idleLockMinutes));
    keepRecordMonths.meet(text(stored.keepRecordMonths));
    keepTrashDays.meet(text(stored.keepTrashDays));
  }
}
