import type { ConnectionFields, Finding, FindingCode } from "$lib/api";
import { formatDay } from "$lib/format";
import { m } from "$lib/messages";

/** A failure of the test in words, and where in the editor to correct it. */
export interface FindingWords {
  readonly title: string;
  readonly cause: string;
  readonly remedy: string;
  /** The field to change, and the label of the button that leads there. */
  readonly field: EditorField;
  readonly edit: string;
  /** The most likely correction, without typing. */
  readonly fix: { readonly label: string; readonly change: Partial<ConnectionFields> } | null;
}

/** The fields that a finding leads to, by their names in the editor. */
export type EditorField =
  | "connectionString"
  | "hosts"
  | "password"
  | "authSource"
  | "authentication"
  | "user"
  | "tls"
  | "tlsCaFile"
  | "tlsCertificateKeyFile"
  | "replicaSet"
  | "connectTimeout";

function editWord(field: EditorField): string {
  switch (field) {
    case "connectionString":
      return m.diagnosis_edit_string();
    case "hosts":
      return m.diagnosis_edit_hosts();
    case "password":
      return m.diagnosis_edit_password();
    case "authSource":
      return m.diagnosis_edit_auth_source();
    case "authentication":
      return m.diagnosis_edit_mechanism();
    case "user":
      return m.diagnosis_edit_user();
    case "tls":
      return m.diagnosis_edit_tls();
    case "tlsCaFile":
      return m.diagnosis_edit_ca();
    case "tlsCertificateKeyFile":
      return m.diagnosis_edit_certificate();
    case "replicaSet":
      return m.diagnosis_edit_replica_set();
    case "connectTimeout":
      return m.diagnosis_edit_timeout();
  }
}

/** The field of a finding. A certificate file can be either of two: the tab does not say which. */
function fieldOf(code: FindingCode): EditorField {
  switch (code) {
    case "string_malformed":
      return "connectionString";
    case "host_unknown":
    case "srv_not_found":
    case "srv_foreign_domain":
    case "look_up_failed":
    case "connection_refused":
    case "connection_silent":
    case "no_route":
    case "access_list":
    case "certificate_wrong_name":
    case "server_too_old":
    case "no_primary":
    case "not_mongodb":
    case "closed_by_server":
    case "other":
      return "hosts";
    case "certificate_unknown_authority":
    case "certificate_file":
      return "tlsCaFile";
    case "client_certificate_needed":
      return "tlsCertificateKeyFile";
    case "certificate_expired":
    case "certificate_not_yet_valid":
    case "tls_expected_by_server":
    case "tls_not_expected_by_server":
    case "tls_failed":
      return "tls";
    case "credentials_refused":
      return "password";
    case "wrong_auth_source":
      return "authSource";
    case "mechanism_refused":
      return "authentication";
    case "no_privilege":
      return "user";
    case "wrong_replica_set":
      return "replicaSet";
    case "took_too_long":
      return "connectTimeout";
  }
}

type Sentences = Pick<FindingWords, "title" | "cause" | "remedy">;

