//! The pages of docs/diagnoses and the tables of docs/DIAGNOSES.md are what the rules say. `cargo xtask gen` writes them: it runs
//! this test with VGPUTRACE_WRITE_PAGES set.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use vgputrace::diagnose::rules;
use vgputrace::view::explain::{index, page};

/// Tables whose rows rules answer: name, number of rows, and what it is.
const TABLES: [(&str, u32, &str); 2] = [
    (
        "runner",
        55,
        "Ollama 0.12 to 0.24: every way a folder ends unused",
    ),
    ("llama-server", 32, "Ollama 0.30 and later: the same"),
];
/// Where in docs/DIAGNOSES.md the tables stand.
const BEGIN: &str = "<!-- rows: written by cargo xtask gen -->\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file that the rules make, by its path below docs.
fn files() -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = rules::with_pages()
        .map(|rule| (format!("diagnoses/{}.md", rule.id), page(rule)))
        .collect();
    files.insert("diagnoses/README.md".to_owned(), index());
    let path = root().join("docs/DIAGNOSES.md");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let head = text.split(BEGIN).next().unwrap_or_default();
    files.insert(
        "DIAGNOSES.md".to_owned(),
        format!("{head}{BEGIN}{}", tables()),
    );
    files
}

fn tables() -> String {
    let mut out = String::new();
    for (table, count, title) in TABLES {
        let _ = write!(out, "\n## {table}: {title}\n\n| row | rules |\n|---|---|\n");
        for row in 1..=count {
            let _ = writeln!(
                out,
                "| {table} {row} | {} |",
                answering(&format!("{table} {row}"))
            );
        }
    }
    for (table, title) in [
        ("stack", "A stack of libraries that stand in for NVIDIA's"),
        ("reports", "Clusters of public reports"),
    ] {
        let _ = write!(out, "\n## {table}: {title}\n\n| row | rules |\n|---|---|\n");
        let rows: BTreeSet<&str> = rules::all()
            .flat_map(|rule| rule.rows.iter().copied())
            .filter(|row| row.starts_with(table))
            .collect();
        let mut rows: Vec<&str> = rows.into_iter().collect();
        rows.sort_by_key(|row| (row.len(), *row));
        for row in rows {
            let _ = writeln!(out, "| {row} | {} |", answering(row));
        }
    }
    out
}

fn answering(row: &str) -> String {
    let ids: Vec<String> = rules::all()
        .filter(|rule| rule.rows.contains(&row))
        .map(|rule| format!("[{0}](diagnoses/{0}.md)", rule.id))
        .collect();
    ids.join(", ")
}

#[test]
fn pages_and_tables_are_what_the_rules_say() {
    let docs = root().join("docs");
    let write = std::env::var_os("VGPUTRACE_WRITE_PAGES").is_some();
    let files = files();
    let mut old = Vec::new();
    for (name, text) in &files {
        let path = docs.join(name);
        if std::fs::read_to_string(&path).unwrap_or_default() == *text {
            continue;
        }
        if write {
            std::fs::write(&path, text).unwrap();
        } else {
            old.push(name.clone());
        }
    }
    for entry in std::fs::read_dir(docs.join("diagnoses")).unwrap().flatten() {
        let name = format!("diagnoses/{}", entry.file_name().to_string_lossy());
        if !files.contains_key(&name) {
            old.push(name);
        }
    }
    assert!(old.is_empty(), "run 'cargo xtask gen': {old:?}");
}

#[test]
fn every_row_of_both_tables_has_a_rule() {
    for (table, count, _) in TABLES {
        for row in 1..=count {
            let row = format!("{table} {row}");
            assert!(
                rules::all().any(|rule| rule.rows.contains(&row.as_str())),
                "{row}"
            );
        }
    }
}

#[test]
fn an_id_is_given_once_and_has_its_form() {
    let mut seen = BTreeSet::new();
    for rule in rules::with_pages() {
        assert!(seen.insert(rule.id), "{} is given twice", rule.id);
        assert!(
            rule.id.len() == 5
                && rule.id.starts_with("VG")
                && rule.id[2..].bytes().all(|one| one.is_ascii_digit()),
            "{}",
            rule.id
        );
        assert!(
            !rule.title.is_empty()
                && !rule.story.is_empty()
                && !rule.proof.is_empty()
                && !rule.remedy.is_empty(),
            "{}",
            rule.id
        );
        assert_eq!(
            rules::by_id(&rule.id.to_lowercase()).map(|rule| rule.id),
            Some(rule.id)
        );
    }
}
