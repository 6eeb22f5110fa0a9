//! The acts of the campaign, each with what it needs before, and what may be there after it or after it never was.

use bson::{Bson, DateTime, Document, doc, oid::ObjectId};
use futures_util::TryStreamExt;
use tempfile::{NamedTempFile, TempDir};
use tenantry_core::doctor::MendKind;
use tenantry_core::records::{MemberRole, OperatorRole, Organization};
use tenantry_core::rights::Actor;
use tenantry_core::sessions::Session;
use tenantry_core::values::OrganizationId;
use tenantry_tests::acts::Act;
use tenantry_tests::bundles::{read_apart, written};
use tenantry_tests::checker::{Accounts, Contents, SeenOrganization};
use tenantry_tests::console::{Console, create_request};
use tenantry_tests::suite::{collection, move_collection, name};
use tenantry_tests::twins::Twins;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

/// Documents of a tenant.
const DOCUMENTS: usize = 3;
/// The settings' minutes that [`Case::ChangeSettings`] asks for.
const MINUTES: u32 = 45;

/// An act and the state that it meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Create,
    Rename,
    RenameShared,
    Change,
    RenameAndChange,
    Deactivate,
    Reactivate,
    Trash,
    Restore,
    DeleteForever,
    Receive,
    Import,
    JoinHalves,
    MoveCollection,
    AttachCollection,
    SetAside,
    LoadSamples,
    AddPerson,
    ChangePersonRole,
    DeactivatePerson,
    RemovePerson,
    AddOperator,
    ChangeOperatorRole,
    DeactivateOperator,
    RemoveOperator,
    ChangeSettings,
}

impl Case {
    pub const ALL: [Self; 26] = [
        Self::Create,
        Self::Rename,
        Self::RenameShared,
        Self::Change,
        Self::RenameAndChange,
        Self::Deactivate,
        Self::Reactivate,
        Self::Trash,
        Self::Restore,
        Self::DeleteForever,
        Self::Receive,
        Self::Import,
        Self::JoinHalves,
        Self::MoveCollection,
        Self::AttachCollection,
        Self::SetAside,
        Self::LoadSamples,
        Self::AddPerson,
        Self::ChangePersonRole,
        Self::DeactivatePerson,
        Self::RemovePerson,
        Self::AddOperator,
        Self::ChangeOperatorRole,
        Self::DeactivateOperator,
        Self::RemoveOperator,
        Self::ChangeSettings,
    ];

    /// Whether a start after a crash has something to settle.
    pub fn has_an_intent(self) -> bool {
        match self {
            Self::Create
            | Self::Rename
            | Self::RenameShared
            | Self::RenameAndChange
            | Self::Trash
            | Self::Restore
            | Self::DeleteForever
            | Self::Receive
            | Self::Import
            | Self::JoinHalves
            | Self::MoveCollection
            | Self::AttachCollection
            | Self::SetAside => true,
            Self::Change
            | Self::Deactivate
            | Self::Reactivate
            | Self::LoadSamples
            | Self::AddPerson
            | Self::ChangePersonRole
            | Self::DeactivatePerson
            | Self::RemovePerson
            | Self::AddOperator
            | Self::ChangeOperatorRole
            | Self::DeactivateOperator
            | Self::RemoveOperator
            | Self::ChangeSettings => false,
        }
    }

    /// Whether the act needs a workspace that no other act has touched.
    pub fn is_alone(self) -> bool {
        matches!(self, Self::RenameShared | Self::LoadSamples | Self::ChangeSettings)
    }
}

/// One organization, person or operator that an act is about.
pub struct Scene {
    pub case: Case,
    pub act: Act,
    /// The organization, in hex.
    pub id: String,
    /// Its name, before and after the act.
    from: String,
    to: String,
    /// The file that the act reads.
    _bundle: Option<NamedTempFile>,
    /// The folder that the act writes to.
    folder: Option<TempDir>,
    /// The address of the person or operator.
    address: String,
    /// Sessions of the organization's admin and of a person.
    pub sessions: Vec<Session>,
}

/// Where an organization is, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    shelf: &'static str,
    name: String,
    address: String,
    is_active: bool,
}

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Done,
    Undone,
    /// Two acts in one: the first is done, and the second is not.
    Between,
}

