/** A short message at the corner. Warnings and failures stay until they are closed. */
export interface ToastMessage {
  readonly id: number;
  readonly kind: "success" | "info" | "warning" | "danger";
  readonly title: string;
  readonly text?: string | null;
  /** The message disappears when its action is used, unless it `stays`. */
  readonly action?: { readonly label: string; readonly run: () => void; readonly stays?: boolean };
  /** The progress of work: a part from 0 to 1, or null while its total is unknown. */
  readonly progress?: { readonly part: number | null };
  /** Milliseconds until it goes by itself; null stays. */
  readonly lifetime: number | null;
  /** Called when it is gone, for whatever reason. */
  readonly ongone?: () => void;
}