function sentences({ code, facts }: Finding): Sentences {
  const host = facts.host ?? m.diagnosis_the_server();
  const authSource = facts.authSource ?? m.diagnosis_default_source();
  const problem = facts.problem ?? m.diagnosis_unknown_problem();
  const day = (time?: string) => (time === undefined ? m.diagnosis_unknown_time() : formatDay(time));
  const say = (title: string, cause: string, remedy: string): Sentences => ({ title, cause, remedy });
  switch (code) {
    case "string_malformed":
      return say(
        m.diagnosis_string_malformed_title(),
        m.diagnosis_string_malformed_cause({ problem }),
        m.diagnosis_string_malformed_remedy(),
      );
    case "host_unknown":
      return say(
        m.diagnosis_host_unknown_title({ host }),
        m.diagnosis_host_unknown_cause(),
        m.diagnosis_host_unknown_remedy(),
      );
    case "srv_not_found":
      return say(
        m.diagnosis_srv_not_found_title({ host }),
        m.diagnosis_srv_not_found_cause(),
        m.diagnosis_srv_not_found_remedy(),
      );
    case "srv_foreign_domain":
      return say(
        m.diagnosis_srv_foreign_domain_title({ host }),
        m.diagnosis_srv_foreign_domain_cause({
          foreignHost: facts.foreignHost ?? m.diagnosis_another_server(),
          domain: facts.domain ?? host,
        }),
        m.diagnosis_srv_foreign_domain_remedy(),
      );
    case "look_up_failed":
      return say(
        m.diagnosis_look_up_failed_title({ host }),
        m.diagnosis_look_up_failed_cause(),
        m.diagnosis_look_up_failed_remedy(),
      );
    case "connection_refused":
      return say(
        m.diagnosis_connection_refused_title({ host }),
        m.diagnosis_connection_refused_cause(),
        m.diagnosis_connection_refused_remedy(),
      );
    case "connection_silent":
      return say(
        m.diagnosis_connection_silent_title({ host }),
        m.diagnosis_connection_silent_cause(),
        m.diagnosis_connection_silent_remedy(),
      );
    case "no_route":
      return say(
        m.diagnosis_no_route_title({ host }),
        m.diagnosis_no_route_cause(),
        m.diagnosis_no_route_remedy(),
      );
    case "access_list":
      return facts.atlas
        ? say(
            m.diagnosis_access_list_atlas_title(),
            m.diagnosis_access_list_atlas_cause(),
            m.diagnosis_access_list_atlas_remedy(),
          )
        : say(
            m.diagnosis_access_list_title(),
            m.diagnosis_access_list_cause(),
            m.diagnosis_access_list_remedy(),
          );
    case "certificate_unknown_authority":
      return say(
        m.diagnosis_certificate_unknown_authority_title(),
        [
          m.diagnosis_certificate_unknown_authority_cause({
            issuer: facts.certificate?.issuer ?? m.diagnosis_unknown_issuer(),
          }),
          // The unreadable part of the file that may name it.
          facts.problem,
        ]
          .filter((sentence) => sentence !== null)
          .join(" "),
        m.diagnosis_certificate_unknown_authority_remedy(),
      );
    case "certificate_wrong_name":
      return say(
        m.diagnosis_certificate_wrong_name_title(),
        m.diagnosis_certificate_wrong_name_cause({
          names: facts.certificate?.names.join(", ") || m.diagnosis_another_server(),
          host,
        }),
        m.diagnosis_certificate_wrong_name_remedy(),
      );
    case "certificate_expired":
      return say(
        m.diagnosis_certificate_expired_title(),
        m.diagnosis_certificate_expired_cause({ until: day(facts.certificate?.validUntil) }),
        m.diagnosis_certificate_expired_remedy(),
      );
    case "certificate_not_yet_valid":
      return say(
        m.diagnosis_certificate_not_yet_valid_title(),
        m.diagnosis_certificate_not_yet_valid_cause({ from: day(facts.certificate?.validFrom) }),
        m.diagnosis_certificate_not_yet_valid_remedy(),
      );
    case "certificate_file":
      return say(
        m.diagnosis_certificate_file_title(),
        m.diagnosis_certificate_file_cause({ problem }),
        m.diagnosis_certificate_file_remedy(),
      );
    case "client_certificate_needed":
      return say(
        m.diagnosis_client_certificate_needed_title(),
        m.diagnosis_client_certificate_needed_cause(),
        m.diagnosis_client_certificate_needed_remedy(),
      );
    case "tls_expected_by_server":
      return say(
        m.diagnosis_tls_expected_by_server_title(),
        m.diagnosis_tls_expected_by_server_cause(),
        m.diagnosis_tls_expected_by_server_remedy(),
      );
    case "tls_not_expected_by_server":
      return say(
        m.diagnosis_tls_not_expected_by_server_title(),
        m.diagnosis_tls_not_expected_by_server_cause(),
        m.diagnosis_tls_not_expected_by_server_remedy(),
      );
    case "tls_failed":
      return say(
        m.diagnosis_tls_failed_title(),
        m.diagnosis_tls_failed_cause(),
        m.diagnosis_tls_failed_remedy(),
      );
    case "credentials_refused":
      return say(
        m.diagnosis_credentials_refused_title(),
        facts.percentInPassword
          ? `${m.diagnosis_credentials_refused_cause()} ${m.diagnosis_percent()}`
          : m.diagnosis_credentials_refused_cause(),
        m.diagnosis_credentials_refused_remedy({ authSource }),
      );
    case "wrong_auth_source":
      return say(
        m.diagnosis_wrong_auth_source_title({ authSource }),
        m.diagnosis_wrong_auth_source_cause(),
        m.diagnosis_wrong_auth_source_remedy({ otherAuthSource: facts.otherAuthSource ?? "admin" }),
      );
    case "mechanism_refused":
      return say(
        m.diagnosis_mechanism_refused_title(),
        m.diagnosis_mechanism_refused_cause(),
        m.diagnosis_mechanism_refused_remedy(),
      );
    case "no_privilege":
      if (facts.user === null) {
        return say(
          m.diagnosis_no_user_title(),
          m.diagnosis_no_user_cause({ database: facts.database ?? m.diagnosis_the_server() }),
          m.diagnosis_no_user_remedy(),
        );
      }
      return say(
        m.diagnosis_no_privilege_title({ database: facts.database ?? m.diagnosis_the_server() }),
        m.diagnosis_no_privilege_cause({ missing: facts.missing.join(", ") || m.diagnosis_some_rights() }),
        m.diagnosis_no_privilege_remedy(),
      );
    case "server_too_old":
      return say(
        m.diagnosis_server_too_old_title(),
        m.diagnosis_server_too_old_cause({ version: facts.version ?? m.diagnosis_old_version() }),
        m.diagnosis_server_too_old_remedy(),
      );
    case "no_primary":
      return facts.atlas
        ? say(
            m.diagnosis_no_primary_atlas_title(),
            m.diagnosis_no_primary_atlas_cause(),
            m.diagnosis_no_primary_atlas_remedy(),
          )
        : say(
            m.diagnosis_no_primary_title(),
            m.diagnosis_no_primary_cause(),
            m.diagnosis_no_primary_remedy(),
          );
    case "wrong_replica_set":
      return say(
        m.diagnosis_wrong_replica_set_title(),
        m.diagnosis_wrong_replica_set_cause(),
        m.diagnosis_wrong_replica_set_remedy(),
      );
    case "not_mongodb":
      return say(
        m.diagnosis_not_mongodb_title(),
        m.diagnosis_not_mongodb_cause({ host }),
        m.diagnosis_not_mongodb_remedy(),
      );
    case "closed_by_server":
      return say(
        m.diagnosis_closed_by_server_title(),
        m.diagnosis_closed_by_server_cause(),
        m.diagnosis_closed_by_server_remedy(),
      );
    case "took_too_long":
      return say(
        m.diagnosis_took_too_long_title(),
        m.diagnosis_took_too_long_cause(),
        m.diagnosis_took_too_long_remedy(),
      );
    case "other":
      return say(m.diagnosis_other_title(), m.diagnosis_other_cause(), m.diagnosis_other_remedy());
  }
}

function fixOf({ code, facts }: Finding): FindingWords["fix"] {
  if (code === "wrong_auth_source" && facts.otherAuthSource !== null)
    return {
      label: m.diagnosis_fix_auth_source({ database: facts.otherAuthSource }),
      change: { authSource: facts.otherAuthSource },
    };
  if (code === "tls_expected_by_server") return { label: m.diagnosis_fix_tls(), change: { tls: "on" } };
  if (code === "mechanism_refused")
    return { label: m.diagnosis_fix_mechanism(), change: { authentication: "scram" } };
  return null;
}

export function findingWords(finding: Finding): FindingWords {
  const field = fieldOf(finding.code);
  return { ...sentences(finding), field, edit: editWord(field), fix: fixOf(finding) };
}
