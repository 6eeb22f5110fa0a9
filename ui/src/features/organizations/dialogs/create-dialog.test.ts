import { render, screen, waitFor } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import CreateDialog from "./CreateDialog.svelte";
import { argumentsOf, openDialog } from "$fake/in-dialog";
import { recorded } from "$fake/recorded";

const name = () => screen.getByLabelText<HTMLInputElement>("Name");
const displayName = () => screen.getByLabelText<HTMLInputElement>("Display name");
const email = () => screen.getByLabelText<HTMLInputElement>("Admin email");
const password = () => screen.getByLabelText<HTMLInputElement>("Password");
const create = () => screen.getByRole("button", { name: "Create organization" });

async function open() {
  const onclose = vi.fn();
  const ondone = vi.fn();
  const opened = await openDialog("production", (_, context) =>
    render(CreateDialog, { props: { onclose, ondone }, context }),
  );
  return { ...opened, onclose, ondone };
}

async function fill(user: UserEvent) {
  await user.type(name(), "Harbourline_Clinics");
  await user.type(displayName(), "Harbourline Clinics");
  await user.type(email(), "m.adeyemi@harbourline.example");
  await user.type(password(), "Meridian-2026");
}

test("the environment stands in the dialog and the first field has the focus", async () => {
  await open();
  expect(screen.getByRole("dialog", { name: "New organization" })).toHaveTextContent("Production");
  await waitFor(() => expect(name()).toHaveFocus());
});

test("what was typed is created and handed to the page", async () => {
  const { backend, user, ondone } = await open();
  await fill(user);
  await user.click(create());
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  expect(ondone.mock.calls[0]?.[0]).toMatchObject({ name: "harbourline_clinics" });
  expect(argumentsOf(backend, "create_organization")).toEqual([
    {
      input: {
        name: "Harbourline_Clinics",
        displayName: "Harbourline Clinics",
        email: "m.adeyemi@harbourline.example",
        password: "Meridian-2026",
      },
    },
  ]);
});

test("a failure keeps everything typed, says what to do with its code, and the button works again", async () => {
  const { backend, user, ondone } = await open();
  backend.fail("create_organization", {
    code: "unavailable",
    details: { reason: "server", path: null, cause: "no answer" },
  });
  await fill(user);
  await user.click(create());
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("The server is not responding");
  expect(alert).toHaveTextContent("The organization was not created.");
  expect(alert).toHaveTextContent("Code: unavailable");
  expect(name()).toHaveValue("Harbourline_Clinics");
  expect(displayName()).toHaveValue("Harbourline Clinics");
  expect(email()).toHaveValue("m.adeyemi@harbourline.example");
  expect(password()).toHaveValue("Meridian-2026");

  backend.restore("create_organization");
  await user.click(create());
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
});

test("each problem the service finds stands on its own field until that field changes", async () => {
  const { backend, user } = await open();
  backend.fail("create_organization", {
    code: "invalid_input",
    details: {
      fields: [
        { field: "displayName", rule: "too_long", message: "-" },
        { field: "password", rule: "nul", message: "-" },
      ],
    },
  });
  await fill(user);
  await user.click(create());
  await waitFor(() => expect(displayName()).toHaveAccessibleDescription("Use at most 80 characters."));
  expect(screen.getByText("A NUL character is not allowed.")).toBeVisible();
  expect(displayName()).toBeInvalid();
  expect(screen.queryByText("The organization was not created.", { exact: false })).toBeNull();

  await user.type(displayName(), "x");
  expect(displayName()).not.toBeInvalid();
  expect(screen.getByText("A NUL character is not allowed.")).toBeVisible();
});

test("an address that somebody took meanwhile is said on the address", async () => {
  const { backend, user } = await open();
  backend.fail("create_organization", {
    code: "conflict",
    details: { field: "email" },
  });
  await fill(user);
  await user.click(create());
  await waitFor(() => expect(email()).toHaveAccessibleDescription("This email address is taken."));
});

test("a free name shows the collection it will get", async () => {
  const { user } = await open();
  await user.type(name(), "Harbourline");
  expect(await screen.findByText("Available. Its collection will be org_harbourline")).toBeVisible();
});

