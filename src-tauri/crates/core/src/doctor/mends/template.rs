//! Mends of what differs from the template in one organization's collection. Each step is a thing of its own that the
//! next pass finds again, so none of them is in the journal.

use super::choices::{changed, name_of};
use super::plan::Plan;
use super::service::MendService;
use super::step::Step;
use crate::capacity::require_index_room;
use crate::doctor::{Difference, Finding, MendChoices, MendKind, Wanted};
use crate::error::AppError;
use crate::records::{Accepted, CollectionDescription, IndexDescription, Template};
use crate::template::description_of;
use crate::values::{CollectionName, OrganizationId};

impl MendService {
    /// Makes the unique indexes of the master collections, once no two values stand in their way.
    pub(super) async fn create_master_indexes(&self) -> Result<Plan, AppError> {
        let missing = self.ports.health.unprepared().await?;
        if missing.is_empty() {
            return Err(changed());
        }
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
            futures_util::try_join!(self.ports.collections.describe(&name), self.ports.settings.template())?;
        let (found, template) = (described.ok_or_else(changed)?, template.unwrap_or_default());
        let differences = Wanted::of_template(&template).differences(&found);
        let of_kind: Vec<_> =
            differences.into_iter().filter(|difference| difference.kind() == finding.kind).collect();
        if of_kind.is_empty() {
            return Err(changed());
        }
        let plan = match mend {
            MendKind::AcceptAsIs => self.accept(id, &of_kind).await?,
            MendKind::SetValidator => set_validator(&name, &of_kind),
            _ => indexes(mend, &name, &template, &found, &of_kind)?,
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
}

fn set_validator(name: &CollectionName, differences: &[Difference]) -> Plan {
    let validator = CollectionDescription::validator_of_the_service().to_vec().unwrap_or_default();
    let step = Step::SetValidator { name: name.clone(), validator };
    let plan = Plan::new(MendKind::SetValidator, vec![step]);
    let differs = differences.iter();
    differs.fold(plan, |plan, one| plan.changed("validator", one.found.clone(), one.wanted.clone()))
}

fn indexes(
    mend: MendKind,
    name: &CollectionName,
    template: &Template,
    found: &CollectionDescription,
    differences: &[Difference],
) -> Result<Plan, AppError> {
    let wanted: Vec<IndexDescription> = template.all().iter().map(description_of).collect();
    let mut steps = Vec::new();
    let mut made = Vec::new();
    for difference in differences {
        let index = wanted.iter().find(|index| Some(&index.name) == difference.index.as_ref());
        let Some(index) = index else { continue };
        if difference.found.is_some() {
            steps.push(Step::DropIndex { name: name.clone(), index: index.name.clone() });
        }
        steps.push(Step::MakeIndex { name: name.clone(), index: index.clone() });
        made.push((difference.found.clone(), index.name.clone()));
    }
    require_index_room(found.indexes.len() as u64, differences.len() as u64)?;
    let plan = Plan::new(mend, steps);
    let plan = made.into_iter().fold(plan, |plan, (was, index)| plan.changed("index", was, Some(index)));
    Ok(if mend == MendKind::CreateIndexes { plan.undoable() } else { plan })
}
