import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { installFakeBackend } from "$fake/backend";
import { icons } from "$lib/components";
import App from "../App.svelte";
import { PAGES } from "./pages";

async function start() {
  installFakeBackend({ opened: "built-in", signedIn: true });
  render(App);
  return within(await screen.findByRole("navigation", { name: "Workspace" }));
}

describe("the table of pages", () => {
  it("tells pages apart by name, word and key", () => {
    const keys = PAGES.flatMap(({ key }, index) => [key ?? [], String(index + 1)].flat());
    for (const words of [PAGES.map(({ name }) => name), PAGES.map(({ label }) => label()), keys])
      expect(new Set(words).size).toBe(words.length);
    expect(keys.every((key) => key.length === 1)).toBe(true);
    expect(PAGES.every(({ icon }) => icon in icons)).toBe(true);
  });

  it.each(PAGES.map((page, index) => [page.name, page, index] as const))(
    "has %s shown by its key and its place in the sidebar",
    async (_, page, index) => {
      const sidebar = await start();
      const item = sidebar.getByRole("button", { name: page.label() });
      for (const key of [String(index + 1), ...(page.key ?? "")]) {
        const other = PAGES[index === 0 ? 1 : 0];
        if (other) await userEvent.click(sidebar.getByRole("button", { name: other.label() }));
        expect(item).not.toHaveAttribute("aria-current");
        await userEvent.keyboard(`{Control>}${key}{/Control}`);
        expect(item).toHaveAttribute("aria-current", "page");
      }
      const main = within(screen.getByRole("main"));
      expect(main.getByRole("heading", { level: 1 })).toHaveTextContent(/\S/);
      expect(main.queryByText("This part of the window failed")).not.toBeInTheDocument();
    },
  );

  it("says in the settings which keys lead to its pages", async () => {
    const sidebar = await start();
    await userEvent.click(sidebar.getByRole("button", { name: "Settings" }));
    const row = screen.getByRole("cell", { name: PAGES.map(({ label }) => label()).join(", ") });
    expect(row.previousElementSibling).toHaveTextContent(new RegExp(`1to\\s*Ctrl${PAGES.length}$`));
  });
});