test("an answer about an earlier text is dropped", async () => {
  const { backend, user } = await open();
  const answers = new Map<string, () => void>();
  backend.on("check_organization_name", ({ name: asked }: { name: string }) => {
    const answer = {
      valid: true,
      available: true,
      name: asked,
      collectionName: `org_${asked}`,
      problems: [],
    };
    return new Promise((resolve) => answers.set(asked, () => resolve(answer)));
  });
  await user.type(name(), "acme");
  await waitFor(() => expect(answers.has("acme")).toBe(true));
  await user.type(name(), "_two");
  await waitFor(() => expect(answers.has("acme_two")).toBe(true));
  answers.get("acme_two")?.();
  expect(await screen.findByText("Available. Its collection will be org_acme_two")).toBeVisible();
  answers.get("acme")?.();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(screen.getByText("Available. Its collection will be org_acme_two")).toBeVisible();
});

test("a name is asked about once it rests, and its problem is held back until the field is left", async () => {
  const { backend, user } = await open();
  await user.type(name(), "ab");
  await waitFor(() => expect(argumentsOf(backend, "check_organization_name")).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(name()).not.toBeInvalid();
  await user.tab();
  expect(name()).toHaveAccessibleDescription("Use at least 3 characters.");
  expect(create()).toHaveAttribute("aria-disabled", "true");
  expect(create()).toHaveAccessibleDescription("Correct the name to continue.");
});

test("10,000 pasted characters stay as they are and one question is asked about them", async () => {
  const { backend, user } = await open();
  backend.on("check_organization_name", () => recorded("check_organization_name", { name: "é".repeat(51) }));
  const pasted = "é".repeat(10_000);
  await waitFor(() => expect(name()).toHaveFocus());
  await user.paste(pasted);
  await user.tab();
  await waitFor(() => expect(name()).toHaveAccessibleDescription("Use at most 50 characters."));
  expect(name()).toHaveValue(pasted);
  expect(argumentsOf(backend, "check_organization_name")).toHaveLength(1);
});

test("the rules of the password are answered by the service while it is typed", async () => {
  const { user } = await open();
  await user.type(password(), "Short1");
  const rules = screen.getByRole("list", { name: "Rules for the password" });
  await waitFor(() => expect(rules).toHaveTextContent("Met:An uppercase letter"));
  expect(rules).not.toHaveTextContent("Not met:");
  await user.tab();
  await waitFor(() => expect(rules).toHaveTextContent("Not met:8 characters or more"));
  expect(password()).toBeInvalid();
});

test("a generated password has 20 characters, meets the rules, and is shown and copied", async () => {
  let draws = 0;
  vi.spyOn(crypto, "getRandomValues").mockImplementation((bytes) => {
    // The rules refuse the first draw, "AAA…", and accept the second.
    (bytes as Uint8Array).forEach((_, at, all) => (all[at] = draws * at * 3));
    draws += 1;
    return bytes;
  });
  const { backend, user } = await open();
  await user.click(screen.getByRole("button", { name: "Generate a password" }));
  await waitFor(() => expect(password().value).toHaveLength(20));
  expect(password()).toHaveAttribute("type", "text");
  const rules = screen.getByRole("list", { name: "Rules for the password" });
  await waitFor(() => expect(rules.textContent?.match(/Met:/g)).toHaveLength(5));
  await user.click(screen.getByRole("button", { name: "Copy password" }));
  expect(argumentsOf(backend, "copy_password")).toEqual([{ password: password().value }]);
  expect(await screen.findByText(/cleared after 30 seconds/)).toBeInTheDocument();
  expect(await navigator.clipboard.readText(), "Rust copies it, and takes it off again").toBe("");
});

test("Escape asks before what was typed is lost, and Ctrl+Enter in a field creates", async () => {
  const { backend, user, onclose, ondone } = await open();
  await fill(user);
  await user.keyboard("{Escape}");
  await user.click(await screen.findByRole("button", { name: "Keep editing" }));
  expect(onclose).not.toHaveBeenCalled();
  await user.keyboard("{Control>}{Enter}{/Control}");
  await waitFor(() => expect(ondone).toHaveBeenCalledOnce());
  expect(argumentsOf(backend, "create_organization")).toHaveLength(1);
});

test("Escape closes at once where nothing was typed", async () => {
  const { user, onclose } = await open();
  await user.keyboard("{Escape}");
  expect(onclose).toHaveBeenCalledOnce();
});

test("a second press while the first is under way does nothing, and Escape waits", async () => {
  const { backend, user, onclose } = await open();
  backend.on("create_organization", () => new Promise(() => undefined));
  await fill(user);
  await user.click(create());
  await user.click(create());
  await user.keyboard("{Escape}");
  expect(argumentsOf(backend, "create_organization")).toHaveLength(1);
  expect(create()).toHaveAttribute("aria-busy", "true");
  expect(onclose).not.toHaveBeenCalled();
});
