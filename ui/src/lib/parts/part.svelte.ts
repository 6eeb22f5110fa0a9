import type { Component } from "svelte";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- its exports concern nobody here
type Module<Props extends object> = { default: Component<Props & Record<string, any>, any, any> };

const parts: Part<never>[] = [];

/** A part of the window whose code the start screen does not load: it is loaded when it is first shown, or before. */
export class Part<Props extends object> {
  readonly #load: () => Promise<Module<Props>>;
  #loading: Promise<void> | undefined;
  #component = $state.raw<Module<Props>["default"] | null>(null);

  constructor(load: () => Promise<Module<Props>>) {
    this.#load = load;
    parts.push(this as Part<never>);
  }

  /** Null until it is loaded, which begins when it is asked for. */
  get component(): Module<Props>["default"] | null {
    if (this.#component === null) void this.load();
    return this.#component;
  }

  load(): Promise<void> {
    this.#loading ??= this.#load().then((module) => void (this.#component = module.default));
    return this.#loading;
  }
}

/** Loads every part, one after the other, also those that only a loaded part knows. */
export async function loadParts(): Promise<void> {
  for (const part of parts) await part.load();
}
