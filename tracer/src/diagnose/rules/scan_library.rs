//! The library folder itself: not there, closed, or not to be found (ml/path.go).

use super::super::advice::{DISCOVERS_ONCE, RESTART};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{list, parent};
use crate::discover::Model;
use crate::discover::model::{Era, Evidence, Origin, Server, Tried};
use crate::event::Errno;

pub(super) static RULES: &[&Rule] = &[
    &NO_LIBRARY_FOLDER,
    &NO_WORKING_DIRECTORY,
    &NO_PROC,
    &LIBRARY_FOLDER_CLOSED,
];

static NO_LIBRARY_FOLDER: Rule = Rule {
    id: "VG001",
    stage: Stage::Scan,
    title: "Ollama has no library folder",
    story: "Ollama looks for lib/ollama beside its own program, links resolved, and for build folders of a developer. When none \
is there it takes the folder of the program itself, where no backend lies. Nothing is logged about it.",
    proof: "Every place that was asked for is not there; in a log, the folder of programs stands as the library folder.",
    remedy: &[
        "Install the whole release, not the program alone; the library folder belongs at ../lib/ollama, seen from the program.",
        "$ curl -fsSL https://ollama.com/install.sh | sh",
    ],
    rows: &["runner 1", "runner 2", "llama-server 1", "reports A"],
    check: Check::General(no_library_folder),
};

fn no_library_folder(model: &Model) -> Vec<Finding> {
    let Some(server) = &model.server else {
        return Vec::new();
    };
    let own = &server.library_dir;
    if let Some(finding) = took_its_own_folder(model) {
        return vec![finding];
    }
    let all_missing = !own.tried.is_empty() && own.tried.iter().all(|tried| tried.err.is_some());
    // What was listed instead is the folder of the program itself.
    let found = own.names.is_some() && own.path.as_str().ends_with("lib/ollama");
    if !all_missing
        || found
        || unreached(server).is_some()
        || own.no_cwd.is_some()
        || own.is_program_unknown()
        || tells_devices(model)
    {
        return Vec::new();
    }
    let places: Vec<&str> = own.tried.iter().map(|tried| tried.path.as_str()).collect();
    vec![
        NO_LIBRARY_FOLDER
            .found(format!(
                "Ollama found no library folder for {}: {} {} not there, so it has no backend to try.",
                server.exe,
                list(&places),
                if places.len() == 1 { "is" } else { "are" }
            ))
            .object(own.tried.first().map(|tried| tried.path.clone()).unwrap_or_default())
            .certain_if(model.blind.lost.is_empty() && !model.blind.damaged)
            .proof(own.tried.iter().map(|tried| &tried.seen))
            .do_all(NO_LIBRARY_FOLDER.remedy)
            .so("When the libraries lie elsewhere, link them to the place where this program looks:")
            .so(format!("$ sudo ln -s /path/to/lib/ollama {}", expected(server)))
            .so(DISCOVERS_ONCE)
            .so(RESTART),
    ]
}

/// A log names the library folder in what it gives to a process. With no place that it looks at there it is the folder of the
/// program, by its name that of programs (ml/path.go).
fn took_its_own_folder(model: &Model) -> Option<Finding> {
    let own = &model.server.as_ref()?.library_dir;
    let path = own.path.as_str();
    let of_programs = ["bin", "sbin"].contains(&super::super::words::base(path));
    if model.origin != Origin::Log || !of_programs || tells_devices(model) {
        return None;
    }
    let place = format!("{}/lib/ollama", parent(path).trim_end_matches('/'));
    Some(
        NO_LIBRARY_FOLDER
            .found(format!(
                "Ollama took {path}, the folder of its own program, for its library folder: {place} is not there, so it has no backend to try."
            ))
            .object(place.as_str())
            .proof(&own.seen)
            .do_all(NO_LIBRARY_FOLDER.remedy)
            .so("When the libraries lie elsewhere, link them to the place where this program looks:")
            .so(format!("$ sudo ln -s /path/to/lib/ollama {place}"))
            .so(DISCOVERS_ONCE)
            .so(RESTART),
    )
}

/// No place has a library folder that can be used, and one of them may not even be looked at.
fn unreached(server: &Server) -> Option<&Tried> {
    let own = &server.library_dir;
    let none = own.tried.iter().all(|tried| tried.err.is_some());
    let closed = |tried: &&Tried| matches!(tried.err, Some(Errno(1 | 13)));
    let listed = own.names.is_some() && own.path.as_str().ends_with("lib/ollama");
    own.tried.iter().find(closed).filter(|_| none && !listed)
}

/// The first place where this program looks.
fn expected(server: &Server) -> String {
    let bin = parent(server.exe.as_str());
    format!("{}/lib/ollama", parent(bin).trim_end_matches('/'))
}

fn tells_devices(model: &Model) -> bool {
    !model.devices.is_empty()
}

static NO_WORKING_DIRECTORY: Rule = Rule {
    id: "VG002",
    stage: Stage::Scan,
    title: "The server's working directory is gone",
    story: "Until 0.24 Ollama asks for its working directory while it looks for its library folder; when that fails the path stays \
empty and no backend is found. Nothing is logged about it. From 0.30 on the server goes on, but llama-server asks as well and ends by an exception that nobody \
catches (\"filesystem error: cannot get current path\").",
    proof: "getcwd failed in the server; from 0.30 on also llama-server's words.",
    remedy: &["Start the server from a folder that exists."],
    rows: &["runner 3"],
    check: Check::General(no_working_directory),
};

