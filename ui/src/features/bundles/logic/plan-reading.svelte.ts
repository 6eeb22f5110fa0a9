import { fieldSentence, type FieldProblem } from "$lib/api";
import { Latest, type CheckedField } from "$lib/forms";

/** A plan is asked for only after this pause, so that typing does not send one call per key. */
const IDLE_MILLISECONDS = 300;

type Fields = { name: CheckedField; email: CheckedField };

/** What would happen, for the choices as they are; the problems that it finds are shown at their fields. */
export class PlanReading<Plan> {
  readonly #latest = new Latest<Plan>();
  readonly #fields: Fields;
  readonly #problemsOf: (plan: Plan) => FieldProblem[];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(fields: Fields, problemsOf: (plan: Plan) => FieldProblem[]) {
    this.#fields = fields;
    this.#problemsOf = problemsOf;
  }

  get value(): Plan | null {
    return this.#latest.value;
  }

  get failure(): unknown {
    return this.#latest.failure;
  }

  get loading(): boolean {
    return this.#latest.loading;
  }

  /** Asks soon, and not about choices that change meanwhile. */
  read(ask: () => Promise<Plan>): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(ask), IDLE_MILLISECONDS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#latest.clear();
  }

  async #ask(ask: () => Promise<Plan>): Promise<void> {
    const { name, email } = this.#fields;
    const asked = { name: name.value, email: email.value };
    await this.#latest.load(ask);
    const plan = this.#latest.value;
    if (plan === null) return;
    for (const problem of this.#problemsOf(plan).toReversed()) {
      const field = problem.field === "email" ? "email" : problem.field === "name" ? "name" : null;
      if (field && this.#fields[field].value === asked[field])
        this.#fields[field].refuse(fieldSentence(problem));
    }
  }
}
