import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import Menu from "./Menu.svelte";
import type { MenuEntry } from "./menu";

function open(...entries: Partial<MenuEntry>[]) {
  const onselect = vi.fn<(label: string) => void>();
  const items = entries.map((entry) => {
    const label = entry.label ?? "";
    return { label, onselect: () => onselect(label), ...entry };
  });
  render(Menu, { items, label: "Menu", open: true, at: { x: 0, y: 0 } });
  return { onselect, user: userEvent.setup({ pointerEventsCheck: 0 }) };
}

describe("a menu", () => {
  it("says of a choice whether it holds, and of an act nothing", () => {
    open(
      { label: "Name", checked: true },
      { label: "Size", checked: false },
      { label: "Status", checked: true, several: true },
      { label: "Rename" },
    );
    expect(screen.getByRole("menuitemradio", { name: "Name" })).toBeChecked();
    expect(screen.getByRole("menuitemradio", { name: "Size" })).not.toBeChecked();
    expect(screen.getByRole("menuitemcheckbox", { name: "Status" })).toBeChecked();
    expect(screen.getByRole("menuitem", { name: "Rename" })).not.toHaveAttribute("aria-checked");
  });

  it("stays open where several can be checked, and closes after any other choice", async () => {
    const { onselect, user } = open(
      { label: "Status", checked: true, several: true },
      { label: "Size", checked: false },
    );
    await user.keyboard("{ArrowDown} ");
    expect(screen.getByRole("menuitemcheckbox")).toHaveFocus();
    await user.keyboard("{ArrowDown}{Enter}");
    expect(screen.queryByRole("menu")).toBeNull();
    expect(onselect.mock.calls).toEqual([["Status"], ["Size"]]);
  });

  it("goes around with the arrows and to what begins with the letters typed, past what is disabled", async () => {
    const { user } = open({ label: "Copy" }, { label: "Close", disabled: true }, { label: "Collapse" });
    const focused = () => document.activeElement?.textContent.trim();
    await user.keyboard("{ArrowUp}");
    expect(focused()).toBe("Collapse");
    await user.keyboard("{ArrowDown}");
    expect(focused()).toBe("Copy");
    await user.keyboard("col");
    expect(focused()).toBe("Collapse");
  });

  it("does nothing for an entry with a reason against it", async () => {
    const { onselect, user } = open({ label: "Rename", disabledReason: "The workspace is locked." });
    await user.keyboard("{ArrowDown}{Enter}");
    expect(screen.getByRole("menuitem")).toHaveAccessibleDescription("The workspace is locked.");
    expect(onselect).not.toHaveBeenCalled();
  });
});
