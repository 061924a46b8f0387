//! dlopen gave nothing, and something is missing: a library, a symbol, a version (glibc elf/dl-load.c, dl-lookup.c).
//!
//! The loader stops at the first thing; a finding lists all, from the library facts of that very run. What a missing library
//! would have brought is not told a second time.

use std::collections::BTreeSet;

use crate::discover::model::{Child, Evidence, Load, Missing, Outcome};
use crate::event::Text;

use super::super::advice::{self, DISCOVERS_ONCE, RESTART};
use super::super::case::{Case, Family, at, path_of};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, list, provider};
use super::load_places::{
    cache_in_order, closed_cache, damaged, is_cut, searched, unfit_namesake, where_it_is,
};
use super::{library_path, whose};

pub(super) static RULES: &[&Rule] = &[&MISSING_LIBRARY, &NO_DRIVER];

static MISSING_LIBRARY: Rule = Rule {
    id: "VG051",
    stage: Stage::Load,
    title: "A library that it needs is missing",
    story: "dlopen loads a library with all that it needs or not at all. Until 0.24 the failure is silent at every level of the log; from 0.30 on its words \
come at DEBUG only if the driver does not answer either.",
    proof: "The loader's words, and the search of the name in every place.",
    remedy: &[
        "Bring the library that is named: it belongs to Ollama's package (CUDA runtime, cuBLAS) or to the system.",
    ],
    rows: &[
        "runner 22",
        "llama-server 13",
        "llama-server 14",
        "llama-server 16",
        "stack 28",
        "reports A",
    ],
    check: Check::Backend(missing_library),
};

static NO_DRIVER: Rule = Rule {
    id: "VG052",
    stage: Stage::Load,
    title: "The driver's library is missing",
    story: "libggml-cuda.so needs libcuda.so.1, which only NVIDIA's driver brings (libggml-vulkan.so: libvulkan.so.1). Without it dlopen fails. Until 0.24 no level of \
the log tells; from 0.30 on the DEBUG line \"native GPU discovery failed\" does.",
    proof: "The loader looked for the name in every place and found nothing.",
    remedy: &[
        "With an NVIDIA card: install the driver, then see that it answers:",
        "$ nvidia-smi",
        "In a container: start it with the GPU (docker: --gpus=all, and the NVIDIA container toolkit on the host).",
        "Without such a card nothing is to be done: the CPU is what this machine has.",
    ],
    rows: &[
        "runner 21",
        "llama-server 12",
        "llama-server 16",
        "reports F",
        "reports E",
    ],
    check: Check::Backend(no_driver),
};

/// Distinct missing things of all failed loads, the first one first, with all that was seen of each load.
pub(super) struct Lacks<'a> {
    pub(super) loads: Vec<(&'a Child, &'a Load)>,
    pub(super) missing: Vec<&'a Missing>,
    /// Names of libraries whose files are there and not whole: what they would define is not known.
    pub(super) damaged: Vec<&'a str>,
}

impl<'a> Lacks<'a> {
    pub(super) fn of(case: &Case<'a>) -> Self {
        // What would have stopped a load that its process did not live through.
        let died = case.loads().filter(|(_, load)| {
            load.outcome == Outcome::Died && load.closure.is_some() && !is_cut(load)
        });
        let loads: Vec<_> = case.failed_loads().chain(died).collect();
        // The process with the most complete facts speaks for all.
        let best = loads.iter().max_by_key(|(_, load)| load.missing.len());
        Self {
            missing: best
                .map(|(_, load)| {
                    load.missing
                        .iter()
                        .filter(|missing| !is_itself(missing))
                        .collect()
                })
                .unwrap_or_default(),
            damaged: damaged(case, &loads),
            loads,
        }
    }

