//! dlopen gave nothing, and what is known are the loader's words alone, or that it said none.

use super::super::advice;
use super::super::case::{Case, Family, path_of};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, list};
use super::load_file::backend;
use crate::discover::model::{Child, Evidence, Load, Origin, Outcome, Words};

pub(super) static RULES: &[&Rule] = &[&ANSWERED_BY_PRELOAD, &LOADERS_WORDS, &NOT_EVEN_CPU];

static ANSWERED_BY_PRELOAD: Rule = Rule {
    id: "VG061",
    stage: Stage::Load,
    title: "A preloaded library answered dlopen",
    story: "A library in LD_PRELOAD that defines dlopen, open or a relative stands between ggml and libc in every process of Ollama. When it answers NULL, the loader never sees the call and says \
nothing. LD_PRELOAD is inherited by every child although Ollama's log never shows it.",
    proof: "The preloaded file defines dlopen, and the call came back with NULL without a word of the loader.",
    remedy: &[
        "Run without the preload, or have the library call libc's function and pass its answer on.",
    ],
    rows: &["stack 31"],
    check: Check::Backend(answered_by_preload),
};

fn answered_by_preload(case: &Case<'_>) -> Vec<Finding> {
    let mute: Vec<&Load> = case
        .failed_loads()
        .filter(|(_, load)| load.words.is_empty() && load.refused.is_none() && load.call.is_some())
        .map(|(_, load)| load)
        .collect();
    let Some(load) = mute.first() else {
        return Vec::new();
    };
    let Some((path, names)) =
        super::preload::interposers(case.model).find(|(_, names)| names.contains(&"dlopen"))
    else {
        return Vec::new();
    };
    vec![
        ANSWERED_BY_PRELOAD
            .found(format!(
                "dlopen of {} gave NULL and the loader said nothing: {path}, which is preloaded and defines {} itself, answered in its place.",
                base(path_of(load)),
                list(&names)
            ))
            .object(path)
            .likely()
            .proof(mute.iter().filter_map(|load| load.seen.as_ref()))
            .so("Start Ollama once without the preload and compare:")
            .so(advice::record_without(case.model, "LD_PRELOAD"))
            .so("To keep the preload, have its dlopen call the one of libc (dlsym RTLD_NEXT) and give its result back unchanged."),
    ]
}

static LOADERS_WORDS: Rule = Rule {
    id: "VG062",
    stage: Stage::Load,
    title: "The loader refused the backend",
    story: "dlopen failed with words that no other rule knows. They are the reason all the same.",
    proof: "The loader's words.",
    remedy: &["Look up the words; they name the object and what is wrong with it."],
    rows: &["runner 27"],
    check: Check::Backend(loaders_words),
};

fn loaders_words(case: &Case<'_>) -> Vec<Finding> {
    let words: Vec<_> = case
        .failed_loads()
        .filter(|(_, load)| load.missing.is_empty() && load.outcome == Outcome::Failed)
        .flat_map(|(_, load)| &load.words)
        .filter(|words| {
            let told = words.text.as_str().contains("static TLS")
                || super::protection::is_protection(words);
            words.err.is_none_or(|err| err.0 == 2) && !told
        })
        .collect();
    let itself = words.iter().all(|words| words.err.is_some());
    let known = super::refused::is_told(case);
    if known || itself {
        return Vec::new();
    }
    let Some(first) = words.first() else {
        return Vec::new();
    };
    let object = if first.object.is_empty() {
        String::new()
    } else {
        format!("{}: ", first.object)
    };
    vec![
        LOADERS_WORDS
            .found(format!(
                "{} was not loaded; the loader says: {object}{}.",
                backend(case),
                first.text.as_str().trim_end_matches('.')
            ))
            .object(first.object.clone())
            .proof(words.iter().map(|words| &words.seen))
            .do_all(advice_on(first))
            .do_lines(if first.object.is_empty() {
                audited(case)
            } else {
                Vec::new()
            })
            .so("The same load by hand, with all of the loader's steps:")
            .so(format!(
                "$ LD_DEBUG=libs,files python3 -c 'import ctypes; ctypes.CDLL(\"{}/{}\")'",
                case.path(),
                backend(case)
            )),
    ]
}

