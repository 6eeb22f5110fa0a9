import type { ProfileNotice } from "$lib/api";
import { m } from "$lib/messages";

/** What a person should know about the file of saved connections. */
export function noticeSentence(notice: ProfileNotice): string {
  switch (notice.kind) {
    case "copy_used":
      return m.workspaces_notice_copy_used();
    case "damaged":
      return m.workspaces_notice_damaged({ count: notice.saved, aside: notice.aside });
    case "secret_taken_out":
      return m.workspaces_notice_secret_taken_out();
    case "newer":
      return m.workspaces_notice_newer({ path: notice.path });
    case "in_use":
      return m.workspaces_notice_in_use({ path: notice.path });
    case "unusable":
      return m.workspaces_notice_unusable({ path: notice.path });
  }
}
