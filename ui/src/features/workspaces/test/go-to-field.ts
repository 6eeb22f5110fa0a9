import { tick } from "svelte";
import type { EditorTab, Finding } from "$lib/api";
import type { ConnectionDraft } from "../state/connection-draft.svelte";
import type { EditorField } from "./finding-words";

const TABS: Record<EditorField, EditorTab | null> = {
  connectionString: null,
  hosts: "general",
  replicaSet: "general",
  authentication: "authentication",
  user: "authentication",
  authSource: "authentication",
  password: "authentication",
  tls: "tls",
  tlsCaFile: "tls",
  tlsCertificateKeyFile: "tls",
  connectTimeout: "advanced",
};

/** Focuses the field of a finding, at its place in the connection string. */
export async function goToField(
  field: EditorField,
  draft: ConnectionDraft,
  finding: Finding | null,
): Promise<void> {
  draft.tab = TABS[field] ?? draft.tab;
  await tick();
  const place = document.querySelector(`[data-field="${field}"]`);
  const control = place?.querySelector<HTMLElement>(
    "textarea, input, select, [role=radio][aria-checked=true]",
  );
  control?.focus();
  // The panel may cover the place where focusing scrolls it to.
  control?.scrollIntoView({ block: "center" });
  const { start = null, end = null } = finding?.facts ?? {};
  if (
    field === "connectionString" &&
    control instanceof HTMLTextAreaElement &&
    start !== null &&
    end !== null
  )
    control.setSelectionRange(start, end);
}
