//! Load: a symbol or a version is missing (VG053 to VG056).

use super::super::build::LIB;
use super::load::{lacking, library};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::Missing;
use crate::event::Text;
use crate::event::library::{Closure, Library, Resolved};

pub(super) fn proofs() -> Vec<Proof> {
    vec![
        Proof::of("VG053", lacking(vec![symbol("cuMemCreate")]))
            .silent(
                "its library is there, and is none",
                lacking(vec![
                    Missing::Unfit {
                        file: Text::from(format!("{LIB}/cuda_v12/libcudart.so.12")),
                        problem: Text::from("file too short"),
                    },
                    library("libcudart.so.12"),
                    symbol("cudaMalloc"),
                ]),
            )
            .silent(
                "the library that has it is missing as a whole",
                lacking(vec![library("libcuda.so.1"), symbol("cuMemCreate")]),
            )
            .silent(
                "it is one of ggml's own",
                lacking(vec![symbol("ggml_is_contiguous_to_3")]),
            )
            .also(linked_with("libcudart.so.12")),
        Proof::of(
            "VG054",
            lacking(vec![version("libcudart.so.12", "libcudart.so.12")]),
        )
        .also(answered(&["libcudart.so.11.0"]))
        .also(super::file::unversioned(&[]))
        .silent(
            "it has versions, so something else ended the process",
            super::file::unversioned(&["libcudart.so.12"]),
        )
        .silent(
            "the file that answers has that version",
            answered(&["libcudart.so.12"]),
        )
        .silent(
            "it is a version of the system's library",
            lacking(vec![version("GLIBC_2.38", "libc.so.6")]),
        ),
        Proof::of("VG055", linked_with("libggml-base.so.0"))
            .weaker(lacking(vec![symbol("ggml_is_contiguous_to_3")]))
            .silent("it is none of ggml's", lacking(vec![symbol("cudaMalloc")]))
            .silent(
                "the backend is not linked with libggml-base",
                linked_with("libcudart.so.12"),
            )
            .silent(
                "libggml-base is missing as a whole",
                lacking(vec![library("libggml-base.so.0"), symbol("ggml_abort")]),
            ),
        older_system(),
    ]
}

/// VG056: a version that a library of the system has not.
fn older_system() -> Proof {
    Proof::of(
        "VG056",
        lacking(vec![version("GLIBCXX_3.4.31", "libstdc++.so.6")]),
    )
    .silent(
        "it is a version of CUDA's runtime",
        lacking(vec![version("libcudart.so.12", "libcudart.so.12")]),
    )
}

pub(super) fn symbol(name: &str) -> Missing {
    Missing::Symbol {
        name: Text::from(name),
        by: Text::default(),
    }
}

fn version(version: &str, file: &str) -> Missing {
    Missing::Version {
        version: Text::from(version),
        file: Text::from(file),
        by: Text::default(),
    }
}

/// A function of ggml is undefined in a backend that needs this library alone, which is there.
fn linked_with(soname: &str) -> Model {
    but(lacking(vec![symbol("ggml_is_contiguous_to_3")]), |model| {
        model.children[0].loads[0].closure = Some(Closure {
            objects: vec![Resolved {
                name: Text::from(soname),
                file: Some(Text::from(format!("{LIB}/{soname}"))),
                ..Resolved::default()
            }],
            ..Closure::default()
        });
    })
}

/// A symbol of the runtime is undefined, and this file with these versions answered to the runtime's name.
fn answered(versions: &[&str]) -> Model {
    let file = Text::from(format!("{LIB}/cuda_v12/libcudart.so.12"));
    but(
        lacking(vec![symbol("cudaMalloc@libcudart.so.12")]),
        |model| {
            model.children[0].loads[0].closure = Some(Closure {
                objects: vec![Resolved {
                    name: Text::from("libcudart.so.12"),
                    file: Some(file.clone()),
                    ..Resolved::default()
                }],
                ..Closure::default()
            });
            let facts = Library {
                path: file.clone(),
                defines_versions: versions.iter().map(|one| Text::from(*one)).collect(),
                ..Library::default()
            };
            model.libraries.insert(file, facts);
        },
    )
}
