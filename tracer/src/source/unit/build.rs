//! Assignments of all files of a unit, in order, become a [`Unit`].
//!
//! In: parsed files, later the root folder for EnvironmentFile=. Out: the unit. No account is looked up here.

use std::path::{Path, PathBuf};

use super::command::{self, Command};
use super::environment::{self, Environment, Origin, is_name, is_value};
use super::imitated::Settings;
use super::parse::{Assignment, Parsed};
use super::specifier::Name;
use super::{Directory, Error, Ignored, Place, Unit, environment_file, read};

/// Collects settings; a later one wins.
pub(super) struct Builder {
    name: Name,
    files: Vec<PathBuf>,
    commands: Vec<(PathBuf, Command)>,
    /// Why the last ExecStart= could not be used.
    refused: Option<String>,
    oneshot: bool,
    environment: Environment,
    environment_files: Vec<(PathBuf, String)>,
    unset: Vec<String>,
    login_environment: Option<bool>,
    user: Option<String>,
    group: Option<String>,
    groups: Vec<String>,
    directory: Directory,
    umask: u32,
    dynamic_user: bool,
    settings: Settings,
    ignored: Vec<Ignored>,
}

impl Builder {
    pub(super) fn new(name: Name) -> Self {
        Self {
            name,
            files: Vec::new(),
            commands: Vec::new(),
            refused: None,
            oneshot: false,
            environment: Environment::default(),
            environment_files: Vec::new(),
            unset: Vec::new(),
            login_environment: None,
            user: None,
            group: None,
            groups: Vec::new(),
            directory: Directory::default(),
            umask: 0o022,
            dynamic_user: false,
            settings: Settings::default(),
            ignored: Vec::new(),
        }
    }

    /// The next file.
    pub(super) fn add(&mut self, file: &Path, parsed: Parsed) {
        self.files.push(file.to_owned());
        self.ignored.extend(parsed.ignored);
        if let Some(line) = parsed.broken {
            self.ignore(
                file,
                line,
                "a section's name has no ']'; the rest is not read",
            );
        }
        for one in &parsed.assignments {
            match one.section.as_str() {
                "Service" => self.assign(file, one),
                "Unit" if one.key == "JoinsNamespaceOf" => {
                    self.settings.assign(&one.key, &one.value, file);
                }
                _ => {}
            }
        }
    }

    fn ignore(&mut self, file: &Path, line: usize, reason: impl Into<String>) {
        self.ignored.push(Ignored {
            file: file.to_owned(),
            line,
            reason: reason.into(),
        });
    }

    fn left(&mut self, file: &Path, one: &Assignment, letters: &[char]) {
        for letter in letters {
            self.settings
                .report(&format!("{} %{letter}", one.key), &one.value, file);
        }
    }

    /// A value with its specifiers replaced; `None` when systemd passes over it.
    fn text(&mut self, file: &Path, one: &Assignment) -> Option<String> {
        match self.name.expand(&one.value) {
            Ok(expanded) => {
                self.left(file, one, &expanded.left);
                Some(expanded.text)
            }
            Err(letter) => {
                self.ignore(
                    file,
                    one.line,
                    format!("systemd knows no specifier %{letter}"),
                );
                None
            }
        }
    }

    fn assign(&mut self, file: &Path, one: &Assignment) {
        self.settings.assign(&one.key, &one.value, file);
        let value = one.value.as_str();
        match one.key.as_str() {
            "ExecStart" => self.exec_start(file, one),
            "Environment" => {
                let origin = Origin::File(file.to_owned());
                let done = environment::assign(&mut self.environment, value, &self.name, &origin);
                self.left(file, one, &done.left);
                for reason in done.ignored {
                    self.ignore(file, one.line, reason);
                }
            }
            "EnvironmentFile" => self.environment_file(file, one),
            "UnsetEnvironment" => list(&mut self.unset, value),
            "SupplementaryGroups" => list(&mut self.groups, value),
            "User" => self.user = self.text(file, one).filter(|text| !text.is_empty()),
            "Group" => self.group = self.text(file, one).filter(|text| !text.is_empty()),
            "WorkingDirectory" => self.working_directory(file, one),
            "UMask" => match u32::from_str_radix(value, 8) {
                Ok(mask) if mask <= 0o777 => self.umask = mask,
                _ if value.is_empty() => self.umask = 0o022,
                _ => self.ignore(file, one.line, "UMask= is no octal mode"),
            },
            "SetLoginEnvironment" => self.login_environment = truth(value),
            "DynamicUser" => self.dynamic_user = truth(value).unwrap_or(self.dynamic_user),
            "Type" => self.oneshot = value == "oneshot",
            _ => {}
        }
    }

