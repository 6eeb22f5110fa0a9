//! The commands of a mend as a person would type them: for MongoDB's shell, or as statements on the file. For people
//! only: the stores send their own.

use bson::Bson;

use super::deciding::{Deciding, Named};
use super::plan::Plan;
use super::step::Step;
use crate::doctor::TwinDecision;
use crate::records::{Correction, IndexDescription, ServerFacts, StoredOrganization, Topology, relaxed};
use crate::values::CollectionName;

/// The store that commands are for.
pub(super) struct Dialect {
    database: String,
    is_file: bool,
}

impl Dialect {
    pub(super) fn of(server: &ServerFacts) -> Self {
        Self { database: server.database.clone(), is_file: server.topology == Topology::File }
    }

    /// All commands of a mend, with its entry in the record and in the journal.
    pub(super) fn commands(&self, plan: &Plan) -> Vec<String> {
        let mut commands = vec![self.recorded()];
        if let Some(journaled) = &plan.journaled {
            commands.push(self.begun(&journaled.id.to_hex()));
        }
        commands.extend(plan.steps.iter().flat_map(|step| self.of_step(step)));
        if let Some(journaled) = &plan.journaled {
            commands.push(self.ended(&journaled.id.to_hex()));
        }
        commands
    }

    fn recorded(&self) -> String {
        if self.is_file {
            return "INSERT INTO console_activity (number, at, previous, hash, fields) VALUES (…)".to_owned();
        }
        "db.console_activity.insertOne({ kind: \"mended\", … })".to_owned()
    }

    fn begun(&self, id: &str) -> String {
        if self.is_file {
            return format!(
                "INSERT INTO console_operations (organization_id, act, …) VALUES (x'{id}', 'mend', …)"
            );
        }
        format!(
            "db.console_operations.updateOne({{ _id: ObjectId(\"{id}\"), … }}, {{ $setOnInsert: {{ act: \"mend\", … }} \
             }}, {{ upsert: true }})"
        )
    }

    fn ended(&self, id: &str) -> String {
        if self.is_file {
            return format!("DELETE FROM console_operations WHERE organization_id = x'{id}' AND turn = …");
        }
        format!("db.console_operations.deleteOne({{ _id: ObjectId(\"{id}\"), … }})")
    }

    fn of_step(&self, step: &Step) -> Vec<String> {
        match step {
            Step::Rename { from, to, .. } | Step::RenameMade { from, to } => vec![self.rename(from, to)],
            Step::Create { name } => self.create(name, None),
            Step::CreateLike { name, like } => self.create(name, Some(&like.options)),
            Step::SetDown { name, aside, place } => {
                vec![self.read(name, place), self.rename(name, aside), self.recorded()]
            }
            Step::Drop { name, .. } => vec![self.drop(name)],
            Step::DropEmpty { name } => self.drop_empty(name),
            Step::Correct { seen, correction } => vec![self.correct(seen, correction)],
            Step::Insert { new } => vec![self.insert(new.name.as_str(), new.admin_email.as_str())],
            Step::MakeIndex { name, index } => vec![self.make_index(name, index)],
            Step::DropIndex { name, index } => vec![self.drop_index(name, index)],
            Step::SetValidator { name, validator } => vec![self.set_validator(name, validator)],
            Step::Copy { from, to } => vec![self.put(to, from)],
            Step::Join { from, to, twins, .. } => {
                let only = self.note("where documents differ");
                let differing = |command: String| format!("{command} {only}");
                vec![
                    self.put(to, from),
                    differing(self.create_plain(twins)),
                    differing(self.put(twins, from)),
                    self.remove(from),
                ]
            }
            Step::Decide { deciding } => self.decide(deciding),
            Step::DropOnceEmpty { name } => self.drop_empty(name),
            Step::Prepare => vec![self.prepare()],
            Step::Accept { accepted } => vec![self.accept(&accepted.organization.to_hex())],
        }
    }

    fn note(&self, text: &str) -> String {
        if self.is_file { format!("-- {text}") } else { format!("// {text}") }
    }

    fn rename(&self, from: &CollectionName, to: &CollectionName) -> String {
        if self.is_file {
            return format!("UPDATE collections SET name = {} WHERE name = {}", sql(to), sql(from));
        }
        let database = &self.database;
        format!(
            "db.adminCommand({{ renameCollection: {}, to: {} }})",
            text(&format!("{database}.{from}")),
            text(&format!("{database}.{to}"))
        )
    }

    fn create(&self, name: &CollectionName, options: Option<&[u8]>) -> Vec<String> {
        let empty = self.note("new and empty");
        if self.is_file {
            return vec![format!("{} {empty}", self.create_plain(name))];
        }
        let options = match options {
            None => "{ validator: { $jsonSchema: … } }".to_owned(),
            Some(options) => json(options),
        };
        vec![
            format!("db.createCollection({}, {options}) {empty}", text(name.as_str())),
            format!("{}.createIndexes([…])", self.collection(name)),
        ]
    }

