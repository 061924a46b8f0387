//! One installation, recorded in every way that a user has: by hand with and without rights, in a container and from outside of
//! it, as a unit. What `explain` says must not depend on the way.
//!
//! Neither systemd nor a container engine is needed: the groups have the names that these give them, and a container is what the
//! kernel makes of one, namespaces over an overlay.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use vgputrace::diagnose::explain;

use super::facts::verdicts;
use super::format::Layout;
use super::record::{LIMIT, Recording, TIMEOUT, command, neutral_folder, variables};
use super::same;
use super::server::Server;
use crate::groups::Tree;
use crate::running::Running;
use crate::target::{AS_NOBODY, Target};
use crate::{parity, recorded, trace};

/// Root as an engine leaves it in a container by default.
const CONTAINED: [&str; 3] = [
    "setpriv",
    "--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+sys_chroot,+mknod,+setfcap",
    "--",
];
/// Makes the container in `$1`: the system's /usr below an overlay, with the tree `$2` as /mnt/tree, the recorder `$3` as /mnt/vgputrace
/// and its own copies of the files `$4`, the C library's: no other recording has probes there.
const CONTAINER: &str = "set -e; work=$1; tree=$2; tool=$3; own=$4; shift 4; mount -t tmpfs none $work; cd $work; \
    mkdir up work root; mount -t tmpfs none root; cd root; mkdir usr proc dev sys tmp mnt; \
    mount -t overlay none -o lowerdir=/usr,upperdir=../up,workdir=../work usr; \
    for name in bin sbin lib lib64 etc; do \
    if [ -h /$name ]; then cp -P /$name .; else mkdir $name; mount --rbind /$name $name; fi; done; \
    for file in $own; do cp $file ./copy; mv ./copy .$file; done; \
    mkdir mnt/tree mnt/old; touch mnt/vgputrace; mount --bind $tree mnt/tree; mount --bind $tool mnt/vgputrace; \
    mount -t proc proc proc; mount --rbind /dev dev; mount --rbind /sys sys; \
    pivot_root . mnt/old; umount -l /mnt/old; exec \"$@\"";
const NAMESPACES: [&str; 6] = [
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--ipc",
    "--kill-child",
];
/// The tree's path in a container.
const INSIDE: &str = "/mnt/tree";

/// A way and what it recorded.
#[derive(Debug)]
pub struct Way {
    /// Who takes it, and how.
    pub name: &'static str,
    /// The engine it must have been.
    pub engine: &'static str,
    /// The recording.
    pub recording: Recording,
    _folder: tempfile::TempDir,
}

/// A laid out tree that is going to be recorded once.
struct Scene<'a> {
    folder: tempfile::TempDir,
    layout: &'a Layout,
    server: &'a Server,
    /// The command that records, for who runs it by hand.
    target: Target,
    name: &'static str,
    engine: &'static str,
}

/// Records an installation in every way; `None` when its parts are not to be had. `groups`: where units and containers are.
///
/// # Panics
/// When one of them fails.
#[must_use]
#[track_caller]
pub fn each(test: &str, layout: &Layout, server: &Server, groups: &Tree) -> Option<Vec<Way>> {
    let scene = |name, engine| {
        let folder = neutral_folder();
        let target = command(test, layout, server, folder.path())?;
        Some(Scene {
            folder,
            target,
            layout,
            server,
            name,
            engine,
        })
    };
    Some(vec![
        scene("root: run", "ebpf")?.by_hand(&[]),
        scene("an ordinary user: run", "ptrace")?.by_hand(&AS_NOBODY),
        scene("a packager in a container: run", "ptrace")?.inside(groups),
        scene("a packager outside of it: attach --container", "ebpf")?.outside(groups),
        scene("an admin: attach --unit", "ebpf")?.unit(groups),
        scene("an admin: run --like-unit", "ebpf")?.like_unit(),
    ])
}

impl Way {
    /// Each backend's verdict, with rule, certainty and object of each cause.
    ///
    /// # Panics
    /// When the recording cannot be read.
    #[must_use]
    #[track_caller]
    pub fn judged(&self) -> Vec<String> {
        match verdicts::model(&self.recording.path) {
            Ok(model) => same::judged_exactly(&explain(&model)),
            Err(why) => panic!("{}: {why}", self.name),
        }
    }

