//! Which file answered to a soname in a process, and which file that is.

use super::Facts;
use crate::diff::fact::{Absence, Fact, Stage, Value};
use crate::diff::normal;
use crate::discover::Model;
use crate::discover::model::{At, Child, Evidence, Missing, Outcome};
use crate::event::Text;
use crate::event::library::Library;

/// Facts about the files a process mapped, and those a failed load would have taken.
pub(super) fn gather(model: &Model, child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    for (path, seq) in &child.mapped {
        let library = model.libraries.get(path);
        let seen = Evidence {
            at: At::Event(*seq),
            text: path.clone(),
        };
        let absence = Absence::Differs;
        add(path.as_str(), library, role, dir, &seen, absence, facts);
    }
    // A failed load maps and gives back in one breath; its closure says which files it picked.
    for load in &child.loads {
        for object in load.closure.iter().flat_map(|closure| &closure.objects) {
            if let (Some(file), Some(seen)) = (&object.file, &load.seen) {
                add(
                    file.as_str(),
                    model.libraries.get(file),
                    role,
                    dir,
                    seen,
                    Absence::Follows,
                    facts,
                );
            }
        }
        // What was refused is no part of what was picked.
        let asked = load.asked.as_str();
        let unfit = load.missing.iter().filter_map(|missing| match missing {
            Missing::Unfit { file, .. } => Some(file),
            _ => None,
        });
        let asked =
            (load.outcome == Outcome::Failed && asked.starts_with('/')).then_some(&load.asked);
        for file in unfit.chain(asked) {
            if let (Some(library), Some(seen)) = (model.libraries.get(file), &load.seen) {
                contents(file.as_str(), library, seen, facts);
            }
        }
    }
}

fn add(
    path: &str,
    library: Option<&Library>,
    role: &str,
    dir: &Text,
    seen: &Evidence,
    absence: Absence,
    facts: &mut Facts,
) {
    let soname = library
        .and_then(|library| library.soname.as_ref())
        .map_or_else(|| normal::base(path), |soname| soname.as_str())
        .to_owned();
    // Variants of the CPU backend come and go by their score, which is the processor's business. The loader itself is
    // mapped by the kernel, and once more where it looks at its own symbols.
    if soname.starts_with("ld-linux")
        || soname.starts_with("libggml-cpu")
        || normal::base(path).starts_with("libggml-cpu")
    {
        return;
    }
    // A file that was to be loaded has the name it was asked by, one that is mapped its own.
    let real = library.and_then(|library| library.links.last());
    let real = real.map_or(path, |real| real.as_str());
    let same = normal::place(if real.starts_with('/') { real } else { path });
    let fact = Fact::new(Value::shown(same, path))
        .of_dir(dir)
        .seen(Some(seen))
        .linked([soname.clone(), path.to_owned()])
        .where_absent(absence);
    facts.add(Stage::File, role, soname, fact);
    if let Some(library) = library {
        contents(path, library, seen, facts);
    }
}

/// Which build of a file it is. The same in every process: said once, for all.
fn contents(path: &str, library: &Library, seen: &Evidence, facts: &mut Facts) {
    let Some(identity) = identity(library) else {
        return;
    };
    let mut add = |stage, role: &str, what: &str, value, absence| {
        let fact = Fact::new(value)
            .seen(Some(seen))
            .linked([path.to_owned(), normal::base(path).to_owned()])
            .where_absent(absence);
        facts.add(stage, role, format!("{what} {}", normal::place(path)), fact);
    };
    add(
        Stage::File,
        "machine",
        "contents of",
        identity,
        Absence::Differs,
    );
    if let (Some(mode), Some([user, group])) = (library.mode, library.owner) {
        let value = format!("mode {:03o}, owner {user}:{group}", mode & 0o7777);
        add(
            Stage::File,
            "machine",
            "access to",
            Value::plain(value),
            Absence::Differs,
        );
    }
    // An editor of ELF files may change this alone, and neither build-id nor size.
    add(
        Stage::File,
        "machine",
        "search path of",
        Value::plain(search_path(library)),
        Absence::SaysNothing,
    );
    // A copy has another date, and so has a package that was installed again: told, and no difference that counts.
    if let Some(date) = date(library) {
        add(
            Stage::File,
            "recorder",
            "date of",
            Value::plain(date),
            Absence::SaysNothing,
        );
    }
}

/// The folders that a file itself names for what it needs.
fn search_path(library: &Library) -> String {
    let named = [("RPATH", &library.rpath), ("RUNPATH", &library.runpath)];
    let named = named
        .into_iter()
        .filter_map(|(kind, path)| Some(format!("{kind} {}", path.as_ref()?)));
    let named: Vec<String> = named.collect();
    if named.is_empty() {
        "none".to_owned()
    } else {
        named.join(", ")
    }
}

/// When a file was last changed, in UTC.
fn date(library: &Library) -> Option<String> {
    let changed = jiff::Timestamp::from_second(library.mtime?).ok()?;
    Some(changed.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Characters of a date without its time of day.
const DAY: usize = 10;
/// Versions of a library that are shown.
const MANY: usize = 4;

/// What tells one build of a file from another. Its date is shown beside it and not compared.
fn identity(library: &Library) -> Option<Value> {
    let size = library.size?;
    let same = match &library.build_id {
        Some(id) => format!("build-id {id}, {size} bytes"),
        None => format!("{size} bytes"),
    };
    let mut shown = same.clone();
    if let Some(problem) = &library.problem {
        shown = format!("{shown}, {problem}");
    }
    if let Some(date) = date(library) {
        shown = format!("{shown}, of {}", date.get(..DAY).unwrap_or(&date));
    }
    // Two files may differ in nothing else, when one was made of the other.
    let versions: Vec<&str> = library.defines_versions.iter().map(Text::as_str).collect();
    if let Some(few) = versions
        .get(..MANY.min(versions.len()))
        .filter(|few| !few.is_empty())
    {
        let more = if versions.len() > MANY {
            " and more"
        } else {
            ""
        };
        shown = format!("{shown}, with the versions {}{more}", few.join(" "));
    }
    let mut same = same;
    for version in &library.defines_versions {
        same.push(' ');
        same.push_str(version.as_str());
    }
    same.push_str(library.problem.as_ref().map_or("", |text| text.as_str()));
    Some(Value::shown(same, shown))
}
