//! From a kernel's words on the serial port to a row of the table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::kernel::Kernel;

/// What an engine that works must have seen: processes, failed opens, failed loads and the loader's words.
const WHOLE: [(&str, u32); 4] = [
    ("execs", 3),
    ("opens", 1),
    ("dlopen_failed", 2),
    ("words", 2),
];

/// What one kernel said.
pub(super) struct Row {
    release: String,
    version: String,
    results: BTreeMap<String, String>,
}

impl Row {
    /// Reads the `RESULT` lines.
    pub(super) fn of(kernel: &Kernel, said: &str) -> Self {
        Self {
            release: kernel.release.clone(),
            version: kernel.version.clone(),
            results: results(said),
        }
    }

    /// The kernel came to the end of its init.
    pub(super) fn is_whole(&self) -> bool {
        self.results.contains_key("end")
    }

    /// Everything it said, for the terminal.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.results
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
    }

    fn get(&self, name: &str) -> &str {
        self.results.get(name).map_or("not reached", String::as_str)
    }

    /// How a recording went, in a word or two.
    fn recording(&self, name: &str) -> String {
        let said = self.get(name);
        let value = |key: &str| {
            let mut words = said.split_whitespace();
            words
                .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
                .unwrap_or_default()
        };
        if value("exit") != "0" {
            return match self.results.get(&format!("{name}_says")) {
                Some(why) => format!(
                    "no: {}",
                    why.trim_start_matches("vgputrace: ").replace('|', "/")
                ),
                None => "no".to_owned(),
            };
        }
        let lacks = |(key, least): &(&str, u32)| value(key).parse::<u32>().unwrap_or(0) < *least;
        match WHOLE.iter().find(|one| lacks(one)) {
            Some((key, _)) => format!("{}, lacks {key}", value("engine")),
            None => format!("yes, {}", value("engine")),
        }
    }
}

fn results(said: &str) -> BTreeMap<String, String> {
    let lines = said
        .lines()
        .filter_map(|line| line.split_once("RESULT ")?.1.trim().split_once(' '));
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The table in Markdown.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| kernel | BTF | `run`, root | eBPF | ptrace, root | `run`, a user without rights | ptrace, that user, Yama's ptrace_scope 1; 2 |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} ({}) | {} | {} | {} | {} | {} | {}; {} |",
            row.version,
            row.release,
            row.get("btf"),
            row.recording("auto"),
            row.recording("ebpf"),
            row.recording("ptrace"),
            row.recording("user"),
            row.recording("scope1"),
            row.recording("scope2"),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Row, results, table};

    fn row(said: &str) -> Row {
        Row {
            release: "bookworm".to_owned(),
            version: "6.1.0".to_owned(),
            results: results(said),
        }
    }

    #[test]
    fn words_around_results_are_left_out() {
        let found = results("booting\r\n[ 1.0] RESULT btf yes\r\nRESULT end yes\n");
        let expected = [("btf", "yes"), ("end", "yes")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(found, BTreeMap::from(expected));
    }

    #[test]
    fn a_recording_without_the_loaders_words_is_not_called_good() {
        let one = row(
            "RESULT auto exit=0 engine=ptrace execs=4 opens=3 dlopen_failed=2 words=2\n\
                       RESULT ptrace exit=0 engine=ptrace execs=4 opens=3 dlopen_failed=2 words=0\n\
                       RESULT ebpf exit=125 engine= execs=0 opens=0 dlopen_failed=0 words=0\n\
                       RESULT ebpf_says vgputrace: kernel 6.1 is too old\n",
        );
        assert_eq!(one.recording("auto"), "yes, ptrace");
        assert_eq!(one.recording("ptrace"), "ptrace, lacks words");
        assert_eq!(one.recording("ebpf"), "no: kernel 6.1 is too old");
        assert_eq!(one.recording("user"), "no");
        assert!(!one.is_whole() && table(&[one]).contains("| 6.1.0 (bookworm) | not reached |"));
    }
}
