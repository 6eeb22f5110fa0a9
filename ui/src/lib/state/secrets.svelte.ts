import { api, type SecretKeeper, type SecretKeeping, type SecretMove } from "../api";

/** Where secrets are stored, and the question for the passphrase if they are sealed. */
export class SecretsState {
  keeping = $state.raw<SecretKeeping | null>(null);
  /** Set while a call waits for the passphrase; the window then asks for it. */
  asking = $state.raw<{ settle: (unlocked: boolean) => void } | null>(null);
  #answer: Promise<boolean> | null = null;

  readonly canRemember = $derived(this.keeping !== null && this.keeping.keeper !== "ask_every_time");

  async load(): Promise<void> {
    this.keeping = await api.secretKeeping();
  }

  async lookForKeychain(): Promise<void> {
    this.keeping = await api.lookForKeychain();
  }

  /** Moves every secret to another place. The passphrase is only for a new secrets file. */
  async choose(keeper: SecretKeeper, passphrase: string | null): Promise<SecretMove> {
    const move = await api.chooseSecretKeeper(keeper, passphrase);
    this.keeping = move.keeping;
    return move;
  }

  async unlock(passphrase: string): Promise<void> {
    this.keeping = await api.unlockSecrets(passphrase);
    this.asking?.settle(true);
  }

  async lock(): Promise<void> {
    this.keeping = await api.lockSecrets();
  }

  /** Asks the person once, however many calls wait; returns whether the secrets are unlocked now. */
  askForPassphrase(): Promise<boolean> {
    this.#answer ??= new Promise<boolean>((resolve) => {
      this.asking = {
        settle: (unlocked) => {
          this.asking = null;
          this.#answer = null;
          resolve(unlocked);
        },
      };
    });
    return this.#answer;
  }
}
