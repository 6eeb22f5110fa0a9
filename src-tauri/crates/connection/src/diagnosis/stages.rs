//! The steps of a connection test, and their facts.

use serde::Serialize;
use strum::VariantArray;
use tenantry_core::records::{EndOfLife, Privilege, RoleCommand, Topology};
use time::OffsetDateTime;
use time::serde::rfc3339;

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, VariantArray)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum StageName {
    /// The connection string is parsed.
    Read,
    /// DNS lookup.
    LookUp,
    /// Ports are reached.
    Reach,
    /// TLS.
    Tls,
    /// The handshake with the server.
    Handshake,
    /// The database user signs in.
    SignIn,
    /// The permissions of the database user.
    Permissions,
}

impl StageName {
    /// In their order.
    pub const ALL: &[Self] = Self::VARIANTS;
}

/// The state of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum StageState {
    /// It has not started.
    Waiting,
    /// It is running.
    Running,
    /// It passed.
    Passed,
    /// The test stopped here.
    Failed,
    /// It is not needed: no TLS, no user.
    Skipped,
    /// An earlier step failed.
    NotRun,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename = "TestStage", rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Stage {
    #[serde(rename = "stage")]
    pub name: StageName,
    /// How far it is.
    pub state: StageState,
    /// How long it took; `None` before its end.
    pub milliseconds: Option<u32>,
    /// Its facts; some steps know something even if they fail.
    pub facts: Option<StageFacts>,
}

impl Stage {
    /// A step that has not started.
    pub fn waiting(name: StageName) -> Self {
        Self { name, state: StageState::Waiting, milliseconds: None, facts: None }
    }
}

/// The facts of a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum StageFacts {
    /// Of the connection string.
    Read {
        /// Hosts with their ports, or the one name to look up.
        hosts: Vec<String>,
        /// Whether the hosts come from an SRV record.
        srv: bool,
    },
    /// Of the name server.
    LookUp {
        /// Hosts with their ports.
        hosts: Vec<String>,
        /// How many SRV records named them.
        #[cfg_attr(feature = "wire", specta(type = u32))]
        srv_records: usize,
        /// How many addresses they have.
        #[cfg_attr(feature = "wire", specta(type = u32))]
        addresses: usize,
        /// Options of the TXT record, as `name=value`.
        txt_options: Vec<String>,
    },
    /// Of the ports.
    Reach {
        /// Hosts that accepted a connection.
        #[cfg_attr(feature = "wire", specta(type = u32))]
        reached: usize,
        /// Hosts in all.
        #[cfg_attr(feature = "wire", specta(type = u32))]
        hosts: usize,
    },
    /// Of the encrypted line.
    Tls {
        /// The protocol: "TLS 1.3".
        version: String,
        /// The certificates that the server showed: its own first, then those that vouch for the one before.
        chain: Vec<Certificate>,
        /// Whether they were found good.
        trusted: bool,
        /// Sentences about unreadable certificates in the file of authorities, which the driver skips.
        left_out: Vec<String>,
    },
    /// Of the server, by its own words before a sign-in.
    Handshake {
        /// Its product: "MongoDB".
        product: String,
        /// Its version; empty if it does not tell.
        version: String,
        /// The kind of deployment.
        topology: Topology,
        /// The newest wire protocol that it supports.
        wire_version: i32,
        /// The primary of its replica set.
        primary: Option<String>,
        /// When its series stops getting updates, if known.
        end_of_life: Option<EndOfLife>,
    },
    /// Of the sign-in.
    SignIn {
        user: String,
        /// The mechanism: "SCRAM-SHA-256".
        mechanism: String,
        /// The database where the user was created.
        auth_source: String,
    },
    /// Of the database user's permissions.
    Permissions {
        /// The permissions that Tenantry needs.
        privileges: Vec<Privilege>,
        /// Whether they were found by trial, because the server does not list them.
        tried: bool,
        /// The smallest role that allows everything, for a user who lacks permissions.
        role: Option<RoleCommand>,
    },
}

/// A certificate: its owner, issuer and dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Certificate {
    /// Whose it is, in one name.
    pub subject: String,
    /// The names that it is good for.
    pub names: Vec<String>,
    pub issuer: String,
    #[serde(with = "rfc3339")]
    #[cfg_attr(feature = "wire", specta(type = String))]
    pub valid_from: OffsetDateTime,
    #[serde(with = "rfc3339")]
    #[cfg_attr(feature = "wire", specta(type = String))]
    pub valid_until: OffsetDateTime,
    /// Whether that moment is near, or over.
    pub ends_soon: bool,
}

/// Receives the progress of a test.
pub trait StageSink: Send + Sync {
    /// A step started or ended. Must not block.
    fn stage(&self, stage: &Stage);
}