fn no_working_directory(model: &Model) -> Vec<Finding> {
    let Some((err, seen)) = model
        .server
        .as_ref()
        .and_then(|server| server.library_dir.no_cwd.as_ref())
    else {
        return Vec::new();
    };
    // From 0.30 on the server does not mind, but llama-server asks too, by a function that throws.
    let thrown: Vec<&Evidence> = model
        .children
        .iter()
        .flat_map(|child| &child.said)
        .filter(|said| said.text.as_str().contains("cannot get current path"))
        .map(|said| &said.seen)
        .collect();
    let later = model.era == Era::LlamaServer;
    if (later && thrown.is_empty()) || tells_devices(model) {
        return Vec::new();
    }
    let effect = if later {
        "llama-server then aborts before it has looked at any backend"
    } else {
        "this Ollama then looks for its libraries nowhere"
    };
    vec![
        NO_WORKING_DIRECTORY
            .found(format!(
                "The folder in which the server was started cannot be found any more ({err}); {effect}."
            ))
            .proof([seen])
            .proof(thrown)
            .so("Start it from a folder that exists (a service: WorkingDirectory=/).")
            .so(RESTART),
    ]
}

static NO_PROC: Rule = Rule {
    id: "VG011",
    stage: Stage::Scan,
    title: "Ollama cannot find its own program: /proc is not there",
    story: "Every path of Ollama's starts from its own program, which it asks for by /proc/self/exe. In a chroot, a container or a sandbox without /proc it gets no answer: until 0.24 it gives up the discovery at once (\"unable to lookup executable path\"), from 0.30 on it looks for its library folder from the working directory, and any folder there with a name like ggml- in it is tried.",
    proof: "readlink of /proc/self/exe failed in the server, or its line about it; from 0.30 on also that it looked for llama-server in build folders of its working directory alone.",
    remedy: &[
        "Mount /proc where Ollama runs:",
        "$ sudo mount -t proc proc /path/to/root/proc",
    ],
    rows: &["runner 1", "llama-server 1"],
    check: Check::General(no_proc),
};

fn no_proc(model: &Model) -> Vec<Finding> {
    let own = model.server.as_ref().map(|server| &server.library_dir);
    let unknown = own.filter(|own| own.is_program_unknown());
    let lines: Vec<&Evidence> = model
        .lines_saying("unable to lookup executable path")
        .filter_map(|line| line.seen.as_ref())
        .collect();
    if (unknown.is_none() && lines.is_empty()) || tells_devices(model) {
        return Vec::new();
    }
    let asked = unknown.and_then(|own| own.no_exe.as_ref());
    let places = unknown.map_or(&[][..], |own| &own.llama_server);
    let why = asked.map_or_else(String::new, |(err, _)| format!(" ({err})"));
    let effect = if model.era == Era::LlamaServer {
        "it looks for its libraries from the working directory, and finds none of its own"
    } else {
        "it gives up before it has looked at any backend"
    };
    vec![
        NO_PROC
            .found(format!(
                "Ollama cannot find out where its own program lies: /proc/self/exe has no answer{why}, so {effect}."
            ))
            .object("/proc")
            .proof(asked.map(|(_, seen)| seen))
            .proof(lines)
            .proof(places.iter().map(|tried| &tried.seen))
            .so("/proc must be mounted where Ollama runs (chroot, container, sandbox of the unit):")
            .so("$ sudo mount -t proc proc /path/to/root/proc")
            .so(RESTART),
    ]
}

static LIBRARY_FOLDER_CLOSED: Rule = Rule {
    id: "VG003",
    stage: Stage::Scan,
    title: "The library folder is closed to the server",
    story: "The server's user may not list lib/ollama. Go's Glob passes over such errors, so nothing is logged.",
    proof: "The server's open of the folder was refused.",
    remedy: &[
        "Open the folder to the user of the service:",
        "$ sudo chmod -R a+rX /usr/local/lib/ollama",
    ],
    rows: &["runner 5", "llama-server 1"],
    check: Check::General(library_folder_closed),
};

fn library_folder_closed(model: &Model) -> Vec<Finding> {
    let Some(server) = &model.server else {
        return Vec::new();
    };
    if let Some(tried) = unreached(server).filter(|_| !tells_devices(model)) {
        return vec![
            LIBRARY_FOLDER_CLOSED
                .found(format!(
                    "The server{} may not reach its library folder {} ({}): a folder on the way there is closed to it, so it knows of no backend.",
                    user(server),
                    tried.path,
                    tried.err.map_or_else(String::new, |err| err.to_string())
                ))
                .object(tried.path.clone())
                .proof([&tried.seen])
                .so("See which folder on the way is closed, links included; each must have the right to be entered (x) for the user of the service:")
                .so(format!("$ namei -l {}", tried.path))
                .so(RESTART),
        ];
    }
    let Some((err, seen)) = &server.library_dir.unreadable else {
        return Vec::new();
    };
    // One that is not there is no closed one, and one that was listed in the end was open.
    if super::scan::is_not_there(*err) || server.library_dir.names.is_some() {
        return Vec::new();
    }
    let path = &server.library_dir.path;
    vec![
        LIBRARY_FOLDER_CLOSED
            .found(format!(
                "The server{} may not list its library folder {path} ({err}), so it knows of no backend in it.",
                user(server)
            ))
            .object(path.clone())
            .proof([seen])
            .so("Open the folder to the user of the service:")
            .so(format!("$ sudo chmod -R a+rX {path}"))
            .so(RESTART),
    ]
}

pub(super) fn user(server: &Server) -> String {
    server
        .uid
        .map_or_else(String::new, |uid| format!(" (user id {uid})"))
}