impl Scene {
    /// What the act meets, with the number `number` in its names.
    pub async fn prepare(
        case: Case,
        number: u32,
        workspace: &TestWorkspace,
        console: &Console,
        operator: &Actor,
    ) -> Self {
        let (from, to) = (format!("from-{number}"), format!("to-{number}"));
        let address = format!("somebody-{number}@example.com");
        let mut scene = Self {
            case,
            act: Act::Open,
            id: OrganizationId::new().to_hex(),
            from: from.clone(),
            to: to.clone(),
            _bundle: None,
            folder: None,
            address: address.clone(),
            sessions: Vec::new(),
        };
        let is_about_an_organization = !matches!(
            case,
            Case::Create
                | Case::Import
                | Case::SetAside
                | Case::LoadSamples
                | Case::AddOperator
                | Case::ChangeOperatorRole
                | Case::DeactivateOperator
                | Case::RemoveOperator
                | Case::ChangeSettings
        );
        if is_about_an_organization {
            let created = tenant(workspace, console, operator, &from).await;
            scene.id = created.id.to_hex();
            if matches!(
                case,
                Case::Deactivate | Case::Reactivate | Case::Trash | Case::Restore | Case::DeleteForever
            ) {
                scene.sessions.push(console.sign_in(created.admin_email.as_str()).await);
                let viewer = console.person(&created, &address, MemberRole::Viewer).await;
                scene.sessions.push(viewer);
            }
            match case {
                Case::Restore | Case::DeleteForever => {
                    console.organizations.trash(operator, created.id, None).await.expect("trashed");
                }
                Case::Reactivate => {
                    console.organizations.deactivate(operator, created.id).await.expect("deactivated");
                }
                Case::JoinHalves | Case::MoveCollection | Case::AttachCollection => {
                    damage(case, workspace, &created, &to).await;
                }
                Case::ChangePersonRole | Case::DeactivatePerson | Case::RemovePerson => {
                    console.person(&created, &address, MemberRole::Viewer).await;
                }
                _ => {}
            }
        }
        let id = scene.id.clone();
        let email = format!("other-{number}@example.com");
        scene.act = match case {
            Case::Create => Act::Create { name: to },
            Case::Rename | Case::RenameShared => Act::Rename { id, to },
            Case::Change => Act::Change { id, email },
            Case::RenameAndChange => Act::RenameAndChange { id, to, email },
            Case::Deactivate => Act::Deactivate { id },
            Case::Reactivate => Act::Reactivate { id },
            Case::Trash => Act::Trash { id },
            Case::Restore => Act::Restore { id, to: Some(to) },
            Case::DeleteForever => Act::DeleteForever { id, name: from },
            Case::Receive => {
                let bundle = written(console, operator, id.parse().expect("an id")).await;
                let file = NamedTempFile::with_suffix(".tenant").expect("a file");
                std::fs::write(file.path(), bundle).expect("the bundle is written");
                // The one that it was written from is another one, and stays.
                scene.id = OrganizationId::new().to_hex();
                let path = file.path().to_owned();
                scene._bundle = Some(file);
                Act::Receive { bundle: path, to }
            }
            Case::Import => Act::Import { names: imported(&to) },
            Case::JoinHalves => Act::Mend { mend: MendKind::JoinHalves, about: id, organization: None },
            Case::MoveCollection => {
                Act::Mend { mend: MendKind::MoveCollection, about: id, organization: None }
            }
            Case::AttachCollection => Act::Mend {
                mend: MendKind::AttachCollection,
                about: collection(&to).to_string(),
                organization: Some(id),
            },
            Case::SetAside => {
                let (name, collections) = (collection(&to), &workspace.ports.collections);
                collections.create(&name).await.expect("created");
                let documents: Vec<_> = (0..DOCUMENTS)
                    .map(|number| doc! { "_id": ObjectId::new(), "of": &to, "number": number as i64 })
                    .map(|document| document.to_vec().expect("bytes"))
                    .collect();
                collections.insert_documents(&name, &documents).await.expect("inserted");
                let folder = TempDir::new().expect("a folder");
                let path = folder.path().to_owned();
                scene.folder = Some(folder);
                Act::SetAside { collection: name.to_string(), folder: path }
            }
            Case::LoadSamples => Act::LoadSamples,
            Case::AddPerson => Act::AddPerson { organization: id, email: address },
            Case::ChangePersonRole | Case::DeactivatePerson | Case::RemovePerson => {
                let email = tenantry_tests::suite::email(&address);
                let person = console.ports.people.find_by_email(&email).await.expect("a look-up answers");
                let person = person.expect("it is there").id.to_string();
                match case {
                    Case::ChangePersonRole => Act::ChangePersonRole { person, organization: id },
                    Case::DeactivatePerson => Act::DeactivatePerson { person, organization: id },
                    _ => Act::RemovePerson { person, organization: id },
                }
            }
            Case::AddOperator => Act::AddOperator { email: address },
            Case::ChangeOperatorRole | Case::DeactivateOperator | Case::RemoveOperator => {
                let session = console.another_operator(&address, OperatorRole::Operator).await;
                scene.sessions.push(session);
                let email = tenantry_tests::suite::email(&address);
                let found = console.ports.accounts.find_operator_by_email(&email).await;
                let operator = found.expect("a look-up answers").expect("it is there").id.to_string();
                match case {
                    Case::ChangeOperatorRole => Act::ChangeOperatorRole { operator },
                    Case::DeactivateOperator => Act::DeactivateOperator { operator },
                    _ => Act::RemoveOperator { operator },
                }
            }
            Case::ChangeSettings => Act::ChangeSettings { minutes: MINUTES },
        };
        scene
    }

