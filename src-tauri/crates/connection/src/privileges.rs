//! What Tenantry does in a database, which permissions the server requires for it, and whether the database user has
//! them.
//!
//! Actions and where they are checked: the manual's "Privilege Actions", and for `create` and `renameCollection` the
//! server's own checks, which accept either of two sets of actions.

mod rights;
mod role;
mod trial;

use tenantry_core::records::{Privilege, PrivilegedAct, RestrictedAct, Restriction};

pub use rights::Rights;
pub use role::role_command;

use crate::database::{
    ACTIVITY, OPERATIONS, OPERATORS, ORGANIZATIONS, PEOPLE, SESSIONS, SETTINGS, SIGN_IN_ATTEMPTS, TRASH,
};

/// Where an action is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum On {
    /// On one collection.
    Collection(&'static str),
    /// On every collection of the database: a resource cannot be a part of a name, so there is none for `org_*`.
    Database,
}

impl On {
    /// The namespace, for messages.
    fn namespace(self, database: &str) -> String {
        match self {
            Self::Collection(collection) => format!("{database}.{collection}"),
            Self::Database => database.to_owned(),
        }
    }
}

/// One action in one place.
pub type Need = (&'static str, On);

/// Something that Tenantry does.
struct Work {
    does: PrivilegedAct,
    /// Where all of the actions are needed.
    on: On,
    /// All of them are needed.
    actions: &'static [&'static str],
    /// Or all of these, which the server accepts instead.
    or: &'static [&'static str],
    /// The actions of a person that need it.
    acts: &'static [RestrictedAct],
}

use RestrictedAct::{Change, Create, Deactivate, DeleteForever, List, Rename, Restore, Statistics, Trash};

const fn work(
    does: PrivilegedAct,
    on: On,
    actions: &'static [&'static str],
    acts: &'static [RestrictedAct],
) -> Work {
    Work { does, on, actions, or: &[], acts }
}

/// Everything. Signing in to Tenantry needs the privileges of "sign-ins": without it no action is reached, so none is
/// listed there. A change is recorded before it is made, so none is made without the record.
const WORKS: [Work; 18] = [
    work(PrivilegedAct::ReadOrganizations, On::Collection(ORGANIZATIONS), &["find"], &[List]),
    work(PrivilegedAct::AddOrganizations, On::Collection(ORGANIZATIONS), &["insert"], &[Create, Restore]),
    work(
        PrivilegedAct::ChangeOrganizations,
        On::Collection(ORGANIZATIONS),
        &["update"],
        &[Change, Rename, Deactivate],
    ),
    work(PrivilegedAct::RemoveOrganizations, On::Collection(ORGANIZATIONS), &["remove"], &[Trash]),
    work(PrivilegedAct::ReadTrash, On::Collection(TRASH), &["find"], &[List]),
    work(PrivilegedAct::FillTrash, On::Collection(TRASH), &["insert", "update"], &[Trash]),
    work(PrivilegedAct::EmptyTrash, On::Collection(TRASH), &["remove"], &[Restore, DeleteForever]),
    work(
        PrivilegedAct::KeepJournal,
        On::Collection(OPERATIONS),
        &["find", "insert", "update", "remove"],
        &[Create, Rename, Trash, Restore, DeleteForever],
    ),
    work(
        PrivilegedAct::RecordActivity,
        On::Collection(ACTIVITY),
        &["find", "insert"],
        &[Create, Change, Rename, Deactivate, Trash, Restore, DeleteForever],
    ),
    work(
        PrivilegedAct::KeepOperators,
        On::Collection(OPERATORS),
        &["find", "insert", "update", "remove"],
        &[],
    ),
    work(PrivilegedAct::KeepPeople, On::Collection(PEOPLE), &["find", "insert", "update", "remove"], &[]),
    work(
        PrivilegedAct::CountSignIns,
        On::Collection(SIGN_IN_ATTEMPTS),
        &["find", "insert", "update", "remove"],
        &[],
    ),
    work(PrivilegedAct::KeepSessions, On::Collection(SESSIONS), &["find", "insert", "update", "remove"], &[]),
    work(PrivilegedAct::KeepPermits, On::Collection(SETTINGS), &["find", "insert", "update"], &[]),
    Work {
        does: PrivilegedAct::CreateCollections,
        on: On::Database,
        actions: &["createCollection", "createIndex"],
        or: &["insert", "createIndex"],
        acts: &[Create],
    },
    Work {
        does: PrivilegedAct::RenameCollections,
        on: On::Database,
        actions: &["renameCollectionSameDB"],
        or: &["find", "dropCollection", "insert", "createIndex"],
        acts: &[Rename, Trash, Restore],
    },
    work(PrivilegedAct::DeleteCollections, On::Database, &["dropCollection"], &[DeleteForever]),
    Work {
        does: PrivilegedAct::CountDocuments,
        on: On::Database,
        actions: &["find"],
        or: &["collStats"],
        acts: &[Statistics],
    },
];

