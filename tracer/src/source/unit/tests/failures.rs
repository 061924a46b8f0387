//! Units that cannot be followed: each is one clear sentence.

use std::os::unix::fs::symlink;

use super::{INSTALLED, System, UNIT};
use crate::source::unit::Error;

#[test]
fn a_unit_that_is_not_there_says_where_was_looked_and_what_there_is() {
    let system = System::new(&[(
        "/etc/systemd/system/snap.ollama.listener.service",
        INSTALLED,
    )]);
    let text = system.load("ollama").unwrap_err().to_string();
    for part in [
        "/etc/systemd/system, /run",
        "/usr/lib/systemd/system",
        "there is snap.ollama.listener.service",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let text = System::new(&[]).load("ollama").unwrap_err().to_string();
    assert!(text.contains("vgputrace run -- ollama serve"), "{text}");
    assert!(matches!(system.load("../ollama"), Err(Error::Name(_))));
}

#[test]
fn a_masked_unit_is_said_to_be_masked() {
    for empty in [false, true] {
        let system = System::new(&[("/usr/lib/systemd/system/ollama.service", INSTALLED)]);
        if empty {
            system.write(UNIT, b"");
        } else {
            symlink("/dev/null", system.path(UNIT)).unwrap();
        }
        let text = system.load("ollama").unwrap_err().to_string();
        assert!(
            text.contains("masked by /etc/systemd/system/ollama.service"),
            "{text}"
        );
    }
}

#[test]
fn every_other_failure_is_one_clear_sentence() {
    let case = |body: &str, words: &str| {
        let system = System::new(&[(UNIT, &format!("[Service]\n{body}\n")), ("/opt/x", "")]);
        let text = system.start("ollama").unwrap_err().to_string();
        assert!(text.contains(words), "{body}: {text}");
    };
    case("User=ollama", "no usable ExecStart=");
    case("ExecStart=./x", "line 2: neither an absolute path");
    case("ExecStart=/bin/a\nExecStart=/bin/b", "2 commands");
    case(
        "ExecStart=/bin/a\nUser=nobody-here",
        "User= of ollama.service: there is no user \"nobody-here\"",
    );
    case(
        "ExecStart=/bin/a\nUser=x\nDynamicUser=yes",
        "only while the service runs",
    );
    case(
        "ExecStart=/bin/a\nSupplementaryGroups=gpu",
        "no group \"gpu\"",
    );
    case(
        "ExecStart=/bin/a\nWorkingDirectory=/opt/none",
        "WorkingDirectory=/opt/none",
    );
    case("ExecStart=/bin/a\nWorkingDirectory=/opt/x", "is no folder");
    case("ExecStart=/bin/a\nWorkingDirectory=~", "needs User=");
    case(
        "ExecStart=/bin/a\nEnvironmentFile=/etc/none",
        "EnvironmentFile=/etc/none",
    );
    case("ExecStart=ollama serve", "/usr/local/bin");
    case("ExecStart=/bin/a\n[broken", "line 3");
    let system = System::new(&[]);
    symlink("gone.service", system.path("/etc/systemd/system/x.service")).unwrap();
    assert!(matches!(system.load("x"), Err(Error::Read { .. })));
    std::fs::create_dir_all(system.path(UNIT)).unwrap();
    assert!(matches!(system.load("ollama"), Err(Error::NoFile(_))));
}
