import type { UnsettledAct, UnsettledChoice, UnsettledPlace } from "$lib/api";
import { m } from "$lib/messages";

/** The interrupted change, as a heading. */
export function actTitle({ act, organizationName: name, newName }: UnsettledAct): string {
  switch (act) {
    case "create":
      return m.attention_create({ name });
    case "rename":
      return m.attention_rename({ name, to: newName ?? "" });
    case "trash":
      return m.attention_trash({ name });
    case "restore":
      return m.attention_restore({ name });
    case "delete_forever":
      return m.attention_delete_forever({ name });
    case "receive":
      return m.attention_receive({ name });
    case "mend":
      return m.attention_mend({ name });
  }
}

/** Where the organization's document is. */
export function documentSentence({ liveName, trashedName }: UnsettledAct): string {
  const sentences = [
    liveName === null ? "" : m.attention_in_list({ name: liveName }),
    trashedName === null ? "" : m.attention_in_trash({ name: trashedName }),
  ].filter((sentence) => sentence !== "");
  return sentences.length > 0 ? sentences.join(" ") : m.attention_gone();
}

/** Whose collection it is. */
export function originWord({ exists, isOriginal, belongsTo }: UnsettledPlace): string {
  if (!exists) return m.attention_missing();
  if (belongsTo !== null) return m.attention_belongs({ name: belongsTo });
  if (isOriginal === null) return m.attention_unknown();
  return isOriginal ? m.attention_original() : m.attention_other();
}

export function choiceName({ destination, name }: UnsettledChoice): string {
  switch (destination) {
    case "live":
      return m.attention_live({ name: name ?? "" });
    case "trash":
      return m.attention_trashed();
    case "nowhere":
      return m.attention_nowhere();
  }
}

function dataSentence({ destination, data, collectionName }: UnsettledChoice): string {
  if (destination === "nowhere") return "";
  const collection = collectionName ?? "";
  switch (data) {
    case "in_place":
      return m.attention_with({ collection });
    case "moved":
      return m.attention_moved({ collection });
    case "new":
      return m.attention_new();
    case "none":
      return m.attention_without();
  }
}

/** What a choice does with the collections. */
export function choiceText(choice: UnsettledChoice): string {
  const collections = choice.left.join(", ");
  const left =
    choice.left.length === 0
      ? ""
      : choice.left.length === 1
        ? m.attention_left({ collections })
        : m.attention_left_several({ collections });
  return [dataSentence(choice), left].filter((sentence) => sentence !== "").join(" ");
}
