import type { AccountChoiceView, SessionView, SignInAnswer } from "../api";

export type SignInCalls = {
  signIn: (email: string, password: string, account: string | null) => Promise<SignInAnswer>;
  signInWithNewPassword: (
    email: string,
    oneTimePassword: string,
    password: string,
    account: string | null,
  ) => Promise<SignInAnswer>;
};

/**
 * A sign-in from the address to the session. An address can have several accounts, and a one-time password must be
 * changed first. What was typed is forgotten with the session, or when the person goes back.
 */
export class SignInFlow {
  #step = $state<"credentials" | "choose" | "change">("credentials");
  #accounts = $state.raw<AccountChoiceView[]>([]);
  #email = "";
  #password = "";
  #account: string | null = null;
  readonly #calls: SignInCalls;
  readonly #begin: (session: SessionView) => void;

  constructor(calls: SignInCalls, begin: (session: SessionView) => void) {
    this.#calls = calls;
    this.#begin = begin;
  }

  get step() {
    return this.#step;
  }

  /** The accounts to choose from. */
  get accounts(): AccountChoiceView[] {
    return this.#accounts;
  }

  get email(): string {
    return this.#email;
  }

  /** `account` is the one to sign in to; null if the address decides. */
  async signIn(email: string, password: string, account: string | null = null): Promise<void> {
    const answer = await this.#calls.signIn(email, password, account);
    [this.#email, this.#password, this.#account] = [email, password, account];
    this.#take(answer);
  }

  choose(account: string): Promise<void> {
    return this.signIn(this.#email, this.#password, account);
  }

  /** Takes a new password in the place of the one-time password. */
  async change(password: string): Promise<void> {
    const answer = await this.#calls.signInWithNewPassword(
      this.#email,
      this.#password,
      password,
      this.#account,
    );
    this.#password = password;
    this.#take(answer);
  }

  back(): void {
    this.#step = "credentials";
    this.#accounts = [];
    [this.#password, this.#account] = ["", null];
  }

  #take(answer: SignInAnswer): void {
    switch (answer.kind) {
      case "session":
        this.back();
        this.#begin(answer.session);
        return;
      case "choose":
        this.#accounts = answer.accounts;
        this.#step = "choose";
        return;
      case "must_change":
        this.#step = "change";
    }
  }
}
