//! What a shell script or a systemd unit needs to use the libraries of a folder.
//!
//! LD_PRELOAD, since Ollama puts its own folders before LD_LIBRARY_PATH; that too, for what is not preloaded.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, absolute};

use super::trouble;
use crate::cmd::Report;
use crate::source::shim::folder;

/// The variables as text for a shell, or as a unit's drop-in.
///
/// # Errors
/// A folder without the shim's libraries, or with a name that cannot be written in such a text.
pub(super) fn text(place: &Path, unit: bool) -> Result<String, Report> {
    let cannot = |error| Report::new(format!("cannot look at {}", place.display())).because(&error);
    let place = absolute(place).map_err(cannot)?;
    let files = folder::read(&place).map_err(|error| trouble(&error))?;
    if files.is_empty() {
        return Err(
            Report::new(format!("{} has no library of the shim", place.display()))
                .help(format!("vgputrace shim install {}", place.display())),
        );
    }
    let preload = folder::preload(&files, &place).map_err(|error| trouble(&error))?;
    let mut variables = vec![
        ("LD_PRELOAD", preload),
        ("LD_LIBRARY_PATH", place.clone().into_os_string()),
    ];
    if let Some(config) = folder::configured(&place) {
        variables.push(("VGPU_CONFIG", config));
    }
    write(&variables, unit).ok_or_else(|| {
        Report::new(format!(
            "{} has letters that cannot be written into a {}",
            place.display(),
            if unit { "unit" } else { "script" }
        ))
    })
}

/// `None` for a value with control characters or bytes that are no UTF-8.
fn write(variables: &[(&str, OsString)], unit: bool) -> Option<String> {
    let mut text = String::new();
    if unit {
        text.push_str(
            "# /etc/systemd/system/ollama.service.d/vgpu.conf, then: systemctl daemon-reload\n",
        );
        text.push_str("[Service]\n");
    }
    for (name, value) in variables {
        let value = std::str::from_utf8(value.as_bytes()).ok()?;
        if value.chars().any(char::is_control) {
            return None;
        }
        let line = if unit {
            // systemd.exec(5): double quotes, C escapes, percent signs as specifiers.
            let value = value
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('%', "%%");
            format!("Environment=\"{name}={value}\"\n")
        } else {
            let quoted = value.replace('\'', "'\\''");
            let is_list = *name != "VGPU_CONFIG";
            let rest = if is_list {
                format!("\"${{{name}:+:${name}}}\"")
            } else {
                String::new()
            };
            format!("export {name}='{quoted}'{rest}\n")
        };
        text.push_str(&line);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::process::Command;

    use super::write;

    #[test]
    fn a_shell_gets_the_value_with_every_letter_and_what_was_set_before() {
        let odd = "/a b'c\"$HOME`x`\\";
        let text = write(&[("LD_LIBRARY_PATH", OsString::from(odd))], false).unwrap();
        let script = format!("{text}printf %s \"$LD_LIBRARY_PATH\"");
        let said = |old: Option<&str>| {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", &script]).env_clear();
            shell.envs(old.map(|old| ("LD_LIBRARY_PATH", old)));
            String::from_utf8(shell.output().unwrap().stdout).unwrap()
        };
        assert_eq!(said(None), odd);
        assert_eq!(said(Some("/old")), format!("{odd}:/old"));
    }

    #[test]
    fn a_unit_gets_escaped_values_and_no_line_ends() {
        let value = |text: &str| write(&[("VGPU_CONFIG", OsString::from(text))], true);
        let text = value("/a%b\"c").unwrap();
        assert!(
            text.contains("[Service]\nEnvironment=\"VGPU_CONFIG=/a%%b\\\"c\"\n"),
            "{text}"
        );
        assert_eq!(value("/a\nb"), None);
    }

    #[test]
    fn a_folder_without_the_libraries_is_an_error() {
        let place = tempfile::tempdir().unwrap();
        let report = super::text(place.path(), false).unwrap_err();
        assert!(report.to_string().contains("has no library of the shim"));
    }
}
