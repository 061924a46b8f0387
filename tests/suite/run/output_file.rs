//! The trace file: whose it is, what it never overwrites, and disks that are full or closed.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use vgputrace_tests::mounted::Mounted;
use vgputrace_tests::programs::program;
use vgputrace_tests::{binary, gate, open_folder, test_name, trace};

use super::one_clear_sentence;

#[test]
fn the_trace_belongs_to_the_tools_user_or_to_sudos_and_nobody_else_may_read_it() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    let own = folder.path().join("own.vgt");
    let target = trace(program("exit_with"));
    target.clone().output(&own).run().ended_with(0);
    let facts = std::fs::metadata(&own).unwrap();
    assert_eq!((facts.mode() & 0o7777, facts.uid()), (0o600, 0));
    let sudo = folder.path().join("sudo.vgt");
    let target = target.env("SUDO_UID", "65534").env("SUDO_GID", "65534");
    target.output(&sudo).run().ended_with(0);
    let facts = std::fs::metadata(&sudo).unwrap();
    assert_eq!(
        (facts.mode() & 0o7777, facts.uid(), facts.gid()),
        (0o600, 65534, 65534)
    );
}

#[test]
fn without_a_name_the_trace_gets_a_dated_one_here() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let run = Command::new(binary().unwrap())
        .args(["run", "--quiet", "--", "/bin/true"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let files: Vec<PathBuf> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let name = files[0].file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.ends_with(".vgt"), "{name}");
    let digits = name.chars().filter(char::is_ascii_digit).count();
    assert!(digits >= 8 && name.contains("20"), "a date: {name}");
}

/// The recorder refuses this output before it starts anything.
#[track_caller]
fn refused(output: &Path) {
    let folder = open_folder();
    let marker = folder.path().join("started");
    let outcome = trace("/bin/touch")
        .arg(&marker)
        .output(output)
        .start()
        .finish();
    assert_eq!(outcome.shell_code(), 125, "{}", outcome.err());
    one_clear_sentence(&outcome, &output.display().to_string());
    assert!(!marker.exists(), "the target must not have run");
}

#[test]
fn a_file_or_link_that_is_there_is_never_overwritten() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = folder.path().join("there.vgt");
    std::fs::write(&file, "dear").unwrap();
    refused(&file);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "dear");
    let link = folder.path().join("link.vgt");
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
    refused(&link);
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn a_folder_that_is_not_there_or_read_only_gives_one_sentence() {
    if !gate::root(test_name!()) {
        return;
    }
    refused(Path::new("/nowhere/vgputrace/run.vgt"));
    let Some(closed) = Mounted::new("ro,size=64k") else {
        gate::skip(test_name!(), "tmpfs cannot be mounted");
        return;
    };
    refused(&closed.path().join("run.vgt"));
}

#[test]
fn a_full_disk_stops_the_recording_and_not_the_target() {
    if !gate::root(test_name!()) {
        return;
    }
    let Some(small) = Mounted::new("size=256k") else {
        gate::skip(test_name!(), "tmpfs cannot be mounted");
        return;
    };
    let target = trace(program("noise")).arg("60");
    let bare = target.bare();
    let record = target
        .talkative()
        .output(small.path().join("run.vgt"))
        .run();
    assert_eq!((record.code(), &record.outcome.stdout), (0, &bare.stdout));
    let words = record.outcome.err();
    assert!(words.contains("heard all\n"), "the target went on: {words}");
    assert!(
        words.contains("No space left") || words.contains("full"),
        "{words}"
    );
    assert!(!words.contains("panicked"), "{words}");
    let events = &record.events;
    assert_eq!(
        events.execs_of("noise").len(),
        1,
        "{}",
        events.story(&["exec"])
    );
    assert!(!events.outputs().is_empty());
}

#[test]
fn a_trace_at_its_size_limit_stops_and_says_so_and_the_target_goes_on() {
    if !gate::engine(test_name!()) {
        return;
    }
    let target = trace(program("noise")).arg("60");
    let bare = target.bare();
    let record = target.talkative().options(["--max-size", "1MiB"]).run();
    assert_eq!((record.code(), &record.outcome.stdout), (0, &bare.stdout));
    assert!(
        record.outcome.err().contains("heard all\n"),
        "the target went on"
    );
    let size = std::fs::metadata(&record.path).unwrap().len();
    assert!((512 * 1024..=1024 * 1024).contains(&size), "{size} bytes");
    let events = &record.events;
    let said = events
        .losses()
        .iter()
        .any(|(_, loss)| loss.cause.as_str() == "size")
        || events
            .ends()
            .iter()
            .any(|(_, end)| end.why.as_str() == "size");
    assert!(said, "{}", events.story(&["loss", "note", "end"]));
}
