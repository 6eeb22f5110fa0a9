//! Mends of what differs from the template in one organization's collection. Each step is a thing of its own that the
//! next pass finds again, so none of them is in the journal.

use super::choices::{changed, name_of};
use super::definitions::{self, written};
use super::plan::Plan;
use super::service::MendService;
use super::step::Step;
use crate::doctor::differences::validator_of;
use crate::doctor::{Difference, EvidenceWord, Finding, MendChoices, MendKind, Wanted};
use crate::error::{AppError, StoreError, UndoRefusal};
use crate::records::{
    Accepted, Change, CollectionDescription, CollectionKind, IndexDescription, Template, comparable,
};
use crate::values::{CollectionName, OrganizationId};

impl MendService {
    /// Makes the unique indexes of the master collections, once no two values stand in their way.
    pub(super) async fn create_master_indexes(&self) -> Result<Plan, AppError> {
        let missing = self.ports.health.unprepared().await?;
        if missing.is_empty() {
            return Err(changed());
        }
        self.capacity.require_indexes(0, missing.len() as u64).await?;
        let plan = Plan::new(MendKind::CreateMasterIndexes, vec![Step::Prepare]).on("organizations");
        Ok(missing
            .into_iter()
            .fold(plan, |plan, missing| plan.changed("index", None::<String>, Some(missing))))
    }

    /// The template in one organization's collection, as far as the finding is about it.
    pub(super) async fn to_template(
        &self,
        mend: MendKind,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let stored_name = name_of(&seen)?;
        let name = CollectionName::for_organization(&stored_name);
        let (described, template) =
            futures_util::try_join!(self.ports.collections.describe(&name), self.template())?;
        let found = described.ok_or_else(changed)?;
        let differences = Wanted::of_template(&template).differences(&found);
        let of_kind: Vec<_> =
            differences.into_iter().filter(|difference| difference.kind() == finding.kind).collect();
        if of_kind.is_empty() {
            return Err(changed());
        }
        let plan = match mend {
            MendKind::AcceptAsIs => self.accept(id, &of_kind).await?,
            MendKind::SetValidator => set_validator(&name, &found, &of_kind),
            _ => {
                require_told(finding, &found, &of_kind)?;
                let plan = indexes(mend, &name, &template, &found, &of_kind);
                self.capacity.require_indexes(found.indexes.len() as u64, plan.makes().1).await?;
                plan
            }
        };
        Ok(plan.about(id, stored_name))
    }

    async fn accept(&self, id: OrganizationId, differences: &[Difference]) -> Result<Plan, AppError> {
        let earlier = self.ports.settings.accepted_of(id).await?;
        let mut accepted = earlier.unwrap_or(Accepted { organization: id, differences: Default::default() });
        let named = differences.iter().map(Difference::accepted_as);
        accepted.differences.extend(named.clone());
        let plan = Plan::new(MendKind::AcceptAsIs, vec![Step::Accept { accepted }]);
        Ok(named.fold(plan, |plan, one| plan.changed("accepted", None::<String>, Some(one))).undoable())
    }

    /// The template as it is now.
    pub(super) async fn template(&self) -> Result<Template, StoreError> {
        Ok(self.ports.settings.template().await?.unwrap_or_default())
    }

    /// What brings back what a mend of the template changed, while the collection still has what the mend gave it.
    pub(super) async fn without_template(
        &self,
        id: OrganizationId,
        mend: MendKind,
        changes: &[Change],
    ) -> Result<Vec<Step>, AppError> {
        let of_template = [MendKind::CreateIndexes, MendKind::ReplaceIndexes, MendKind::SetValidator];
        if !of_template.contains(&mend) {
            return Ok(Vec::new());
        }
        let live = self.ports.organizations.find(id).await?;
        let name = live.ok_or(AppError::UndoRefused(UndoRefusal::Gone))?.collection();
        let found = self.ports.collections.describe(&name).await?;
        let found = found.ok_or_else(changed_since)?;
        let mut steps = Vec::new();
        for change in changes {
            match (mend, change.field.as_str()) {
                (MendKind::SetValidator, "validator") => {
                    steps.push(earlier_validator(&name, &found, change)?)
                }
                (MendKind::ReplaceIndexes, "index") => steps.extend(earlier_index(&name, &found, change)?),
                (_, "index") => {
                    let made = change.after.clone().ok_or_else(changed_since)?;
                    if !found.indexes.iter().any(|there| there.name == made) {
                        return Err(changed_since());
                    }
                    steps.push(Step::DropIndex { name: name.clone(), index: made });
                }
                _ => {}
            }
        }
        Ok(steps)
    }
}