/// No action needs these alone: without them a response has less.
const EXTRAS: [Work; 3] = [
    work(PrivilegedAct::ReadSizes, On::Database, &["collStats"], &[]),
    work(PrivilegedAct::ReadIndexes, On::Database, &["listIndexes"], &[]),
    work(PrivilegedAct::TellCollections, On::Database, &["listCollections"], &[]),
];

fn works() -> impl Iterator<Item = &'static Work> {
    WORKS.iter().chain(&EXTRAS)
}

impl Work {
    fn needs(&self) -> impl Iterator<Item = Need> + '_ {
        self.actions.iter().map(|action| (*action, self.on))
    }

    fn allowed(&self, database: &str, rights: &Rights) -> Option<bool> {
        let all = |actions: &[&'static str]| {
            every(actions.iter().map(|action| rights.allows(database, (action, self.on))))
        };
        match (all(self.actions), self.or.is_empty()) {
            (Some(true), _) => Some(true),
            (answer, true) => answer,
            (first, false) => match (first, all(self.or)) {
                (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                (_, None) | (None, _) | (Some(true), Some(false)) => None,
            },
        }
    }

    /// The missing actions among those of the role.
    fn missing(&self, database: &str, rights: &Rights) -> Vec<&'static str> {
        let lacks = |action: &&'static str| rights.allows(database, (action, self.on)) == Some(false);
        self.actions.iter().copied().filter(lacks).collect()
    }
}

/// Whether all of them hold; unknown if one is unknown and none is false.
fn every(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for answer in answers {
        match answer {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

/// The permissions that Tenantry needs, and whether the user has them.
pub fn privileges(database: &str, rights: &Rights) -> Vec<Privilege> {
    works()
        .map(|work| Privilege {
            act: work.does,
            needs: format!("{} on {}", work.actions.join(", "), work.on.namespace(database)),
            allowed: work.allowed(database, rights),
        })
        .collect()
}

/// The actions that the user lacks permissions for, with what is missing.
pub fn restrictions(database: &str, rights: &Rights) -> Vec<Restriction> {
    RestrictedAct::ALL
        .iter()
        .copied()
        .filter_map(|act| {
            let mut missing: Vec<(On, Vec<&'static str>)> = Vec::new();
            let concerned = works().filter(|work| work.acts.contains(&act));
            for work in concerned.filter(|work| work.allowed(database, rights) == Some(false)) {
                let actions = work.missing(database, rights);
                match missing.iter_mut().find(|(on, _)| *on == work.on) {
                    Some((_, known)) => known.extend(actions),
                    None => missing.push((work.on, actions)),
                }
            }
            let needs: Vec<String> = missing
                .into_iter()
                .map(|(on, actions)| format!("{} on {}", actions.join(", "), on.namespace(database)))
                .collect();
            (!needs.is_empty()).then(|| Restriction { act, needs: needs.join("; ") })
        })
        .collect()
}

#[cfg(test)]
mod tests;
