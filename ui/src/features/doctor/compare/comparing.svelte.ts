import {
  ApiError,
  type Compared,
  type ComparedPair,
  type ComparedSides,
  type ComparePlace,
  type Comparison,
  type DecidedTwin,
  type TwinDecision,
} from "$lib/api";

export type CompareCalls = {
  compareFinding: (finding: string, at: ComparePlace | null) => Promise<Comparison>;
};

/** Pairs on one page. */
const PAGE = 10;

type Choice = { proof: string; decision: TwinDecision };

/**
 * A walk through two collections as far as a person looks, and what they chose for each pair. It goes on only while a
 * page is not full, however many documents are the same.
 */
export class Comparing {
  readonly finding: string;
  #sides = $state.raw<ComparedSides | null>(null);
  #pairs = $state.raw<readonly ComparedPair[]>([]);
  #soFar = $state.raw<Compared | null>(null);
  #onlyLeft = $state.raw<number | null>(null);
  /** Undefined before the first step. */
  #next = $state.raw<ComparePlace | null | undefined>(undefined);
  #walking = $state(false);
  #failure = $state.raw<ApiError | null>(null);
  #page = $state(0);
  #choices = $state.raw<Readonly<Record<string, Choice>>>({});
  #changed = $state.raw<readonly string[]>([]);
  /** Counts the walks: steps of an earlier one are dropped. */
  #walk = 0;
  readonly #calls: CompareCalls;

  constructor(calls: CompareCalls, finding: string) {
    this.#calls = calls;
    this.finding = finding;
  }

  /** Null before the first step. */
  get sides(): ComparedSides | null {
    return this.#sides;
  }

  get soFar(): Compared | null {
    return this.#soFar;
  }

  /** Documents that only the left collection has; null until everything was looked at. */
  get onlyLeft(): number | null {
    return this.#onlyLeft;
  }

  get walking(): boolean {
    return this.#walking;
  }

  /** Whether everything was looked at. */
  get complete(): boolean {
    return this.#next === null;
  }

  /** Whether it stands still before the page is full. */
  get stopped(): boolean {
    return !this.#walking && Boolean(this.#next) && this.#pairs.length < (this.#page + 1) * PAGE;
  }

  get failure(): ApiError | null {
    return this.#failure;
  }

  get page(): number {
    return this.#page;
  }

  /** The number of the first pair on the page, from 1. */
  get first(): number {
    return this.#page * PAGE + 1;
  }

  get shown(): readonly ComparedPair[] {
    return this.#pairs.slice(this.#page * PAGE, (this.#page + 1) * PAGE);
  }

  get hasNext(): boolean {
    return this.#pairs.length > (this.#page + 1) * PAGE || Boolean(this.#next);
  }

  /** Starts again, and goes as far as before. A choice stays while both documents are as they were when it was made. */
  async look(): Promise<void> {
    const wanted = Math.max(this.#pairs.length, (this.#page + 1) * PAGE);
    const walk = ++this.#walk;
    this.#walking = true;
    const found: ComparedPair[] = [];
    try {
      let at: ComparePlace | null = null;
      do {
        const step: Comparison = await this.#calls.compareFinding(this.finding, at);
        if (walk !== this.#walk) return;
        found.push(...step.pairs);
        this.#sides = step.sides ?? this.#sides;
        this.#take(step);
        at = step.next;
      } while (at !== null && found.length < wanted && this.#walking);
      this.#failure = null;
      this.#show(found);
    } catch (error) {
      if (walk === this.#walk) this.#failure = ApiError.from(error);
    } finally {
      if (walk === this.#walk) this.#walking = false;
    }
  }

  /** Shows another page, and walks on for it. */
  async turn(by: 1 | -1): Promise<void> {
    this.#page = Math.max(0, this.#page + by);
    await this.goOn();
  }

  /** Walks on until the page is full, everything was looked at, or a person stops it. */
  async goOn(): Promise<void> {
    if (this.#walking) return;
    const walk = ++this.#walk;
    this.#walking = true;
    try {
      while (this.#next && this.#pairs.length < (this.#page + 1) * PAGE && this.#walking) {
        const step = await this.#calls.compareFinding(this.finding, this.#next);
        if (walk !== this.#walk) return;
        this.#pairs = [...this.#pairs, ...step.pairs];
        this.#take(step);
      }
      this.#failure = null;
      this.#keepOnPage();
    } catch (error) {
      if (walk === this.#walk) this.#failure = ApiError.from(error);
    } finally {
      if (walk === this.#walk) this.#walking = false;
    }
  }

  /** Stops after the step under way; it can go on later. */
  stop(): void {
    this.#walking = false;
  }

  /** It is off screen: nothing that comes is shown. */
  leave(): void {
    this.#walk += 1;
    this.#walking = false;
  }

  choiceOf({ seen }: ComparedPair): TwinDecision | null {
    return this.#choices[seen.id]?.decision ?? null;
  }

  /** Whether a document of the pair has changed since it was chosen what becomes of it. */
  hasChanged({ seen }: ComparedPair): boolean {
    return this.#changed.includes(seen.id);
  }

  choose({ seen }: ComparedPair, decision: TwinDecision | null): void {
    const others = Object.entries(this.#choices).filter(([id]) => id !== seen.id);
    const chosen = decision === null ? [] : [[seen.id, { proof: seen.proof, decision }] as const];
    this.#choices = Object.fromEntries([...others, ...chosen]);
    this.#changed = this.#changed.filter((id) => id !== seen.id);
  }

  clear(): void {
    this.#choices = {};
  }

  /** What is chosen, on any page. */
  get chosen(): DecidedTwin[] {
    return Object.entries(this.#choices).map(([id, { proof, decision }]) => ({
      seen: { id, proof },
      decision,
    }));
  }

  #take({ soFar, onlyLeft, next }: Comparison): void {
    this.#soFar = soFar;
    this.#onlyLeft = onlyLeft;
    this.#next = next;
  }

  #show(pairs: readonly ComparedPair[]): void {
    this.#pairs = pairs;
    const proofs = Object.fromEntries(pairs.map(({ seen }) => [seen.id, seen.proof]));
    const chosen = Object.entries(this.#choices);
    const isShown = (id: string) => id in proofs;
    // A pair that was not looked at again is as it was, as far as anybody knows.
    const kept = chosen.filter(([id, { proof }]) => (isShown(id) ? proofs[id] === proof : !this.complete));
    const changed = chosen.filter(([id, { proof }]) => isShown(id) && proofs[id] !== proof);
    this.#choices = Object.fromEntries(kept);
    this.#changed = [...this.#changed.filter(isShown), ...changed.map(([id]) => id)];
    this.#keepOnPage();
  }

  /** A page that has become empty is left for the last one that is not. */
  #keepOnPage(): void {
    if (!this.complete) return;
    const last = Math.max(0, Math.ceil(this.#pairs.length / PAGE) - 1);
    this.#page = Math.min(this.#page, last);
  }
}
