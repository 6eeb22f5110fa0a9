import type { Certificate, EndOfLife, StageFacts, StageName, StageState, TestStage } from "$lib/api";
import { formatDay } from "$lib/format";
import { m } from "$lib/messages";
import { privilegedActWord, topologyWord } from "$lib/words";

export function stageWord(stage: StageName): string {
  switch (stage) {
    case "read":
      return m.diagnosis_stage_read();
    case "look_up":
      return m.diagnosis_stage_look_up();
    case "reach":
      return m.diagnosis_stage_reach();
    case "tls":
      return m.diagnosis_stage_tls();
    case "handshake":
      return m.diagnosis_stage_handshake();
    case "sign_in":
      return m.diagnosis_stage_sign_in();
    case "permissions":
      return m.diagnosis_stage_permissions();
  }
}

export function stateWord(state: StageState): string {
  switch (state) {
    case "waiting":
      return m.diagnosis_state_waiting();
    case "running":
      return m.diagnosis_state_running();
    case "passed":
      return m.diagnosis_state_passed();
    case "failed":
      return m.diagnosis_state_failed();
    case "skipped":
      return m.diagnosis_state_skipped();
    case "not_run":
      return m.diagnosis_state_not_run();
  }
}

/** One line about a step. */
export interface StageLine {
  readonly text: string;
  readonly warning?: boolean;
}

/** The facts of a step: a line, and small print below it. */
export interface StageWords {
  readonly line: string;
  readonly more: readonly StageLine[];
  readonly warning?: boolean;
}

function endOfLifeWord({ series, date, ended }: EndOfLife): string {
  return ended
    ? m.diagnosis_handshake_end({ series, date: formatDay(date) })
    : m.diagnosis_handshake_ends({ series, date: formatDay(date) });
}

function certificateWord({
  subject,
  names,
  issuer,
  validFrom,
  validUntil,
  endsSoon,
}: Certificate): StageLine {
  const dates = { issuer, from: formatDay(validFrom), until: formatDay(validUntil) };
  const whose = names.length > 0 ? names.join(", ") : subject;
  return {
    text: endsSoon
      ? m.diagnosis_certificate_ends_soon({ whose, ...dates })
      : m.diagnosis_certificate({ whose, ...dates }),
    warning: endsSoon,
  };
}

function factWords(facts: StageFacts): StageWords {
  switch (facts.kind) {
    case "read":
      return {
        line: facts.srv
          ? m.diagnosis_read_srv({ host: facts.hosts[0] ?? "" })
          : m.diagnosis_read_hosts({ count: facts.hosts.length }),
        more: [],
      };
    case "look_up":
      return {
        line:
          facts.srvRecords > 0
            ? m.diagnosis_look_up_srv({ count: facts.srvRecords, hosts: facts.hosts.join(", ") })
            : m.diagnosis_look_up({ count: facts.addresses }),
        more:
          facts.txtOptions.length > 0
            ? [{ text: m.diagnosis_look_up_options({ options: facts.txtOptions.join(", ") }) }]
            : [],
      };
    case "reach":
      return {
        line:
          facts.reached === facts.hosts
            ? m.diagnosis_reach_all({ count: facts.hosts })
            : m.diagnosis_reach_some({ reached: facts.reached, count: facts.hosts }),
        more: [],
        warning: facts.reached < facts.hosts,
      };
    case "tls":
      return {
        line: facts.trusted ? facts.version : m.diagnosis_tls_untrusted({ version: facts.version }),
        warning: !facts.trusted || facts.leftOut.length > 0,
        more: [
          ...facts.chain.map(certificateWord),
          ...facts.leftOut.map((text) => ({ text, warning: true })),
        ],
      };
    case "handshake": {
      const what = {
        product: facts.product,
        version: facts.version,
        topology: topologyWord(facts.topology),
      };
      return {
        line:
          facts.primary === null
            ? m.diagnosis_handshake(what)
            : m.diagnosis_handshake_primary({ ...what, primary: facts.primary }),
        more: [
          ...(facts.endOfLife ? [{ text: endOfLifeWord(facts.endOfLife) }] : []),
          { text: m.diagnosis_handshake_wire({ version: facts.wireVersion }) },
        ],
        warning: facts.endOfLife?.ended ?? false,
      };
    }
    case "sign_in":
      return {
        line: m.diagnosis_sign_in({ user: facts.user, mechanism: facts.mechanism }),
        more: [{ text: m.diagnosis_sign_in_source({ authSource: facts.authSource }) }],
      };
    case "permissions": {
      const denied = facts.privileges
        .filter(({ allowed }) => allowed === false)
        .map(({ act }) => privilegedActWord(act));
      const unknown = facts.privileges.some(({ allowed }) => allowed === null);
      return {
        line:
          denied.length > 0
            ? m.diagnosis_permissions_some({ acts: denied.join(", ") })
            : unknown
              ? m.diagnosis_permissions_unknown()
              : m.diagnosis_permissions_all(),
        more: facts.tried ? [{ text: m.diagnosis_permissions_tried() }] : [],
        warning: denied.length > 0,
      };
    }
  }
}

/** What is said about a step besides its name and state. */
export function stageWords({ stage, state, facts }: TestStage): StageWords | null {
  if (facts) return factWords(facts);
  if (state !== "skipped") return null;
  if (stage === "tls") return { line: m.diagnosis_no_tls(), more: [] };
  if (stage === "sign_in") return { line: m.diagnosis_no_sign_in(), more: [] };
  return null;
}
