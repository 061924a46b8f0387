//! What to do: lines that several rules share. None patches Ollama; a command begins with `$ `.

use super::tree::words::shell;
use crate::discover::Model;
use crate::discover::model::{Era, Origin, Starter};
use crate::event::Text;

/// Restarts the service, so that it discovers anew.
pub(super) const RESTART: &str = "$ sudo systemctl restart ollama";

/// Ollama discovers once, when it starts.
pub(super) const DISCOVERS_ONCE: &str =
    "Ollama looks for GPUs once, when it starts; restart it afterwards:";

/// After a change of the unit's files by hand.
pub(super) const RELOAD: &str = "$ sudo systemctl daemon-reload && sudo systemctl restart ollama";

/// Opens the unit's drop-in, to set or leave out a variable.
pub(super) const EDIT_UNIT: &str = "$ sudo systemctl edit ollama";

/// The same for what only units have: limits, sandboxing, order.
pub(super) const EDIT_SETTINGS: &str = "$ sudo systemctl edit ollama   # under [Service]";

/// Puts the files of one release in place.
const ANEW: &str = "Install one release of Ollama anew; set the library folder aside first, so that no file of another release stays:";

/// For those who have no files of ollama.com.
const BY_PACKAGE: &str = "With a distribution's package, reinstall that package instead, with its CUDA or ROCm part; in a container take the image anew.";

/// The folder that Ollama's script installs to (scripts/install.sh), where PATH has /usr/local/bin.
const BY_SCRIPT: &str = "/usr/local/lib/ollama";

/// The library folder as this run has it.
pub(super) fn library_dir(model: &Model) -> &str {
    let known = model
        .server
        .as_ref()
        .map(|server| server.library_dir.path.as_str());
    known
        .filter(|path| !path.is_empty())
        .unwrap_or("/usr/local/lib/ollama")
}

/// Puts the files of one release in place, in the folder of this run: by Ollama's script where that installs to it, else by
/// the archive (docs/linux.mdx), which has bin/ollama and lib/ollama.
pub(super) fn reinstall(model: &Model) -> Vec<String> {
    let dir = library_dir(model);
    let aside = format!("$ sudo mv {dir} {dir}.$(date +%s)");
    let version = model.version.as_ref().map(Text::as_str);
    let version = version.filter(|version| is_release(version));
    let mut lines = vec![ANEW.to_owned()];
    if dir == BY_SCRIPT {
        let of = version.map_or_else(String::new, |version| format!("OLLAMA_VERSION={version} "));
        lines.push(format!(
            "{aside} && curl -fsSL https://ollama.com/install.sh | {of}sh"
        ));
    } else if let Some(prefix) = dir
        .strip_suffix("/lib/ollama")
        .filter(|dir| !dir.is_empty())
    {
        let of = version.map_or_else(String::new, |version| format!("?version={version}"));
        lines.push(format!(
            "{aside} && curl -fsSL 'https://ollama.com/download/ollama-linux-amd64.tar.zst{of}' | sudo tar -x --zstd -C {prefix}"
        ));
    } else {
        lines.push(aside);
        lines.push(format!(
            "Then unpack lib/ollama of https://ollama.com/download/ollama-linux-amd64.tar.zst to {dir}."
        ));
    }
    lines.push(BY_PACKAGE.to_owned());
    lines
}

