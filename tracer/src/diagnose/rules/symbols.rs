//! dlopen gave nothing because a symbol or a symbol version is missing (glibc elf/dl-lookup.c, dl-version.c).

use super::super::advice::{self, DISCOVERS_ONCE, RESTART};
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::old_system::Older;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, list, plural, provider};
use super::load::Lacks;
use super::whose;
use crate::discover::model::{Evidence, Missing};
use crate::event::{Seen, Text};

pub(super) static RULES: &[&Rule] = &[
    &UNDEFINED_SYMBOL,
    &MISSING_VERSION,
    &OTHER_GGML,
    &OLD_SYSTEM,
];

static UNDEFINED_SYMBOL: Rule = Rule {
    id: "VG053",
    stage: Stage::Load,
    title: "A symbol is defined nowhere",
    story: "ggml loads backends with RTLD_NOW: every symbol must be defined when dlopen comes back. A library that stands in for NVIDIA's and lacks one function \
makes the whole backend fail, and the loader names one symbol only.",
    proof: "The loader's words; for the rest the symbols of all files that were picked.",
    remedy: &[
        "Add every symbol of the list to the library that should have it, or use one that has them.",
    ],
    rows: &[
        "runner 23",
        "llama-server 13",
        "llama-server 14",
        "stack 26",
        "stack 27",
        "stack 29",
        "stack 30",
        "reports A",
    ],
    check: Check::Backend(undefined_symbol),
};

static OTHER_GGML: Rule = Rule {
    id: "VG055",
    stage: Stage::Load,
    title: "Backend and libggml-base are of different releases",
    story: "A backend must be of the same release as libggml-base beside it. With files of two releases in the tree, or a foreign libggml-base that is found first, a function \
of ggml is missing; with less luck the process crashes later.",
    proof: "The missing symbols begin with ggml_ or gguf_, and the libggml-base that answered does not define them. In a log, where no file is known, it is likely only.",
    remedy: &[
        "Remove the library folder and install one release anew.",
        "A backend built by yourself: build it from the release that libggml-base beside it is of.",
    ],
    rows: &["runner 31", "runner 23", "reports A"],
    check: Check::Backend(other_ggml),
};

/// How the soname of ggml's core begins, which a backend needs (DT_NEEDED of those that Ollama and llama.cpp build).
const CORE: &str = "libggml-base.so";

fn undefined_symbol(case: &Case<'_>) -> Vec<Finding> {
    undefined(case, false)
}

fn other_ggml(case: &Case<'_>) -> Vec<Finding> {
    undefined(case, true)
}

/// The finding about undefined symbols: those that ggml's core should have, or all others. Who is not linked with that core
/// says nothing about its release.
fn undefined(case: &Case<'_>, of_ggml: bool) -> Vec<Finding> {
    let lacks = Lacks::of(case);
    let (all, certain) = lacks.symbols();
    let files_are_known = lacks.loads.iter().any(|(_, load)| load.closure.is_some());
    let has_core = !files_are_known || lacks.answered(CORE).is_some();
    let owner_is_ggml =
        |name: &str| has_core && provider(name).is_some_and(|owner| owner.starts_with("libggml"));
    let symbols: Vec<(&str, &str)> = all
        .into_iter()
        .filter(|(name, _)| owner_is_ggml(name) == of_ggml && !is_system_version(name))
        .filter(|(name, _)| lacking_version(case, &lacks, name).is_none())
        .collect();
    let Some((first, by)) = symbols.first().copied() else {
        return Vec::new();
    };
    let asker = by;
    let by = if by.is_empty() {
        lacks.file()
    } else {
        base(by)
    };
    let below = if by == lacks.file() {
        String::new()
    } else {
        format!(", which {} needs,", lacks.file())
    };
    let owner = provider(first);
    let answered = owner.as_deref().and_then(|owner| lacks.answered(owner));
    let unlinked = !has_core && owner.as_deref() == Some(CORE);
    let proof = undefined_proof(&lacks, &symbols);
    let count = symbols.len();
    let more = more(&symbols);
    let where_from = match answered {
        Some((file, via)) => {
            let via = if via.is_empty() {
                String::new()
            } else {
                format!(", found by {via}")
            };
            format!(
                "{file}, which answered to {}{via}, does not define it",
                soname_of(owner.as_deref().unwrap_or_default())
            )
        }
        None if unlinked => {
            "it is not linked with libggml-base, which brings the functions of ggml".to_owned()
        }
        None => "no library that it loads defines it".to_owned(),
    };
    let (rule, reason) = if of_ggml {
        let reason = " The name is one of ggml's: backend and libggml-base are of different releases, as a rule.";
        (&OTHER_GGML, reason)
    } else {
        (&UNDEFINED_SYMBOL, "")
    };
    let mut finding = rule
        .found(format!(
            "{} could not be loaded: {by}{below} needs {first}, and {where_from}.{more}{reason}",
            lacks.file()
        ))
        .object(first)
        .certain_if(certain && (files_are_known || !of_ggml))
        .proof(&proof);
    finding.missing = symbols.iter().map(|(name, _)| Text::from(*name)).collect();
    if of_ggml {
        finding.remedy = advice::reinstall(case.model);
        finding = finding.so("A backend built by yourself must be built from the same release as libggml-base beside it.");
    } else if let Some((file, _)) = answered {
        finding = finding
            .so(format!("{file} must define {}; see what it has:", plural(count, "it", "all of them")))
            .so(format!("$ nm -D --defined-only {file} | grep -w '{}'", first.split('@').next().unwrap_or(first)))
            .so("If that file is not the one you meant, take it out of the folder where it was found, or use the vendor's library.");
    } else if unlinked || !whose::is_of_ollama(case, asker) {
        finding = finding
            .so(format!("{asker} is not whole: it was linked without the library that defines {first}. See what it needs, and link it anew with that library, or take the vendor's file:"))
            .so(format!("$ readelf -d {asker} | grep NEEDED; nm -D --undefined-only {asker}"));
    } else {
        finding = finding
            .so("See which library of the system has it, if any:")
            .so(format!(
                "$ nm -D --defined-only /usr/lib/x86_64-linux-gnu/*.so* 2>/dev/null | grep -w '{}'",
                first.split('@').next().unwrap_or(first)
            ));
        finding.remedy.extend(advice::reinstall(case.model));
    }
    vec![finding.so(DISCOVERS_ONCE).so(RESTART)]
}