    /// A collection without validator and indexes.
    fn create_plain(&self, name: &CollectionName) -> String {
        if self.is_file {
            return format!("INSERT INTO collections (name, created_at) VALUES ({}, …)", sql(name));
        }
        format!("db.createCollection({})", text(name.as_str()))
    }

    fn read(&self, name: &CollectionName, place: &str) -> String {
        let note = self.note(&format!("to {place}, which is read back and compared with the collection"));
        if self.is_file {
            let of = format!("(SELECT id FROM collections WHERE name = {})", sql(name));
            return format!("SELECT document FROM documents WHERE collection_id = {of} {note}");
        }
        format!("{}.find() {note}", self.collection(name))
    }

    fn drop(&self, name: &CollectionName) -> String {
        if self.is_file {
            return format!("DELETE FROM collections WHERE name = {}", sql(name));
        }
        format!("{}.drop()", self.collection(name))
    }

    fn drop_empty(&self, name: &CollectionName) -> Vec<String> {
        let note = self.note("only while it has no document");
        if self.is_file {
            return vec![format!("{} {note}", self.drop(name))];
        }
        let aside = format!("{}.console_dropped_…", self.database);
        let from = text(&format!("{}.{name}", self.database));
        vec![
            format!("db.adminCommand({{ renameCollection: {from}, to: {} }}) {note}", text(&aside)),
            format!("db.getCollection(\"console_dropped_…\").drop() {note}"),
        ]
    }

    fn correct(&self, seen: &StoredOrganization, correction: &Correction) -> String {
        let id = seen.id.organization().map(|id| id.to_hex()).unwrap_or_default();
        let set = set_of(correction);
        if self.is_file {
            let set: Vec<_> =
                set.iter().map(|(field, value)| format!("{field} = '{}'", quoted(value))).collect();
            return format!(
                "UPDATE organizations SET {}, updated_at = … WHERE id = x'{id}' AND …",
                set.join(", ")
            );
        }
        let set: Vec<_> =
            set.iter().map(|(field, value)| format!("{field}: {}", shell(field, value))).collect();
        format!(
            "db.organizations.updateOne({{ _id: ObjectId(\"{id}\"), … }}, {{ $set: {{ {}, updated_at: … }} }})",
            set.join(", ")
        )
    }

    fn insert(&self, name: &str, email: &str) -> String {
        if self.is_file {
            let (name, email) = (quoted(name), quoted(email));
            return format!(
                "INSERT INTO organizations (organization_name, admin_email, …) VALUES ('{name}', '{email}', …)"
            );
        }
        let (name, email) = (text(name), text(email));
        format!("db.organizations.insertOne({{ organization_name: {name}, admin_email: {email}, … }})")
    }

    fn make_index(&self, name: &CollectionName, index: &IndexDescription) -> String {
        if self.is_file {
            return format!("UPDATE collections SET indexes = … WHERE name = {}", sql(name));
        }
        let definition = json(&index.definition);
        let command = format!("{{ createIndexes: {}, indexes: [{definition}] }}", text(name.as_str()));
        format!("db.runCommand({command})")
    }

    fn drop_index(&self, name: &CollectionName, index: &str) -> String {
        if self.is_file {
            return format!("UPDATE collections SET indexes = … WHERE name = {}", sql(name));
        }
        format!("{}.dropIndex({})", self.collection(name), text(index))
    }

    fn set_validator(&self, name: &CollectionName, validator: &[u8]) -> String {
        if self.is_file {
            return format!("UPDATE collections SET options = … WHERE name = {}", sql(name));
        }
        format!("db.runCommand({{ collMod: {}, validator: {} }})", text(name.as_str()), json(validator))
    }

    fn put(&self, to: &CollectionName, from: &CollectionName) -> String {
        let note = self.note(&format!("the documents of {from}, batch by batch"));
        if self.is_file {
            let into = format!("(SELECT id FROM collections WHERE name = {})", sql(to));
            return format!("INSERT INTO documents (collection_id, …) VALUES ({into}, …) {note}");
        }
        format!("{}.insertMany([…], {{ ordered: false }}) {note}", self.collection(to))
    }

    fn remove(&self, name: &CollectionName) -> String {
        let note = self.note("each only while it is exactly the document that was verified");
        if self.is_file {
            let of = format!("(SELECT id FROM collections WHERE name = {})", sql(name));
            return format!(
                "DELETE FROM documents WHERE collection_id = {of} AND id_key = … AND document = … {note}"
            );
        }
        format!("{}.deleteMany({{ $or: […] }}) {note}", self.collection(name))
    }

    /// The first decisions one by one, and how many more there are.
    fn decide(&self, deciding: &Deciding) -> Vec<String> {
        let mut commands: Vec<_> =
            deciding.named.iter().flat_map(|named| self.decide_one(deciding, named)).collect();
        let named = deciding.named.len() as u64;
        if let more @ 1.. = deciding.total.saturating_sub(named) {
            commands.push(self.note(&format!("… and {more} more documents in the same way")));
        }
        commands
    }

