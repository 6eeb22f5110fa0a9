import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { FAKE_PASSWORD } from "$fake/backend";
import { add, button, saved, start, string, tab, write } from "$fake/window";

describe("the connection editor", () => {
  it("starts from a template, and its fields follow", async () => {
    const { user } = await start();
    await add(user, "Replica set");
    await waitFor(() =>
      expect(screen.getByLabelText("Hosts")).toHaveValue(
        "db1.example.com:27017\ndb2.example.com:27017\ndb3.example.com:27017",
      ),
    );
    expect(screen.getByLabelText("Replica set")).toHaveValue("rs0");
    expect(screen.getByLabelText("Name")).toHaveValue("Replica set");
  });

  it("fills the fields from the string, and the string from the fields", async () => {
    const { user } = await start();
    await add(user);
    await write(user, "mongodb://db.example:27018/?replicaSet=rs1&w=majority");
    await waitFor(() => expect(screen.getByLabelText("Hosts")).toHaveValue("db.example:27018"));
    await user.clear(screen.getByLabelText("Replica set"));
    await user.type(screen.getByLabelText("Replica set"), "rs2");
    await waitFor(() =>
      expect(string()).toHaveValue("mongodb://db.example:27018/?w=majority&replicaSet=rs2"),
    );
    await user.click(tab(/Advanced/));
    expect(screen.getByLabelText("Option")).toHaveValue("w");
    await user.type(screen.getByLabelText(/Connect timeout/), "2500");
    await waitFor(() => expect(string().value).toContain("connectTimeoutMS=2500"));
  });

  it("keeps the fields as they were while the string cannot be read, and marks the place", async () => {
    const { user } = await start();
    await user.click(button(/^Laptop MongoDB/));
    await waitFor(() => expect(screen.getByLabelText("Hosts")).toHaveValue("localhost:27017"));
    await write(user, "postgres://localhost");
    await waitFor(() => expect(string()).toBeInvalid());
    expect(string()).toHaveAccessibleDescription(/must begin with mongodb/);
    expect(screen.getByLabelText("Hosts")).toHaveValue("localhost:27017");
    expect(document.querySelector(".wrong")).toHaveTextContent("postgres");
    expect(tab(/General/)).toHaveAccessibleName(/Has a problem/);
  });

  it("masks a password as soon as the caret has left it, and never sends it in the string", async () => {
    const { backend, user } = await start();
    await add(user);
    await write(user, `mongodb://ann:${FAKE_PASSWORD}@db.example`);
    await waitFor(() => expect(string()).toHaveValue("mongodb://ann:••••••••@db.example"));
    expect(document.querySelector(".drawn")?.textContent).not.toContain(FAKE_PASSWORD);
    await user.type(screen.getByLabelText("Name"), "Rig");
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(saved(backend)[0]).toMatchObject({
      connectionString: "mongodb://ann:••••••••@db.example",
      password: null,
    });
  });

  it("leaves a password alone while it is being typed, drawn as dots", async () => {
    const { user } = await start();
    await add(user);
    await write(user, "mongodb://ann:@db.example");
    string().setSelectionRange(14, 14);
    await user.type(string(), "s3cret", { initialSelectionStart: 14, initialSelectionEnd: 14 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(string()).toHaveValue("mongodb://ann:s3cret@db.example");
    expect(document.querySelector(".drawn .secret")).toHaveTextContent("••••••");
    await user.tab();
    expect(string()).toHaveValue("mongodb://ann:••••••••@db.example");
  });

  it("never shows a saved password, keeps it when none is typed, and forgets it when told to", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(tab(/Authentication/));
    expect(screen.getByLabelText("Database password")).toHaveValue("");
    expect(screen.getByLabelText("Database password")).toHaveAttribute("placeholder", "••••••••");
    await user.click(tab(/General/));
    await user.type(screen.getByLabelText("Name"), " 2");
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(saved(backend)[0]).toMatchObject({ id: "p1", password: null, signingSecret: null });
    await user.click(tab(/Authentication/));
    await user.click(button("Forget: Database password"));
    await waitFor(() => expect(string().value).toContain("tenantry_admin@"));
    await user.click(button("Save"));
    await waitFor(() => expect(saved(backend)[1]).toMatchObject({ password: "" }));
  });

  it("shows whether the password is remembered, and says when it is not to be any more", async () => {
    const { backend, user } = await start();
    const remember = () => screen.getByRole("checkbox", { name: /Remember the password/ });
    await user.click(button(/^Meridian Staging/));
    await user.click(tab(/Authentication/));
    expect(remember()).not.toBeChecked();
    await user.click(button(/^Meridian Locked/));
    await user.click(tab(/Authentication/));
    expect(remember()).toBeChecked();
    await user.click(remember());
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(saved(backend)[0]).toMatchObject({ password: null, remember: false });
    expect(remember()).not.toBeChecked();
  });

  it("forgets the password of a client certificate's key with its place in the string", async () => {
    const { backend, user } = await start();
    await add(user);
    await user.type(screen.getByLabelText("Name"), "With a certificate");
    await write(
      user,
      "mongodb://db.example/?tls=true&tlsCertificateKeyFile=/a.pem&tlsCertificateKeyFilePassword=••••••••",
    );
    await user.click(tab(/TLS/));
    await user.click(await screen.findByRole("button", { name: "Forget: Key password" }));
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(saved(backend)[0]?.connectionString).not.toContain("Password");
    expect(screen.getByLabelText(/Key password/)).not.toHaveAttribute("placeholder");
  });

  it("forgets the service's signing secret when told to, and not when another is typed", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(tab(/Authentication/));
    const secret = () => screen.getByLabelText("Service signing secret");
    await user.click(button("Forget: Service signing secret"));
    expect(secret()).not.toHaveAttribute("placeholder");
    await user.click(button("Save"));
    await screen.findByText("Connection saved");
    expect(saved(backend)[0]).toMatchObject({ signingSecret: "" });
    expect(screen.queryByRole("button", { name: "Forget: Service signing secret" })).toBeNull();
    await user.type(secret(), "another");
    await user.click(button("Save"));
    await waitFor(() => expect(saved(backend)[1]).toMatchObject({ signingSecret: "another" }));
  });

  it("shows the mask in the string for a password that is typed beside it", async () => {
    const { user } = await start();
    await add(user);
    await write(user, "mongodb://ann@db.example");
    await user.click(tab(/Authentication/));
    await waitFor(() => expect(screen.getByLabelText("User")).toHaveValue("ann"));
    await user.type(screen.getByLabelText("Database password"), "pw");
    await waitFor(() => expect(string()).toHaveValue("mongodb://ann:••••••••@db.example"));
  });

  it("suggests to lock what is new and in production, unless the person said something else", async () => {
    const { user } = await start();
    await add(user, "Local MongoDB");
    await user.click(screen.getByRole("radio", { name: "Production" }));
    expect(screen.getByRole("radio", { name: "Locked" })).toBeChecked();
    await user.click(screen.getByRole("radio", { name: "Read-only" }));
    await user.click(screen.getByRole("radio", { name: "Local" }));
    expect(screen.getByRole("radio", { name: "Read-only" })).toBeChecked();
  });

  it("converts a name that is looked up to the hosts behind it", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(await screen.findByRole("button", { name: "Convert to seed list" }));
    await waitFor(() =>
      expect(screen.getByLabelText<HTMLInputElement>("Hosts").value).toContain("shard-00-02"),
    );
    expect(string().value).toMatch(/^mongodb:\/\//);
  });

  it("takes a certificate file that was chosen on this computer", async () => {
    const { backend, user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(tab(/TLS/));
    await user.click(await screen.findByLabelText("CA file"));
    await user.paste("/etc/old.pem");
    await user.click(button("CA file: choose on this computer"));
    await waitFor(() =>
      expect(screen.getByLabelText("CA file")).toHaveValue("/home/olga/certificates/authorities.pem"),
    );
    expect(backend.calls.find(({ command }) => command === "choose_certificate_file")?.args).toEqual({
      file: "authorities",
      current: "/etc/old.pem",
    });
    await waitFor(() => expect(string().value).toContain("tlsCAFile="));
  });

  it("warns in plain words when the server is not checked", async () => {
    const { user } = await start();
    await user.click(button(/^Meridian Locked/));
    await user.click(tab(/TLS/));
    await user.click(await screen.findByRole("checkbox", { name: /Check the certificate/ }));
    expect(await screen.findByText("The server is not checked")).toBeVisible();
    await waitFor(() => expect(string().value).toContain("tlsAllowInvalidCertificates=true"));
  });

  it("keeps what was typed when saving is refused, and shows the problem at its field", async () => {
    const { user } = await start();
    await add(user);
    await write(user, "mongodb://localhost");
    await user.click(button("Save"));
    await waitFor(() => expect(screen.getByLabelText("Name")).toHaveAccessibleDescription("Enter a value."));
    expect(string()).toHaveValue("mongodb://localhost");
    expect(tab(/General/)).toHaveAccessibleName(/Has a problem/);
  });
});
