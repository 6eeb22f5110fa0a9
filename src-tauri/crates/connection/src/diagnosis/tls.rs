//! The fourth step: TLS.
use bson::doc;
use mongodb::options::{ServerAddress, TlsOptions};
use rustls::{AlertDescription, CertificateError, Error as TlsError};
use tokio::time::{Instant, timeout_at};

use super::Passed;
use super::encryption::{Encrypted, Encryption, Seen, Trouble, trouble};
use super::failed::Failed;
use super::look_up::Host;
use super::reach::{Line, connect};
use super::wire::{Form, NoAnswer, ask};
use crate::diagnosis::{Certificate, FindingCode, StageFacts};
use crate::hosts::{is_atlas, shown};

type Lines = (Option<Encryption>, Vec<Line>);

pub(super) async fn encrypt(
    options: TlsOptions,
    reached: Vec<Line>,
    deadline: Instant,
) -> Result<Passed<Lines>, Failed> {
    let encryption = Encryption::load(options).await?;
    let asked = reached.into_iter().map(|reached| encrypt_one(&encryption, reached, deadline));
    let (mut lines, mut facts, mut first_failure) = (Vec::new(), None, None);
    for answer in futures_util::future::join_all(asked).await {
        match answer {
            Ok((line, found)) => {
                lines.push(line);
                facts.get_or_insert(found);
            }
            Err(failed) => {
                first_failure.get_or_insert(failed);
            }
        }
    }
    match (facts, first_failure) {
        (Some(facts), _) => Ok(Passed { value: (Some(encryption), lines), facts }),
        (None, Some(failed)) => Err(failed),
        (None, None) => Err(Failed::new(FindingCode::Other, "no host to encrypt a line to")),
    }
}

/// Encrypts one connection, or says why it failed.
pub(super) async fn encrypt_one(
    encryption: &Encryption,
    reached: Line,
    deadline: Instant,
) -> Result<(Line, StageFacts), Failed> {
    let Line { host, stream } = reached;
    // The other half of the time is for finding out what does not respond.
    let now = Instant::now();
    let patience = now + deadline.saturating_duration_since(now) / 2;
    let mut encrypted = match encryption.encrypt(&host.name, stream, patience).await {
        Ok(encrypted) => encrypted,
        Err(trouble) => return Err(explain(trouble, &host, deadline).await),
    };
    judge(encryption, &encrypted, &host.name)?;
    if encrypted.asked_for_ours {
        listen_to_objections(&mut encrypted, &host, deadline).await?;
    }
    let facts = facts(encryption, &encrypted).ok_or_else(|| {
        Failed::new(FindingCode::TlsFailed, "the server's certificate can't be read").at(host.shown())
    })?;
    Ok((Line { host, stream: encrypted.stream }, facts))
}

fn facts(encryption: &Encryption, encrypted: &Encrypted) -> Option<StageFacts> {
    let Seen { chain, verdict } = &encrypted.seen;
    (!chain.is_empty()).then(|| StageFacts::Tls {
        version: encrypted.version.clone(),
        chain: chain.clone(),
        trusted: verdict.is_ok(),
        left_out: encryption.left_out.clone(),
    })
}

fn judge(encryption: &Encryption, encrypted: &Encrypted, host: &ServerAddress) -> Result<(), Failed> {
    let Seen { chain, verdict } = &encrypted.seen;
    let Err(error) = verdict else { return Ok(()) };
    if encryption.allow_invalid {
        return Ok(());
    }
    let code = match error {
        TlsError::InvalidCertificate(problem) => certificate_code(problem),
        _ => FindingCode::TlsFailed,
    };
    let host = shown(host);
    let failed = Failed::new(code, format!("{host}: {error}")).at(host).showing(at_fault(chain, code));
    // The authority may be in the file, but unreadable.
    let failed = match code {
        FindingCode::CertificateUnknownAuthority if !encryption.left_out.is_empty() => {
            failed.saying(encryption.left_out.join(" "))
        }
        _ => failed,
    };
    Err(match facts(encryption, encrypted) {
        Some(facts) => failed.knowing(facts),
        None => failed,
    })
}

/// The certificate that the finding is about: an issuer in the chain may be the expired one.
fn at_fault(chain: &[Certificate], code: FindingCode) -> Option<Certificate> {
    match code {
        FindingCode::CertificateExpired => chain.iter().min_by_key(|one| one.valid_until),
        FindingCode::CertificateNotYetValid => chain.iter().max_by_key(|one| one.valid_from),
        _ => chain.first(),
    }
    .cloned()
}

fn certificate_code(problem: &CertificateError) -> FindingCode {
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            FindingCode::CertificateExpired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            FindingCode::CertificateNotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            FindingCode::CertificateWrongName
        }
        // A self-signed certificate: unknown, or, if its own file is given as the authority, an authority in a server's
        // place.
        CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_) => {
            FindingCode::CertificateUnknownAuthority
        }
        _ => FindingCode::TlsFailed,
    }
}

