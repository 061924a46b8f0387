//! A process that has ended in a mount namespace of its own by the time its files are looked at.

use rustix::process::Signal;
use vgputrace_tests::events::text;
use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::programs::program;
use vgputrace_tests::{gate, open_folder, test_name, trace};

/// The one child of a process, where it has one.
fn child_of(pid: u32) -> Option<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    text.split_whitespace().next()?.parse().ok()
}

#[test]
fn its_files_are_not_taken_from_those_of_the_same_name_outside() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "unshare", "--version") {
        return;
    }
    let folder = open_folder();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("mount")).expect("a folder");
    // What the recorder has under that name is no library.
    std::fs::write(at("mount/libggml-same.so"), "another file").expect("a file");
    let library = place(Fault::None, folder.path(), "libggml-same.so");
    let script = "cd \"$0\" && mount -t tmpfs none mount && cp \"$1\" \"$2\" mount && touch ready && \
        while [ ! -e go ]; do sleep 0.05; done; exec \"$0/mount/load_init\" \"$0/mount/libggml-same.so\"";
    let target = trace("unshare")
        .args(["-m", "sh", "-c", script])
        .arg(folder.path())
        .arg(&library)
        .arg(program("load_init"))
        .options(["--engine", "ebpf"]);
    let mut running = target.start();
    running.wait_until("the target", |_| at("ready").exists().then_some(()));
    let pid = running.wait_until("its number", |running| child_of(running.pid()));
    // The recorder looks when all is over.
    running.signal(Signal::STOP);
    std::fs::write(at("go"), "").expect("a file");
    running.wait_until("its end", |_| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.contains(") Z ").then_some(())
    });
    running.signal(Signal::CONT);
    let record = running.record();
    let story = record
        .events
        .story(&["exec", "map", "library", "note", "loss"]);
    record.ended_with(0);
    let name = at("mount/libggml-same.so").to_string_lossy().into_owned();
    let mut maps = record.events.maps().into_iter();
    assert!(maps.any(|(_, map)| text(&map.path) == name), "{story}");
    let facts = record.events.libraries();
    let wrong = facts.iter().find(|(_, facts)| facts.path.as_str() == name);
    assert!(wrong.is_none(), "{wrong:?}\n{story}");
    let notes = record.events.of_kind("note");
    assert!(
        notes
            .iter()
            .any(|note| format!("{note:?}").contains("files_unread")),
        "{story}"
    );
}
