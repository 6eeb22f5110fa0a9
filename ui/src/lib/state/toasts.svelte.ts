import { explain } from "../api";
import type { ToastMessage } from "../components";

type Options = Partial<Pick<ToastMessage, "text" | "action" | "progress" | "lifetime" | "ongone">>;

const AT_MOST = 4;

/** The messages at the corner of the window. */
export class ToastState {
  list = $state.raw<readonly ToastMessage[]>([]);
  #lastId = 0;

  #show(kind: ToastMessage["kind"], title: string, lifetime: number | null, options: Options): number {
    const id = ++this.#lastId;
    const { action } = options;
    const run = () => {
      action?.run();
      if (!action?.stays) this.dismiss(id);
    };
    const toast = { id, kind, title, lifetime, ...options, action: action && { ...action, run } };
    this.#keep([...this.#withRoom(), toast]);
    return id;
  }

  /** To make room for one more, messages that close themselves go first, then reports; work keeps its Cancel. */
  #withRoom(): readonly ToastMessage[] {
    const { list } = this;
    if (list.length < AT_MOST) return list;
    const first = list.find(({ lifetime }) => lifetime !== null) ?? list.find(({ progress }) => !progress);
    return list.filter((toast) => toast !== (first ?? list[0]));
  }

  #keep(list: readonly ToastMessage[]): void {
    const gone = this.list.filter((toast) => !list.includes(toast));
    this.list = list;
    for (const { ongone } of gone) ongone?.();
  }

  /** Goes after 5 s. */
  success(title: string, options: Options = {}): number {
    return this.#show("success", title, 5_000, options);
  }

  /** Goes after 10 s, long enough to press an Undo. */
  info(title: string, options: Options = {}): number {
    return this.#show("info", title, 10_000, options);
  }

  /** Stays until it is closed. */
  warning(title: string, options: Options = {}): number {
    return this.#show("warning", title, null, options);
  }

  /** Stays until it is closed. */
  danger(title: string, options: Options = {}): number {
    return this.#show("danger", title, null, options);
  }

  /** Shows what a failed call threw. */
  failure(cause: unknown, action?: ToastMessage["action"]): number {
    const { title, text, remedy, small } = explain(cause);
    return this.danger(title, { text: [text, remedy, small].join(" "), action });
  }

  /** Changes a message in place, for example the progress of a job. */
  update(id: number, change: Partial<Omit<ToastMessage, "id">>): void {
    this.list = this.list.map((toast) => (toast.id === id ? { ...toast, ...change } : toast));
  }

  dismiss = (id: number): void => {
    this.#keep(this.list.filter((toast) => toast.id !== id));
  };
}
