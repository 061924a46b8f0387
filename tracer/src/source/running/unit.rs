//! A systemd unit that runs: the name of its control group, and how it is restarted. Without a bus.

/// The full name: `ollama` is `ollama.service`.
#[must_use]
pub fn full_name(unit: &str) -> String {
    const KINDS: [&str; 4] = [".service", ".scope", ".slice", ".socket"];
    if KINDS.iter().any(|kind| unit.ends_with(kind)) {
        unit.to_owned()
    } else {
        format!("{unit}.service")
    }
}

/// The name of its group, which is the unit's own but for names that would be files of the group
/// (systemd's cg_escape, src/basic/cgroup-util.c).
#[must_use]
pub fn group_name(unit: &str) -> String {
    let needs = unit.starts_with(['_', '.'])
        || unit.starts_with("cgroup.")
        || ["tasks", "notify_on_release", "release_agent"].contains(&unit);
    if needs {
        format!("_{unit}")
    } else {
        unit.to_owned()
    }
}

/// Words of the command that restarts it. The name is one word, whatever it holds.
#[must_use]
pub fn restart(unit: &str) -> Vec<String> {
    ["systemctl", "restart", "--", unit]
        .map(str::to_owned)
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::{full_name, group_name, restart};

    #[test]
    fn a_bare_name_is_a_service() {
        assert_eq!(full_name("ollama"), "ollama.service");
        assert_eq!(full_name("ollama@2.service"), "ollama@2.service");
        assert_eq!(full_name("app.scope"), "app.scope");
        assert_eq!(group_name("ollama.service"), "ollama.service");
        assert_eq!(group_name("_odd.service"), "__odd.service");
    }

    #[test]
    fn a_name_never_becomes_an_option_or_a_second_command() {
        let words = restart("--now; rm -rf x");
        assert_eq!(words, ["systemctl", "restart", "--", "--now; rm -rf x"]);
    }
}