/// What to try first where an auditor is asked in every load (rtld-audit(7)).
pub(super) fn audited(case: &Case<'_>) -> Vec<String> {
    let mut variables = case.children.iter().flat_map(|child| &child.env);
    if !variables.any(|variable| variable.k.as_str() == "LD_AUDIT") {
        return Vec::new();
    }
    vec![
        "The service has LD_AUDIT: its library is asked for every name that the loader looks for, and a name that it refuses is not in the loader's words. See whether it works without:".to_owned(),
        advice::record_without(case.model, "LD_AUDIT"),
    ]
}

/// What these words can mean, where that is known and a log cannot tell which.
fn advice_on(words: &Words) -> &'static [&'static str] {
    if super::refused::is_unmapped(words) {
        &[
            "A file system mounted noexec, a security module, or a limit on the process's memory; see which:",
            "$ findmnt -T /usr/local/lib/ollama -o TARGET,OPTIONS; systemctl show ollama -p LimitAS,MemoryMax; sudo journalctl -k -g 'apparmor|avc'",
        ]
    } else {
        &[]
    }
}

static NOT_EVEN_CPU: Rule = Rule {
    id: "VG065",
    stage: Stage::Load,
    title: "Not even a CPU library of ggml was loaded",
    story: "A runner loads one of libggml-cpu-*.so from the library folder before any GPU backend, and its line \"system\" (OLLAMA_DEBUG=2) shows what that can do: SSE3, AVX, NEON. With CPU.0.LLAMAFILE alone there is only the code \
inside the program: nothing below the library folder could be loaded.",
    proof: "The runner's line \"system\" has CPU.0.LLAMAFILE as the only entry of its first CPU.",
    remedy: &["See whether the library folder is whole, and of this release:"],
    rows: &["reports A"],
    check: Check::Backend(not_even_cpu),
};

fn not_even_cpu(case: &Case<'_>) -> Vec<Finding> {
    // A recording has the loads themselves.
    if case.model.origin != Origin::Log || case.loads().next().is_some() {
        return Vec::new();
    }
    let bare: Vec<&Evidence> = case
        .said()
        .filter(|said| said.text.as_str().contains("msg=system CPU.0.LLAMAFILE="))
        .map(|said| &said.seen)
        .collect();
    if bare.is_empty() {
        return Vec::new();
    }
    let library = advice::library_dir(case.model);
    vec![
        NOT_EVEN_CPU
            .found(format!(
                "The runner for {} loaded no library at all, not even one of the CPU's: the library tree is not whole, or is of another build.",
                case.name
            ))
            .object(library)
            .likely()
            .proof(bare)
            .do_all(NOT_EVEN_CPU.remedy)
            .so(format!("$ ls -l {library} {library}/{}; vgputrace check", case.name))
            .so("Install the release again, over an empty folder."),
    ]
}

/// In a log that tells of no failed load and of no other end, the words of the probe, which opens the driver by itself once the
/// backend is loaded (discover/native_probe_linux.go). A backend built without virtual memory management does not need it to load.
pub(super) fn driver_not_opened<'a>(case: &Case<'a>) -> Option<Vec<&'a Evidence>> {
    let crashed = |child: &&Child| super::crash::crash_of(child).is_some();
    let other = case.failed_loads().next().is_some()
        || case.failure_lines().next().is_some()
        || case.children.iter().any(crashed)
        || !case.reported().is_empty();
    if case.model.origin != Origin::Log || other || case.family() != Family::Cuda {
        return None;
    }
    let words: Vec<&Evidence> = case
        .saying("dlopen libcuda.so.1: ")
        .filter(|said| {
            said.text
                .as_str()
                .contains("cannot open shared object file")
        })
        .collect();
    (!words.is_empty()).then_some(words)
}
