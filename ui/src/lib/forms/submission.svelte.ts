import { ApiError, type FieldProblem, type WireError } from "$lib/api";

export type ProblemField = FieldProblem["field"];

/** A field that can show what a command refused about it. */
export type RefusableField = { refuse: (problems: FieldProblem[]) => void };

/**
 * One act of a dialog: under way, or failed with what to show. What a failure says about a field goes to
 * that field; only the rest stands as the dialog's failure. Nothing typed is touched.
 */
export class Submission {
  #busy = $state(false);
  #failure = $state.raw<ApiError | null>(null);
  readonly #fields: Partial<Record<ProblemField, RefusableField>>;

  constructor(fields: Partial<Record<ProblemField, RefusableField>> = {}) {
    this.#fields = fields;
  }

  get busy(): boolean {
    return this.#busy;
  }

  get failure(): ApiError | null {
    return this.#failure;
  }

  /** Runs the act and hands its result on; a second call while one runs does nothing. */
  async run<Result>(act: () => Promise<Result>, done: (result: Result) => void): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#failure = null;
    try {
      const result = await act();
      done(result);
    } catch (error) {
      const failure = ApiError.from(error);
      this.#failure = this.#place(failure.wire) ? null : failure;
    } finally {
      this.#busy = false;
    }
  }

  /** Whether all the failure says stands on fields now. */
  #place(failure: WireError): boolean {
    const problems = problemsOf(failure);
    let placed = problems.length > 0;
    for (const { field } of problems) {
      const target = this.#fields[field];
      if (target) target.refuse(problems.filter((problem) => problem.field === field));
      else placed = false;
    }
    return placed;
  }
}

function problemsOf(failure: WireError): FieldProblem[] {
  if (failure.code === "invalid_input") return failure.details.fields;
  if (failure.code !== "conflict") return [];
  const { field } = failure.details;
  // The collection's name follows from the organization's, so only another name mends it.
  if (field === "collection") return [{ field: "name", rule: "collection_taken" }];
  return [{ field, rule: "taken" }];
}
