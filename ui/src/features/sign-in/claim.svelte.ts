import { api, ApiError, LIMITS, type PasswordCheck, type SessionView } from "$lib/api";
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
  #lastCheck = 0;

  /** Asks the rules about the password as it stands; of two answers the later question's counts. */
  async checkPassword(): Promise<void> {
    this.#lastCheck += 1;
    const mine = this.#lastCheck;
    try {
      const check = await api.checkPassword(this.password);
      if (mine === this.#lastCheck) this.#check = check;
    } catch (error) {
      if (mine === this.#lastCheck) this.problem = ApiError.from(error);
    }
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
    if (this.rules.some((rule) => rule.state !== "met")) return m.sign_in_claim_need_password();
    if (this.repeat !== this.password) return m.sign_in_claim_need_repeat();
    return null;
  });

  /** Claims the workspace; null when it was refused, and `problem` says why. */
  async send(): Promise<SessionView | null> {
    this.busy = true;
    this.problem = null;
    try {
      return await api.claimWorkspace(this.name, this.email, this.password);
    } catch (error) {
      this.problem = ApiError.from(error);
      return null;
    } finally {
      this.busy = false;
    }
  }
}
