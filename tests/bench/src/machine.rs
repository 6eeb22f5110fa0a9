//! Describes the machine of the figures.

use std::fs;

/// Prints processor, memory and system.
pub(crate) fn describe() {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .map_or_else(|| "unknown memory".to_owned(), |kib| format!("{:.0} GiB", kib / 1_048_576.0));
    let system = fs::read_to_string("/etc/os-release")
        .ok()
        .and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
            Some(line.trim_matches('"').to_owned())
        })
        .unwrap_or_else(|| std::env::consts::OS.to_owned());
    println!("{processor}, {cores} cores, {memory}, {system}");
    load();
}

/// Prints how busy the machine is: figures from a busy one are worth little.
pub(crate) fn load() {
    if let Ok(text) = fs::read_to_string("/proc/loadavg") {
        let averages: Vec<&str> = text.split_whitespace().take(3).collect();
        println!("load average {}", averages.join(" "));
    }
}

/// Forgets the peak so far: what is asked for next is the peak since now.
pub(crate) fn forget_peak() {
    // Where it is refused, the peak since the start is told, which is no less.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The peak memory of this process, in KiB.
pub(crate) fn peak_memory() -> Option<u64> {
    field("/proc/self/status", "VmHWM")?.split_whitespace().next()?.parse().ok()
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
