import { render, screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { installFakeBackend } from "$fake/backend";
import App from "./App.svelte";

async function start() {
  installFakeBackend({ opened: "built-in", signedIn: true });
  render(App);
  await screen.findByRole("navigation", { name: "Workspace" });
}

const fail = (message: string, error?: Error) =>
  window.dispatchEvent(new ErrorEvent("error", error ? { message, error } : { message }));

describe("an error that no screen expected", () => {
  it("is shown", async () => {
    await start();
    fail("Uncaught TypeError: it broke", new TypeError("it broke"));
    expect(await screen.findByText("Code: internal", { exact: false })).toBeInTheDocument();
  });

  it("is none if sizes changed while the browser told about sizes", async () => {
    await start();
    fail("ResizeObserver loop completed with undelivered notifications.");
    await new Promise((told) => setTimeout(told, 0));
    expect(screen.queryByText("Code: internal", { exact: false })).not.toBeInTheDocument();
  });
});
