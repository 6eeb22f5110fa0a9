import { readPreference, writePreference } from "./preferences";

export type ThemeChoice = "system" | "light" | "dark";

const choices = ["system", "light", "dark"] as const;

/** Light or dark: the system's setting, unless the person chose one. */
export class ThemeState {
  #choice = $state<ThemeChoice>(readPreference("theme", choices, "system"));
  #systemDark = $state(false);

  readonly shown = $derived<"light" | "dark">(
    this.#choice === "system" ? (this.#systemDark ? "dark" : "light") : this.#choice,
  );

  get choice(): ThemeChoice {
    return this.#choice;
  }

  set choice(choice: ThemeChoice) {
    this.#choice = choice;
    writePreference("theme", choice);
  }

  /** Follows the system's setting until the returned function is called. */
  follow(): () => void {
    if (typeof matchMedia !== "function") return () => undefined;
    const query = matchMedia("(prefers-color-scheme: dark)");
    const read = () => (this.#systemDark = query.matches);
    read();
    query.addEventListener("change", read);
    return () => query.removeEventListener("change", read);
  }
}
