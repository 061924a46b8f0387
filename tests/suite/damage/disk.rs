//! A disk that is full before the target is done.

use vgputrace_tests::chance::Chance;
use vgputrace_tests::mounted::Mounted;
use vgputrace_tests::programs::program;
use vgputrace_tests::{gate, recorded, test_name, trace};

use super::usual_rounds;

#[test]
fn a_full_disk_ends_the_recording_and_not_the_target() {
    if !gate::root(test_name!()) {
        return;
    }
    for round in 0..usual_rounds() {
        let pages = 4 + Chance::new(round).below(400);
        let options = format!("size={}k", pages * 4);
        let Some(disk) = Mounted::new(&options) else {
            return gate::skip(test_name!(), "mount of a tmpfs is refused");
        };
        let path = disk.path().join("run.vgt");
        let target = trace("/bin/sh")
            .args(["-c", "sleep 0.6; \"$0\" 90 >/dev/null"])
            .arg(program("noise"))
            .output(&path);
        let outcome = target.start().finish();
        let when = format!("a disk of {} KiB: {}", pages * 4, outcome.err());
        assert!(outcome.err().contains("heard all\n"), "{when}");
        assert!(outcome.err().contains("No space left"), "{when}");
        let kept = recorded::read(&path).unwrap_or_else(|why| panic!("{when}: {why}"));
        assert!(!kept.execs().is_empty(), "{when}");
    }
}
