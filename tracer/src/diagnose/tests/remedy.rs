//! What to do, as commands that can be carried out as they stand: tried on real servers, and kept here.

use super::build::{LIB, child, discovery, folder, line, look, of, seen, set};
use crate::diagnose::explain;
use crate::discover::Model;
use crate::discover::model::{Answer, End, Era, Folder};
use crate::discover::role::Step;
use crate::event::{Errno, Text};

/// The remedy of the first finding about cuda_v12, in one string.
fn remedy(model: &Model, rule: &str) -> String {
    let explanation = explain(model);
    let finding = &of(&explanation, "cuda_v12").findings[0];
    assert_eq!(finding.rule, rule, "{}", finding.sentence);
    finding.remedy.join("\n")
}

/// A folder with these files that was tried in vain.
fn tried(files: &[&str]) -> Model {
    let mut model = discovery(Era::Runner);
    model.folders[0] = folder("cuda_v12", files);
    look(&mut model, vec![child(Step::Runner)], Vec::new());
    model
}

#[test]
fn the_one_file_with_something_behind_its_name_gets_its_name_back() {
    let rename =
        format!("$ sudo mv {LIB}/cuda_v12/libggml-cuda.so.bak {LIB}/cuda_v12/libggml-cuda.so");
    let one = remedy(&tried(&["libggml-cuda.so.bak"]), "VG050");
    assert!(one.contains(&rename), "{one}");
    for files in [
        &["libggml-cuda.so.bak", "libggml-cuda.so.old"][..],
        &["my-ggml-notes.txt"],
        &["libggml-cuda.so;reboot"],
    ] {
        let other = remedy(&tried(files), "VG050");
        assert!(!other.contains("$ sudo mv"), "{other}");
    }
}

/// A runner that could not write its temporary file.
fn without_temporary(folder: &str, err: u16) -> String {
    let mut model = discovery(Era::Runner);
    let mut runner = child(Step::Runner);
    let open = seen(&format!("open {folder}/12.bin")).unwrap();
    runner.refused.push((Errno(err), open));
    look(&mut model, vec![runner], Vec::new());
    model.attempts[0].answer = Some(Answer {
        status: Some(500),
        ..Answer::default()
    });
    remedy(&model, "VG035")
}

#[test]
fn the_mode_of_a_temporary_folder_is_changed_only_where_all_share_it() {
    assert!(without_temporary("/tmp", 13).contains("$ sudo chmod 1777 /tmp\n"));
    let own = without_temporary("/srv/ollama/tmp", 13);
    assert!(
        !own.contains("chmod") && own.contains("$ ls -ld /srv/ollama/tmp;"),
        "{own}"
    );
    assert!(own.contains("# Environment=TMPDIR=/var/tmp"), "{own}");
    let fixed = without_temporary("/tmp", 30);
    assert!(
        !fixed.contains("chmod") && fixed.contains("findmnt -T /tmp"),
        "{fixed}"
    );
}

#[test]
fn a_path_that_a_shell_would_split_is_quoted_in_commands() {
    let mut model = discovery(Era::Runner);
    model.folders[0] = Folder {
        path: Text::from("/opt/my lib/cuda_v12"),
        names: None,
        matches: Vec::new(),
        unreadable: Some((Errno(13), seen("open = EACCES").unwrap())),
        ..folder("cuda_v12", &[])
    };
    let lines = remedy(&model, "VG005");
    assert!(
        lines.contains("$ sudo chmod -R a+rX '/opt/my lib/cuda_v12'\n"),
        "{lines}"
    );
}

/// The server ended with these words, as user 998.
fn closed(words: &str) -> String {
    let mut model = discovery(Era::Runner);
    model.finished = false;
    model.cpu_only = None;
    set(&mut model, "OLLAMA_MODELS", "/srv/models");
    let server = model.server.as_mut().unwrap();
    server.end = End::Exit(1, None);
    server.uid = Some(998);
    model.lines.push(line(words, &[]));
    let explanation = explain(&model);
    let found = explanation
        .general
        .iter()
        .find(|finding| finding.rule == "VG207");
    found.expect("it ended").remedy.join("\n")
}

#[test]
fn the_models_folder_is_given_to_the_user_of_the_service_and_no_other_folder_is() {
    let models = closed(
        "Error: mkdir /srv/models/blobs: permission denied: ensure path elements are traversable",
    );
    assert!(
        models.contains("$ namei -l '/srv/models/blobs'"),
        "{models}"
    );
    assert!(
        models
            .contains("$ sudo install -d -o 998 '/srv/models' && sudo chown -R 998 '/srv/models'"),
        "{models}"
    );
    let other = closed("Error: open /etc/ollama.key: permission denied");
    assert!(
        other.contains("$ namei -l '/etc/ollama.key'") && !other.contains("chown"),
        "{other}"
    );
}
