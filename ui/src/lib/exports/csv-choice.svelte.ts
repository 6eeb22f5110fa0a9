import type { CsvLayout, CsvSeparator } from "$lib/api";
import { readPreference, writePreference } from "$lib/state";

/** A separator, or the layout that Excel opens in columns in every region. */
export type CsvChoice = CsvSeparator | "excel";

const SEPARATOR = "exports.csv-separator";
const MARK = "exports.csv-byte-order-mark";

/** The layout of CSV files, remembered from one export to the next. */
export class CsvChoices {
  #choice = $state<CsvChoice>(readPreference(SEPARATOR, ["comma", "semicolon", "tab", "excel"], "comma"));
  #byteOrderMark = $state(readPreference(MARK, ["yes", "no"], "yes") === "yes");

  get choice(): CsvChoice {
    return this.#choice;
  }

  set choice(choice: CsvChoice) {
    this.#choice = choice;
    writePreference(SEPARATOR, choice);
  }

  get byteOrderMark(): boolean {
    return this.#byteOrderMark;
  }

  set byteOrderMark(wanted: boolean) {
    this.#byteOrderMark = wanted;
    writePreference(MARK, wanted ? "yes" : "no");
  }

  get layout(): CsvLayout {
    return this.#choice === "excel"
      ? { kind: "excel" }
      : { kind: "plain", separator: this.#choice, byteOrderMark: this.#byteOrderMark };
  }
}