    /// The rename of an organization whose collection another one has, too.
    pub fn of_twins(twins: &Twins, number: u32) -> Self {
        let (id, to) = (twins.acme.id.to_hex(), format!("to-{number}"));
        Self {
            case: Case::RenameShared,
            act: Act::Rename { id: id.clone(), to: to.clone() },
            id,
            from: String::new(),
            to,
            _bundle: None,
            folder: None,
            address: String::new(),
            sessions: Vec::new(),
        }
    }

    /// Whether the act is done, or never was. Anything else fails.
    pub fn ended(
        &self,
        (before, then): (&Contents, &Accounts),
        (now, accounts): (&Contents, &Accounts),
    ) -> Ended {
        let shows = |problem: &str| format!("{:?}: {problem}", self.act);
        let is_done = match self.case {
            Case::Create => return self.is_created(&self.to, now),
            Case::Receive => return self.is_received(before, now),
            Case::JoinHalves | Case::MoveCollection | Case::AttachCollection => {
                return self.is_mended(before, now);
            }
            Case::SetAside => return self.is_set_aside(before, now),
            Case::Import => {
                let all = imported(&self.to);
                let created = all.iter().filter(|name| self.is_created(name, now) == Ended::Done).count();
                return match created {
                    0 => Ended::Undone,
                    created if created == all.len() => Ended::Done,
                    _ => Ended::Between,
                };
            }
            Case::LoadSamples => return are_samples_loaded(now),
            Case::AddPerson | Case::ChangePersonRole | Case::DeactivatePerson | Case::RemovePerson => {
                let key = (self.address.clone(), self.id.clone());
                let done = match self.case {
                    Case::AddPerson => Some(("viewer", true)),
                    Case::ChangePersonRole => Some(("organization_admin", true)),
                    Case::DeactivatePerson => Some(("viewer", false)),
                    _ => None,
                };
                let mut expected = then.clone();
                match done {
                    Some((role, is_active)) => {
                        expected.memberships.insert(key, (role.to_owned(), is_active));
                    }
                    None => {
                        expected.memberships.remove(&key);
                    }
                }
                Some((expected, "a person"))
            }
            Case::AddOperator
            | Case::ChangeOperatorRole
            | Case::DeactivateOperator
            | Case::RemoveOperator => {
                let done = match self.case {
                    Case::AddOperator => Some(("operator", true)),
                    Case::ChangeOperatorRole => Some(("read_only_operator", true)),
                    Case::DeactivateOperator => Some(("operator", false)),
                    _ => None,
                };
                let mut expected = then.clone();
                match done {
                    Some((role, is_active)) => {
                        expected.operators.insert(self.address.clone(), (role.to_owned(), is_active));
                    }
                    None => {
                        expected.operators.remove(&self.address);
                    }
                }
                Some((expected, "an operator"))
            }
            Case::ChangeSettings => {
                let minutes = |accounts: &Accounts| accounts.settings.get("session_minutes").cloned();
                let is_done = minutes(accounts).as_deref() == Some(&MINUTES.to_string());
                assert!(
                    is_done || accounts.settings == then.settings,
                    "{}",
                    shows("settings are half changed")
                );
                return if is_done { Ended::Done } else { Ended::Undone };
            }
            Case::Rename
            | Case::RenameShared
            | Case::Change
            | Case::RenameAndChange
            | Case::Deactivate
            | Case::Reactivate
            | Case::Trash
            | Case::Restore
            | Case::DeleteForever => None,
        };
        match is_done {
            Some((expected, _)) if *accounts == expected && *then != expected => Ended::Done,
            Some((_, what)) => {
                assert_eq!(accounts, then, "{}", shows(&format!("{what} is half changed")));
                Ended::Undone
            }
            None => self.organization_ended(before, now),
        }
    }

