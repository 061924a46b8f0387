//! Libraries: facts and mappings.

use super::{check, row_in, text};
use crate::event::library::{Closure, LateLibrary, Library, Map, Resolved, Tried};
use crate::event::{Errno, Hex, Kind};
use crate::view::row::Detail;
use crate::view::samples::{event, map, unmap, yes};
use crate::view::scene::Scene;

#[test]
fn libraries() {
    let refused = Kind::Map(Map {
        path: yes("/x.so"),
        inode: None,
        address: None,
        length: Hex(4096),
        offset: Hex(0),
        err: Some(Errno(1)),
        already: false,
    });
    let late = Kind::LateLibrary(LateLibrary {
        path: text("/x.so"),
        functions: 3,
    });
    let object = Resolved {
        name: text("libcuda.so.1"),
        by: text("/x.so"),
        tried: vec![Tried {
            file: text("/lib/libcuda.so.1"),
            via: text("default"),
            problem: None,
            ..Tried::default()
        }],
        ..Resolved::default()
    };
    let facts = Library {
        path: text("/x.so"),
        size: Some(10),
        problem: Some(text("is for 32-bit machines")),
        runpath: Some(text("$ORIGIN:")),
        closure: Some(Closure {
            error: None,
            objects: vec![object],
            missing_symbols: vec![text("ggml_a"), text("ggml_b@V1")],
            missing_versions: vec![[
                text("/x.so"),
                text("libcudart.so.12"),
                text("libcudart.so.12"),
            ]],
        }),
        ..Library::default()
    };
    check(vec![
        (map("/x.so"), "map /x.so at 0x7f0000001000"),
        (refused, "map /x.so = EPERM not permitted ✗"),
        (unmap("/x.so"), "unmap /x.so at 0x7f0000001000"),
        (
            late,
            "late library /x.so  3 functions probed from now on; earlier calls may be missing",
        ),
        (
            Kind::Library(Box::new(facts)),
            "library /x.so 10 bytes RUNPATH $ORIGIN:  is for 32-bit machines ✗\n\
             no file for libcuda.so.1 needed by /x.so, 1 place tried\n\
             no version libcudart.so.12 in libcudart.so.12 needed by /x.so\n\
             nobody defines 2 symbols: ggml_a ggml_b@V1",
        ),
    ]);
}

#[test]
fn a_mapping_names_the_build_of_a_file_that_is_known() {
    let mut scene = Scene::default();
    let facts = Library {
        path: text("/x.so"),
        build_id: Some(text("0123456789abcdef")),
        ..Library::default()
    };
    scene.before(&event(1, 0, "p3.1", Kind::Library(Box::new(facts))));
    assert_eq!(
        row_in(map("/x.so"), None, &scene, Detail::Short),
        "map /x.so (build-id 01234567…) at 0x7f0000001000"
    );
}
