/** The words in which a dialog asks before it throws away what was typed in it. */
export interface DiscardQuestion {
  readonly question: string;
  readonly keep: string;
  readonly discard: string;
}
