//! Words that have no place in the project: it stands alone, on any machine, and says what is, not how it came about.
//!
//! Each pattern is written in two halves, so that this file does not hold it.

use super::{Finding, Repository, numbered};

/// A pattern, in lower case, and what is wrong about it.
struct Word {
    pattern: String,
    why: &'static str,
    remedy: &'static str,
}

const PLACE: &str = "a path of one developer's machine is nowhere else";
const HOST: &str = "mirrors differ from machine to machine; clients know their own";
const ORIGIN: &str = "the text is about the program, not about how it was written";

/// Files that other programs write or that are quoted word for word.
const FREE: &[&str] = &["Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT"];

fn list() -> Vec<Word> {
    let word = |halves: (&str, &str), why, remedy| {
        let pattern = format!("{}{}", halves.0, halves.1);
        Word {
            pattern,
            why,
            remedy,
        }
    };
    let places = [
        ("/wo", "rk/"),
        ("/tmp/", "wt/"),
        ("/us", "ers/"),
        ("../sha", "red/"),
        ("/root/", "."),
    ];
    let hosts = [
        ("registry.", "npmjs"),
        ("crates", ".io"),
        ("pypi", ".org"),
        ("files.python", "hosted"),
        ("deb.", "debian.org"),
        ("proxy.", "golang"),
        ("repo1.", "maven"),
        ("repo.maven", ".apache"),
    ];
    let origins = [
        ("clau", "de"),
        ("anthro", "pic"),
        ("chat", "gpt"),
        ("copi", "lot"),
        ("language ", "model wrote"),
        ("ai-gen", "erated"),
        ("generated ", "by ai"),
        ("as an ", "ai "),
        ("design", ".md"),
    ];
    let mut words = Vec::new();
    words.extend(places.map(|halves| {
        word(
            halves,
            PLACE,
            "name it from the repository's root, or pass it in",
        )
    }));
    words.extend(hosts.map(|halves| {
        word(
            halves,
            HOST,
            "name the package and its client, not the host",
        )
    }));
    words.extend(origins.map(|halves| word(halves, ORIGIN, "leave it out")));
    words
}

/// Checks every line of every text file.
pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let list = list();
    let mut findings = Vec::new();
    for file in repository
        .files
        .iter()
        .filter(|file| !FREE.contains(&file.path.as_str()))
    {
        for (line, text) in numbered(&file.text) {
            let text = text.to_lowercase();
            for word in list.iter().filter(|word| text.contains(&word.pattern)) {
                let what = format!("`{}` has no place here", word.pattern);
                findings.push(
                    Finding::error(&file.path, line, what)
                        .because(word.why)
                        .so(word.remedy),
                );
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::Repository;
    use super::{check, list};

    #[test]
    fn every_word_of_the_list_is_found() {
        for word in list() {
            let text = format!("fine\nsee {} there\n", word.pattern.to_uppercase());
            let findings = check(&Repository::of(&[("docs/A.md", &text)]));
            assert!(
                findings.iter().any(|finding| finding.line == 2),
                "{}",
                word.pattern
            );
        }
    }

    #[test]
    fn ordinary_text_and_lock_files_pass() {
        let ordinary = "A model runner works in the network; see the registry of backends.\n";
        assert!(check(&Repository::of(&[("docs/A.md", ordinary)])).is_empty());
        let lock = format!("source = \"registry+{}\"\n", list()[6].pattern);
        assert!(check(&Repository::of(&[("Cargo.lock", &lock)])).is_empty());
    }
}
