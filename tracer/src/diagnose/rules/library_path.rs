//! LD_LIBRARY_PATH of the service: ignored by the loader, or with entries that are not what they look like (ld.so(8)).

use super::super::advice::EDIT_UNIT;
use super::super::case::Case;
use super::load::Lacks;

/// Why LD_LIBRARY_PATH does not count in the processes that failed, and what to do about it.
pub(super) fn ignored(case: &Case<'_>, lacks: &Lacks<'_>) -> Option<(&'static str, Vec<String>)> {
    let of_process = lacks.loads.iter().any(|(child, _)| child.secure);
    let server = case.model.server.as_ref();
    // The loader of such a server takes the variable out of its environment, so its children do not have it either.
    let of_server = server.is_some_and(|server| {
        server.secure
            && server
                .variable("LD_LIBRARY_PATH")
                .is_some_and(|value| !value.is_empty())
    });
    let why = match (of_process, of_server) {
        (true, _) => {
            " The program has file capabilities or set-user-id, so the loader ignores LD_LIBRARY_PATH, which names Ollama's own folders too."
        }
        (false, true) => {
            " The server has file capabilities or set-user-id, so the loader ignores LD_LIBRARY_PATH in it and takes it away from its children."
        }
        (false, false) => return None,
    };
    let program = server.map_or("ollama", |server| server.exe.as_str());
    let remedy = [
        "Take the capabilities off; for a port below 1024 the unit can have AmbientCapabilities=CAP_NET_BIND_SERVICE instead:".to_owned(),
        format!("$ getcap {program}; sudo setcap -r {program}"),
        "Folders in /etc/ld.so.conf.d count in any program:".to_owned(),
        "$ ldconfig -p | grep -E 'libcuda|libcudart'".to_owned(),
    ];
    Some((why, remedy.to_vec()))
}

/// Entries of the service's own LD_LIBRARY_PATH that cannot be meant so, a line each, and where to change them.
pub(super) fn odd_entries(case: &Case<'_>) -> Vec<String> {
    let server = case.model.server.as_ref();
    let value = server.and_then(|server| server.variable("LD_LIBRARY_PATH"));
    let entries = value.map_or("", |value| value.as_str()).split([':', ';']);
    let mut lines: Vec<String> = entries
        .filter_map(|entry| Some(format!("LD_LIBRARY_PATH has {entry}: {}", oddity(entry)?)))
        .collect();
    if !lines.is_empty() {
        lines.push(EDIT_UNIT.to_owned());
    }
    lines
}

fn oddity(entry: &str) -> Option<&'static str> {
    let last = entry.rsplit('/').next().unwrap_or(entry);
    if entry.starts_with('~') {
        Some("only a shell puts a home folder in place of ~, and only where it is not quoted.")
    } else if last.ends_with(".so") || last.contains(".so.") {
        Some("that looks like a file, and a folder is wanted.")
    } else if entry.contains("$ORIGIN") || entry.contains("${ORIGIN}") {
        Some(
            "in this variable that is the folder of the program that runs, another one for llama-server than for ollama.",
        )
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::oddity;

    #[test]
    fn a_plain_folder_is_not_odd() {
        for odd in ["~/lib", "/opt/vgpu/libcuda.so.1", "$ORIGIN/../lib"] {
            assert!(oddity(odd).is_some(), "{odd}");
        }
        for plain in [
            "/opt/vgpu/lib",
            "",
            "/usr/lib/x86_64-linux-gnu",
            "/a~b",
            "/x/my.software",
        ] {
            assert_eq!(oddity(plain), None, "{plain}");
        }
    }
}
