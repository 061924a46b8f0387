//! Any tree gets an answer, and nothing of it reaches a terminal unescaped.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::diagnose::tree::check;
use crate::discover::model::Era;
use crate::source::tree::{Question, RootAccounts, gather};

/// Any small tree: files with any bytes, folders, and links that lead anywhere.
fn entries() -> impl Strategy<Value = Vec<(PathBuf, Kind)>> {
    let name = prop::sample::select(vec![
        "libggml-cuda.so",
        "libggml-base.so.0",
        "libggml-vulkan.so",
        "libcudart.so.12",
        "llama-server",
        "cuda_v12",
        "vulkan",
        "rocm",
        "x",
        "\u{1b}[2J",
    ]);
    let place =
        prop::collection::vec(name, 1..3).prop_map(|parts| parts.iter().collect::<PathBuf>());
    let kind = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200).prop_map(Kind::File),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|rest| {
            // An ELF header of this machine, so that what follows is read.
            let mut bytes = vec![
                0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 62, 0, 1, 0, 0, 0,
            ];
            bytes.extend(rest);
            Kind::File(bytes)
        }),
        Just(Kind::Folder),
        prop::sample::select(vec![
            "/",
            "..",
            ".",
            "libggml-cuda.so",
            "/nowhere",
            "../cuda_v12",
            "/dev/zero"
        ])
        .prop_map(Kind::Link),
    ];
    prop::collection::vec((place, kind), 0..12)
}

#[derive(Clone, Debug)]
enum Kind {
    File(Vec<u8>),
    Folder,
    Link(&'static str),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_tree_gets_an_answer(entries in entries(), later in any::<bool>()) {
        let word: &[u8] = if later { b"gpu-discover" } else { b"--ollama-engine" };
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("usr/bin")).unwrap();
        fs::write(root.path().join("usr/bin/ollama"), word).unwrap();
        let tree = root.path().join("usr/lib/ollama");
        fs::create_dir_all(&tree).unwrap();
        let tree = tree.canonicalize().unwrap();
        // Links come last: a file made through one would be made outside of this tree.
        let (links, rest): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .partition(|(_, kind)| matches!(kind, Kind::Link(_)));
        for (path, kind) in rest {
            let path = tree.join(path);
            // What cannot be made, since something of that name is there, is left out.
            let _ = path.parent().map(fs::create_dir_all);
            let _ = match kind {
                Kind::File(bytes) => fs::write(&path, bytes),
                Kind::Folder | Kind::Link(_) => fs::create_dir_all(&path),
            };
        }
        for (path, kind) in links {
            let path = tree.join(path);
            // Below a link made before, nothing is made either.
            let inside = path
                .parent()
                .and_then(|parent| parent.canonicalize().ok())
                .is_some_and(|parent| parent.starts_with(&tree));
            if let (true, Kind::Link(target)) = (inside, kind) {
                let _ = symlink(target, &path);
            }
        }
        let found = gather(&Question {
            root: root.path(),
            program: Some(Path::new("/usr/bin/ollama")),
            library_dir: None,
            cwd: Path::new("/"),
            caller: Vec::new(),
            accounts: &RootAccounts::read(root.path()),
        });
        let answer = check(&found).unwrap();
        prop_assert_eq!(answer.era, if later { Era::LlamaServer } else { Era::Runner });
        let page = crate::view::check::text(&found, &answer, crate::view::Looks::default());
        prop_assert!(!page.contains('\x1b'), "{}", page);
        let line = crate::view::check::json(&found, &answer);
        prop_assert!(!line.contains('\x1b'), "{}", line);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok());
    }
}
