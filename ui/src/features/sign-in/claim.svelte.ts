import { ApiError, LIMITS, type PasswordCheck, type SessionView, type WorkspaceApi } from "$lib/api";
import { m } from "$lib/messages";

type RuleState = "pending" | "met" | "unmet";

/** The form that makes the first operator. The rules are the service's; they are asked for, not repeated here. */
export class ClaimForm {
  name = $state("");
  email = $state("");
  password = $state("");
  repeat = $state("");
  passwordLeft = $state(false);
  repeatLeft = $state(false);
  busy = $state(false);
  problem = $state.raw<ApiError | null>(null);
  #check = $state.raw<PasswordCheck | null>(null);
  #checking = $state(false);
  #lastCheck: Promise<void> = Promise.resolve();
  readonly #api: Pick<WorkspaceApi, "checkPassword" | "claimWorkspace">;

  constructor(api: Pick<WorkspaceApi, "checkPassword" | "claimWorkspace">) {
    this.#api = api;
  }

  /** Asks the rules about the password as it stands; of two answers the later question's counts. */
  checkPassword(): void {
    const mine: Promise<void> = this.#api.checkPassword(this.password).then(
      (check) => this.#settle(mine, () => (this.#check = check)),
      (error: unknown) => this.#settle(mine, () => (this.problem = ApiError.from(error))),
    );
    this.#lastCheck = mine;
    this.#checking = true;
  }

  #settle(question: Promise<void>, apply: () => void): void {
    if (question !== this.#lastCheck) return;
    apply();
    this.#checking = false;
  }

  #state(met: boolean | undefined): RuleState {
    if (met && this.password !== "") return "met";
    return this.passwordLeft && this.password !== "" ? "unmet" : "pending";
  }

  readonly rules = $derived([
    { text: m.sign_in_rule_length({ count: LIMITS.passwordMin }), state: this.#state(this.#check?.length) },
    { text: m.sign_in_rule_upper(), state: this.#state(this.#check?.upper) },
    { text: m.sign_in_rule_lower(), state: this.#state(this.#check?.lower) },
    { text: m.sign_in_rule_digit(), state: this.#state(this.#check?.digit) },
    {
      text: m.sign_in_rule_bytes({ count: LIMITS.passwordMaxBytes }),
      state: this.#state(this.#check?.bytes),
    },
  ]);

  readonly repeatError = $derived(
    this.repeatLeft && this.repeat !== "" && this.repeat !== this.password
      ? m.sign_in_claim_repeat_differs()
      : null,
  );

  /** What is still missing, in the order of the form; null when it can be sent. */
  readonly missing = $derived.by(() => {
    if (this.name.trim() === "") return m.sign_in_claim_need_name();
    if (this.email.trim() === "") return m.sign_in_claim_need_email();
    if (this.password === "") return m.sign_in_claim_choose_password();
    // Who types fast and presses Enter is not held up by an answer on its way: `send` waits for it.
    if (!this.#checking && this.rules.some((rule) => rule.state !== "met"))
      return m.sign_in_claim_need_password();
    if (this.repeat !== this.password) return m.sign_in_claim_need_repeat();
    return null;
  });

  /** Claims the workspace; null when it was refused, and `problem` or `missing` says why. */
  async send(): Promise<SessionView | null> {
    this.busy = true;
    this.problem = null;
    try {
      await this.#lastCheck;
      if (this.missing) return null;
      return await this.#api.claimWorkspace(this.name, this.email, this.password);
    } catch (error) {
      this.problem = ApiError.from(error);
      return null;
    } finally {
      this.busy = false;
    }
  }
}
