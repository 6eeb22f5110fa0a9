import { screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { startWithList } from "$fake/window";

const open = { alsoOpened: ["built-in", "p2"] };
const switcher = (name: RegExp) => screen.findByRole("button", { name });
const toasts = () => within(screen.getByRole("region", { name: "Messages" }));

async function openFromMenu(user: UserEvent, name: RegExp) {
  await user.click(await switcher(/^Meridian, Production/));
  await user.click(await screen.findByRole("menuitem", { name }));
}

describe("opening from the switcher", () => {
  it("says so until the workspace is there", async () => {
    const { backend, user } = await startWithList(open);
    const answer = backend.hold("open_workspace");
    await openFromMenu(user, /^Laptop MongoDB/);
    expect(await toasts().findByText("Opening Laptop MongoDB")).toBeVisible();
    answer();
    expect(await screen.findByRole("heading", { name: "Sign in to Laptop MongoDB" })).toBeVisible();
    expect(toasts().queryByText("Opening Laptop MongoDB")).toBeNull();
  });

  it("is cancelled: the window stays, and the workspace is closed again", async () => {
    const { backend, user } = await startWithList(open);
    const answer = backend.hold("open_workspace");
    await openFromMenu(user, /^Laptop MongoDB/);
    await user.click(await toasts().findByRole("button", { name: "Cancel" }));
    answer();
    await waitFor(() =>
      expect(backend.calls.find(({ command }) => command === "close_workspace")?.args).toEqual({
        workspace: "p4",
      }),
    );
    expect(await switcher(/^Meridian, Production/)).toBeVisible();
    expect(toasts().queryByText("Opening Laptop MongoDB")).toBeNull();
  });

  it("leaves an open dialog alone, and offers to switch", async () => {
    const { backend, user } = await startWithList(open);
    const answer = backend.hold("open_workspace");
    await openFromMenu(user, /^Laptop MongoDB/);
    await user.click(screen.getByRole("button", { name: "New organization" }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.type(dialog.getByLabelText("Name"), "harbourline");
    answer();
    expect(await toasts().findByText("Laptop MongoDB is open")).toBeVisible();
    expect(dialog.getByLabelText("Name")).toHaveValue("harbourline");
    await user.click(toasts().getByRole("button", { name: "Switch" }));
    expect(await screen.findByRole("heading", { name: "Sign in to Laptop MongoDB" })).toBeVisible();
  });

  it("says beside an open dialog why it failed, and where to go on", async () => {
    const { backend, user } = await startWithList(open);
    const answer = backend.hold("open_workspace");
    await openFromMenu(user, /^Integration rig/);
    await user.click(screen.getByRole("button", { name: "New organization" }));
    await screen.findByRole("dialog");
    answer();
    await user.click(await toasts().findByRole("button", { name: "Show Integration rig" }));
    expect(await screen.findByRole("heading", { name: "Edit Integration rig" })).toBeVisible();
  });

  it("does not pull away what was switched to meanwhile", async () => {
    const { backend, user } = await startWithList(open);
    const answer = backend.hold("open_workspace");
    await openFromMenu(user, /^Laptop MongoDB/);
    await user.keyboard("{Alt>}1{/Alt}");
    await switcher(/^On this computer, Local/);
    answer();
    expect(await toasts().findByText("Laptop MongoDB is open")).toBeVisible();
    expect(await switcher(/^On this computer, Local/)).toBeVisible();
  });
});

describe("switching", () => {
  it("ends where one switched to last, whichever answer comes first", async () => {
    const { backend, user } = await startWithList(open);
    const answer = backend.hold("switch_workspace");
    await user.keyboard("{Alt>}1{/Alt}");
    await user.keyboard("{Alt>}2{/Alt}");
    await switcher(/^Meridian Staging/);
    answer();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await switcher(/^Meridian Staging/)).toBeVisible();
  });
});