    fn is_created(&self, name: &str, now: &Contents) -> Ended {
        let Some(found) = now.live.values().find(|found| found.name == name) else { return Ended::Undone };
        assert!(found.hash.starts_with("$2b$"), "its admin can sign in");
        assert_eq!(found.admin_email, create_request(name).email);
        assert!(is_active(found), "people can sign in");
        assert_eq!(now.of_tenant(name).documents.len(), 0);
        Ended::Done
    }

    /// All of it came in, or nothing.
    fn is_received(&self, before: &Contents, now: &Contents) -> Ended {
        let called = |name: &str| now.live.values().find(|found| found.name == name);
        let Some(found) = called(&self.to) else { return Ended::Undone };
        let original = called(&self.from).expect("the check of other organizations told");
        assert!(found.hash.starts_with("$2b$"), "its admin can sign in");
        assert_ne!(found.hash, original.hash, "a bundle has no password");
        assert_eq!(found.admin_email, create_request(&self.to).email);
        assert_eq!(found.whole.get("theirs"), original.whole.get("theirs"), "a field of other software");
        let (was, is) = (before.of_tenant(&self.from), now.of_tenant(&self.to));
        assert!(is.has_what(was), "what came in differs: {is:?} {was:?}");
        Ended::Done
    }

    /// It is in the store as it was, or in a whole file and nowhere else. Half a file never has the name of one.
    fn is_set_aside(&self, before: &Contents, now: &Contents) -> Ended {
        let name = collection(&self.to).to_string();
        let was = &before.collections[&name];
        let folder = self.folder.as_ref().expect("it has one");
        let files =
            std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
        let whole = files.filter(|path| path.extension().is_some_and(|end| end == "tenant"));
        let kept = whole.map(|path| read_apart(&std::fs::read(path).expect("it is read")));
        let kept: Vec<_> = kept.collect();
        assert!(kept.iter().all(|documents| *documents == was.documents), "{:?}: a file differs", self.act);
        match now.collections.get(&name) {
            Some(is) => {
                assert_eq!(is, was, "{:?}: its collection", self.act);
                Ended::Undone
            }
            None => {
                assert!(!kept.is_empty(), "{:?}: it is in no file", self.act);
                Ended::Done
            }
        }
    }

    /// Every document is in one place or the other, and all of them in the organization's once it is mended.
    fn is_mended(&self, before: &Contents, now: &Contents) -> Ended {
        assert_eq!(now.lost_since(before), Vec::<String>::new(), "{:?}", self.act);
        let lost = collection(&self.to).to_string();
        let (home, found) = (now.collections.get(collection(&self.from).as_str()), &now.live[&self.id]);
        assert_eq!(found.name, self.from, "{:?}: its name", self.act);
        if let Some(there) = now.collections.get(&lost) {
            let (was, is) = (&before.live[&self.id].collection_name, &found.collection_name);
            assert_eq!(is, was, "{:?}: its document does not know of a collection", self.act);
            assert_eq!(there.indexes, before.collections[&lost].indexes, "{:?}: indexes", self.act);
            return Ended::Undone;
        }
        let home = home.unwrap_or_else(|| panic!("{:?}: its collection is missing", self.act));
        if self.case == Case::JoinHalves {
            let was = before.of_tenant(&self.from);
            assert_eq!((&home.options, &home.indexes), (&was.options, &was.indexes), "{:?}", self.act);
            assert_eq!(home.documents.len(), DOCUMENTS + 1, "{:?}: each document once", self.act);
            let twins: usize = now.twins().map(|twins| twins.documents.len()).sum();
            let earlier: usize = before.twins().map(|twins| twins.documents.len()).sum();
            assert!(twins > 0 && twins <= earlier + 1, "{:?}: what differed is kept beside", self.act);
        } else {
            assert_eq!(*home, before.collections[&lost], "{:?}: its collection", self.act);
        }
        assert_eq!(now.problems(), Vec::<String>::new(), "{:?}", self.act);
        Ended::Done
    }

