//! What a running program and all processes that it started use.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::Outcome;

/// Clock ticks of `/proc` in a second; Linux has had this value on every processor that runs the program.
const TICKS: f64 = 100.0;

/// A program's processes: its own and those that it started.
pub(crate) struct Processes(Vec<u32>);

/// The memory of some processes, in MiB.
pub(crate) struct Memory {
    /// Shared pages count for each process that has them.
    pub(crate) resident: f64,
    /// Shared pages count once, split among those that have them.
    pub(crate) proportional: f64,
}

impl Processes {
    /// Those of a program that runs once.
    pub(crate) fn of(program: &Path) -> Outcome<Self> {
        let program = program.canonicalize()?;
        let all: Vec<(u32, u32)> = fs::read_dir("/proc")?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|id| Some((id, parent(id)?)))
            .collect();
        let is_program = |id: u32| fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == program);
        let mut found: Vec<u32> = all.iter().map(|(id, _)| *id).filter(|id| is_program(*id)).collect();
        if found.is_empty() {
            return Err(format!("{} does not run", program.display()).into());
        }
        // A parent may have a higher number than its children.
        loop {
            let children = all.iter().filter(|(id, parent)| found.contains(parent) && !found.contains(id));
            let children: Vec<u32> = children.map(|(id, _)| *id).collect();
            if children.is_empty() {
                return Ok(Self(found));
            }
            found.extend(children);
        }
    }

    pub(crate) fn memory(&self) -> Memory {
        let sum = |file: &str, field: &str| {
            let kib = self.0.iter().filter_map(|id| number(&format!("/proc/{id}/{file}"), field));
            kib.sum::<f64>() / 1024.0
        };
        Memory { resident: sum("status", "VmRSS:"), proportional: sum("smaps_rollup", "Pss:") }
    }

    /// The share of one processor that they use over a time, in percent.
    pub(crate) async fn load(&self, time: Duration) -> f64 {
        let before = self.ticks();
        tokio::time::sleep(time).await;
        (self.ticks() - before) / TICKS / time.as_secs_f64() * 100.0
    }

    fn ticks(&self) -> f64 {
        let of = |id: &u32| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            let fields: Vec<&str> = after_name(&stat)?.split_whitespace().collect();
            Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
        };
        self.0.iter().filter_map(of).sum()
    }
}

fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    after_name(&stat)?.split_whitespace().nth(1)?.parse().ok()
}

/// The fields after the program's name, which can have spaces and brackets in it.
fn after_name(stat: &str) -> Option<&str> {
    stat.rsplit_once(')').map(|(_, fields)| fields)
}

fn number(file: &str, field: &str) -> Option<f64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}
