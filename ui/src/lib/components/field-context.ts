import { getContext, setContext } from "svelte";

/** What a control takes from its Field, so that label, hint and error belong to it. */
export interface FieldContext {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
}

const key = Symbol("field");

export function provideField(field: FieldContext): void {
  setContext(key, field);
}

/** The enclosing Field, or undefined for a control that stands alone and names itself. */
export function enclosingField(): FieldContext | undefined {
  return getContext<FieldContext | undefined>(key);
}