    fn organization_ended(&self, before: &Contents, now: &Contents) -> Ended {
        let was = standing(before, &self.id).expect("it was there");
        let is = standing(now, &self.id);
        let done = match &self.act {
            Act::Rename { to, .. } => Some(Standing { name: to.clone(), ..was.clone() }),
            Act::Change { email, .. } => Some(Standing { address: email.clone(), ..was.clone() }),
            Act::RenameAndChange { to, email, .. } => {
                let halfway = Standing { name: to.clone(), ..was.clone() };
                if is.as_ref() == Some(&halfway) {
                    self.same_content(before, now);
                    return Ended::Between;
                }
                Some(Standing { address: email.clone(), ..halfway })
            }
            Act::Deactivate { .. } => Some(Standing { is_active: false, ..was.clone() }),
            Act::Reactivate { .. } => Some(Standing { is_active: true, ..was.clone() }),
            Act::Trash { .. } => Some(Standing { shelf: "trash", ..was.clone() }),
            Act::Restore { .. } => Some(Standing { shelf: "live", name: self.to.clone(), ..was.clone() }),
            Act::DeleteForever { .. } => None,
            other => panic!("{other:?} is about no organization"),
        };
        if is == done {
            if is.is_none() {
                let lost = now.lost_since(before);
                assert_eq!(lost.len(), 1, "what was deleted for good, and nothing else: {lost:?}");
                assert!(!now.memberships.contains(&self.id), "its people went with it");
            } else {
                self.same_content(before, now);
            }
            return Ended::Done;
        }
        assert_eq!(is, Some(was), "{:?}: neither as before nor done", self.act);
        self.same_content(before, now);
        Ended::Undone
    }

    /// Nothing of the organization changed that the act does not change: no other field of its document, and no
    /// document, index or option of its collection.
    fn same_content(&self, before: &Contents, now: &Contents) {
        let changes = [
            "organization_name",
            "collection_name",
            "admin_email",
            "admin_email_key",
            "updated_at",
            "is_active",
            "search_text",
            "display_name",
            "position",
            "session_version",
            "sessions_ended_at",
            "console",
            "trashed_at",
            "trashed_by",
            "had_collection",
            "shared_collection",
            "copy",
        ];
        let kept = |one: &SeenOrganization| {
            let fields = one.whole.clone().into_iter();
            let is_kept =
                |(field, value): &(String, Bson)| !changes.contains(&field.as_str()) && *value != Bson::Null;
            fields.filter(is_kept).collect::<Document>()
        };
        let was = seen(before, &self.id).expect("it was there");
        let is = seen(now, &self.id).expect("it is there");
        assert_eq!(kept(is), kept(was), "{:?}: fields that the act has no business with", self.act);
        if self.case == Case::RenameShared {
            return;
        }
        let [was, is] = [before, now].map(|contents| {
            let name = place(contents, &self.id);
            contents.collections.get(&name).unwrap_or_else(|| panic!("{:?}: {name} is missing", self.act))
        });
        assert_eq!(is, was, "{:?}: its collection", self.act);
    }

    /// Whether sessions of before may still be good.
    pub fn keeps_sessions(&self, ended: Ended) -> bool {
        match (self.case, ended) {
            (Case::Reactivate | Case::Restore | Case::DeleteForever, _) => false,
            (_, Ended::Done) => false,
            (_, Ended::Undone | Ended::Between) => true,
        }
    }
}

/// The document of an organization, wherever it is.
fn seen<'a>(contents: &'a Contents, id: &str) -> Option<&'a SeenOrganization> {
    contents.live.get(id).or_else(|| contents.trash.get(id).map(|trashed| &trashed.organization))
}

