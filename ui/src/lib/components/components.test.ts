import { fireEvent, render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { Checkbox, Toast, Toasts } from "$lib/components";
import Form from "../../../tests/support/Form.svelte";

const shown = () => JSON.parse(screen.getByRole("status", { hidden: true }).textContent) as object;

function form(props: { error?: string; reason?: string; busy?: boolean; asks?: boolean } = {}) {
  const onsubmit = vi.fn();
  const onclose = vi.fn();
  const view = render(Form, { ...props, onsubmit, onclose });
  return { ...view, onsubmit, onclose, user: userEvent.setup() };
}

describe("a dialog", () => {
  it("is named by its title and starts in its first field", async () => {
    form();
    expect(screen.getByRole("dialog", { name: "Rename" })).toBeVisible();
    await vi.waitFor(() => expect(screen.getByLabelText("Name")).toHaveFocus());
  });

  it("closes on Escape", async () => {
    const { user, onclose } = form();
    await user.keyboard("{Escape}");
    expect(onclose).toHaveBeenCalledOnce();
  });

  it("does not close while it is busy", async () => {
    const { user, onclose, onsubmit } = form({ busy: true });
    await user.keyboard("{Escape}{Control>}{Enter}{/Control}");
    await user.click(screen.getByRole("button", { name: "Close" }));
    expect(onclose).not.toHaveBeenCalled();
    expect(onsubmit).not.toHaveBeenCalled();
  });

  it("asks before it throws away what was typed, and a second Escape keeps it", async () => {
    const { user, onclose } = form({ asks: true });
    await user.type(screen.getByLabelText("Name"), "harbour");
    await user.keyboard("{Escape}");
    expect(screen.getByRole("alert")).toHaveTextContent("Discard what you typed?");
    await vi.waitFor(() => expect(screen.getByRole("button", { name: "Keep editing" })).toHaveFocus());
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("alert")).toBeNull();
    await vi.waitFor(() => expect(screen.getByLabelText("Name")).toHaveFocus());
    expect(onclose).not.toHaveBeenCalled();
    for (const name of ["Close", "Cancel"]) {
      await user.click(screen.getByRole("button", { name }));
      await user.click(screen.getByRole("button", { name: "Keep editing" }));
    }
    expect(onclose).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    await user.click(screen.getByRole("button", { name: "Discard" }));
    expect(onclose).toHaveBeenCalledOnce();
    expect(shown()).toMatchObject({ name: "harbour" });
  });

  it("leaves without a question when nothing was typed", async () => {
    const { user, onclose } = form({ asks: true });
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    expect(onclose).toHaveBeenCalledOnce();
  });

  it("leaves the keys of an input method to it", async () => {
    const { onclose, onsubmit } = form();
    for (const key of [{ key: "Escape" }, { key: "Enter", ctrlKey: true }])
      await fireEvent.keyDown(screen.getByLabelText("Name"), { ...key, isComposing: true });
    expect(onclose).not.toHaveBeenCalled();
    expect(onsubmit).not.toHaveBeenCalled();
  });

  it("is submitted by Ctrl and Enter from any field", async () => {
    const { user, onsubmit } = form();
    await user.click(screen.getByLabelText("Name"));
    await user.keyboard("{Control>}{Enter}{/Control}");
    expect(onsubmit).toHaveBeenCalledOnce();
  });
});

describe("a field", () => {
  it("gives its hint to the control", () => {
    form();
    expect(screen.getByLabelText("Name")).toHaveAccessibleDescription("As shown");
    expect(screen.getByLabelText("Name")).toBeValid();
  });

  it("gives its error in place of the hint, and marks the control", () => {
    form({ error: "Too short" });
    expect(screen.getByLabelText("Name")).toHaveAccessibleDescription("Too short");
    expect(screen.getByLabelText("Name")).toBeInvalid();
    expect(screen.getByRole("alert")).toHaveTextContent("Too short");
  });

  it("shows a password only while asked to", async () => {
    const { user } = form();
    const input = screen.getByLabelText("Password");
    await user.type(input, "secret");
    expect(input).toHaveAttribute("type", "password");
    await user.click(screen.getByRole("button", { name: "Show" }));
    expect(screen.getByLabelText("Password")).toHaveAttribute("type", "text");
    expect(screen.getByLabelText("Password")).toHaveValue("secret");
  });
});

describe("a button with a reason against it", () => {
  it("keeps the focus, tells the reason and does nothing", async () => {
    const { user, onsubmit } = form({ reason: "Type a name." });
    const button = screen.getByRole("button", { name: "Go" });
    expect(button).toHaveAccessibleDescription("Type a name.");
    expect(button).toHaveAttribute("aria-disabled", "true");
    await user.click(button);
    button.focus();
    expect(button).toHaveFocus();
    expect(onsubmit).not.toHaveBeenCalled();
  });
});

describe("choices", () => {
  it("are made by keyboard", async () => {
    const { user } = form();
    screen.getByRole("checkbox", { name: "Sure" }).focus();
    await user.keyboard(" ");
    screen.getByRole("radio", { name: "First" }).focus();
    await user.keyboard("{ArrowRight}");
    expect(shown()).toMatchObject({ sure: true, choice: "b" });
  });

  it("can be neither on nor off", () => {
    render(Checkbox, { checked: false, mixed: true, label: "All" });
    expect(screen.getByRole("checkbox", { name: "All" })).toBePartiallyChecked();
  });
});

describe("a toast", () => {
  const toast = { id: 1, kind: "success", title: "Saved", lifetime: 5_000 } as const;

  it("goes when its time is over", () => {
    vi.useFakeTimers();
    const onclose = vi.fn();
    render(Toast, { toast, closeLabel: "Close", onclose });
    vi.advanceTimersByTime(4_999);
    expect(onclose).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onclose).toHaveBeenCalledOnce();
  });

  it("waits while it has the focus", async () => {
    vi.useFakeTimers();
    const onclose = vi.fn();
    render(Toast, { toast, closeLabel: "Close", onclose });
    screen.getByRole("button", { name: "Close" }).focus();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(onclose).not.toHaveBeenCalled();
  });

  it("stays when it has no lifetime", () => {
    vi.useFakeTimers();
    const onclose = vi.fn();
    render(Toast, { toast: { ...toast, kind: "danger", lifetime: null }, closeLabel: "Close", onclose });
    vi.advanceTimersByTime(600_000);
    expect(onclose).not.toHaveBeenCalled();
    expect(screen.getByRole("alert")).toHaveTextContent("Saved");
  });
});

describe("the toasts", () => {
  const undo = { label: "Undo", run: vi.fn() };
  const toast = { id: 1, kind: "info", title: "Moved to trash", lifetime: 10_000, action: undo } as const;
  const words = { label: "Messages", closeLabel: "Close", onclose: vi.fn() };
  const region = () => screen.getByRole("region", { name: "Messages" });

  it("are a region of the window while there are any", async () => {
    const { rerender } = render(Toasts, { toasts: [toast], ...words });
    expect(region()).toHaveAttribute("data-region");
    await rerender({ toasts: [] });
    expect(region()).not.toHaveAttribute("data-region");
  });

  it("give the focus back to where it came from when the one that had it goes", async () => {
    const row = document.body.appendChild(document.createElement("button"));
    const { rerender } = render(Toasts, { toasts: [toast], ...words });
    row.focus();
    screen.getByRole("button", { name: "Undo" }).focus();
    await rerender({ toasts: [] });
    expect(row).toHaveFocus();
    row.remove();
  });
});
