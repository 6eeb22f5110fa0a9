import { ApiError, fieldSentence, type FieldProblem, type WireError } from "$lib/api";
import { m } from "$lib/messages";

/** A part of a draft that can block its act. */
export interface DraftField {
  /** Why it blocks the act, or null. */
  readonly blocked: string | null;
  /** Whether leaving the dialog would lose something in it. */
  readonly isChanged: boolean;
  /** Shows a command's refusal. */
  refuse?(problem: string): void;
  /** Shows everything it lacks, as when the person has left it. */
  leave?(): void;
  dispose?(): void;
}

/**
 * What a person fills in, and its one act, running or failed. A failure about a field goes to the field of that name,
 * a refused passphrase to the field `proof`; only the rest is the draft's failure. Typed text is never touched.
 */
export class Draft<Fields extends Record<string, DraftField> = Record<string, DraftField>> {
  #busy = $state(false);
  #failure = $state.raw<ApiError | null>(null);
  readonly fields: Fields;

  constructor(fields: Fields = {} as Fields) {
    this.fields = fields;
  }

  get busy(): boolean {
    return this.#busy;
  }

  get failure(): ApiError | null {
    return this.#failure;
  }

  get dirty(): boolean {
    return this.#all.some((field) => field.isChanged);
  }

  /** The first reason, in the order of the fields, that blocks the act; or null. */
  get blocked(): string | null {
    return this.#all.find((field) => field.blocked !== null)?.blocked ?? null;
  }

  /** Runs the act and hands its result on; a second call meanwhile does nothing. */
  async run<Result>(act: () => Promise<Result>, done?: (result: Result) => void): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#failure = null;
    try {
      const result = await act();
      done?.(result);
    } catch (error) {
      const failure = ApiError.from(error);
      this.#failure = this.#place(failure.wire) ? null : failure;
    } finally {
      this.#busy = false;
    }
  }

  /** Shows what every field lacks, for a person who presses the button anyway. */
  leaveAll(): void {
    for (const field of this.#all) field.leave?.();
  }

  dispose(): void {
    for (const field of this.#all) field.dispose?.();
  }

  get #all(): DraftField[] {
    return Object.values(this.fields);
  }

  /** Whether fields show everything that the failure says. */
  #place(failure: WireError): boolean {
    const fields: Record<string, DraftField | undefined> = this.fields;
    if (failure.code === "passphrase_refused" && fields.proof?.refuse) {
      fields.proof.refuse(m.secrets_passphrase_refused());
      return true;
    }
    const problems = problemsOf(failure);
    let placed = problems.length > 0;
    // Backwards: of several problems of a field the first stays.
    for (const problem of problems.toReversed()) {
      const field = fields[problem.field];
      if (field?.refuse) field.refuse(fieldSentence(problem));
      else placed = false;
    }
    return placed;
  }
}

function problemsOf(failure: WireError): FieldProblem[] {
  if (failure.code === "invalid_input") return failure.details.fields;
  if (failure.code !== "conflict") return [];
  const { field } = failure.details;
  // The collection's name follows from the organization's, so only another name helps.
  if (field === "collection") return [{ field: "name", rule: "collection_taken" }];
  // Nothing that is typed changes it.
  if (field === "id") return [];
  return [{ field, rule: "taken" }];
}