/// What proves that these symbols are defined nowhere.
fn undefined_proof(lacks: &Lacks<'_>, symbols: &[(&str, &str)]) -> Vec<Evidence> {
    let names: Vec<&str> = symbols.iter().map(|(name, _)| *name).collect();
    let fact = format!(
        "symbols of the files of this load: none defines {}",
        list(&names)
    );
    lacks.about(&names, &fact)
}

/// ` 2 more are missing: a and b.`
fn more(symbols: &[(&str, &str)]) -> String {
    let rest: Vec<&str> = symbols.iter().skip(1).map(|(name, _)| *name).collect();
    if rest.is_empty() {
        return String::new();
    }
    format!(
        " {} more {} missing: {}.",
        rest.len(),
        plural(rest.len(), "is", "are"),
        list(&rest)
    )
}

fn soname_of(owner: &str) -> String {
    if owner.ends_with(".so") {
        format!("{owner}*")
    } else {
        owner.to_owned()
    }
}

fn is_system_version(symbol: &str) -> bool {
    symbol
        .split_once('@')
        .is_some_and(|(_, version)| is_system(version))
}

fn is_system(version: &str) -> bool {
    ["GLIBC_", "GLIBCXX_", "CXXABI_", "GCC_"]
        .iter()
        .any(|start| version.starts_with(start))
}

pub(super) static MISSING_VERSION: Rule = Rule {
    id: "VG054",
    stage: Stage::Load,
    title: "A library lacks a symbol version",
    story: "CUDA's runtime and cuBLAS mark their functions with a version node that is their soname (libcudart.so.12). A library that stands in for one of them and has no such \
node, or another one, does not count. The loader says \"version ... not found\", or \"undefined symbol: X, version Y\" when the soname of the file fits.",
    proof: "The loader's words, and the versions that the file defines.",
    remedy: &[
        "Link the library with a version script that has this node, or put the vendor's file in its place.",
    ],
    rows: &[
        "runner 24",
        "llama-server 13",
        "llama-server 14",
        "stack 9",
        "stack 27",
    ],
    check: Check::Backend(missing_version),
};

static OLD_SYSTEM: Rule = Rule {
    id: "VG056",
    stage: Stage::Load,
    title: "The C or C++ library is older than the backend wants",
    story: "A backend that was built on a newer system asks for versions of libc or libstdc++ that this one lacks. A second, older libstdc++ in LD_LIBRARY_PATH does the same.",
    proof: "The missing version is of glibc or libstdc++.",
    remedy: &[
        "Use the release's own files, which are built for old systems, or a newer distribution.",
    ],
    rows: &["runner 13", "runner 24"],
    check: Check::Backend(old_system),
};

fn missing_version(case: &Case<'_>) -> Vec<Finding> {
    let without_any = super::unversioned::of(case);
    if !without_any.is_empty() {
        return without_any;
    }
    version(case, false)
}

fn old_system(case: &Case<'_>) -> Vec<Finding> {
    version(case, true)
}

/// The version of a symbol, and the file that answers to its library and does not define that version: glibc then says
/// "undefined symbol: X, version Y" when the soname fits, and means the version (elf/dl-lookup.c).
fn lacking_version<'a>(
    case: &Case<'a>,
    lacks: &Lacks<'a>,
    symbol: &'a str,
) -> Option<(&'a str, &'a str)> {
    let (_, version) = symbol.split_once('@')?;
    let owner = provider(symbol)?;
    let (file, _) = lacks.answered(&owner)?;
    let facts = case.model.libraries.get(&Text::from(file))?;
    let has = facts
        .defines_versions
        .iter()
        .any(|known| known.as_str() == version);
    // The base version of a file is its soname, which marks no symbol.
    let marked = facts
        .defines_versions
        .iter()
        .any(|known| Some(known) != facts.soname.as_ref());
    let base_only = has
        && !marked
        && facts
            .soname
            .as_ref()
            .is_some_and(|soname| soname.as_str() == version);
    (!has || (base_only && !has_others(lacks, case, version))).then_some((version, file))
}