/// In TLS 1.3 a server checks our certificate, or misses it, after the handshake has ended for us: only a first
/// response shows that it accepts.
async fn listen_to_objections(
    encrypted: &mut Encrypted,
    host: &Host,
    deadline: Instant,
) -> Result<(), Failed> {
    let hello = doc! { "isMaster": 1, "helloOk": true };
    let problem = match ask(&mut *encrypted.stream, Form::Query, &hello, deadline).await {
        Ok(_) | Err(NoAnswer::Silent | NoAnswer::Tls | NoAnswer::Foreign(_)) => return Ok(()),
        Err(NoAnswer::Closed(kind)) => format!("the server hung up after the handshake ({kind})"),
        Err(NoAnswer::Broken(error)) => match trouble(error, true) {
            Trouble::Alert { alert, .. } => format!("alert {}", named(alert)),
            other => format!("{other:?}"),
        },
    };
    if is_atlas(&host.name) {
        return Err(access_list(&host.name, &problem));
    }
    let technical = format!("{}: the server asked for a client certificate; {problem}", host.shown());
    Err(Failed::new(FindingCode::ClientCertificateNeeded, technical).at(host.shown()))
}

async fn explain(trouble: Trouble, host: &Host, deadline: Instant) -> Failed {
    let name = host.shown();
    let (code, problem) = match trouble {
        Trouble::Name => {
            let technical = format!("{name}: a certificate can't bear this name");
            return Failed::new(FindingCode::TlsFailed, technical).at(name);
        }
        Trouble::Tls(error) => {
            return Failed::new(FindingCode::TlsFailed, format!("{name}: {error}")).at(name);
        }
        Trouble::Alert { alert, .. } if is_atlas(&host.name) => {
            return access_list(&host.name, &format!("alert {}", named(alert)));
        }
        Trouble::Alert { alert, asked_for_ours } => {
            let technical = format!("{name}: alert {}", named(alert));
            let code = if asked_for_ours || alert == AlertDescription::CertificateRequired {
                FindingCode::ClientCertificateNeeded
            } else {
                FindingCode::TlsFailed
            };
            return Failed::new(code, technical).at(name);
        }
        Trouble::Closed(kind) => {
            (FindingCode::ClosedByServer, format!("the server hung up in the handshake ({kind})"))
        }
        Trouble::Silent => (FindingCode::ConnectionSilent, "no answer to the handshake".to_owned()),
        Trouble::PlainText => (FindingCode::TlsFailed, "what came back is not TLS".to_owned()),
    };
    if is_atlas(&host.name) {
        return access_list(&host.name, &problem);
    }
    let (code, probed) = match plain_answer(host, deadline).await {
        Plain::Mongodb => (FindingCode::TlsNotExpectedByServer, "it answers without encryption"),
        Plain::SomethingElse => (FindingCode::NotMongodb, "without encryption something else answers"),
        Plain::Nothing => (code, "nor does it answer without encryption"),
    };
    Failed::new(code, format!("{name}: {problem}; {probed}")).at(name)
}

enum Plain {
    Mongodb,
    SomethingElse,
    Nothing,
}

/// The response of the same host without TLS.
async fn plain_answer(host: &Host, deadline: Instant) -> Plain {
    let Ok(mut stream) = connect(host, deadline).await else { return Plain::Nothing };
    match ask(&mut *stream, Form::Query, &doc! { "isMaster": 1, "helloOk": true }, deadline).await {
        Ok(_) => Plain::Mongodb,
        Err(NoAnswer::Foreign(_)) => Plain::SomethingElse,
        Err(NoAnswer::Silent | NoAnswer::Closed(_) | NoAnswer::Broken(_) | NoAnswer::Tls) => Plain::Nothing,
    }
}

/// Whether the host uses TLS, with any certificate.
pub(super) async fn speaks_tls(host: &Host, deadline: Instant) -> bool {
    let Ok(encryption) = Encryption::load(TlsOptions::default()).await else { return false };
    let Ok(stream) = connect(host, deadline).await else { return false };
    match timeout_at(deadline, encryption.encrypt(&host.name, stream, deadline)).await {
        Ok(Ok(_) | Err(Trouble::Alert { .. } | Trouble::Tls(_))) => true,
        Ok(Err(Trouble::Name | Trouble::Silent | Trouble::Closed(_) | Trouble::PlainText)) | Err(_) => false,
    }
}

/// What an address that Atlas does not let in looks like from outside.
pub(super) fn access_list(host: &ServerAddress, reason: &str) -> Failed {
    let host = shown(host);
    Failed::new(FindingCode::AccessList, format!("{host}: {reason}")).at(host).saying(format!("{reason}."))
}

fn named(alert: AlertDescription) -> String {
    format!("{} ({alert:?})", u8::from(alert))
}