    /// Names of libraries that nothing answers to. One whose file is there and stops the loader (too short, no ELF file) is
    /// not among them: that file is the finding.
    pub(super) fn libraries(&self) -> Vec<&'a str> {
        let mut seen: BTreeSet<&str> = self
            .missing
            .iter()
            .filter_map(|missing| match missing {
                Missing::Unfit { file, .. } if file.as_str().contains('/') => {
                    Some(base(file.as_str()))
                }
                _ => None,
            })
            .collect();
        self.missing
            .iter()
            .filter_map(|missing| match missing {
                Missing::Library { name, .. } => Some(name.as_str()),
                _ => None,
            })
            // Where an auditor (LD_AUDIT) refuses a name the loader's words have none.
            .filter(|name| !name.is_empty() && seen.insert(*name))
            .collect()
    }

    /// Names of libraries that the loader did not take, for whatever reason: what they would have brought is missing too.
    fn unanswered(&self) -> Vec<&'a str> {
        self.missing
            .iter()
            .filter_map(|missing| match missing {
                Missing::Library { name, .. } => Some(name.as_str()),
                Missing::Unfit { file, .. } => Some(base(file.as_str())),
                _ => None,
            })
            .chain(self.damaged.iter().copied())
            .collect()
    }

    /// Symbols that no missing library would have brought; and whether that is certain for all of them.
    pub(super) fn symbols(&self) -> (Vec<(&'a str, &'a str)>, bool) {
        let libraries = self.unanswered();
        let mut certain = true;
        let mut symbols = Vec::new();
        for missing in &self.missing {
            let Missing::Symbol { name, by } = missing else {
                continue;
            };
            let owner = provider(name.as_str());
            let absent = owner.as_ref().is_some_and(|owner| {
                libraries
                    .iter()
                    .any(|library| library.starts_with(owner.as_str()))
            });
            // A symbol of no known owner is most likely of a library that is as little known and not there.
            let of_unknown = owner.is_none() && libraries.iter().any(|library| !is_usual(library));
            let known = symbols.iter().any(|(known, _)| *known == name.as_str());
            if absent || of_unknown || known {
                continue;
            }
            certain &= owner.is_some() || libraries.is_empty();
            symbols.push((name.as_str(), by.as_str()));
        }
        (symbols, certain)
    }

    /// What the loader said, in every process.
    pub(super) fn words(&self) -> Vec<&'a Evidence> {
        self.loads
            .iter()
            .filter_map(|(_, load)| {
                load.words
                    .first()
                    .map(|words| &words.seen)
                    .or(load.seen.as_ref())
            })
            .collect()
    }

    /// What proves that these are missing: the loader's words about one of them, else the facts about the files, since the
    /// loader stops at the first thing that is missing.
    pub(super) fn about(&self, names: &[&str], fact: &str) -> Vec<Evidence> {
        let bare = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
        let names: Vec<String> = names.iter().map(|name| bare(name)).collect();
        let is_about = |seen: &&&Evidence| {
            let text = seen.text.as_str();
            names.iter().any(|name| text.contains(name.as_str()))
        };
        let words = self.words();
        let said: Vec<Evidence> = words
            .iter()
            .filter(is_about)
            .map(|seen| (*seen).clone())
            .collect();
        if !said.is_empty() {
            return said;
        }
        let loads = self.loads.iter();
        let facts = loads.filter(|(_, load)| load.closure.is_some());
        let told = facts
            .filter_map(|(_, load)| at(load.seen.as_ref(), fact))
            .next();
        told.into_iter().collect()
    }

    /// The backend's file.
    pub(super) fn file(&self) -> &'a str {
        self.loads
            .first()
            .map_or("the backend", |(_, load)| base(path_of(load)))
    }

    /// The file that answered to a soname that begins so, and why that place was searched.
    pub(super) fn answered(&self, soname: &str) -> Option<(&'a str, &'a str)> {
        self.loads
            .iter()
            .filter_map(|(_, load)| load.closure.as_ref())
            .flat_map(|closure| &closure.objects)
            .find(|object| object.name.as_str().starts_with(soname) && object.file.is_some())
            .and_then(|object| {
                let via = object.via.as_ref().map_or("", Text::as_str);
                Some((object.file.as_ref()?.as_str(), via))
            })
    }
}

/// The backend's own file, given by its path: that it is not there is no missing library.
fn is_itself(missing: &Missing) -> bool {
    matches!(missing, Missing::Library { name, .. } if name.as_str().contains('/'))
}

/// Backends need it themselves (DT_NEEDED of those that Ollama and llama.cpp build).
fn is_usual(name: &str) -> bool {
    is_driver(name) || OF_OLLAMA.iter().any(|start| name.starts_with(start))
}

/// How the names of the libraries begin that Ollama's own package brings.
const OF_OLLAMA: [&str; 6] = [
    "libcudart",
    "libcublas",
    "libggml",
    "libamdhip64",
    "librocblas",
    "libhipblas",
];

/// Comes from a driver and from nowhere else.
pub(super) fn is_driver(name: &str) -> bool {
    ["libcuda.so", "libnvidia-", "libvulkan.so"]
        .iter()
        .any(|start| name.starts_with(start))
}

fn no_driver(case: &Case<'_>) -> Vec<Finding> {
    let found = absent(case, true);
    if found.is_empty()
        && let Some(words) = super::load_words::driver_not_opened(case)
    {
        let mut finding = NO_DRIVER
            .found("libcuda.so.1, the driver's own library, could not be opened when the probe asked the driver itself; without it no backend has a CUDA device.")
            .object("libcuda.so.1")
            .likely()
            .proof(words);
        finding.remedy = remedy(case, "libcuda.so.1", true);
        return vec![finding];
    }
    found
}

fn missing_library(case: &Case<'_>) -> Vec<Finding> {
    absent(case, false)
}

fn whose_driver(driver: bool, name: &str) -> &'static str {
    match (driver, name.starts_with("libvulkan")) {
        (true, true) => " (the Vulkan loader, which comes with the system's Vulkan packages)",
        (true, false) => " (the driver's own library, which only the NVIDIA driver brings)",
        (false, _) => "",
    }
}