    /// A library got its probes after it was mapped: what it did before is not certain.
    #[must_use]
    pub fn is_late(&self) -> bool {
        same::is_late(&self.recording)
    }
}

impl Scene<'_> {
    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn trace(&self) -> PathBuf {
        self.root().join("home/run.vgt")
    }

    #[track_caller]
    fn taken(self) -> Way {
        let path = self.trace();
        match recorded::read(&path) {
            Ok(events) => Way {
                name: self.name,
                engine: self.engine,
                recording: Recording { path, events },
                _folder: self.folder,
            },
            Err(why) => panic!("{}: {why}", self.name),
        }
    }

    #[track_caller]
    fn ended(&self, running: Running) {
        let outcome = running.finish();
        let said = outcome.err();
        assert_eq!(outcome.shell_code(), 0, "{}: {said}", self.name);
    }

    /// `vgputrace run`, by root or as the user that `under` makes of it.
    #[track_caller]
    fn by_hand(self, under: &[&str]) -> Way {
        let target = self.target.clone().output(self.trace());
        let target = target.options(["--engine", "auto"]).recorder_under(under);
        // Breakpoints cannot stand where another recording of this machine has its probes.
        let private = crate::open_folder();
        let target = target.recorder_also_under(parity::private_library(private.path()));
        self.ended(target.start());
        self.taken()
    }

    /// `vgputrace run` by root of a container, who has no rights over the machine.
    #[track_caller]
    fn inside(self, groups: &Tree) -> Way {
        let private = crate::open_folder();
        let mut words = parity::private_library(private.path());
        words.extend(NAMESPACES.map(OsString::from));
        let work = crate::open_folder();
        words.extend(self.container(work.path(), &parity::shared_files()));
        words.extend(CONTAINED.map(OsString::from));
        let home = format!("{INSIDE}/home/run.vgt");
        words.extend(
            [
                "/mnt/vgputrace",
                "run",
                "--quiet",
                "--until",
                "discovery",
                "--timeout",
                TIMEOUT,
                "-o",
                &home,
            ]
            .map(OsString::from),
        );
        for variable in variables(self.layout, self.server, INSIDE) {
            words.extend([OsString::from("--env"), variable.into()]);
        }
        let program = format!("{INSIDE}/bin/ollama");
        words.extend(["--", &program, "serve"].map(OsString::from));
        let group = groups.group(&group_of_container());
        self.ended(self.start(&group, &words, Vec::new()));
        self.taken()
    }

    /// `vgputrace attach --container ID --next`, and then a container of a user without rights starts.
    #[track_caller]
    fn outside(self, groups: &Tree) -> Way {
        let group = group_of_container();
        let folder = groups.group(&group);
        let id = group.trim_start_matches("machine.slice/libpod-");
        let recorder = self.attach(&["--container", id.get(..12).unwrap_or(id)], &[]);
        let work = crate::open_folder();
        let open = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o777);
        let opened = fs::set_permissions(work.path(), open);
        assert!(opened.is_ok(), "{opened:?}");
        let mut words: Vec<OsString> = AS_NOBODY.map(OsString::from).to_vec();
        words.extend(NAMESPACES.map(OsString::from));
        words.extend(["--user", "--map-root-user"].map(OsString::from));
        words.extend(self.container(work.path(), &[]));
        words.extend([
            OsString::from(format!("{INSIDE}/bin/ollama")),
            "serve".into(),
        ]);
        let container = self.start(&folder, &words, variables(self.layout, self.server, INSIDE));
        self.ended(recorder);
        drop(container);
        self.taken()
    }

    /// `vgputrace attach --unit NAME --next`, and then the unit starts as its user.
    #[track_caller]
    fn unit(self, groups: &Tree) -> Way {
        let name = self.unit_name();
        let folder = groups.group(&format!("system.slice/{name}"));
        let recorder = self.attach(&["--unit", &name], &self.with_unit_file());
        // Where the recorder is, whose unit files nobody else sees.
        let pid = recorder.pid().to_string();
        let mut words: Vec<OsString> = ["nsenter", "-m", "-t", &pid].map(OsString::from).to_vec();
        words.extend(AS_NOBODY.map(OsString::from));
        words.extend([self.root().join("bin/ollama").into(), "serve".into()]);
        let shown = self.root().display().to_string();
        let service = self.start(&folder, &words, variables(self.layout, self.server, &shown));
        self.ended(recorder);
        drop(service);
        self.taken()
    }

    /// `vgputrace run --like-unit NAME`.
    #[track_caller]
    fn like_unit(self) -> Way {
        let mut words = self.with_unit_file();
        let tool = crate::binary().map_or_else(OsString::new, PathBuf::into_os_string);
        words.push(tool);
        let name = self.unit_name();
        words.extend(
            [
                "run",
                "--quiet",
                "--timeout",
                TIMEOUT,
                "--like-unit",
                &name,
                "-o",
            ]
            .map(OsString::from),
        );
        words.push(self.trace().into());
        let program = words.remove(0);
        self.ended(trace(program).args(words).limit(LIMIT).start_bare());
        self.taken()
    }

    /// The recorder, as soon as it waits.
    #[track_caller]
    fn attach(&self, way: &[&str], under: &[OsString]) -> Running {
        let tool = crate::binary().map_or_else(OsString::new, PathBuf::into_os_string);
        let mut words = under.to_vec();
        words.push(tool);
        words.extend(["attach", "--next", "--timeout", TIMEOUT, "-o"].map(OsString::from));
        words.push(self.trace().into());
        words.extend(way.iter().map(OsString::from));
        let program = words.remove(0);
        let mut running = trace(program).args(words).limit(LIMIT).start_bare();
        running.wait_for_error("Ctrl-C ends the recording");
        running
    }

    /// Starts a command in a group, with these variables and PATH. It ends when it is dropped.
    #[track_caller]
    fn start(&self, group: &Path, words: &[OsString], variables: Vec<String>) -> Running {
        let script = "echo $$ > \"$1/cgroup.procs\"; shift; unset PWD; exec \"$@\"";
        let mut target = trace("/bin/sh")
            .args(["-c", script, "sh"])
            .arg(group)
            .args(words);
        for variable in &variables {
            let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
            target = target.env(name, value);
        }
        target.limit(LIMIT).start_bare()
    }

    fn container(&self, work: &Path, own: &[PathBuf]) -> Vec<OsString> {
        let mut words = ["sh", "-c", CONTAINER, "sh"].map(OsString::from).to_vec();
        words.extend([work.into(), self.root().into()]);
        words.push(crate::binary().map_or_else(OsString::new, PathBuf::into_os_string));
        let own = own.iter().map(|file| file.to_string_lossy().into_owned());
        words.push(own.collect::<Vec<_>>().join(" ").into());
        words
    }

    fn unit_name(&self) -> String {
        let folder = self
            .root()
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        format!("{}.service", folder.trim_start_matches('.'))
    }

    /// Runs a command where the unit's file is among those of the system, and nobody else sees it.
    #[track_caller]
    fn with_unit_file(&self) -> Vec<OsString> {
        let shown = self.root().display().to_string();
        let mut text = format!(
            "[Service]\nExecStart={shown}/bin/ollama serve\nUser=nobody\nGroup=nogroup\nWorkingDirectory=/\n"
        );
        for variable in variables(self.layout, self.server, &shown) {
            text += &format!("Environment=\"{variable}\"\n");
        }
        let file = self.root().join("unit");
        let written = fs::write(&file, text);
        assert!(written.is_ok(), "{}: {written:?}", file.display());
        let script = "mount -t tmpfs none /run && mkdir -p /run/systemd/system && cp \"$1\" \"/run/systemd/system/$2\" && \
            shift 2 && unset PWD && exec \"$@\"";
        let mut words = ["unshare", "-m", "sh", "-c", script, "sh"]
            .map(OsString::from)
            .to_vec();
        words.extend([file.into(), self.unit_name().into()]);
        words
    }
}

/// The name that podman gives a container's group; another at each call, since tests of both eras run at once.
fn group_of_container() -> String {
    static MADE: AtomicU32 = AtomicU32::new(1);
    let number = MADE.fetch_add(1, Ordering::Relaxed) % 256;
    let id = format!("{:06x}{number:02x}", std::process::id()).repeat(8);
    format!("machine.slice/libpod-{id}.scope")
}
