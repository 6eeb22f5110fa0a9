import type { WorkspaceSummary } from "$lib/api";
import type { MenuItem } from "$lib/components";
import { m } from "$lib/messages";
import { BUILT_IN, isNew, type WorkspacesState } from "../state/workspaces.svelte";

/** The actions on a workspace of the list. */
export function workspaceMenu(workspaces: WorkspacesState, workspace: WorkspaceSummary): MenuItem[] {
  const { id } = workspace;
  const choose = (then: () => void) => () => {
    workspaces.choose(id);
    then();
  };
  if (isNew(id)) {
    return [{ label: m.editor_discard(), icon: "x", onselect: choose(workspaces.discard) }];
  }
  const open: MenuItem = {
    label: workspace.isOpen ? m.workspaces_switch_to() : m.workspaces_open(),
    icon: "log-in",
    kbd: "Enter",
    onselect: choose(() => void workspaces.open()),
  };
  if (id === BUILT_IN) return [open];
  return [
    open,
    { label: m.workspaces_edit(), icon: "pencil", onselect: () => workspaces.choose(id) },
    { label: m.workspaces_duplicate(), icon: "copy", onselect: () => void workspaces.duplicate(workspace) },
    workspace.favorite
      ? {
          label: m.workspaces_no_favorite(),
          icon: "x",
          onselect: () => void workspaces.favor(workspace, false),
        }
      : {
          label: m.workspaces_favorite(),
          icon: "star",
          onselect: () => void workspaces.favor(workspace, true),
        },
    {
      label: m.workspaces_move_up(),
      icon: "arrow-up",
      kbd: "Alt+Up",
      onselect: () => workspaces.move(workspace, -1),
    },
    {
      label: m.workspaces_move_down(),
      icon: "arrow-down",
      kbd: "Alt+Down",
      onselect: () => workspaces.move(workspace, 1),
    },
    {
      label: m.workspaces_export(),
      icon: "download",
      onselect: () => (workspaces.dialog = { kind: "export", ids: [id] }),
    },
    "separator",
    {
      label: m.workspaces_remove(),
      icon: "trash-2",
      danger: true,
      kbd: "Del",
      onselect: () => void workspaces.remove(workspace),
    },
  ];
}
