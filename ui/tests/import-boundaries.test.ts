import { describe, expect, it } from "vitest";
import { refusal } from "../scripts/import-boundaries.js";

describe("imports", () => {
  it.each([
    ["src/features/health/HealthPage.svelte", "@tauri-apps/api/core"],
    ["src/features/health/HealthPage.svelte", "$lib/bindings"],
    ["src/features/health/HealthPage.svelte", "../organizations/OrganizationsPage.svelte"],
    ["src/features/health/HealthPage.svelte", "../../shell/Shell.svelte"],
    ["src/features/organizations/dialogs/a.ts", "../../exports/b"],
    ["src/lib/components/Button.svelte", "../messages"],
    ["src/lib/components/Button.svelte", "$lib/state"],
    ["src/lib/state/app.svelte.ts", "../../features/health/HealthPage.svelte"],
    ["src/lib/state/app.svelte.ts", "../bindings"],
    ["src/main.ts", "$fake/backend"],
    ["src/main.ts", "../fake/backend"],
    ["src/lib/api/index.ts", "../../../fake/data"],
    ["src/lib/lists/ListTable.svelte", "../../features/organizations/columns"],
  ])("of %s from %s are refused", (file, specifier) => expect(refusal(file, specifier)).not.toBeNull());

  it.each([
    ["src/lib/api/index.ts", "@tauri-apps/api/core"],
    ["src/lib/api/index.ts", "../bindings"],
    ["src/lib/components/Button.svelte", "./Icon.svelte"],
    ["src/lib/components/Dialog.svelte", "./Button.svelte"],
    ["src/features/health/HealthPage.svelte", "./Privileges.svelte"],
    ["src/features/organizations/dialogs/a.ts", "../state/b"],
    ["src/shell/Shell.svelte", "../features/health/HealthPage.svelte"],
    ["src/features/health/health-page.test.ts", "$fake/backend"],
    ["fake/backend.ts", "../src/lib/bindings"],
  ])("of %s from %s are permitted", (file, specifier) => expect(refusal(file, specifier)).toBeNull());
});