/// The collection of an organization, wherever it is.
fn place(contents: &Contents, id: &str) -> String {
    match (contents.live.get(id), contents.trash.get(id)) {
        (Some(live), _) => live.collection_name.clone(),
        (None, Some(trashed)) => trashed.collection.clone().expect("it had one"),
        (None, None) => panic!("{id} is nowhere"),
    }
}

fn standing(contents: &Contents, id: &str) -> Option<Standing> {
    let found = seen(contents, id)?;
    Some(Standing {
        shelf: if contents.live.contains_key(id) { "live" } else { "trash" },
        name: found.name.clone(),
        address: found.admin_email.clone(),
        is_active: is_active(found),
    })
}

/// Whether people of an organization can sign in.
pub fn is_active(found: &SeenOrganization) -> bool {
    !matches!(found.whole.get("is_active"), Some(Bson::Boolean(false) | Bson::Int64(0)))
}

/// What the mend of a case is for: another collection has the organization's documents, or a half of them.
async fn damage(case: Case, workspace: &TestWorkspace, organization: &Organization, other: &str) {
    let (own, other) = (organization.collection(), collection(other));
    let collections = &workspace.ports.collections;
    if case == Case::JoinHalves {
        let halves = collections.documents(&own).try_collect::<Vec<_>>().await.expect("they are read");
        let mut half = halves.concat();
        half.truncate(2);
        let mut differs = Document::from_reader(half[1].as_slice()).expect("a document");
        differs.insert("of", "another");
        half[1] = differs.to_vec().expect("bytes");
        half.push(doc! { "_id": ObjectId::new(), "of": "the other half" }.to_vec().expect("bytes"));
        collections.create(&other).await.expect("created");
        collections.insert_documents(&other, &half).await.expect("inserted");
    } else {
        move_collection(&workspace.ports, &own, &other).await.expect("moved");
    }
    if case == Case::AttachCollection {
        collections.create(&own).await.expect("made anew, without a document");
    } else {
        workspace.write_behind(organization.id, "collection_name", other.as_str()).await;
    }
}

/// The names of an imported list.
fn imported(first: &str) -> Vec<String> {
    ["", "-second"].map(|more| format!("{first}{more}")).to_vec()
}

/// Samples come one by one, each whole or not at all, but for a collection that its organization has not followed yet.
fn are_samples_loaded(now: &Contents) -> Ended {
    match now.live.len() {
        // The bystander.
        1 => Ended::Undone,
        61 => Ended::Done,
        _ => Ended::Between,
    }
}

/// An organization with documents, and on a server with a field, an index and an option of other software.
pub async fn tenant(
    workspace: &TestWorkspace,
    console: &Console,
    operator: &Actor,
    text: &str,
) -> Organization {
    let created = console.organizations.create(operator, create_request(text)).await.expect("created");
    let now = DateTime::from_millis(1_772_366_400_000);
    let documents: Vec<_> = (0..DOCUMENTS)
        .map(|number| doc! { "_id": ObjectId::new(), "of": text, "number": number as i64, "created_at": now })
        .map(|document| document.to_vec().expect("bytes"))
        .collect();
    let collection = collection(text);
    console.ports.collections.insert_documents(&collection, &documents).await.expect("inserted");
    if workspace.file().is_none() {
        let database = workspace.database().await;
        let index = doc! { "key": { "number": -1 }, "name": "theirs", "unique": true };
        let command = doc! { "createIndexes": collection.as_str(), "indexes": [index] };
        database.run_command(command).await.expect("an index of other software");
        let add = doc! { "$set": { "theirs": { "since": now } } };
        let organizations = database.collection::<Document>("organizations");
        let by_name = doc! { "organization_name": name(text).as_str() };
        organizations.update_one(by_name, add).await.expect("a field of other software");
    }
    created
}

/// What kind of store a workspace is on, for names of parts.
pub fn word(kind: StoreKind) -> &'static str {
    match kind {
        StoreKind::SqliteInMemory => "memory",
        StoreKind::SqliteOnFile => "sqlite",
        StoreKind::MongoReplicaSet => "replica-set",
        StoreKind::MongoStandalone => "standalone",
    }
}
