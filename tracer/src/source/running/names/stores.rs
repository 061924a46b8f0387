//! Where the engines keep their containers, and how each writes names down.

use std::fs::{self, File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::Deserialize;

/// Largest file that is read, in bytes: podman has all containers of a user in one.
const LARGEST: u64 = 16 * 1024 * 1024;
/// Entries of a folder that are looked at.
const MOST: usize = 4_096;

/// How names are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A folder for each container, and in it a file of JSON with its name.
    FileForEach,
    /// Lists of all containers in JSON.
    Lists,
    /// A file for each name.
    FileForName,
}

/// One engine's folder.
#[derive(Clone, Debug)]
pub(super) struct Store {
    /// The engine's command.
    pub(super) engine: &'static str,
    pub(super) folder: PathBuf,
    form: Form,
}

/// docker's: what is of interest in its `config.v2.json` (moby, daemon/container).
#[derive(Deserialize)]
struct OfDocker {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "Name")]
    name: String,
}

/// An element of a list of containers/storage.
#[derive(Deserialize)]
struct OfStorage {
    id: String,
    #[serde(default)]
    names: Vec<String>,
}

/// What an engine's own settings say of its folder.
#[derive(Deserialize)]
struct DockerSettings {
    #[serde(rename = "data-root")]
    data_root: Option<PathBuf>,
}

#[derive(Deserialize)]
struct StorageSettings {
    storage: Option<Storage>,
}

#[derive(Deserialize)]
struct Storage {
    graphroot: Option<PathBuf>,
}

/// Every folder in which an engine may keep containers, of root and of users, there or not.
pub(super) fn all(root: &Path) -> Vec<Store> {
    let at = |path: &str| root.join(path);
    let mut docker = vec![
        at("var/lib/docker"),
        at("var/snap/docker/common/var-lib-docker"),
    ];
    let mut storage = vec![at("var/lib/containers/storage")];
    let mut nerdctl = vec![at("var/lib/nerdctl")];
    // dockerd(8), containers-storage.conf(5)
    let moved = read(&at("etc/docker/daemon.json"))
        .and_then(|bytes| serde_json::from_slice::<DockerSettings>(&bytes).ok());
    docker.extend(moved.and_then(|moved| below(root, &moved.data_root?)));
    let moved = read(&at("etc/containers/storage.conf"))
        .and_then(|bytes| toml::from_str::<StorageSettings>(&String::from_utf8(bytes).ok()?).ok());
    storage.extend(moved.and_then(|moved| below(root, &moved.storage?.graphroot?)));
    for home in entries(&at("home")).chain([at("root")]) {
        let data = home.join(".local/share");
        docker.push(data.join("docker"));
        storage.push(data.join("containers/storage"));
        nerdctl.push(data.join("nerdctl"));
    }
    let of = |engine, form| {
        move |folder| Store {
            engine,
            folder,
            form,
        }
    };
    let mut all: Vec<Store> = docker
        .into_iter()
        .map(of("docker", Form::FileForEach))
        .collect();
    all.extend(storage.into_iter().map(of("podman", Form::Lists)));
    all.extend(nerdctl.into_iter().map(of("nerdctl", Form::FileForName)));
    all
}

impl Store {
    /// Files that may tell who has the name.
    pub(super) fn files(&self, name: &str) -> Vec<PathBuf> {
        match self.form {
            Form::FileForEach => entries(&self.folder.join("containers"))
                .map(|container| container.join("config.v2.json"))
                .collect(),
            Form::Lists => entries(&self.folder)
                .filter(|folder| folder.to_string_lossy().ends_with("-containers"))
                .flat_map(|folder| {
                    ["containers.json", "volatile-containers.json"].map(|list| folder.join(list))
                })
                .collect(),
            Form::FileForName if is_name(name) => entries(&self.folder)
                .flat_map(|store| entries(&store.join("names")).collect::<Vec<_>>())
                .map(|namespace| namespace.join(name))
                .collect(),
            Form::FileForName => Vec::new(),
        }
    }

    /// Ids that have the name, as a file says.
    pub(super) fn ids(&self, file: &Path, name: &str) -> Vec<String> {
        let Some(bytes) = read(file) else {
            return Vec::new();
        };
        match self.form {
            Form::FileForEach => serde_json::from_slice::<OfDocker>(&bytes)
                .ok()
                .filter(|one| one.name.strip_prefix('/') == Some(name))
                .map(|one| one.id)
                .into_iter()
                .collect(),
            Form::Lists => serde_json::from_slice::<Vec<OfStorage>>(&bytes)
                .unwrap_or_default()
                .into_iter()
                .filter(|one| one.names.iter().any(|one| one == name))
                .map(|one| one.id)
                .collect(),
            Form::FileForName => String::from_utf8(bytes)
                .map(|text| text.trim().to_owned())
                .into_iter()
                .collect(),
        }
    }
}

/// A name that is no path.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains('/')
}

/// An absolute path of an engine's settings, below the root.
fn below(root: &Path, path: &Path) -> Option<PathBuf> {
    Some(root.join(path.strip_prefix("/").ok()?))
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.take(MOST).map(|entry| entry.path())
}

/// A whole file; nothing when it is larger than [`LARGEST`]. Never waits.
fn read(file: &Path) -> Option<Vec<u8>> {
    let file: File = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(file)
        .ok()?;
    let mut bytes = Vec::new();
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    (u64::try_from(read).ok()? <= LARGEST).then_some(bytes)
}
