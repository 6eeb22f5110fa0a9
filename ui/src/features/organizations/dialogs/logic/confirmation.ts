import type { Environment } from "$lib/api";

export type ConfirmedAct = "rename" | "deactivate" | "trash" | "delete_forever";

/** What the person must do, beyond reading the dialog, before the button works. */
export type Confirmation = {
  typed: "nothing" | "name" | "count";
  checkbox: boolean;
  holdOffSeconds: number;
};

/** More organizations than this are confirmed by typing their number. */
export const BULK_WITHOUT_COUNT = 10;
const HOLD_OFF_SECONDS = 3;

export function confirmationFor(act: ConfirmedAct, environment: Environment, count: number): Confirmation {
  const production = environment === "production";
  const careful = production || environment === "staging";
  switch (act) {
    case "rename":
      return { typed: "nothing", checkbox: production, holdOffSeconds: 0 };
    case "deactivate":
      return {
        typed: careful && count > BULK_WITHOUT_COUNT ? "count" : "nothing",
        checkbox: false,
        holdOffSeconds: 0,
      };
    case "trash":
      return { typed: typedForTrash(careful, production, count), checkbox: false, holdOffSeconds: 0 };
    case "delete_forever":
      return {
        typed: count === 1 ? "name" : "count",
        checkbox: false,
        holdOffSeconds: production ? HOLD_OFF_SECONDS : 0,
      };
  }
}

function typedForTrash(careful: boolean, production: boolean, count: number): Confirmation["typed"] {
  if (count === 1) return production ? "name" : "nothing";
  // Several names cannot be typed in one field, so production always asks for the number.
  return production || (careful && count > BULK_WITHOUT_COUNT) ? "count" : "nothing";
}
