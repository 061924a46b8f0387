//! Recordings of layouts: made once per layout, server and recorder, and kept in `target/layouts` for every test that
//! asks for the same.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::format::Layout;
use super::place;
use super::server::{Server, identity};
use crate::runtime_tier::{self, LIBRARIES, Series};
use crate::target::Target;
use crate::{Events, gate, open_folder, parity, recorded};

/// The limit of a recording; a real Ollama gives a folder 30 s.
pub(super) const LIMIT: Duration = Duration::from_secs(100);
/// After this the recorder ends the server: no discovery without a hang takes so long.
pub(super) const TIMEOUT: &str = "80s";

/// A finished recording.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The trace.
    pub path: PathBuf,
    /// Its events.
    pub events: Events,
}

/// The recording of a layout under a server; `None` with a word of skipping when it cannot be made here.
///
/// # Panics
/// When the recorder fails, loses records, or never sees the end of the discovery.
#[must_use]
#[track_caller]
pub fn recording(test: &str, name: &str, layout: &Layout, server: &Server) -> Option<Recording> {
    recording_by(test, name, layout, server, gate::chosen_engine().as_deref())
}

/// As [`recording`], by this engine; by ptrace, on copies of the C library, where no other recording has probes.
///
/// # Panics
/// As [`recording`].
#[must_use]
#[track_caller]
pub fn recording_by(
    test: &str,
    name: &str,
    layout: &Layout,
    server: &Server,
    engine: Option<&str>,
) -> Option<Recording> {
    let shown = format!("{test} ({name}, {})", server.name());
    if !gate::engine(&shown) {
        return None;
    }
    let tools = &layout.server.tools;
    let as_root = layout.server.user.is_some() || !layout.mount.is_empty() || !tools.is_empty();
    if as_root && !gate::root(&shown) {
        return None;
    }
    if !tools.iter().all(|tool| gate::tool(&shown, tool, "-V")) {
        return None;
    }
    if let Some(why) = layout.not_real.as_ref().filter(|_| server.is_real()) {
        gate::skip(&shown, why);
        return None;
    }
    if layout.slow && server.is_real() && std::env::var_os("VGPUTRACE_SLOW").is_none() {
        gate::skip(&shown, "it takes a real Ollama's 30 s (set VGPUTRACE_SLOW)");
        return None;
    }
    let kept = crate::workspace()
        .join("target/layouts")
        .join(key(name, server, engine));
    let made = fs::create_dir_all(&kept).and_then(|()| {
        // Other tests, in this process or another, wait for whoever comes first.
        let lock = File::create(kept.join("lock"))?;
        lock.lock()?;
        Ok(lock)
    });
    let _lock = match made {
        Ok(lock) => lock,
        Err(why) => panic!("{}: {why}", kept.display()),
    };
    let path = kept.join("run.vgt");
    if !path.is_file() {
        make(&shown, layout, server, engine, &path, 20)?;
    }
    match recorded::read(&path) {
        Ok(events) => Some(Recording { path, events }),
        Err(why) => panic!("{}: {why}", path.display()),
    }
}

/// What a recording depends on: layout, sources of its libraries, server, recorder and its engine.
fn key(name: &str, server: &Server, engine: Option<&str>) -> String {
    let mut hash = DefaultHasher::new();
    engine.hash(&mut hash);
    let tests = crate::workspace().join("tests");
    hash_file(&super::folder().join(format!("{name}.toml")), &mut hash);
    let folders = [
        "layouts/pretend",
        "programs/lib",
        "standin",
        "standin/ollama",
        "standin/llama",
    ];
    for folder in folders {
        let mut files: Vec<PathBuf> = fs::read_dir(tests.join(folder))
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        files.sort();
        for file in files {
            hash_file(&file, &mut hash);
        }
    }
    let driver = runtime_tier::newest("libvgpu_cuda.so");
    driver.map(|path| identity(&path)).hash(&mut hash);
    for series in Series::ALL {
        for library in LIBRARIES {
            let built = series.newest(library);
            built.map(|path| identity(&path)).hash(&mut hash);
        }
    }
    server.identity().hash(&mut hash);
    crate::binary().map(|path| identity(&path)).hash(&mut hash);
    format!("{:016x}", hash.finish())
}

fn hash_file(path: &Path, hash: &mut DefaultHasher) {
    (path, fs::read(path).ok()).hash(hash);
}

