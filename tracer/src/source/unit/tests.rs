//! Whole units below a root folder of their own: real unit texts, drop-ins, and every way to fail.

mod failures;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{Error, Privilege, Start, Unit, load, resolve};
use crate::source::user::tests::Fake;

/// What Ollama's install script writes (scripts/install.sh).
const INSTALLED: &str = r#"[Unit]
Description=Ollama Service
After=network-online.target

[Service]
ExecStart=/usr/local/bin/ollama serve
User=ollama
Group=ollama
Restart=always
RestartSec=3
Environment="PATH=/usr/local/sbin:/usr/local/bin:/usr/bin:/home/anna/.local/bin"

[Install]
WantedBy=default.target
"#;

/// Like the package of a distribution: a home of its own, a sandbox.
const PACKAGED: &str = r#"[Unit]
Description=Ollama Service
After=network.target network-online.target

[Service]
Type=exec
EnvironmentFile=-/etc/sysconfig/ollama
EnvironmentFile=/etc/ollama/env
ExecStart=/usr/bin/ollama $OLLAMA_ARGS
WorkingDirectory=/var/lib/ollama
Environment="HOME=/var/lib/ollama"
Environment="OLLAMA_MODELS=%S/%N" OLLAMA_DEBUG=0
User=ollama
SupplementaryGroups=render adm
Restart=on-failure
UMask=0077
PrivateTmp=yes
ProtectSystem=full
ProtectHome=false
NoNewPrivileges=true
DeviceAllow=char-nvidia
DeviceAllow=char-drm

[Install]
WantedBy=multi-user.target
"#;

struct System(tempfile::TempDir);

impl System {
    fn new(files: &[(&str, &str)]) -> Self {
        let system = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            system.write(path, text.as_bytes());
        }
        system
    }

    fn path(&self, path: &str) -> PathBuf {
        let path = self.0.path().join(path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        std::fs::write(self.path(path), bytes).unwrap();
    }

    fn load(&self, name: &str) -> Result<Unit, Error> {
        load(name, self.0.path())
    }

    fn start(&self, name: &str) -> Result<Start, Error> {
        resolve(&self.load(name)?, &Fake::with_ollama(), self.0.path())
    }
}

fn variables(start: &Start) -> Vec<String> {
    start
        .environment
        .iter()
        .map(|one| format!("{}={} ({})", one.name, one.value, one.origin))
        .collect()
}

const UNIT: &str = "/etc/systemd/system/ollama.service";
const OVERRIDE: &str = "/etc/systemd/system/ollama.service.d/override.conf";

#[test]
fn the_installed_unit_starts_as_ollama_with_its_groups_and_a_small_environment() {
    let system = System::new(&[(UNIT, INSTALLED)]);
    let unit = system.load("ollama").unwrap();
    assert_eq!(unit.files, [Path::new(UNIT)]);
    assert_eq!(
        (&unit.not_imitated[..], &unit.ignored[..]),
        (&[][..], &[][..])
    );
    let start = system.start("ollama.service").unwrap();
    assert_eq!(start.program, Path::new("/usr/local/bin/ollama"));
    assert_eq!(
        (start.argv0.as_str(), &start.args[..]),
        ("/usr/local/bin/ollama", &["serve".to_owned()][..])
    );
    assert_eq!(
        (start.uid, start.gid, &start.groups[..]),
        (998, 998, &[44, 105, 998][..])
    );
    assert_eq!((start.cwd.as_path(), start.umask), (Path::new("/"), 0o022));
    assert_eq!(
        variables(&start),
        [
            "LANG=C.UTF-8 (systemd's default)",
            &format!("PATH=/usr/local/sbin:/usr/local/bin:/usr/bin:/home/anna/.local/bin ({UNIT})"),
            "HOME=/usr/share/ollama (User=)",
            "LOGNAME=ollama (User=)",
            "USER=ollama (User=)",
        ]
    );
}

