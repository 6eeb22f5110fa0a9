//! The seventh step: the permissions of the database user.
use bson::{Document, doc};
use mongodb::Client;
use tokio::time::{Instant, timeout_at};

use super::Passed;
use super::failed::Failed;
use super::read::Target;
use super::redaction::Redactor;
use super::sign_in;
use crate::database::ORGANIZATIONS;
use crate::diagnosis::{FindingCode, StageFacts};
use crate::failure::{Failure, server_text};
use crate::privileges::{Rights, privileges, role_command};

pub(super) async fn permissions(
    signed_in: Option<Client>,
    target: &Target,
    database: &str,
    redactor: Redactor,
    deadline: Instant,
) -> Result<Passed<()>, Failed> {
    let client = match signed_in {
        Some(client) => client,
        None => sign_in::client(target, None, sign_in::left(deadline)).await?,
    };
    let looked = look(&client, target, database, redactor, deadline).await;
    sign_in::shut_down(client);
    looked
}

async fn look(
    client: &Client,
    target: &Target,
    database: &str,
    redactor: Redactor,
    deadline: Instant,
) -> Result<Passed<()>, Failed> {
    let place = client.database(database);
    let rights = match timeout_at(deadline, Rights::ask(&place)).await {
        Ok(Ok(rights)) => rights,
        Ok(Err(failure)) => return Err(lost(&failure)),
        Err(_) => return Err(slow("connectionStatus")),
    };
    let privileges = privileges(database, &rights);
    let lacks = rights.user().is_some() && privileges.iter().any(|one| one.allowed == Some(false));
    let role = lacks.then(|| role_command(database, &rights, target.atlas));
    let facts = StageFacts::Permissions { privileges, tried: rights.were_tried(), role };
    let organizations = place.collection::<Document>(ORGANIZATIONS);
    let look = organizations.find_one(doc! {}).projection(doc! { "_id": 1 });
    // Read as well as derived from the privileges: this decides whether there is anything to see.
    match timeout_at(deadline, look.into_future()).await {
        Ok(Ok(_)) => Ok(Passed { value: (), facts }),
        Ok(Err(error)) if Failure::read(&error).is_denied() => {
            let needed = format!("find on {database}.{ORGANIZATIONS}");
            let said = server_text(&error).map(|text| redactor.foreign(&text)).unwrap_or_default();
            let mut failed = Failed::new(FindingCode::NoPrivilege, format!("{needed}: {said}"));
            failed.facts.database = Some(database.to_owned());
            failed.facts.user = target.user();
            failed.facts.auth_source = target.user().map(|_| target.auth_source());
            failed.facts.missing = vec![needed];
            Err(failed.knowing(facts))
        }
        Ok(Err(error)) => Err(lost(&Failure::read(&error)).knowing(facts)),
        Err(_) => Err(slow("find").knowing(facts)),
    }
}

fn lost(failure: &Failure) -> Failed {
    let code = failure.code.map(|code| format!(", code {code}")).unwrap_or_default();
    Failed::new(FindingCode::Other, format!("{}{code}", failure.words()))
}

fn slow(what: &str) -> Failed {
    Failed::new(FindingCode::TookTooLong, format!("no answer to {what}"))
}