/// The finding about missing libraries: those of the driver, or all others.
fn absent(case: &Case<'_>, driver: bool) -> Vec<Finding> {
    let lacks = Lacks::of(case);
    let names: Vec<&str> = lacks
        .libraries()
        .into_iter()
        .filter(|name| is_driver(name) == driver)
        .filter(|name| {
            !super::refused::is_closed(case, name) && !super::storage::is_behind(case, name)
        })
        .collect();
    let Some(first) = names.first().copied() else {
        return Vec::new();
    };
    let missing =
        lacks.missing.iter().copied().find(
            |missing| matches!(missing, Missing::Library { name, .. } if name.as_str() == first),
        );
    let by = whose::asker(missing).unwrap_or_else(|| lacks.file());
    // The loader's words name no asker: without the facts about the files it may be any library below the backend.
    let unsure = lacks.loads.iter().all(|(_, load)| load.closure.is_none()) && !is_usual(first);
    let mut words = lacks.words();
    let places = missing
        .map(|missing| searched(missing, words.first().copied()))
        .unwrap_or_default();
    // Where something else stopped the loader, its words are of that, and it names the first thing alone.
    if super::refused::comes_first(case) {
        words.clear();
    }
    let others: Vec<&str> = lacks.libraries();
    words.retain(|said| {
        let text = said.text.as_str();
        text.contains(first) || !others.iter().any(|name| text.starts_with(name))
    });
    let hidden = super::refused::there_all_the_same(case)
        .into_iter()
        .find(|(words, _)| words.object.as_str() == first);
    let unfit = missing.and_then(unfit_namesake);
    let where_it_is = where_it_is(case, hidden.map(|(_, file)| file.as_str()), unfit);
    let below = if unsure {
        ", or a library that it needs,".to_owned()
    } else if by == lacks.file() {
        String::new()
    } else {
        format!(", which {} needs,", lacks.file())
    };
    let rule = if driver { &NO_DRIVER } else { &MISSING_LIBRARY };
    let rest = names.get(1..).unwrap_or_default();
    let more = if rest.is_empty() {
        String::new()
    } else {
        format!(" Missing too: {}.", list(rest))
    };
    let ignored = library_path::ignored(case, &lacks);
    let what = whose_driver(driver, first);
    let mut finding = rule
        .found(format!(
            "{} could not be loaded: {by}{below} needs {first}{what}, {where_it_is}.{more}{}",
            lacks.file(),
            ignored.as_ref().map_or("", |(why, _)| why)
        ))
        .object(first)
        .certain_if(hidden.is_none() || closed_cache(case).is_some())
        .proof(words)
        .proof(closed_cache(case).filter(|_| hidden.is_some()))
        .proof(&places);
    finding.missing = names.iter().map(|name| Text::from(*name)).collect();
    if let Some((file, _)) = unfit {
        finding = finding
            .so("See what it is and whose; a package that is not whole (half an update, a driver of another version taken off) is to be installed again, one of 32 bits has a sister of 64:")
            .so(format!("$ ls -l {file}; file -L {file}; dpkg -S {file} || rpm -qf {file}"));
    }
    let of_musl =
        whose::is_musl(first).then(|| vec![whose::build_for_glibc(whose::needed_by(case, first))]);
    if let Some(lines) = of_musl.or_else(|| ignored.map(|(_, lines)| lines)) {
        finding.remedy.extend(lines);
        return vec![finding.so(DISCOVERS_ONCE).so(RESTART)];
    }
    finding
        .remedy
        .extend(cache_in_order(case, missing, hidden.is_some()));
    finding.remedy.extend(library_path::odd_entries(case));
    finding.remedy.extend(remedy(case, first, driver));
    vec![finding]
}

fn remedy(case: &Case<'_>, name: &str, driver: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if driver && name.starts_with("libvulkan") {
        lines.push("Install the Vulkan loader and a driver for the card:".to_owned());
        lines.push("$ sudo apt install libvulkan1 mesa-vulkan-drivers".to_owned());
    } else if driver {
        lines.extend(NO_DRIVER.remedy.iter().map(|line| (*line).to_owned()));
        lines.push("If the driver is installed, see whether the loader finds it:".to_owned());
        lines.push(format!("$ ldconfig -p | grep {name}"));
    } else if OF_OLLAMA.iter().any(|start| name.starts_with(start)) {
        lines.push(format!(
            "{name} belongs to Ollama's own package, beside {}:",
            if case.family() == Family::Rocm {
                "libggml-hip.so"
            } else {
                "the backend"
            }
        ));
        lines.extend(advice::reinstall(case.model));
    } else {
        lines.push(format!(
            "Bring {name} to a place that the loader searches (its package, or a link in {}):",
            case.path()
        ));
        lines.push(format!(
            "$ find / -name '{name}*' -not -path '/proc/*' 2>/dev/null"
        ));
        lines.push("If a library of your own needs it and nothing else does, build that library without it.".to_owned());
    }
    lines.push(DISCOVERS_ONCE.to_owned());
    lines.push(RESTART.to_owned());
    lines
}