/// A version that ollama.com has: three numbers, and not the 0.0.0 of a build of one's own.
fn is_release(version: &str) -> bool {
    let numbers: Vec<&str> = version.split('.').collect();
    let number = |text: &&str| {
        !text.is_empty() && text.len() < 6 && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    numbers.len() == 3 && numbers.iter().all(number) && version != "0.0.0"
}

/// What to do with a program that is no Ollama: nothing of an installation or a service of Ollama belongs there.
pub(super) fn for_a_program(remedy: &mut Vec<String>) {
    let is_of_ollama = |line: &String| {
        [RESTART, DISCOVERS_ONCE, EDIT_UNIT, BY_PACKAGE].contains(&line.as_str())
            || line.starts_with("Install one release of Ollama")
            || line.contains("ollama.com/")
            || line.contains("Ollama's own package")
    };
    let before = remedy.len();
    remedy.retain(|line| !is_of_ollama(line));
    if remedy.is_empty() && before > 0 {
        remedy.push(
            "Put the libraries of one build beside each other: backend, ggml and the runtime that the backend was built with."
                .to_owned(),
        );
    }
}

/// How to see what a log or an incomplete recording cannot tell.
pub(super) fn settle(model: &Model, dir: Option<&str>) -> Vec<String> {
    let mut lines = vec![
        "A recording of one start of the server settles it (it needs no change of the service):"
            .to_owned(),
        record(model),
    ];
    if model.origin == Origin::Strace
        && let Some(dir) = dir
    {
        lines.push("One load of its backend by itself shows the loader's words too:".to_owned());
        lines.push(format!("$ sudo vgputrace try --dir {}", shell(dir)));
    }
    if model.era == Era::LlamaServer && model.origin == Origin::Log {
        let library = library_dir(model);
        let folder = dir.map_or_else(
            || format!("{library}/FOLDER"),
            |dir| format!("{library}/{dir}"),
        );
        lines.push(
            "Without a recording, Ollama's own probe tells the loader's and the driver's words:"
                .to_owned(),
        );
        let within = match &model.starter {
            Starter::Container(container) => {
                format!("{} exec {}", container.engine(), container.name())
            }
            _ => "sudo -u ollama".to_owned(),
        };
        lines.push(format!(
            "$ {within} env LD_LIBRARY_PATH={library}:{folder} ollama gpu-discover --lib-dir {library} --lib-dir {folder}"
        ));
    }
    lines
}

/// The command that records a discovery.
pub(super) fn record(model: &Model) -> String {
    match &model.starter {
        Starter::Unit(unit) => format!("$ sudo vgputrace run --until discovery --like-unit {unit}"),
        Starter::Container(container) => {
            format!(
                "$ sudo vgputrace attach --restart --container {}",
                container.name()
            )
        }
        Starter::Unknown if model.origin == Origin::Log => {
            "$ sudo vgputrace run --until discovery --like-unit ollama.service".to_owned()
        }
        _ => "$ sudo vgputrace run --until discovery -- ollama serve".to_owned(),
    }
}

/// The command that records a discovery without a variable of the service.
pub(super) fn record_without(model: &Model, variable: &str) -> String {
    if let Starter::Container(_) = model.starter {
        return format!("Make the container anew without {variable}, and record its start.");
    }
    record(model).replacen(
        "--until discovery",
        &format!("--until discovery --unset {variable}"),
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::{BY_PACKAGE, DISCOVERS_ONCE, RESTART, for_a_program, record_without, reinstall};
    use crate::discover::Model;
    use crate::discover::model::Server;
    use crate::event::Text;

    fn installed(dir: &str, version: &str) -> Model {
        let mut server = Server::default();
        server.library_dir.path = Text::from(dir);
        Model {
            server: Some(server),
            version: Some(Text::from(version)),
            ..Model::default()
        }
    }

    /// A folder that was set aside must not stop the next one, and another program's place is not the script's.
    #[test]
    fn the_release_comes_back_to_the_folder_of_this_run_each_time_that_it_is_asked_for() {
        let lines = reinstall(&installed("/usr/local/lib/ollama", "0.16.3"));
        assert_eq!(
            lines[1],
            "$ sudo mv /usr/local/lib/ollama /usr/local/lib/ollama.$(date +%s) && curl -fsSL https://ollama.com/install.sh | OLLAMA_VERSION=0.16.3 sh"
        );
        let own = reinstall(&installed("/opt/ollama/lib/ollama", "0.0.0"));
        assert!(
            own[1].ends_with("ollama-linux-amd64.tar.zst' | sudo tar -x --zstd -C /opt/ollama"),
            "{own:?}"
        );
        assert!(!own.join(" ").contains("install.sh"), "{own:?}");
        let beside = reinstall(&installed("/opt/ollama/build/lib", "0.16.3; reboot"));
        assert!(!beside.join(" ").contains("curl"), "{beside:?}");
        let hostile = reinstall(&installed("/usr/local/lib/ollama", "0.16.3; reboot"));
        assert!(hostile[1].ends_with("install.sh | sh"), "{hostile:?}");
    }

    #[test]
    fn a_variable_is_left_out_by_the_recorder_and_not_before_sudo() {
        let line = record_without(&Model::default(), "LD_PRELOAD");
        assert_eq!(
            line,
            "$ sudo vgputrace run --until discovery --unset LD_PRELOAD -- ollama serve"
        );
    }

    #[test]
    fn a_program_that_is_no_ollama_gets_no_remedy_of_ollama() {
        let mut only = reinstall(&Model::default());
        only.extend([BY_PACKAGE, DISCOVERS_ONCE, RESTART].map(str::to_owned));
        for_a_program(&mut only);
        assert_eq!(only.len(), 1, "{only:?}");
        assert!(!only[0].contains("llama"), "{only:?}");
        let driver = "Install NVIDIA's driver.".to_owned();
        let mut mixed = vec![driver.clone(), RESTART.to_owned()];
        for_a_program(&mut mixed);
        assert_eq!(mixed, [driver]);
    }
}
