/** The words of a dialog's question before it discards typed text. */
export interface DiscardQuestion {
  readonly question: string;
  readonly keep: string;
  readonly discard: string;
}
