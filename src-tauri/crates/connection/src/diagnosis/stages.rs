//! The stages of a connection test, and what each found.

use serde::Serialize;
use strum::VariantArray;
use tenantry_core::records::{EndOfLife, Privilege, RoleCommand, Topology};
use time::OffsetDateTime;
use time::serde::rfc3339;

/// The stages, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, VariantArray)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum StageName {
    /// The connection string is read.
    Read,
    /// Names become addresses.
    LookUp,
    /// Ports are reached.
    Reach,
    /// The line is encrypted.
    Tls,
    /// The server introduces itself.
    Handshake,
    /// The database user signs in.
    SignIn,
    /// What the database user may do.
    Permissions,
}

impl StageName {
    /// In their order.
    pub const ALL: &[Self] = Self::VARIANTS;
}

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum StageState {
    /// Its turn will come.
    Waiting,
    /// It is under way.
    Running,
    /// It is done.
    Passed,
    /// The test stopped here.
    Failed,
    /// It is not needed here: no encryption, no user.
    Skipped,
    /// An earlier stage failed.
    NotRun,
}

/// One stage.
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
    /// What it found; some stages know something even where they fail.
    pub facts: Option<StageFacts>,
}

impl Stage {
    /// A stage whose turn will come.
    pub fn waiting(name: StageName) -> Self {
        Self { name, state: StageState::Waiting, milliseconds: None, facts: None }
    }
}

/// What a stage found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum StageFacts {
    /// Of the connection string.
    Read {
        /// Hosts with their ports, or the one name to look up.
        hosts: Vec<String>,
        /// Whether the hosts stand in DNS.
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
        /// Sentences on certificates in the file of authorities that can't be read; the driver passes over them.
        left_out: Vec<String>,
    },
    /// Of the server, by what it says of itself before anybody signs in.
    Handshake {
        /// Its product: "MongoDB".
        product: String,
        /// Its version; empty where it does not tell.
        version: String,
        /// How the deployment is built.
        topology: Topology,
        /// The newest version of the wire protocol that it speaks.
        wire_version: i32,
        /// The primary of its replica set.
        primary: Option<String>,
        /// Until when its series is mended, where that is known.
        end_of_life: Option<EndOfLife>,
    },
    /// Of the sign-in.
    SignIn {
        user: String,
        /// The mechanism: "SCRAM-SHA-256".
        mechanism: String,
        /// The database that knows the user.
        auth_source: String,
    },
    /// Of the database user's rights.
    Permissions {
        /// What each part of the program needs.
        privileges: Vec<Privilege>,
        /// Found out by trying: the server does not list them.
        tried: bool,
        /// What would give a user who lacks rights the smallest role that allows everything.
        role: Option<RoleCommand>,
    },
}

/// Whom a certificate names, who vouches, and when.
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
    /// That moment is near, or over.
    pub ends_soon: bool,
}

/// Where the test tells how far it is.
pub trait StageSink: Send + Sync {
    /// A stage began or ended. Must not block.
    fn stage(&self, stage: &Stage);
}