/// Some symbol of this version is there: a node that has one is no mere base version.
fn has_others(lacks: &Lacks<'_>, case: &Case<'_>, version: &str) -> bool {
    let missing = |name: &Text| {
        lacks.missing.iter().any(
            |missing| matches!(missing, Missing::Symbol { name: lacked, .. } if lacked == name),
        )
    };
    lacks
        .loads
        .iter()
        .filter_map(|(_, load)| case.model.libraries.get(load.file.as_ref()?))
        .filter_map(|facts| facts.undefined.as_ref().and_then(Seen::value))
        .flatten()
        .any(|name| {
            let of_it = name
                .as_str()
                .split_once('@')
                .is_some_and(|(_, of)| of == version);
            of_it && !missing(name)
        })
}

/// ` (it defines A and B)`, where the file is known.
fn defines(case: &Case<'_>, file: &str) -> String {
    let facts = case.model.libraries.get(&Text::from(file));
    facts.map_or_else(String::new, |facts| {
        let own: Vec<&str> = facts.defines_versions.iter().map(Text::as_str).collect();
        if own.is_empty() {
            " (it defines no versions)".to_owned()
        } else {
            format!(" (it defines {})", list(&own))
        }
    })
}

/// The finding about versions: those of the system's libraries, or all others.
fn version(case: &Case<'_>, of_system: bool) -> Vec<Finding> {
    let lacks = Lacks::of(case);
    let (symbols, _) = lacks.symbols();
    let of_symbols = symbols.iter().filter_map(|(symbol, by)| {
        let (version, file) = lacking_version(case, &lacks, symbol)?;
        Some((version, file, *by))
    });
    let named = lacks.missing.iter().filter_map(|missing| match missing {
        Missing::Version { version, file, by } => {
            Some((version.as_str(), file.as_str(), by.as_str()))
        }
        _ => None,
    });
    let mut versions: Vec<(&str, &str, &str)> = Vec::new();
    for one in named
        .chain(of_symbols)
        .filter(|(version, _, _)| is_system(version) == of_system)
        .filter(|(_, file, _)| !lacks.damaged.iter().any(|name| base(name) == base(file)))
    {
        if !versions.iter().any(|(known, _, _)| *known == one.0) {
            versions.push(one);
        }
    }
    let affected: Vec<&str> = symbols
        .iter()
        .map(|(symbol, _)| *symbol)
        .filter(|symbol| lacking_version(case, &lacks, symbol).is_some())
        .collect();
    let Some((first, file, by)) = versions.first().copied() else {
        return Vec::new();
    };
    let asker = if by.is_empty() { lacks.file() } else { by };
    let by = base(asker);
    let shown = lacks.answered(file).map_or(file, |(answered, _)| answered);
    let mut names: Vec<&str> = versions.iter().map(|(version, ..)| *version).collect();
    names.extend(&affected);
    let fact = format!("versions that {shown} defines: {first} is not among them");
    let proof = lacks.about(&names, &fact);
    let mut finding = if of_system { &OLD_SYSTEM } else { &MISSING_VERSION }
        .found(format!(
            "{} could not be loaded: {by} needs the symbol version {first} of {shown}, and that file does not have it{}.",
            lacks.file(),
            defines(case, shown)
        ))
        .object(first)
        .proof(&proof);
    finding.missing = versions
        .iter()
        .map(|(version, file, _)| Text::from(format!("{version} of {file}")))
        .chain(
            affected
                .iter()
                .filter(|symbol| is_system_version(symbol) == of_system)
                .map(|symbol| Text::from(*symbol)),
        )
        .collect();
    let older = Older {
        needed: file,
        answers: shown,
        via: lacks.answered(file).map_or("", |(_, via)| via),
        asker,
        of_ollama: whose::is_of_ollama(case, asker),
    };
    if let Some(lines) = older.remedy().filter(|_| of_system) {
        finding = finding.do_lines(lines);
    } else if of_system {
        finding = finding
            .so("See which file answers, and whether LD_LIBRARY_PATH brings an older one in front:")
            .so(format!("$ ls -l {shown}"));
    } else {
        finding = finding
            .so(format!("If {shown} is a library of your own: link it with a version script that has the node {first}:"))
            .so(format!("$ printf '{first} {{ global: *; }};' > nodes.map; gcc -shared -Wl,--version-script=nodes.map ..."))
            .so("If it is not: put the vendor's file, which is part of Ollama's package, back in its place.");
    }
    vec![finding.so(DISCOVERS_ONCE).so(RESTART)]
}
