//! The figures of a run beside their aims.

use std::time::Duration;

use crate::measure::shown;

/// The figures of one run, in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Aims {
    figures: Vec<Figure>,
}

struct Figure {
    what: String,
    measured: String,
    aim: String,
    is_reached: bool,
}

impl Aims {
    /// A ratio to what it is measured beside, at most as large as the aim.
    pub(crate) fn at_most(&mut self, what: impl Into<String>, measured: f64, aim: f64) {
        self.add(what, format!("{measured:.2}"), format!("at most {aim}"), measured <= aim);
    }

    /// A ratio to what it is measured beside, at least as large as the aim.
    pub(crate) fn at_least(&mut self, what: impl Into<String>, measured: f64, aim: f64) {
        self.add(what, format!("{measured:.2}"), format!("at least {aim}"), measured >= aim);
    }

    /// A time.
    pub(crate) fn within(&mut self, what: impl Into<String>, measured: Duration, aim: Duration) {
        self.add(what, shown(measured), format!("at most {}", shown(aim)), measured <= aim);
    }

    /// A share in percent, at most as large as the aim when it is rounded to one decimal.
    pub(crate) fn percent_at_most(&mut self, what: impl Into<String>, measured: f64, aim: f64) {
        let rounded = (measured * 10.0).round() / 10.0;
        self.add(what, format!("{measured:.2} %"), format!("at most {aim:.1} %"), rounded <= aim);
    }

    /// What could not be measured counts as an aim that was not reached.
    pub(crate) fn unmeasured(&mut self, what: impl Into<String>, why: &str) {
        self.add(what, format!("not measured: {why}"), "—".to_owned(), false);
    }

    fn add(&mut self, what: impl Into<String>, measured: String, aim: String, is_reached: bool) {
        self.figures.push(Figure { what: what.into(), measured, aim, is_reached });
    }

    /// Prints every figure beside its aim and marks those that fall short.
    pub(crate) fn print(&self) {
        if self.figures.is_empty() {
            return;
        }
        println!("\n## Aims\n\n| what | measured | aim | |\n| --- | ---: | ---: | --- |");
        for Figure { what, measured, aim, is_reached } in &self.figures {
            println!(
                "| {what} | {measured} | {aim} | {} |",
                if *is_reached { "" } else { "**falls short**" }
            );
        }
        let short = self.figures.iter().filter(|figure| !figure.is_reached).count();
        println!("\n{} of {} aims reached.", self.figures.len() - short, self.figures.len());
    }
}
