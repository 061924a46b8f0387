//! The words of a story: neutral names for paths, numbers and CPU backends, and repetitions counted.

use std::collections::BTreeSet;

use super::{Process, Step};
use crate::standin::Tree;

/// Writes all processes. `own` are the server's variables.
pub(super) fn write(
    processes: &[Process],
    own: &BTreeSet<(String, String)>,
    tree: &Tree,
) -> String {
    let names = Names::of(tree);
    let mut text = String::new();
    for process in processes {
        text.push_str(&names.command(&process.argv));
        text.push('\n');
        let mut lines: Vec<String> = process
            .variables
            .difference(own)
            .map(|(name, value)| format!("with {name}={}", names.paths(value)))
            .collect();
        lines.extend(counted(&steps(&process.steps, &names)));
        lines.push(process.end.clone());
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}

/// What stands for the paths of a tree.
struct Names {
    library: String,
    root: String,
}

impl Names {
    fn of(tree: &Tree) -> Self {
        Self {
            library: tree.library.display().to_string(),
            root: tree.root.display().to_string(),
        }
    }

    fn paths(&self, text: &str) -> String {
        text.replace(&self.library, "LIB")
            .replace(&self.root, "ROOT")
    }

    /// A path of the tree, or the last part of any other.
    fn file(&self, path: &str) -> String {
        if path.starts_with(&self.root) {
            return self.paths(path);
        }
        path.rsplit('/').next().unwrap_or(path).to_owned()
    }

    /// The folder, if it is one of the tree or the current one; with or without a slash or dot at its end.
    fn folder(&self, path: &str) -> Option<String> {
        let path = path.strip_suffix("/.").unwrap_or(path);
        if path == "/" {
            return Some("CWD".to_owned());
        }
        path.starts_with(&self.library)
            .then(|| self.paths(path.trim_end_matches('/')))
    }

    fn command(&self, argv: &[String]) -> String {
        let mut words: Vec<String> = Vec::new();
        for (at, word) in argv.iter().enumerate() {
            words.push(if at == 0 {
                word.rsplit('/').next().unwrap_or(word).to_owned()
            } else if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
                "N".to_owned()
            } else {
                self.paths(word)
            });
        }
        words.join(" ")
    }
}

/// The steps in words. A search for a library counts only if it was never found.
fn steps(steps: &[Step], names: &Names) -> Vec<String> {
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let mut found = BTreeSet::new();
    let mut variants = BTreeSet::new();
    for step in steps {
        if let Step::Open(path) = step {
            found.insert(base(path));
            if is_variant(path) {
                variants.insert(path.as_str());
            }
        }
    }
    let mut missed = BTreeSet::new();
    let mut lines = Vec::new();
    let mut scored: Vec<&str> = Vec::new();
    let mut beside: Vec<String> = Vec::new();
    for step in steps {
        match step {
            Step::Open(path) if is_variant(path) => scored.push(path),
            // What the first backend needs is opened in the middle of the others: their order is the directory's.
            Step::Open(path) if !scored.is_empty() && path.contains("/libggml-base.so") => {
                beside.push(format!("opens {}", names.file(path)));
            }
            Step::Miss(path) if found.contains(&base(path)) => {}
            Step::Miss(path) if !missed.insert(base(path)) => {}
            other => {
                lines.extend(variants_in_words(&scored, variants.len()));
                lines.append(&mut beside);
                scored.clear();
                lines.extend(line(other, names));
            }
        }
    }
    lines.extend(variants_in_words(&scored, variants.len()));
    lines.append(&mut beside);
    lines
}

fn line(step: &Step, names: &Names) -> Option<String> {
    match step {
        Step::List(path) => Some(format!("lists {}", names.folder(path)?)),
        Step::Open(path) => Some(format!("opens {}", names.file(path))),
        Step::Miss(path) => Some(format!("misses {}", path.rsplit('/').next()?)),
        Step::Create(path) => {
            let stem = path.strip_prefix("/tmp/")?.strip_suffix(".bin")?;
            let number = stem.bytes().all(|byte| byte.is_ascii_digit());
            number.then(|| "creates TMP/N.bin".to_owned())
        }
        Step::Start(argv) => Some(format!("starts {}", names.command(argv))),
    }
}

fn is_variant(path: &str) -> bool {
    path.contains("/libggml-cpu-")
}

/// How many CPU backends there are, and which is the best, belongs to the build and the processor.
fn variants_in_words(opened: &[&str], all: usize) -> Vec<String> {
    let different: BTreeSet<&str> = opened.iter().copied().collect();
    let again = |count: usize| std::iter::repeat_n("opens a CPU backend".to_owned(), count);
    if opened.is_empty() {
        Vec::new()
    } else if different.len() == all {
        let mut lines = vec!["opens every CPU backend".to_owned()];
        lines.extend(again(opened.len() - all));
        lines
    } else if different.len() + 1 == all && all > 2 {
        vec!["opens every CPU backend but one".to_owned()]
    } else {
        again(opened.len()).collect()
    }
}

/// Joins a line, or a pair of lines, that comes several times in a row.
fn counted(lines: &[String]) -> Vec<String> {
    let mut joined = Vec::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let repeated = [1, 2]
            .into_iter()
            .map(|period| (period, repetitions(rest, period)));
        let (period, count) = repeated
            .into_iter()
            .find(|(_, count)| *count > 1)
            .unwrap_or((1, 1));
        let (unit, _) = rest.split_at(period);
        let times = if count > 1 {
            format!(" x{count}")
        } else {
            String::new()
        };
        joined.push(format!("{}{times}", unit.join(", ")));
        rest = rest.get(period * count..).unwrap_or_default();
    }
    joined
}

fn repetitions(lines: &[String], period: usize) -> usize {
    let Some(unit) = lines.get(..period) else {
        return 0;
    };
    lines
        .chunks(period)
        .take_while(|chunk| *chunk == unit)
        .count()
}

#[cfg(test)]
mod tests {
    use super::{counted, variants_in_words};

    #[test]
    fn repetitions_of_one_line_or_of_a_pair_are_counted() {
        let lines = "a a b c b c d".split(' ').map(str::to_owned);
        let all: Vec<String> = lines.collect();
        assert_eq!(counted(&all), ["a x2", "b, c x2", "d"]);
        assert!(counted(&[]).is_empty());
    }

    #[test]
    fn cpu_backends_have_no_names_and_no_number() {
        assert_eq!(
            variants_in_words(&["a", "b", "c", "b"], 3),
            ["opens every CPU backend", "opens a CPU backend"]
        );
        assert_eq!(
            variants_in_words(&["a", "c"], 3),
            ["opens every CPU backend but one"]
        );
        assert_eq!(variants_in_words(&["c"], 3), ["opens a CPU backend"]);
        assert!(variants_in_words(&[], 3).is_empty());
    }
}