#[test]
fn a_packaged_unit_reads_its_files_and_names_the_sandbox() {
    let system = System::new(&[
        ("/usr/lib/systemd/system/ollama.service", PACKAGED),
        (
            "/etc/ollama/env",
            "OLLAMA_ARGS='serve --x \"a b\"'\nOLLAMA_DEBUG=1\nbad name=1\n",
        ),
        ("/etc/locale.conf", "LANG=de_DE.UTF-8\nFOO=1\n"),
        ("/var/lib/ollama/.keep", ""),
    ]);
    let unit = system.load("ollama").unwrap();
    let settings: Vec<_> = unit
        .not_imitated
        .iter()
        .map(|one| format!("{}={}", one.name, one.value))
        .collect();
    assert_eq!(
        settings,
        [
            "PrivateTmp=yes",
            "ProtectSystem=full",
            "NoNewPrivileges=true",
            "DeviceAllow=char-nvidia",
            "DeviceAllow=char-drm"
        ]
    );
    assert_eq!(unit.ignored.len(), 1);
    let start = system.start("ollama").unwrap();
    assert_eq!(start.args, ["serve", "--x", "a b"]);
    assert_eq!(
        (start.cwd.as_path(), start.umask),
        (Path::new("/var/lib/ollama"), 0o077)
    );
    assert_eq!(start.groups, [4, 44, 105, 998]);
    let variables = variables(&start);
    assert!(variables.contains(&"LANG=de_DE.UTF-8 (/etc/locale.conf)".to_owned()));
    assert!(variables.contains(&"OLLAMA_DEBUG=1 (/etc/ollama/env)".to_owned()));
    assert!(variables.contains(
        &"OLLAMA_MODELS=/var/lib/ollama (/usr/lib/systemd/system/ollama.service)".to_owned()
    ));
    assert!(
        variables
            .contains(&"HOME=/var/lib/ollama (/usr/lib/systemd/system/ollama.service)".to_owned())
    );
}

#[test]
fn drop_ins_count_by_file_name_and_the_nearer_folder_hides_the_other() {
    let system = System::new(&[
        (UNIT, INSTALLED),
        (
            OVERRIDE,
            "[Service]\nExecStart=\nExecStart=/opt/ollama/bin/ollama serve\nEnvironment=A=override OLLAMA_HOST=0.0.0.0\n",
        ),
        (
            "/usr/lib/systemd/system/ollama.service.d/override.conf",
            "[Service]\nEnvironment=HIDDEN=1\n",
        ),
        (
            "/usr/lib/systemd/system/ollama.service.d/10-vendor.conf",
            "[Service]\nEnvironment=A=vendor B=vendor\n",
        ),
        (
            "/usr/lib/systemd/system/ollama.service.d/20-masked.conf",
            "[Service]\nEnvironment=MASKED=1\n",
        ),
        (
            "/run/systemd/system/service.d/zz.conf",
            "[Service]\nUnsetEnvironment=B C=no\nMemoryMax=8G\n",
        ),
        (
            "/etc/systemd/system.control/ollama.service.d/50-MemoryMax.conf",
            "[Service]\nMemoryMax=4G\n",
        ),
        (
            "/etc/systemd/system/ollama.service.d/notes.txt",
            "[Service]\nEnvironment=NOTES=1\n",
        ),
        (
            "/etc/systemd/system.conf",
            "[Manager]\nDefaultEnvironment=C=system A=system\n",
        ),
    ]);
    symlink(
        "/dev/null",
        system.path("/etc/systemd/system/ollama.service.d/20-masked.conf"),
    )
    .unwrap();
    let unit = system.load("ollama").unwrap();
    let names: Vec<_> = unit
        .files
        .iter()
        .filter_map(|path| path.file_name()?.to_str())
        .collect();
    assert_eq!(
        names,
        [
            "ollama.service",
            "10-vendor.conf",
            "50-MemoryMax.conf",
            "override.conf",
            "zz.conf"
        ]
    );
    assert_eq!(unit.not_imitated.len(), 1);
    assert_eq!(unit.not_imitated[0].value, "8G");
    let start = system.start("ollama").unwrap();
    assert_eq!(start.program, Path::new("/opt/ollama/bin/ollama"));
    for (name, value) in [
        ("A", Some("override")),
        ("B", None),
        ("C", Some("system")),
        ("OLLAMA_HOST", Some("0.0.0.0")),
        ("HIDDEN", None),
        ("MASKED", None),
        ("NOTES", None),
    ] {
        assert_eq!(start.environment.get(name), value, "{name}");
    }
}

