import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it, vi, beforeEach } from "vitest";
import type { FakeOptions } from "$fake/backend";
import { FAKE_ONE_TIME, madeUpSomebody } from "$fake/people";
import { button, callsOf, start } from "$fake/window";

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(320);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1200);
});

async function at(page: string, options: FakeOptions = {}) {
  const started = await start(
    { opened: "built-in", signedIn: true, ...options },
    {
      pointerEventsCheck: 0,
      delay: null,
    },
  );
  await started.user.click(await screen.findByRole("button", { name: page }));
  await screen.findByRole("grid", { name: page });
  return started;
}

const row = (name: RegExp) => screen.findByRole("row", { name });
const dialog = () => within(screen.getByRole("dialog"));

describe("operators", () => {
  it("are added with a one-time password that is shown once", async () => {
    const { backend, user } = await at("Operators");
    await row(/Ines Okafor.*Operator.*Active/);
    await user.click(button("Add operator"));
    await user.type(dialog().getByLabelText("Name"), "Otto");
    await user.type(dialog().getByLabelText("Address"), "otto@meridian.example");
    await user.click(dialog().getByRole("radio", { name: /^Owner/ }));
    backend.fail("add_operator", { code: "conflict", details: { field: "email" } });
    await user.click(button("Add"));
    await waitFor(() => expect(dialog().getByLabelText("Address")).toBeInvalid());
    expect(dialog().getByLabelText("Name")).toHaveValue("Otto");
    backend.restore("add_operator");
    await user.clear(dialog().getByLabelText("Address"));
    await user.type(dialog().getByLabelText("Address"), "otto.b@meridian.example");
    await user.click(button("Add"));
    expect(await screen.findByText(FAKE_ONE_TIME)).toBeVisible();
    expect(screen.getByText("It cannot be shown again.")).toBeVisible();
    await user.click(button("Copy password"));
    expect(callsOf(backend, "copy_password").at(-1)?.args).toMatchObject({ password: FAKE_ONE_TIME });
    await user.click(button("Done"));
    await row(/Otto.*Owner.*Invited/);
    expect(document.body.innerHTML).not.toContain(FAKE_ONE_TIME);
  });

  it("keep their last owner, and say why", async () => {
    const { user } = await at("Operators");
    await user.click(await row(/Dana Whitlock/));
    const panel = within(await screen.findByRole("complementary", { name: "Dana Whitlock" }));
    expect(panel.getByText("What the role “Owner” can do")).toBeVisible();
    await user.click(panel.getByRole("button", { name: "Actions" }));
    const remove = await screen.findByRole("menuitem", { name: /Remove/ });
    expect(remove).toHaveTextContent("The last active owner stays an owner.");
    expect(screen.queryByRole("menuitem", { name: /Set one-time password/ })).not.toBeInTheDocument();
  });

  it("are renewed together; each has its result, and what is set is not lost with a failure", async () => {
    const { backend, user } = await at("Operators");
    await user.click(await screen.findByRole("checkbox", { name: "Select all matching" }));
    backend.on("set_operator_password", ({ id }: { id: string }) => {
      if (id.endsWith("4")) throw { code: "forbidden" };
      return FAKE_ONE_TIME;
    });
    await user.click(within(screen.getByRole("toolbar")).getByRole("button", { name: "Renew passwords" }));
    await user.click(await screen.findByRole("button", { name: /^Renew 2 passwords/ }));
    expect(await screen.findByText(FAKE_ONE_TIME)).toBeVisible();
    // His failed: 20004 ends so.
    expect(await dialog().findByText("Uwe Solberg")).toBeVisible();
    await user.click(button("Save to a file"));
    await waitFor(() => expect(callsOf(backend, "save_one_time_passwords")).toHaveLength(1));
    backend.restore("set_operator_password");
    await user.click(button("Renew the remaining 1"));
    await waitFor(() => expect(dialog().getAllByText(FAKE_ONE_TIME)).toHaveLength(2));
    await user.click(await screen.findByRole("button", { name: "Done" }));
    await waitFor(() => expect(document.body.innerHTML).not.toContain(FAKE_ONE_TIME));
  });

  it("are no page for anybody but owners", async () => {
    await start({ opened: "built-in", signedIn: true, role: "operator" });
    await screen.findByRole("button", { name: "People" });
    expect(screen.queryByRole("button", { name: "Operators" })).not.toBeInTheDocument();
  });
});

