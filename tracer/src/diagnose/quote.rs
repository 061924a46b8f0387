//! Paths in commands, as a shell has to be given them. Rules write them as they are; a folder with a space, or a name that
//! somebody chose with care, must not become two words or a command of its own.

use std::collections::BTreeSet;

use crate::discover::Model;

use super::explanation::{Explanation, Finding};

/// Quotes the paths of this run in the commands of an explanation.
pub(super) fn fit(explanation: &mut Explanation, model: &Model) {
    let folders = model.folders.iter().map(|folder| &folder.path);
    let known = folders.chain(model.libraries.keys());
    let mut odd: BTreeSet<String> = known.map(|path| path.as_str().to_owned()).collect();
    odd.insert(explanation.library_dir.as_str().to_owned());
    odd.retain(|path| is_odd(path));
    let backends = explanation
        .backends
        .iter_mut()
        .flat_map(|one| one.findings.iter_mut().chain(&mut one.warnings));
    let all = backends
        .chain(&mut explanation.general)
        .chain(&mut explanation.models);
    for finding in all {
        quote_all(finding, &odd);
    }
}

fn quote_all(finding: &mut Finding, known: &BTreeSet<String>) {
    let object = finding
        .missing_object
        .as_ref()
        .map(|object| object.as_str());
    let object = object.filter(|object| is_odd(object)).map(str::to_owned);
    let mut odd: Vec<&String> = known.iter().chain(&object).collect();
    // The file before the folder that it lies in.
    odd.sort_by_key(|path| std::cmp::Reverse(path.len()));
    for line in finding
        .remedy
        .iter_mut()
        .filter(|line| line.starts_with("$ "))
    {
        if odd.iter().any(|path| line.contains(path.as_str())) {
            *line = quoted(line, &odd);
        }
    }
}

/// A path of which a shell would make something else.
fn is_odd(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@%,=:".contains(&byte);
    path.starts_with('/') && !path.bytes().all(plain)
}

/// Where in a command a letter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// '...'
    Single,
    /// "..."
    Double,
    /// $(...)
    Command,
}

/// The command with these paths in quotes, where they are not in any yet. The longest comes first.
fn quoted(line: &str, odd: &[&String]) -> String {
    let mut made = String::with_capacity(line.len() + 8);
    let mut within: Vec<Within> = Vec::new();
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        let open = !matches!(within.last(), Some(Within::Single | Within::Double));
        if let Some(path) = odd.iter().find(|path| rest.starts_with(path.as_str())) {
            if open {
                made.push_str(&format!("'{}'", path.replace('\'', "'\\''")));
            } else {
                made.push_str(path);
            }
            rest = rest.get(path.len()..).unwrap_or_default();
            continue;
        }
        match (within.last(), letter) {
            (Some(Within::Single), '\'')
            | (Some(Within::Double), '"')
            | (Some(Within::Command), ')') => {
                within.pop();
            }
            (Some(Within::Single), _) => {}
            (_, '$') if rest.starts_with("$(") => {
                within.push(Within::Command);
                made.push_str("$(");
                rest = rest.get(2..).unwrap_or_default();
                continue;
            }
            (Some(Within::Double), _) => {}
            (_, '\'') => within.push(Within::Single),
            (_, '"') => within.push(Within::Double),
            _ => {}
        }
        made.push(letter);
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    made
}

#[cfg(test)]
mod tests {
    use super::{is_odd, quoted};

    #[test]
    fn a_path_is_one_word_wherever_it_stands_and_is_quoted_once() {
        let folder = "/opt/my lib/cuda v13".to_owned();
        let file = "/opt/my lib/it's.so".to_owned();
        let odd = [&folder, &file];
        for (line, wanted) in [
            (
                "$ ls -l /opt/my lib/cuda v13; df",
                "$ ls -l '/opt/my lib/cuda v13'; df",
            ),
            (
                "$ rm /opt/my lib/cuda v13/x.so",
                "$ rm '/opt/my lib/cuda v13'/x.so",
            ),
            ("$ ls /opt/my lib/it's.so", "$ ls '/opt/my lib/it'\\''s.so'"),
            (
                "$ mount \"$(findmnt -T /opt/my lib/cuda v13)\" -o exec",
                "$ mount \"$(findmnt -T '/opt/my lib/cuda v13')\" -o exec",
            ),
            (
                "$ python3 -c 'f(\"/opt/my lib/cuda v13\")'",
                "$ python3 -c 'f(\"/opt/my lib/cuda v13\")'",
            ),
            ("$ ls /opt/plain", "$ ls /opt/plain"),
        ] {
            assert_eq!(quoted(line, &odd), wanted);
        }
    }

    #[test]
    fn only_what_a_shell_would_read_otherwise_is_odd() {
        assert!(is_odd("/opt/a;reboot") && is_odd("/opt/$(x)") && is_odd("/opt/ä"));
        assert!(
            !is_odd("/usr/local/lib/ollama/cuda_v13/libcudart.so.13") && !is_odd("libggml-*.so")
        );
    }
}