#[test]
fn an_instance_comes_from_its_template_and_an_alias_from_its_target() {
    let system = System::new(&[
        (
            "/usr/lib/systemd/system/ollama@.service",
            "[Service]\nExecStart=ollama serve\nEnvironment=GPU=%i HOST=%H\n",
        ),
        (
            "/etc/systemd/system/ollama@1.service.d/a.conf",
            "[Service]\nEnvironment=ONE=1\n",
        ),
        (
            "/etc/systemd/system/ollama@.service.d/b.conf",
            "[Service]\nEnvironment=ALL=1\n",
        ),
        ("/usr/bin/ollama", ""),
        (UNIT, INSTALLED),
        (OVERRIDE, "[Service]\nEnvironment=A=1\n"),
        (
            "/srv/units/linked.service",
            "[Service]\nExecStart=/bin/true %n\n",
        ),
    ]);
    let start = system.start("ollama@1").unwrap();
    assert_eq!(start.program, Path::new("/usr/bin/ollama"));
    for (name, value) in [("GPU", "1"), ("ONE", "1"), ("ALL", "1"), ("HOST", "%H")] {
        assert_eq!(start.environment.get(name), Some(value), "{name}");
    }
    assert_eq!((start.uid, start.environment.get("HOME")), (0, None));
    assert_eq!(
        system.load("ollama@1").unwrap().not_imitated[0].name,
        "Environment %H"
    );
    symlink(
        "ollama.service",
        system.path("/etc/systemd/system/llm.service"),
    )
    .unwrap();
    symlink(
        "/srv/units/linked.service",
        system.path("/etc/systemd/system/linked.service"),
    )
    .unwrap();
    let alias = system.load("llm").unwrap();
    assert_eq!(alias.name, "ollama.service");
    assert_eq!(alias.environment.get("A"), Some("1"));
    assert_eq!(
        system.load("linked").unwrap().command.args,
        ["linked.service"]
    );
}

#[test]
fn prefixes_and_a_missing_optional_folder_are_followed() {
    let system = System::new(&[(
        UNIT,
        "[Service]\nType=oneshot\nExecStart=+@/bin/a name $USER\nExecStart=/bin/b c\nUser=root\nGroup=video\nWorkingDirectory=-/none\nEnvironmentFile=-/none\n",
    )]);
    let unit = system.load("ollama").unwrap();
    assert_eq!(unit.command.privilege, Privilege::Full);
    assert_eq!(unit.not_imitated[0].value, "/bin/b c");
    let start = system.start("ollama").unwrap();
    assert_eq!(
        (start.argv0.as_str(), &start.args[..]),
        ("name", &["root".to_owned()][..])
    );
    assert_eq!(
        (start.uid, start.gid, start.cwd.as_path()),
        (0, 0, Path::new("/"))
    );
    assert_eq!(start.environment.get("SHELL"), Some("/bin/bash"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_unit_file_is_read_without_a_panic(
        bytes: Vec<u8>,
        lines in proptest::collection::vec(
            ("(Environment|ExecStart|User|Group|UMask|WorkingDirectory|EnvironmentFile|UnsetEnvironment|DeviceAllow)", "[ -~]{0,30}"),
            0..8,
        ),
    ) {
        use std::fmt::Write;
        let mut text = "[Service]\n".to_owned();
        for (key, value) in lines {
            writeln!(text, "{key}={value}").unwrap();
        }
        let system = System::new(&[(UNIT, &text)]);
        system.write(OVERRIDE, &bytes);
        let _ = system.start("ollama");
    }
}
