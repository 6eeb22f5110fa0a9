import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/svelte";
import { clearMocks } from "@tauri-apps/api/mocks";
import { afterEach, beforeAll, vi } from "vitest";
import { unrecorded } from "$fake/recorded";
import { loadParts } from "$lib/parts";

// What the test environment lacks and the components use.
Element.prototype.scrollIntoView ??= () => undefined;
Element.prototype.hasPointerCapture ??= () => false;
Element.prototype.setPointerCapture ??= () => undefined;
Element.prototype.releasePointerCapture ??= () => undefined;
globalThis.ResizeObserver ??= class {
  observe() {
    return undefined;
  }
  unobserve() {
    return undefined;
  }
  disconnect() {
    return undefined;
  }
};
if (typeof window.matchMedia !== "function") {
  window.matchMedia = (query: string) =>
    ({
      matches: false,
      media: query,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }) as unknown as MediaQueryList;
}

// Generous, so that a busy machine makes no failure of a slow one.
configure({ asyncUtilTimeout: 10_000 });

// As the window has them when a person comes to them.
beforeAll(() => loadParts(), 60_000);

afterEach(() => {
  clearMocks();
  localStorage.clear();
  vi.useRealTimers();
  // To a screen, what the fake throws looks like a failure of the program, and many tests would go on.
  const missing = unrecorded.splice(0);
  if (missing.length === 0) return;
  cleanup();
  throw new Error(missing.join("\n"));
});
