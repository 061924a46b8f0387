//! The facts of each section in a few aligned lines.

use super::super::super::{amount, errno, escape};
use super::super::About;
use super::Page;
use crate::event::Text;
use crate::event::doctor::rights::{Capability, Grade};
use crate::event::doctor::{Attempt, Facts, Folder, Ollama, Rule};
use crate::event::host::Node;
use crate::event::library::Library;

/// Names looked for that are worth a word when they are not there.
const EXPECTED: [&str; 3] = ["libcuda.so.1", "libnvidia-ml.so.1", "libvulkan.so.1"];

/// Writes the facts of a section.
pub(super) fn section(page: &mut Page, about: About, facts: &Facts) {
    match about {
        About::Recording | About::Cost => {}
        About::Rights => rights(page, facts),
        About::Kernel => kernel(page, facts),
        About::Limits => limits(page, facts),
        About::Ollama => ollama(page, facts),
        About::Drivers => drivers(page, facts),
        About::Devices => devices(page, facts),
        About::Service => service(page, facts),
    }
}

/// The three levels of rights, and what each gives.
const LEVELS: [(Grade, &str); 3] = [
    (
        Grade::Full,
        "root: eBPF, every way in, other users' processes, --user, --hold",
    ),
    (
        Grade::Recording,
        "CAP_BPF and CAP_PERFMON: eBPF, every way in; other users' environments stay closed",
    ),
    (
        Grade::None,
        "no rights: ptrace, for this user's commands and processes; reading traces",
    ),
];

fn rights(page: &mut Page, facts: &Facts) {
    let rights = &facts.rights;
    let held: Vec<&str> = [
        (Capability::Bpf, "CAP_BPF"),
        (Capability::Perfmon, "CAP_PERFMON"),
        (Capability::SysAdmin, "CAP_SYS_ADMIN"),
        (Capability::SysPtrace, "CAP_SYS_PTRACE"),
        (Capability::SetUid, "CAP_SETUID"),
    ]
    .into_iter()
    .filter_map(|(capability, name)| rights.has(capability).then_some(name))
    .collect();
    let held = if held.is_empty() {
        "none that counts here".to_owned()
    } else {
        held.join(" ")
    };
    page.fact(&format!("user {}, capabilities: {held}", rights.uid));
    let has = rights.grade();
    for (grade, gives) in LEVELS {
        let mark = if grade == has { "here:" } else { "     " };
        page.fact(&format!("{mark} {gives}"));
    }
}

fn kernel(page: &mut Page, facts: &Facts) {
    let kernel = &facts.kernel;
    let size = kernel
        .btf_size
        .map_or_else(|| "none".to_owned(), amount::size);
    page.fact(&format!(
        "Linux {} {}, type information {size}",
        facts.host.kernel, facts.host.arch
    ));
    page.fact(&format!(
        "programs {}, tracepoints {}, function probes {}, fanotify hold {}",
        word(&kernel.programs),
        word(&kernel.tracepoints),
        word(&kernel.function_probe),
        word(&kernel.fanotify_hold)
    ));
    let number = |name: &str, value: Option<i64>| {
        value.map_or_else(
            || format!("{name} not shown"),
            |value| format!("{name} {value}"),
        )
    };
    let lockdown = kernel.lockdown.as_ref().map_or("not shown", Text::as_str);
    let yama = match kernel.ptrace_scope {
        Some(scope) => format!("yama.ptrace_scope {scope}"),
        None => "no Yama".to_owned(),
    };
    page.fact(&format!(
        "lockdown {lockdown}, {}, {}, {yama}",
        number(
            "unprivileged_bpf_disabled",
            kernel.unprivileged_bpf_disabled
        ),
        number("perf_event_paranoid", kernel.perf_event_paranoid),
    ));
}

fn word(attempt: &Attempt) -> &'static str {
    match attempt {
        Attempt::Done => "work",
        Attempt::Refused(_) => "refused",
        Attempt::Failed(_) => "fail",
        Attempt::NotTried => "not tried",
    }
}

fn limits(page: &mut Page, facts: &Facts) {
    let limits = &facts.limits;
    let probes = match limits.files_to_probe {
        Some(files) => format!(", probes in up to {} here", amount::of(files, "file")),
        None => String::new(),
    };
    page.fact(&format!(
        "a recording takes {} of kernel memory, {}{probes}",
        amount::size(limits.ring),
        amount::of(limits.tracepoints, "tracepoint")
    ));
    let [soft, hard] = limits
        .open_files
        .map(|limit| limit.map_or_else(|| "unlimited".to_owned(), amount::count));
    let mut text = format!("open files {soft} of {hard}");
    if let Some(limit) = limits.group_memory {
        text.push_str(&format!(", group memory {}", amount::size(limit)));
    }
    if let Some(free) = limits.folder_free {
        text.push_str(&format!(
            ", {} free in {}",
            amount::size(free),
            escape::word(limits.folder.as_str())
        ));
    }
    page.fact(&text);
}

fn ollama(page: &mut Page, facts: &Facts) {
    let Some(ollama) = &facts.ollama else { return };
    let mut text = format!("program  {}", escape::word(ollama.program.as_str()));
    if ollama.file.path != ollama.program {
        text.push_str(&format!(" -> {}", escape::word(ollama.file.path.as_str())));
    }
    text.push_str(&size_and_id(&ollama.file));
    page.fact(&text);
    tree(page, ollama);
}

