//! Can this process record here, and if not, what brings it?

use super::super::{About, Finding, Level};
use super::shell;
use crate::event::doctor::rights::{Capability, Grade};
use crate::event::doctor::{Attempt, Facts};

/// The oldest kernel that the engine is made for: the first with uprobe_multi links (Linux 6.6).
const OLDEST: (u32, u32) = (6, 6);

pub(in super::super) fn check(facts: &Facts, all: &mut Vec<Finding>) {
    let before = all.len();
    let stop = |id, about, sentence: String| Finding::new(id, about, Level::Stop, sentence);
    if facts.host.arch.as_str() != "x86_64" {
        all.push(stop(
            "kernel-architecture",
            About::Kernel,
            format!(
                "recording works on x86-64 only so far; this is {}",
                facts.host.arch
            ),
        ));
    }
    if version(facts.host.kernel.as_str()).is_some_and(|version| version < OLDEST) {
        all.push(stop(
            "kernel-old",
            About::Kernel,
            format!(
                "Linux {} is older than 6.6, the first with the probes that a recording needs: start a newer kernel",
                facts.host.kernel
            ),
        ));
    }
    type_information(facts, all);
    if facts
        .kernel
        .lockdown
        .as_ref()
        .is_some_and(|mode| mode.as_str() == "confidentiality")
    {
        all.push(stop(
            "kernel-lockdown",
            About::Kernel,
            "the kernel is locked down (confidentiality), so no program may read its memory: start it without \
             lockdown=confidentiality"
                .to_owned(),
        ));
    }
    rights(facts, all);
    // A failure that nothing above explains is told in the kernel's words.
    if all.len() == before {
        failures(facts, all);
    }
    if all.len() == before {
        all.push(Finding::new(
            "recording",
            About::Recording,
            Level::Ok,
            "works here, with eBPF: maps, programs and a function probe were tried",
        ));
    } else {
        all.push(Finding::new(
            "recording",
            About::Recording,
            Level::Stop,
            if facts.host.arch.as_str() == "x86_64" {
                "does not work here with eBPF; run takes ptrace, which needs no rights and is slower"
            } else {
                "does not work here; reading traces (vgputrace show) does"
            },
        ));
    }
    grade(facts, all);
}

fn type_information(facts: &Facts, all: &mut Vec<Finding>) {
    let Some(why) = facts.kernel.type_information.why() else {
        return;
    };
    let sentence = if facts.kernel.btf_size.is_none() {
        "the kernel offers no type information (/sys/kernel/btf/vmlinux): it was built without \
         CONFIG_DEBUG_INFO_BTF, or /sys is hidden here; start a kernel of the distribution, or mount /sys"
            .to_owned()
    } else {
        why.as_str().to_owned()
    };
    all.push(Finding::new(
        "kernel-type-information",
        About::Kernel,
        Level::Stop,
        sentence,
    ));
}

fn rights(facts: &Facts, all: &mut Vec<Finding>) {
    let kernel = &facts.kernel;
    let tries = [
        &kernel.programs,
        &kernel.tracepoints,
        &kernel.function_probe,
    ];
    let refused = tries.iter().find_map(|attempt| match attempt {
        Attempt::Refused(why) => Some(why),
        _ => None,
    });
    let rights = &facts.rights;
    if rights.grade() == Grade::None {
        let (id, sentence) = if rights.user_namespace {
            (
                "rights-namespace",
                "this process is in a user namespace (a container), whose rights do not count for tracing: run \
                 vgputrace outside of it",
            )
        } else {
            (
                "rights-missing",
                "tracing needs root, or the capabilities CAP_BPF and CAP_PERFMON, and this process has neither",
            )
        };
        let finding = Finding::new(id, About::Rights, Level::Stop, sentence);
        all.push(match remedy(facts) {
            Some(command) if !rights.user_namespace => finding.so(command),
            _ => finding,
        });
        hindrances(facts, all);
    } else if let Some(why) = refused {
        all.push(Finding::new(
            "rights-refused",
            About::Rights,
            Level::Stop,
            format!(
                "the rights are there, and still the kernel refuses ({why}): the seccomp filter of a container or a \
                 security module can do that"
            ),
        ));
    }
}

/// The command that brings the rights to this program.
fn remedy(facts: &Facts) -> Option<String> {
    let program = facts.rights.program.as_ref()?;
    Some(format!(
        "sudo setcap cap_bpf,cap_perfmon+ep {}",
        shell(program.as_str())
    ))
}

/// Why capabilities of the file would not count, or do not.
fn hindrances(facts: &Facts, all: &mut Vec<Finding>) {
    let rights = &facts.rights;
    let mut push = |id, sentence: String| {
        all.push(Finding::new(id, About::Rights, Level::Problem, sentence));
    };
    if rights.no_new_privileges {
        push(
            "rights-no-new-privileges",
            "programs started from here gain no rights (NoNewPrivs is set), so neither sudo nor setcap helps: start \
             vgputrace from a shell of its own"
                .to_owned(),
        );
    }
    if rights.nosuid {
        push(
            "rights-nosuid",
            "the program stands on a file system mounted nosuid, where capabilities of files do not count: copy it \
             to /usr/local/bin first"
                .to_owned(),
        );
    }
    let wanted = 1_u64 << Capability::Bpf as u8 | 1 << Capability::Perfmon as u8;
    if rights.bounding.0 & wanted != wanted {
        push(
            "rights-bounded",
            "CAP_BPF and CAP_PERFMON were taken from this process and its children for good (bounding set): start \
             vgputrace from elsewhere, or give the container both"
                .to_owned(),
        );
    }
}

fn failures(facts: &Facts, all: &mut Vec<Finding>) {
    let kernel = &facts.kernel;
    for (id, attempt) in [
        ("kernel-programs", &kernel.programs),
        ("kernel-tracepoints", &kernel.tracepoints),
        ("kernel-function-probe", &kernel.function_probe),
    ] {
        if let Some(why) = attempt.why() {
            all.push(Finding::new(id, About::Kernel, Level::Stop, why.as_str()));
        }
    }
}

/// What the rights give.
fn grade(facts: &Facts, all: &mut Vec<Finding>) {
    let finding = |level, sentence| Finding::new("rights", About::Rights, level, sentence);
    match facts.rights.grade() {
        Grade::Full => all.push(finding(
            Level::Ok,
            "the rights suffice to record, and to start commands as other users (--user, --like-unit)",
        )),
        Grade::Recording => all.push(finding(
            Level::Note,
            "the rights suffice to record commands of this user; --user and --like-unit need root",
        )),
        Grade::None => {}
    }
    if facts.kernel.bpf_jit_enable == Some(0) {
        all.push(
            Finding::new(
                "kernel-jit",
                About::Kernel,
                Level::Problem,
                "the kernel interprets BPF programs instead of compiling them, so a recording costs all processes more",
            )
            .so("sudo sysctl net.core.bpf_jit_enable=1"),
        );
    }
}

/// Major and minor of `6.18.44-amd64`.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
