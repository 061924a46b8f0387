//! The pictures in the documents are what the viewer draws.

use std::fs;

use vgputrace_tests::{screens, workspace};

#[test]
fn the_pictures_in_the_documents_are_what_the_viewer_draws() {
    for (name, drawn) in screens::all().expect("the carried traces") {
        let file = workspace().join("docs/screens").join(&name);
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == drawn,
            "docs/screens/{name} is old: ./x screens draws it anew"
        );
    }
}
