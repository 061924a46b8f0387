//! Programs that are waited for, and with how few rights that is possible.

use vgputrace_tests::events::text;
use vgputrace_tests::libraries::copy;
use vgputrace_tests::programs::program;
use vgputrace_tests::{gate, open_folder, test_name, trace};

use super::Attached;

/// The user "nobody" with nothing but what eBPF needs.
const TWO_RIGHTS: [&str; 7] = [
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--inh-caps=-all,+bpf,+perfmon",
    "--ambient-caps=-all,+bpf,+perfmon",
    "--bounding-set=-all,+bpf,+perfmon",
];

#[test]
fn the_next_starts_of_a_file_are_recorded_and_those_of_its_namesake_are_not() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (folder, other) = (open_folder(), open_folder());
    let wanted = folder.path().join("awaited-one");
    let namesake = other.path().join("awaited-one");
    copy(&program("exit_with"), &wanted);
    copy(&program("exit_with"), &namesake);
    let mut attached = Attached::start(&["--exe", &wanted.to_string_lossy()]);
    assert_eq!(trace(&namesake).arg("3").bare().shell_code(), 3);
    assert_eq!(trace(&wanted).arg("4").bare().shell_code(), 4);
    assert_eq!(trace(&wanted).arg("6").bare().shell_code(), 6);
    attached.until("both ends", |events| events.exits().len() >= 2);
    let (outcome, events) = attached.stop();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    let codes: Vec<_> = events.exits().iter().map(|(_, exit)| exit.code).collect();
    assert_eq!(
        codes,
        [Some(4), Some(6)],
        "{}",
        events.story(&["exec", "exit"])
    );
    // From the first instruction: the loader's own look-ups are there.
    let first = events.execs()[0].0.process;
    let mut opens = events.opens().into_iter();
    assert!(
        opens
            .any(|(event, open)| event.process == first && text(&open.path).ends_with("libc.so.6"))
    );
}

#[test]
fn two_capabilities_are_enough_for_a_user_without_rights() {
    let test = test_name!();
    if !gate::root(test) || !gate::engine(test) || !gate::tool(test, "setpriv", "--version") {
        return;
    }
    let folder = open_folder();
    let mine = folder.path().join("awaited-two");
    copy(&program("load"), &mine);
    let name = ["--name", "awaited-two", "--engine", "ebpf"];
    let mut attached = Attached::start_under(&TWO_RIGHTS, &name);
    let _ = trace(&mine).arg("libnot-there.so").bare();
    attached.until("its end", |events| !events.exits().is_empty());
    let (outcome, events) = attached.stop();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    let (_, exec) = events.exec_of("awaited-two");
    assert!(exec.env.whole().is_some() && !exec.already);
    let missed = events.loader_errors();
    assert!(
        missed
            .iter()
            .any(|(_, error)| text(&error.object).contains("not-there"))
    );
    assert!(events.losses().is_empty());
}