describe("people", () => {
  it("are found by their address and limited to one organization", async () => {
    const { backend, user } = await at("People");
    await user.type(screen.getByRole("searchbox"), "example.com");
    await waitFor(() =>
      expect(callsOf(backend, "list_people").at(-1)?.args).toMatchObject({
        query: { search: "example.com" },
      }),
    );
    const find = screen.getByRole("combobox", { name: "Limit to one organization" });
    await user.type(find, "cobalt");
    await user.click((await screen.findAllByRole("option", { name: /Cobalt/ }))[0] as HTMLElement);
    await waitFor(() =>
      expect(callsOf(backend, "count_people").at(-1)?.args).toMatchObject({
        organizationId: expect.any(String) as unknown,
      }),
    );
    await user.click(button(/^Show people of all organizations/));
    expect(await screen.findByRole("combobox")).toBeVisible();
  });

  it("keep what was typed when adding fails, and cannot be added nowhere", async () => {
    const { backend, user } = await at("People");
    await user.click(button("Add person"));
    const add = button("Add");
    expect(add).toHaveAccessibleDescription("Choose an organization to continue.");
    await user.type(dialog().getByLabelText("Organization"), "cobalt");
    await user.click((await screen.findAllByRole("option", { name: /Cobalt/ }))[0] as HTMLElement);
    await user.type(dialog().getByLabelText("Name"), "Pat");
    await user.type(dialog().getByLabelText("Address"), "pat@example.com");
    backend.fail("add_person", { code: "forbidden" });
    await user.click(add);
    expect(await dialog().findByRole("alert")).toBeVisible();
    expect(dialog().getByLabelText("Address")).toHaveValue("pat@example.com");
    backend.restore("add_person");
    await user.click(add);
    expect(await screen.findByText(FAKE_ONE_TIME)).toBeVisible();
  });

  it("of several organizations get no password from the admin of one, who is told why", async () => {
    const organization = "org-of-dana";
    const membership = {
      organizationId: organization,
      organizationName: "Cobalt",
      role: "viewer" as const,
      isActive: true,
      organizationIsActive: true,
      since: "2026-05-04T08:00:00Z",
    };
    const people = [
      madeUpSomebody("Pat", { role: "viewer", memberships: [membership], membershipsInAll: 2 }),
    ];
    const { organizations } = await import("$fake/data").then(({ madeUpOrganizations }) => ({
      organizations: madeUpOrganizations(3).map((each, index) =>
        index === 0 ? { ...each, id: organization } : each,
      ),
    }));
    const { user } = await at("People", { role: "organization_admin", people, organizations });
    await user.click(await row(/Pat/));
    await user.click(await screen.findByRole("button", { name: "Actions" }));
    expect(await screen.findByRole("menuitem", { name: /Set one-time password/ })).toHaveTextContent(
      "Belongs to other organizations too",
    );
  });

  it("are exported with the columns that were chosen", async () => {
    const { backend, user } = await at("People");
    await user.click(button("Export"));
    await screen.findByText("No password or hash is ever written.");
    await waitFor(() => expect(button(/^Export 60/)).toBeEnabled());
    await user.click(button(/^Export 60/));
    await waitFor(() => expect(callsOf(backend, "export_people")).toHaveLength(1));
    expect(callsOf(backend, "export_people")[0]?.args).toMatchObject({
      input: { columns: ["name", "email", "role", "organizations", "status", "lastSignIn"], ids: null },
    });
  });
});

describe("a read-only operator", () => {
  it("is offered no change on any page", async () => {
    const { user } = await at("People", { role: "read_only_operator" });
    const words =
      "New Add Create Edit Rename Change Deactivate Reactivate Remove Move Trash Restore Delete Renew " +
      "Unlock Load Set one";
    const offers = new RegExp(`^(${words.replace(/ (?!one)/g, "|")})\\b`);
    const none = () => {
      for (const role of ["button", "menuitem"] as const)
        expect(
          screen
            .queryAllByRole(role, { name: offers })
            .filter((each) => !each.closest("[role=search]"))
            .map((each) => each.textContent),
        ).toEqual([]);
    };
    none();
    await user.click((await screen.findAllByRole("row"))[1] as HTMLElement);
    none();
    await user.click(button("Organizations"));
    await screen.findByRole("grid", { name: "Organizations" });
    await user.click((await screen.findAllByRole("row"))[1] as HTMLElement);
    none();
    await user.click(button("More actions"));
    await screen.findByRole("menuitem", { name: "Copy collection name" });
    none();
    await user.keyboard("{Escape}");
    await user.click(screen.getByRole("tab", { name: "People" }));
    await screen.findByText("Admin that the service knows");
    none();
    await user.click(button("Health"));
    await screen.findByRole("heading", { name: "Health" });
    none();
  });
});
