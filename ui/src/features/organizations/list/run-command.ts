import type { OrganizationView } from "$lib/api";
import type { OrganizationsPageState } from "../state/organizations-page.svelte";
import { moveRow } from "$lib/lists/row-movement";
import type { TableCommand } from "$lib/lists/table-keys";

export type TableActions = {
  focusRow: () => void;
  openMenu: (index: number) => void;
  openPanel: () => void;
  copy: (organization: OrganizationView) => void;
};

/** Does what a key asked for. */
export function runTableCommand(
  command: TableCommand,
  page: OrganizationsPageState,
  actions: TableActions,
): void {
  switch (command.kind) {
    case "move": {
      const target = moveRow(command.movement, page.cursor, page.list.length, page.view.pageRows);
      if (command.extend) page.extendTo(target);
      else page.moveTo(target);
      return actions.focusRow();
    }
    case "check_all":
      return page.selection.checkAllMatching();
    case "toggle":
      return page.toggleRow(page.cursor);
    case "menu":
      return actions.openMenu(page.cursor);
    case "open":
      page.openRow(page.cursor);
      return actions.openPanel();
    case "copy_collection":
      if (page.current !== undefined) actions.copy(page.current);
      return;
    case "rename":
    case "trash":
      return page.startOnCurrent(command.kind);
  }
}