fn set_validator(name: &CollectionName, found: &CollectionDescription, differences: &[Difference]) -> Plan {
    let validator = CollectionDescription::validator_of_the_service().to_vec().unwrap_or_default();
    let wanted = written(&validator);
    let step = Step::SetValidator { name: name.clone(), validator };
    let plan = Plan::new(MendKind::SetValidator, vec![step]);
    let was = validator_of(found).and_then(|validator| written(&validator.to_vec().ok()?));
    let plan = differences.iter().fold(plan, |plan, one| {
        // One that is too long is noted as far as an entry holds it, and has no undo.
        let was = if one.found.is_some() { was.clone().or_else(|| one.found.clone()) } else { None };
        plan.changed("validator", was, wanted.clone().or_else(|| one.wanted.clone()))
    });
    plan.undoable_by_its_changes()
}

/// An index that lets the server delete documents is made only if the person was told so, and only where a server
/// takes it.
fn require_told(
    finding: &Finding,
    found: &CollectionDescription,
    differences: &[Difference],
) -> Result<(), AppError> {
    for expires_after in differences.iter().filter_map(|difference| difference.expires_after.as_ref()) {
        let is_told = |row: &crate::doctor::EvidenceRow| {
            row.what == EvidenceWord::ExpiresAfter && row.metadata.as_ref() == Some(expires_after)
        };
        if !finding.evidence.iter().any(is_told) {
            return Err(changed());
        }
        if found.kind == CollectionKind::Capped {
            let rule = "a capped collection has no index that expires documents".to_owned();
            return Err(StoreError::RuleBroken { rule }.into());
        }
    }
    Ok(())
}

fn indexes(
    mend: MendKind,
    name: &CollectionName,
    template: &Template,
    found: &CollectionDescription,
    differences: &[Difference],
) -> Plan {
    let wanted: Vec<IndexDescription> = template.all().iter().map(|index| index.description()).collect();
    let mut plan = Plan::new(mend, Vec::new());
    for difference in differences {
        let of_it = |index: &&IndexDescription| Some(&index.name) == difference.index.as_ref();
        let Some(index) = wanted.iter().find(of_it) else { continue };
        let was = found.indexes.iter().find(of_it);
        if was.is_some() {
            plan.steps.push(Step::DropIndex { name: name.clone(), index: index.name.clone() });
        }
        plan.steps.push(Step::MakeIndex { name: name.clone(), index: index.clone() });
        plan = match was {
            None => plan.changed("index", None::<String>, Some(&index.name)),
            Some(was) => {
                let was = written(&was.definition).or_else(|| difference.found.clone());
                plan.changed("index", was, written(&index.definition).or_else(|| Some(index.name.clone())))
            }
        };
    }
    plan.undoable_by_its_changes()
}

/// Whether the record has the earlier validator whole.
pub(super) fn has_earlier_validator(changes: &[Change]) -> bool {
    let is_whole = |text: &Option<String>| text.as_ref().is_none_or(|text| definitions::read(text).is_some());
    let mut of_it = changes.iter().filter(|change| change.field == "validator");
    of_it.all(|change| is_whole(&change.before) && is_whole(&change.after))
}

/// Whether the record has the earlier indexes whole, and none of them lets the server delete documents.
pub(super) fn has_earlier_indexes(changes: &[Change]) -> bool {
    let mut of_it = changes.iter().filter(|change| change.field == "index");
    of_it.all(|change| {
        let earlier = change.before.as_deref().and_then(index_in);
        earlier.is_some_and(|earlier| !earlier.expires())
            && change.after.as_deref().and_then(index_in).is_some()
    })
}

fn index_in(text: &str) -> Option<IndexDescription> {
    let definition = definitions::read(text)?;
    let name = definition.get_str("name").ok()?.to_owned();
    Some(IndexDescription { name, definition: definition.to_vec().ok()? })
}

/// The validator that was there, if the one that was set still is.
fn earlier_validator(
    name: &CollectionName,
    found: &CollectionDescription,
    change: &Change,
) -> Result<Step, AppError> {
    let side = |text: &Option<String>| text.as_deref().and_then(definitions::read);
    if validator_of(found).as_ref().map(comparable) != side(&change.after).as_ref().map(comparable) {
        return Err(changed_since());
    }
    // A server takes an empty one for none.
    let validator = side(&change.before).unwrap_or_default();
    let validator = validator.to_vec().map_err(|_| changed_since())?;
    Ok(Step::SetValidator { name: name.clone(), validator })
}

/// The index that was there, if the one in its place still is.
fn earlier_index(
    name: &CollectionName,
    found: &CollectionDescription,
    change: &Change,
) -> Result<[Step; 2], AppError> {
    let side = |text: &Option<String>| text.as_deref().and_then(index_in).ok_or_else(changed_since);
    let (was, made) = (side(&change.before)?, side(&change.after)?);
    let there = found.indexes.iter().find(|index| index.name == made.name);
    if !there.is_some_and(|there| there.does_what(&made)) {
        return Err(changed_since());
    }
    let dropped = Step::DropIndex { name: name.clone(), index: made.name };
    Ok([dropped, Step::MakeIndex { name: name.clone(), index: was }])
}

fn changed_since() -> AppError {
    AppError::UndoRefused(UndoRefusal::Changed)
}