fn tree(page: &mut Page, ollama: &Ollama) {
    let Some(tree) = &ollama.tree else { return };
    let rule = match tree.rule {
        Rule::Beside => "../lib/ollama beside the program",
        Rule::Build => "build/lib/ollama beside the program",
        Rule::CurrentBuild => "build/lib/ollama of the current folder",
        Rule::ProgramFolder => "the program's own folder",
    };
    page.fact(&format!(
        "tree     {} ({rule})",
        escape::word(tree.path.as_str())
    ));
    let with = if tree.llama_server { "with" } else { "without" };
    let top = amount::of(tree.top.len() as u64, "ggml file");
    page.fact(&format!("top      {top}, {with} llama-server"));
    // A program's folder may be /usr/bin: only its backends are worth a line.
    let all = tree.rule != Rule::ProgramFolder;
    let shown = |folder: &&Folder| all || !folder.ggml.is_empty();
    let width = tree
        .folders
        .iter()
        .filter(shown)
        .map(|folder| escape::width(&escape::word(folder.name.as_str())))
        .max()
        .unwrap_or(0)
        .clamp(7, 30);
    for folder in tree.folders.iter().filter(shown) {
        page_folder(page, folder, width);
    }
    if tree.cut {
        page.fact("more than is told here");
    }
}

fn page_folder(page: &mut Page, folder: &Folder, width: usize) {
    let name = escape::word(folder.name.as_str()).into_owned();
    let gap = " ".repeat(width.saturating_sub(escape::width(&name)));
    let others = amount::of(folder.others, "other file");
    if let Some(err) = folder.err {
        page.fact(&format!("{name}{gap}  {}", errno::words(err)));
    } else if folder.ggml.is_empty() {
        page.fact(&format!("{name}{gap}  no *ggml-*, {others}"));
    }
    for (at, file) in folder.ggml.iter().enumerate() {
        let base = file.path.as_str().rsplit('/').next().unwrap_or_default();
        let lead = if at == 0 {
            format!("{name}{gap}")
        } else {
            " ".repeat(width)
        };
        page.fact(&format!(
            "{lead}  {}{}",
            escape::word(base),
            size_and_id(file)
        ));
    }
}

fn size_and_id(file: &Library) -> String {
    let mut text = String::new();
    if let Some(size) = file.size {
        text.push_str(&format!("  {}", amount::size(size)));
    }
    if let Some(id) = &file.build_id {
        let short: String = id.as_str().chars().take(12).collect();
        text.push_str(&format!("  build-id {short}"));
    }
    text
}

fn drivers(page: &mut Page, facts: &Facts) {
    let width = facts
        .drivers
        .iter()
        .map(|driver| escape::width(&escape::word(driver.name.as_str())))
        .max()
        .unwrap_or(0)
        .min(30);
    for driver in &facts.drivers {
        let name = escape::word(driver.name.as_str()).into_owned();
        let gap = " ".repeat(width.saturating_sub(escape::width(&name)));
        let file = driver.file.links.last().unwrap_or(&driver.file.path);
        let soname = match &driver.file.soname {
            Some(soname) if *soname != driver.name => {
                format!("  SONAME {}", escape::word(soname.as_str()))
            }
            _ => String::new(),
        };
        page.fact(&format!(
            "{name}{gap}  {}{}{soname}",
            escape::word(file.as_str()),
            size_and_id(&driver.file)
        ));
    }
    let missing: Vec<&str> = EXPECTED
        .into_iter()
        .filter(|name| {
            !facts
                .drivers
                .iter()
                .any(|driver| driver.name.as_str() == *name)
        })
        .collect();
    if !missing.is_empty() {
        page.fact(&format!("the loader finds no {}", missing.join(", no ")));
    }
}

fn devices(page: &mut Page, facts: &Facts) {
    for gpu in &facts.host.gpus {
        let driver = gpu.driver.as_ref().map_or("none", Text::as_str);
        page.fact(&format!(
            "gpu      {}  {}  class {}  driver {driver}",
            gpu.address, gpu.ids, gpu.class
        ));
    }
    for (name, version) in &facts.host.modules {
        let version = version.as_ref().map(Text::as_str).unwrap_or_default();
        page.fact(&format!("module   {name} {version}"));
    }
    let user = &facts.service.user;
    for node in &facts.host.nodes {
        let may = if user.may(node.mode, node.owner, 6) {
            "may"
        } else {
            "may not"
        };
        page.fact(&format!(
            "node     {}  {}  {}  {} {may} open it",
            escape::word(node.path.as_str()),
            letters(node.mode),
            owner(facts, node),
            user.shown()
        ));
    }
    if facts.host.nodes.is_empty() {
        page.fact("no GPU device node (/dev/nvidia*, /dev/kfd, /dev/dri/*)");
    }
}

/// `rw-rw----`.
fn letters(mode: u32) -> String {
    (0..9)
        .rev()
        .zip("rwxrwxrwx".chars())
        .map(|(bit, letter)| if mode >> bit & 1 == 1 { letter } else { '-' })
        .collect()
}

fn owner(facts: &Facts, node: &Node) -> String {
    let [user, group] = node.owner;
    let user = if user == 0 {
        "root".to_owned()
    } else {
        user.to_string()
    };
    let group = facts
        .groups
        .get(&group)
        .map_or_else(|| group.to_string(), |name| name.as_str().to_owned());
    format!("{user}:{group}")
}

fn service(page: &mut Page, facts: &Facts) {
    let user = &facts.service.user;
    let groups: Vec<String> = user.groups.iter().map(u32::to_string).collect();
    let who = format!(
        "user {} ({}), groups {}",
        user.shown(),
        user.uid,
        groups.join(" ")
    );
    match &facts.service.unit {
        Some(unit) if facts.service.problem.is_none() => {
            page.fact(&format!("{unit} runs as {who}"))
        }
        _ => page.fact(&format!(
            "no unit ollama.service to go by; permissions are those of the caller, {who}"
        )),
    }
    if facts.servers.as_ref().is_some_and(Vec::is_empty) {
        page.fact("no ollama serve runs");
    }
}