    fn decide_one(&self, Deciding { from, to, .. }: &Deciding, named: &Named) -> Vec<String> {
        let mut commands = match (named.decision, named.has_own) {
            (TwinDecision::Keep, _) => Vec::new(),
            (TwinDecision::Take, true) => vec![self.replace_one(to, &named.id)],
            (TwinDecision::Take | TwinDecision::Both, false) => vec![self.insert_one(to, &named.id)],
            (TwinDecision::Both, true) => vec![self.insert_one(to, &named.new_id)],
        };
        commands.push(self.remove_one(from, &named.id));
        commands
    }

    fn replace_one(&self, name: &CollectionName, id: &[u8]) -> String {
        let (id, note) = (value(id), self.note("only while it is as it was seen; it is gone then"));
        if self.is_file {
            let of = format!("(SELECT id FROM collections WHERE name = {})", sql(name));
            return format!(
                "UPDATE documents SET document = … WHERE collection_id = {of} AND id_key = … AND document = … {note}: {id}"
            );
        }
        format!("{}.replaceOne({{ _id: {id}, … }}, {{ … }}) {note}", self.collection(name))
    }

    fn insert_one(&self, name: &CollectionName, id: &[u8]) -> String {
        let id = value(id);
        if self.is_file {
            let into = format!("(SELECT id FROM collections WHERE name = {})", sql(name));
            let note = self.note(&id);
            return format!("INSERT INTO documents (collection_id, id_key, …) VALUES ({into}, …) {note}");
        }
        format!("{}.insertMany([{{ _id: {id}, … }}])", self.collection(name))
    }

    fn remove_one(&self, name: &CollectionName, id: &[u8]) -> String {
        let (id, note) = (value(id), self.note("only while it is as it was seen"));
        if self.is_file {
            let of = format!("(SELECT id FROM collections WHERE name = {})", sql(name));
            return format!(
                "DELETE FROM documents WHERE collection_id = {of} AND id_key = … AND document = … {note}: {id}"
            );
        }
        format!("{}.deleteMany({{ _id: {id}, … }}) {note}", self.collection(name))
    }

    fn prepare(&self) -> String {
        if self.is_file {
            return self.note("a file has its unique indexes always");
        }
        "db.organizations.createIndexes([{ organization_name: 1 }, { admin_email: 1 }], { unique: true, … })"
            .to_owned()
    }

    fn accept(&self, id: &str) -> String {
        if self.is_file {
            return format!(
                "INSERT INTO console_accepted (organization_id, differences) VALUES (x'{id}', …)"
            );
        }
        let filter = format!("{{ _id: \"accepted:{id}\" }}");
        format!(
            "db.console_settings.updateOne({filter}, {{ $set: {{ differences: […] }} }}, {{ upsert: true }})"
        )
    }

    fn collection(&self, name: &CollectionName) -> String {
        format!("db.getCollection({})", text(name.as_str()))
    }
}

/// The fields that a correction sets; a secret as an ellipsis.
fn set_of(correction: &Correction) -> Vec<(&'static str, String)> {
    let date =
        |moment: time::OffsetDateTime| crate::values::StoredDate::from(moment).iso_8601().unwrap_or_default();
    [
        ("organization_name", correction.name.as_ref().map(ToString::to_string)),
        ("collection_name", correction.collection_name.as_ref().map(ToString::to_string)),
        ("admin_email", correction.admin_email.as_ref().map(ToString::to_string)),
        ("admin_password", correction.admin_password.as_ref().map(|_| "…".to_owned())),
        ("is_active", correction.is_active.map(|is_active| is_active.to_string())),
        ("created_at", correction.created_at.map(date)),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value?)))
    .collect()
}

fn shell(field: &str, value: &str) -> String {
    match field {
        "is_active" => value.to_owned(),
        "created_at" => format!("ISODate({})", text(value)),
        _ => text(value),
    }
}

/// A text of the shell, in quotes.
fn text(value: &str) -> String {
    Bson::String(value.to_owned()).into_relaxed_extjson().to_string()
}

/// A text of SQL, without its quotes.
fn quoted(value: &str) -> String {
    value.replace('\'', "''")
}

fn sql(name: &CollectionName) -> String {
    format!("'{}'", quoted(name.as_str()))
}

/// The `_id` in a document of it alone, as the shell reads it.
fn value(id: &[u8]) -> String {
    match bson::Document::from_reader(id).ok().and_then(|mut id| id.remove("_id")) {
        Some(Bson::ObjectId(id)) => format!("ObjectId({})", text(&id.to_hex())),
        Some(id) => id.into_relaxed_extjson().to_string(),
        None => "…".to_owned(),
    }
}

/// A BSON document as the shell reads it.
pub(super) fn json(bytes: &[u8]) -> String {
    match bson::Document::from_reader(bytes) {
        Ok(document) => relaxed(&document),
        Err(_) => "{ … }".to_owned(),
    }
}