/// Lays out, records, and puts the trace in its place when all is well.
#[track_caller]
fn make(
    test: &str,
    layout: &Layout,
    server: &Server,
    engine: Option<&str>,
    place: &Path,
    attempts: u32,
) -> Option<()> {
    let root = neutral_folder();
    let command = command(test, layout, server, root.path())?;
    let trace = root.path().join("home/run.vgt");
    let mut target = command.output(&trace);
    if let Some(engine) = engine {
        target = target.options(["--engine", engine]);
    }
    let private = open_folder();
    if engine == Some("ptrace") && rustix::process::geteuid().is_root() {
        target = target.recorder_also_under(parity::private_library(private.path()));
    }
    let recorded = target.run();
    // Where another recording's probes stand, ptrace has no breakpoint, and says so: then once more, a little later.
    if attempts > 0 && parity::met_probes(&recorded.events) {
        std::thread::sleep(Duration::from_millis(500));
        return make(test, layout, server, engine, place, attempts - 1);
    }
    recorded.ended_with(0);
    if let Err(why) = fs::copy(&trace, place.with_extension("new"))
        .and_then(|_| fs::rename(place.with_extension("new"), place))
    {
        panic!("{}: {why}", place.display());
    }
    Some(())
}

/// Lays a layout out below a folder, for a test that changes it between two runs; `None` when its parts are not to be had.
///
/// # Panics
/// When a file cannot be made.
#[must_use]
#[track_caller]
pub fn command(test: &str, layout: &Layout, server: &Server, root: &Path) -> Option<Target> {
    let home = root.join("home");
    let command = server.lay_out(root)?;
    let open = fs::create_dir_all(&home)
        .and_then(|()| fs::set_permissions(&home, fs::Permissions::from_mode(0o777)));
    assert!(open.is_ok(), "{}: {open:?}", home.display());
    place::all(test, &layout.put, root, server.release()).ok()?;
    Some(target(layout, server, command, root))
}

/// A temporary folder whose name says nothing.
#[track_caller]
pub(super) fn neutral_folder() -> tempfile::TempDir {
    let made = tempfile::Builder::new()
        .prefix("")
        .rand_bytes(10)
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir();
    match made {
        Ok(folder) => folder,
        Err(why) => panic!("no temporary folder: {why}"),
    }
}

/// The variables of a server whose tree has the path `shown` in its eyes: `NAME=VALUE`.
pub(super) fn variables(layout: &Layout, server: &Server, shown: &str) -> Vec<String> {
    let fill = |value: &str| value.replace("{root}", shown);
    let home = fill("{root}/home");
    let mut variables = vec![
        format!("HOME={home}"),
        format!("OLLAMA_HOST=127.0.0.1:{}", free_port()),
        format!("OLLAMA_MODELS={home}/models"),
        "OLLAMA_DEBUG=1".to_owned(),
        "OLLAMA_NO_CLOUD=1".to_owned(),
    ];
    if layout.slow && !server.is_real() {
        // 30 s become 3.
        variables.push("STANDIN_TIME_SCALE=0.1".to_owned());
    }
    let own = layout.server.env.iter();
    variables.extend(own.map(|(name, value)| format!("{name}={}", fill(value))));
    variables
}

/// The command that records. The layout's variables go to the server alone, not to the recorder.
fn target(layout: &Layout, server: &Server, command: Target, root: &Path) -> Target {
    let shown = root.display().to_string();
    let fill = |value: &str| value.replace("{root}", &shown);
    let variables = variables(layout, server, &shown);
    let until = layout.server.until.as_deref().unwrap_or("discovery");
    let mut target = command
        .limit(LIMIT)
        .options(["--until", until, "--timeout", TIMEOUT])
        .in_folder(
            layout
                .server
                .cwd
                .as_deref()
                .map_or_else(|| "/".to_owned(), fill),
        );
    target = target.options(&layout.server.options);
    for variable in &variables {
        target = target.options(["--env", variable]);
    }
    if let Some(user) = &layout.server.user {
        target = target.options(["--user", user]);
    }
    if !layout.server.limits.is_empty() {
        let limits = layout.server.limits.iter();
        target = target.under(
            std::iter::once("prlimit".to_owned())
                .chain(limits.map(|(name, value)| format!("--{name}={value}"))),
        );
    }
    if let Some(script) = &layout.server.script {
        let script = fill(script);
        target = target.under(["sh", "-c", &script, "sh"].map(str::to_owned));
    }
    if layout.mount.is_empty() {
        return target;
    }
    let mut script = String::new();
    for mount in &layout.mount {
        let (at, options) = (root.join(&mount.at), &mount.options);
        let at = at.display().to_string();
        let over = mount.over.as_ref().unwrap_or(&at);
        let line =
            format!("mount --bind {at} {over} && mount -o remount,bind,{options} {over} && ");
        script.push_str(&line);
    }
    script.push_str("exec \"$@\"");
    target.recorder_under([
        "unshare",
        "-m",
        "--propagation",
        "private",
        "sh",
        "-c",
        &script,
        "sh",
    ])
}

/// A port that was free a moment ago, and that no other server of this process got.
fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    // The kernel may give the same again as soon as it is free: those that were given stay open until another one is found.
    let mut open = Vec::new();
    loop {
        let listener = TcpListener::bind(("127.0.0.1", 0)).ok();
        let port = listener
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
            .map_or(11_500, |address| address.port());
        if given.insert(port) || listener.is_none() {
            return port;
        }
        open.push(listener);
    }
}
