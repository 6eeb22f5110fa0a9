import type { ChosenFile, ExportFormat, ExportedList } from "$lib/api";
import { CsvChoices } from "./csv-choice.svelte";

export type FileChooser = {
  defaultExportFile: (list: ExportedList, format: ExportFormat) => Promise<ChosenFile>;
  chooseExportFile: (list: ExportedList, format: ExportFormat) => Promise<ChosenFile | null>;
};

/** The choices for a file that every export has: its format, its layout and its place. */
export class FileDraft {
  choosing = $state(false);
  placeFailure = $state.raw<unknown>(null);
  readonly csv = new CsvChoices();
  #format = $state() as ExportFormat;
  // One place per format: its name has the format's ending, and switching back loses nothing.
  #places = $state.raw<Partial<Record<ExportFormat, ChosenFile>>>({});
  readonly #list: ExportedList;
  readonly #chooser: FileChooser;

  constructor(list: ExportedList, chooser: FileChooser, format: ExportFormat = "csv") {
    this.#list = list;
    this.#chooser = chooser;
    this.#format = format;
    void this.suggestPlace();
  }

  get format(): ExportFormat {
    return this.#format;
  }

  set format(format: ExportFormat) {
    this.#format = format;
    void this.suggestPlace();
  }

  get place(): ChosenFile | null {
    return this.#places[this.#format] ?? null;
  }

  /** Suggests a free file name if the person has not chosen one for this format. */
  async suggestPlace(): Promise<void> {
    const format = this.#format;
    if (this.#places[format]) return;
    try {
      const place = await this.#chooser.defaultExportFile(this.#list, format);
      this.#places = { [format]: place, ...this.#places };
      this.placeFailure = null;
    } catch (failure) {
      this.placeFailure = failure;
    }
  }

  /** Asks for a place with the platform's save dialog, which also asks before replacing a file. */
  async choosePlace(): Promise<void> {
    const format = this.#format;
    this.choosing = true;
    try {
      const place = await this.#chooser.chooseExportFile(this.#list, format);
      if (place) this.#places = { ...this.#places, [format]: place };
      this.placeFailure = null;
    } catch (failure) {
      this.placeFailure = failure;
    } finally {
      this.choosing = false;
    }
  }
}
