//! Why a stage failed.

use crate::EditorTab;
use crate::diagnosis::{Certificate, FindingCode, FindingFacts, StageFacts};

/// Why a stage failed. The technical text is ours: names, numbers, and answers that a [`Redactor`] has seen.
///
/// [`Redactor`]: super::redaction::Redactor
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) code: FindingCode,
    pub(super) facts: Box<FindingFacts>,
    pub(super) technical: String,
    /// What the stage found all the same.
    pub(super) stage_facts: Option<Box<StageFacts>>,
    /// Where it is put right, where that is not where its code usually is.
    pub(super) tab: Option<EditorTab>,
}

impl Failed {
    pub(super) fn new(code: FindingCode, technical: impl Into<String>) -> Self {
        let (facts, technical) = (Box::default(), technical.into());
        Self { code, facts, technical, stage_facts: None, tab: None }
    }

    pub(super) fn at(mut self, host: impl ToString) -> Self {
        self.facts.host = Some(host.to_string());
        self
    }

    pub(super) fn saying(mut self, problem: impl Into<String>) -> Self {
        self.facts.problem = Some(problem.into());
        self
    }

    pub(super) fn showing(mut self, certificate: Option<Certificate>) -> Self {
        self.facts.certificate = certificate;
        self
    }

    pub(super) fn knowing(mut self, facts: StageFacts) -> Self {
        self.stage_facts = Some(Box::new(facts));
        self
    }
}