    fn exec_start(&mut self, file: &Path, one: &Assignment) {
        if one.value.is_empty() {
            self.commands.clear();
            self.refused = None;
            return;
        }
        let parsed = command::parse(&one.value, &self.name);
        self.left(file, one, &parsed.left);
        for command in parsed.commands {
            self.commands.push((file.to_owned(), command));
        }
        if let Some(reason) = parsed.ignored {
            self.ignore(file, one.line, reason.clone());
            self.refused = Some(format!("{} line {}: {reason}", file.display(), one.line));
        }
    }

    fn environment_file(&mut self, file: &Path, one: &Assignment) {
        let Some(text) = self.text(file, one) else {
            return;
        };
        let path = text.strip_prefix('-').unwrap_or(&text);
        if text.is_empty() {
            self.environment_files.clear();
        } else if !path.starts_with('/') {
            self.ignore(file, one.line, "EnvironmentFile= is no absolute path");
        } else if path.contains(['*', '?', '[']) {
            self.settings.report(&one.key, &one.value, file);
        } else {
            self.environment_files.push((file.to_owned(), text));
        }
    }

    fn working_directory(&mut self, file: &Path, one: &Assignment) {
        let Some(text) = self.text(file, one) else {
            return;
        };
        let path = text.strip_prefix('-').unwrap_or(&text);
        let place = match path {
            "" => Place::Root,
            "~" => Place::Home,
            _ if path.starts_with('/') => Place::Path(PathBuf::from(path)),
            _ => {
                self.ignore(file, one.line, "WorkingDirectory= is no absolute path");
                return;
            }
        };
        self.directory = Directory {
            place,
            optional: text.starts_with('-'),
        };
    }

    /// The unit, after its EnvironmentFile= were read.
    pub(super) fn finish(mut self, manager: Environment, root: &Path) -> Result<Unit, Error> {
        self.read_environment_files(root)?;
        let name = self.name.full;
        if self.commands.len() > 1 && !self.oneshot {
            let mut files: Vec<_> = self.commands.iter().map(|one| one.0.clone()).collect();
            files.dedup();
            return Err(Error::ManyCommands {
                name,
                commands: self.commands.into_iter().map(|one| one.1.program).collect(),
                files,
            });
        }
        let mut commands = self.commands.into_iter();
        let Some((_, command)) = commands.next() else {
            return Err(Error::NoCommand {
                name,
                files: self.files,
                reason: self.refused,
            });
        };
        for (file, other) in commands {
            let value = [&[other.program][..], &other.args].concat().join(" ");
            self.settings.report("ExecStart", &value, &file);
        }
        Ok(Unit {
            name,
            files: self.files,
            command,
            manager,
            environment: self.environment,
            unset: self.unset,
            login_environment: self.login_environment,
            user: self.user,
            group: self.group,
            supplementary_groups: self.groups,
            working_directory: self.directory,
            umask: self.umask,
            dynamic_user: self.dynamic_user,
            not_imitated: self.settings.finish(),
            ignored: self.ignored,
        })
    }

    fn read_environment_files(&mut self, root: &Path) -> Result<(), Error> {
        for (unit, text) in std::mem::take(&mut self.environment_files) {
            let optional = text.starts_with('-');
            let path = PathBuf::from(text.strip_prefix('-').unwrap_or(&text));
            let bytes = match read::file(root, &path) {
                Ok(Some(bytes)) => bytes,
                Ok(None) if !optional => return Err(Error::NoEnvironmentFile { path, unit }),
                Err(error) if !optional => return Err(error),
                Ok(None) => continue,
                Err(error) => {
                    self.ignore(&path, 0, error.to_string());
                    continue;
                }
            };
            let Some(pairs) = environment_file::parse(&bytes) else {
                self.ignore(&path, 0, "the file is no UTF-8");
                continue;
            };
            for (key, value) in pairs {
                if is_name(&key) && is_value(&value) {
                    self.environment
                        .set(&key, &value, Origin::File(path.clone()));
                } else {
                    self.ignore(&path, 0, format!("no valid variable: {key:?}"));
                }
            }
        }
        Ok(())
    }
}

/// Adds the words of a value; an empty one resets.
fn list(words: &mut Vec<String>, value: &str) {
    if value.is_empty() {
        words.clear();
    }
    let more = super::words::Words::new(value, super::words::Mode::Setting);
    words.extend(
        more.filter_map(Result::ok)
            .filter_map(|word| String::from_utf8(word).ok()),
    );
}

/// A boolean as systemd.syntax(7) writes it.
fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}
