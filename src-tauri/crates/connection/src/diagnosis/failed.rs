//! Why a stage failed.

use crate::EditorTab;
use crate::diagnosis::{Certificate, FindingCode, FindingFacts, StageFacts};

/// Why a step failed. The technical text is ours: names, numbers, and responses that a [`Redactor`] has checked.
///
/// [`Redactor`]: super::redaction::Redactor
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) code: FindingCode,
    pub(super) facts: Box<FindingFacts>,
    pub(super) technical: String,
    /// Facts that the step found anyway.
    pub(super) stage_facts: Option<Box<StageFacts>>,
    /// The tab to correct it in, if it is not the usual one for its code.
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
