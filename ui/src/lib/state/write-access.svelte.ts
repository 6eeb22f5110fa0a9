import type { AccessState } from "../api";

export type AccessSource = {
  accessState: () => Promise<AccessState>;
  unlockWorkspace: (reason: string) => Promise<AccessState>;
  lockWorkspace: () => Promise<AccessState>;
  noteActivity: () => Promise<AccessState>;
};

/** The warning time before an idle unlocked workspace locks. */
const WARNING_MILLISECONDS = 30_000;
/** The shortest interval between two reports of activity to Rust. */
const NOTE_MILLISECONDS = 15_000;

/**
 * Whether the workspace can be changed. Rust decides and refuses; this is what the screens show of it, with the
 * countdown of an unlocked workspace.
 */
export class WriteAccess {
  view = $state.raw<AccessState>({
    access: "read_write",
    environment: "local",
    decided: null,
    writable: true,
    unlockedUntil: null,
    locksWhenIdleAt: null,
    reason: null,
  });
  readonly #source: AccessSource;
  #now = $state(Date.now());
  #notedAt = 0;
  #reading = false;

  constructor(source: AccessSource, view?: AccessState) {
    this.#source = source;
    if (view) this.view = view;
  }

  /** Milliseconds until it locks in any case; null if it is not unlocked for a time. */
  readonly remaining = $derived(left(this.view.unlockedUntil, this.#now));

  /** Milliseconds until it locks without activity. */
  readonly idleRemaining = $derived(left(this.view.locksWhenIdleAt, this.#now));

  /** Whether changes are allowed now. A countdown that ran out counts at once, before Rust says so. */
  readonly writable = $derived(this.view.writable && this.remaining !== 0 && this.idleRemaining !== 0);

  /** Whether it is unlocked for a limited time. */
  readonly unlocked = $derived(this.writable && this.remaining !== null);

  /** Whether it can be unlocked, and is not. */
  readonly locked = $derived(this.view.access === "locked" && !this.writable);

  /** Whether it locks soon without activity. */
  readonly warning = $derived(
    this.unlocked &&
      this.idleRemaining !== null &&
      this.idleRemaining <= WARNING_MILLISECONDS &&
      this.idleRemaining < (this.remaining ?? 0),
  );

  /** Whether it is unlocked for a time, which is shown by the second. */
  readonly countsDown = $derived(
    this.view.writable && (this.view.unlockedUntil !== null || this.view.locksWhenIdleAt !== null),
  );

  tick(now: number): void {
    this.#now = now;
    if (this.view.writable && (this.remaining === 0 || this.idleRemaining === 0)) void this.read();
  }

  /** Asks Rust, for example after it refused a change because the workspace is locked. */
  async read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      this.take(await this.#source.accessState());
    } catch {
      // What is shown stays; Rust refuses in any case what is not permitted.
    } finally {
      this.#reading = false;
    }
  }

  take(view: AccessState): void {
    this.view = view;
    this.#now = Date.now();
  }

  async unlock(reason: string): Promise<void> {
    this.take(await this.#source.unlockWorkspace(reason));
    this.#notedAt = this.#now;
  }

  async lock(): Promise<void> {
    this.take(await this.#source.lockWorkspace());
  }

  /** The person moved the pointer or pressed a key. It also keeps the window uncovered, and the session alive. */
  noteActivity = (): void => {
    const now = Date.now();
    if (now - this.#notedAt < NOTE_MILLISECONDS) return;
    this.#notedAt = now;
    this.#source.noteActivity().then(
      (view) => this.take(view),
      () => undefined,
    );
  };
}

function left(until: string | null, now: number): number | null {
  return until === null ? null : Math.max(0, Date.parse(until) - now);
}
