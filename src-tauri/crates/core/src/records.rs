//! The records of a workspace: organizations, operators, collections, operations, activity, what operators permit,
//! settings, live sessions, and the health of its store.

mod activity;
mod batches;
mod collection;
mod comparable;
mod deployment;
mod health;
mod one_time;
mod operation;
mod operator;
mod organization;
mod people;
mod permits;
mod relaxed;
mod session;
mod settings;
mod stored;
mod template;

pub use activity::{
    ActivityEntry, ActivityKind, Change, Head, Outcome, RecordCursor, RecordPage, RecordQuery, Recorded,
    Stored, seal_earlier,
};
pub use batches::Batches;
pub use collection::{
    CollectionDescription, CollectionIdentity, CollectionKind, CollectionStatistics, IndexDescription,
    IndexStatistics, ListedCollection,
};
pub use comparable::{comparable, comparable_index};
pub use deployment::{Capacity, CollectionLimit, CollectionUse, ConnectionUse, Member, MemberState};
pub use health::{
    EndOfLife, HealthWarning, Line, Privilege, PrivilegedAct, RestrictedAct, Restriction, RoleCommand,
    ServerFacts, StoreHealth, Topology,
};
pub use one_time::OneTime;
pub use operation::{
    JournalEntry, MendWord, Operation, OperationPlan, Owner, Recovered, RecoveredAct, RecoveryOutcome, Turn,
    random_id,
};
pub use operator::{NewOperator, Operator, OperatorChange, OperatorRole, SignInAttempts};
pub use organization::{
    Claims, Cursor, Expected, NewOrganization, Organization, OrganizationChange, OrganizationCounts,
    OrganizationCredentials, OrganizationFilter, OrganizationPage, OrganizationQuery, OrganizationStatus,
    PageStart, SortDirection, SortField, SortPlace, StatusFilter, Trashed, TrashedCollection, Unshowable,
    set_aside,
};
pub use people::{
    MemberRole, Membership, MembershipChange, OperatorRow, OperatorsPage, OperatorsQuery, OrganizationRef,
    PeopleCounts, PeopleCursor, PeopleFilter, PeoplePage, PeopleQuery, PeopleSort, PeopleStatus, Person,
    PersonRow,
};
pub use permits::{Access, Decided, Environment, Permits};
pub use relaxed::relaxed;
pub use session::{LiveSession, SessionDigest, SessionFacts, SessionQuery, SessionsOf};
pub use settings::{SettingValue, WorkspaceSettings};
pub use stored::{Correction, OddField, Shelf, StoredId, StoredOrganization, StoredText};
pub use template::{Accepted, IndexKey, IndexKeyKind, Template, TemplateIndex};
