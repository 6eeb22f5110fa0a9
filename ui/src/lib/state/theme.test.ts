import { describe, expect, it, vi } from "vitest";
import { ThemeState } from "$lib/state";

describe("the theme", () => {
  it("follows the system until one is chosen, which is remembered", () => {
    vi.spyOn(window, "matchMedia").mockReturnValue({
      matches: true,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    } as unknown as MediaQueryList);
    const theme = new ThemeState();
    theme.follow();
    expect(theme.shown).toBe("dark");
    theme.choice = "light";
    expect(theme.shown).toBe("light");
    expect(new ThemeState().choice).toBe("light");
  });
});
