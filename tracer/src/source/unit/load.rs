//! Finds the files of a unit: the unit file, its drop-ins, and what the manager gives every service.
//!
//! In: a name and the root folder. Out: [`Unit`]. The search order is that of systemd.unit(5), "Unit file load path".

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::build::Builder;
use super::environment::{Environment, Origin, assign, is_name, is_value};
use super::specifier::Name;
use super::{Error, Unit, environment_file, parse, read};

/// Folders of units, first wins.
const FOLDERS: [&str; 11] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];

/// Folders a person would look at; named when nothing is found.
const NAMED: [usize; 5] = [4, 5, 7, 8, 9];

/// At most so many drop-ins are read.
const DROP_INS: usize = 256;

/// Reads the unit `name` (the suffix `.service` may be missing) of the system below `root`.
///
/// # Errors
/// No such unit, a masked one, a file that cannot be read, or one that systemd would refuse to start too.
pub fn load(name: &str, root: &Path) -> Result<Unit, Error> {
    let asked = Name::new(name).ok_or_else(|| Error::Name(name.to_owned()))?;
    let path = find(&asked, root)?;
    let end = read::follow(root, &path).map_err(|source| Error::Read {
        path: path.clone(),
        source,
    })?;
    let bytes = match end == Path::new("/dev/null") {
        true => None,
        false => read::file(root, &path)?,
    };
    let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else {
        return Err(Error::Masked {
            name: asked.full,
            path,
        });
    };
    let names = names(&asked, &end);
    let own = names.first().cloned().unwrap_or(asked);
    let mut builder = Builder::new(own);
    let parsed = parse::parse(&path, &bytes);
    if let Some(line) = parsed.broken {
        return Err(Error::Broken { path, line });
    }
    builder.add(&path, parsed);
    for path in drop_ins(&names, root) {
        if let Some(bytes) = read::file(root, &path)? {
            builder.add(&path, parse::parse(&path, &bytes));
        }
    }
    builder.finish(manager(root)?, root)
}

/// The unit's file: its own name in any folder, then its template's.
fn find(name: &Name, root: &Path) -> Result<PathBuf, Error> {
    for wanted in std::iter::once(name.full.clone()).chain(name.template()) {
        for folder in FOLDERS {
            let path = Path::new(folder).join(&wanted);
            if read::below(root, &path).symlink_metadata().is_ok() {
                return Ok(path);
            }
        }
    }
    let mut similar: Vec<String> = FOLDERS
        .iter()
        .flat_map(|folder| read::names(root, Path::new(folder)))
        .filter(|one| {
            one.strip_suffix(".service").is_some_and(|base| {
                let word = name.prefix.to_ascii_lowercase();
                base.to_ascii_lowercase().contains(&word) || base.contains("ollama")
            })
        })
        .collect();
    similar.sort();
    similar.dedup();
    Err(Error::NotFound {
        name: name.full.clone(),
        looked: NAMED
            .iter()
            .filter_map(|index| FOLDERS.get(*index).map(PathBuf::from))
            .collect(),
        similar,
    })
}

/// The unit's own name, then the alias it was asked by. A link to another name is an alias; a link to a file outside
/// of the unit folders, or from an instance to its template, is not.
fn names(asked: &Name, end: &Path) -> Vec<Name> {
    let target = end
        .file_name()
        .and_then(|name| Name::new(name.to_str()?))
        .filter(|target| {
            let known = end
                .parent()
                .is_some_and(|parent| FOLDERS.iter().any(|folder| Path::new(folder) == parent));
            known && target.full != asked.full
        })
        .map(|target| match (&target.instance, &asked.instance) {
            // An alias of a template keeps the instance.
            (Some(none), Some(instance)) if none.is_empty() => {
                Name::new(&format!("{}@{instance}", target.prefix)).unwrap_or(target)
            }
            _ => target,
        })
        .filter(|target| target.full != asked.full);
    target.into_iter().chain([asked.clone()]).collect()
}

/// Drop-ins in the order they count. Of two with the same file name the nearer folder's counts; one that is a link to
/// /dev/null hides the other.
fn drop_ins(names: &[Name], root: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for name in names {
        for folder in FOLDERS {
            for one in name.drop_in_names() {
                folders.push(Path::new(folder).join(format!("{one}.d")));
            }
        }
    }
    folders.extend(FOLDERS.map(|folder| Path::new(folder).join("service.d")));
    conf_files(&folders, root)
}

/// `*.conf` of several folders, by name; the first folder wins.
fn conf_files(folders: &[PathBuf], root: &Path) -> Vec<PathBuf> {
    let mut found = BTreeMap::new();
    for folder in folders {
        for name in read::names(root, folder) {
            if name.ends_with(".conf") && !name.starts_with('.') {
                found
                    .entry(name.clone())
                    .or_insert_with(|| folder.join(name));
            }
        }
    }
    found
        .into_values()
        .filter(|path| read::follow(root, path).is_ok_and(|end| end != Path::new("/dev/null")))
        .take(DROP_INS)
        .collect()
}

/// The environment of every service: systemd.exec(5), "Environment variables in spawned processes".
fn manager(root: &Path) -> Result<Environment, Error> {
    let mut environment = Environment::default();
    environment.set("LANG", "C.UTF-8", Origin::Manager);
    // Where /bin is a folder of its own systemd is built with it in the path.
    let split = read::below(root, Path::new("/bin"))
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_dir());
    let path = SEARCH.join(":") + if split { ":/sbin:/bin" } else { "" };
    environment.set("PATH", &path, Origin::Manager);
    let locale = Path::new("/etc/locale.conf");
    for (name, value) in read::file(root, locale)?
        .and_then(|bytes| environment_file::parse(&bytes))
        .unwrap_or_default()
    {
        let known = name == "LANG" || name == "LANGUAGE" || name.starts_with("LC_");
        if known && is_name(&name) && is_value(&value) {
            environment.set(&name, &value, Origin::File(locale.to_owned()));
        }
    }
    default_environment(root, &mut environment)?;
    Ok(environment)
}

/// Folders of programs, for names without slash and as the default PATH.
pub(super) const SEARCH: [&str; 4] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

/// DefaultEnvironment= of systemd-system.conf(5).
fn default_environment(root: &Path, environment: &mut Environment) -> Result<(), Error> {
    let places =
        ["/etc", "/run", "/usr/local/lib", "/usr/lib"].map(|p| Path::new(p).join("systemd"));
    let main = places
        .iter()
        .map(|place| place.join("system.conf"))
        .find(|path| read::follow(root, path).is_ok());
    let folders: Vec<_> = places.iter().map(|p| p.join("system.conf.d")).collect();
    let name = Name {
        full: String::new(),
        prefix: String::new(),
        instance: None,
    };
    let mut own = Environment::default();
    for path in main.into_iter().chain(conf_files(&folders, root)) {
        let bytes = read::file(root, &path)?.unwrap_or_default();
        for one in parse::parse(&path, &bytes).assignments {
            if one.section == "Manager" && one.key == "DefaultEnvironment" {
                assign(&mut own, &one.value, &name, &Origin::File(path.clone()));
            }
        }
    }
    environment.merge(&own);
    Ok(())
}
