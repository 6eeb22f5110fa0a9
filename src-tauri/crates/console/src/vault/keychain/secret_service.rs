//! What Linux calls the keychain: the Secret Service on the session's D-Bus. `keyring-core` can't say whether it is
//! locked without having it ask the person, so that is asked here.

use std::error::Error;

use secret_service::blocking::SecretService;
use secret_service::{EncryptionType, Error as ServiceError};

use super::KeychainProblem;

/// Finds out whether secrets can be stored now. With `may_ask` a locked keychain asks the person for its password.
/// Blocks.
pub(super) fn look(may_ask: bool) -> Result<(), KeychainProblem> {
    let bus = zbus::blocking::Connection::session().map_err(|_| KeychainProblem::NoBus)?;
    let service =
        SecretService::connect_with_existing(EncryptionType::Dh, bus).map_err(|error| classify(&error))?;
    let keyring = match service.get_default_collection() {
        Ok(keyring) => keyring,
        Err(ServiceError::NoResult) => return Err(KeychainProblem::NotSetUp),
        Err(error) => return Err(classify(&error)),
    };
    if !keyring.is_locked().map_err(|error| classify(&error))? {
        return Ok(());
    }
    if !may_ask {
        return Err(KeychainProblem::Locked);
    }
    keyring.unlock().map_err(|error| classify(&error))?;
    // A prompt that ended is no proof.
    match keyring.is_locked() {
        Ok(false) => Ok(()),
        Ok(true) => Err(KeychainProblem::Locked),
        Err(error) => Err(classify(&error)),
    }
}

/// Locks the keyring and has it ask the person for its password. One that can't be locked asks for nothing, and proves
/// nothing. Blocks.
pub(super) fn ask_again() -> Result<(), KeychainProblem> {
    let bus = zbus::blocking::Connection::session().map_err(|_| KeychainProblem::NoBus)?;
    let service =
        SecretService::connect_with_existing(EncryptionType::Dh, bus).map_err(|error| classify(&error))?;
    let keyring = service.get_default_collection().map_err(|error| classify(&error))?;
    keyring.lock().map_err(|error| classify(&error))?;
    if !keyring.is_locked().map_err(|error| classify(&error))? {
        return Err(KeychainProblem::Refused);
    }
    look(true)
}

/// What the error inside of `keyring-core`'s means; `None` when it is none of this service.
pub(super) fn classify_cause(cause: &(dyn Error + Send + Sync + 'static)) -> Option<KeychainProblem> {
    cause.downcast_ref::<ServiceError>().map(classify)
}

fn classify(error: &ServiceError) -> KeychainProblem {
    match error {
        ServiceError::Unavailable => KeychainProblem::NoBus,
        ServiceError::NoResult => KeychainProblem::NotSetUp,
        ServiceError::Locked | ServiceError::Prompt => KeychainProblem::Locked,
        ServiceError::PromptDisconnected => KeychainProblem::Gone,
        ServiceError::Zbus(error) => of_bus(error),
        ServiceError::ZbusFdo(zbus::fdo::Error::ZBus(error)) => of_bus(error),
        ServiceError::ZbusFdo(zbus::fdo::Error::ServiceUnknown(_) | zbus::fdo::Error::NameHasNoOwner(_)) => {
            KeychainProblem::NoService
        }
        ServiceError::ZbusFdo(
            zbus::fdo::Error::NoReply(_) | zbus::fdo::Error::Disconnected(_) | zbus::fdo::Error::NoServer(_),
        ) => KeychainProblem::Gone,
        // The enums are open for new kinds of failure.
        _ => KeychainProblem::Refused,
    }
}

fn of_bus(error: &zbus::Error) -> KeychainProblem {
    match error {
        zbus::Error::MethodError(name, _, _) => of_name(name.as_str()),
        zbus::Error::InputOutput(_) => KeychainProblem::Gone,
        zbus::Error::FDO(error) => classify(&ServiceError::ZbusFdo((**error).clone())),
        _ => KeychainProblem::Refused,
    }
}

fn of_name(name: &str) -> KeychainProblem {
    match name.strip_prefix("org.freedesktop.DBus.Error.").unwrap_or(name) {
        "ServiceUnknown" | "NameHasNoOwner" => KeychainProblem::NoService,
        "NoReply" | "Disconnected" | "NoServer" => KeychainProblem::Gone,
        "org.freedesktop.Secret.Error.IsLocked" => KeychainProblem::Locked,
        activation if activation.starts_with("Spawn.") => KeychainProblem::NoService,
        _ => KeychainProblem::Refused,
    }
}
