//! Recorded runs of the corpus.

use std::path::Path;

use super::outline;
use crate::discover::Model;
use crate::discover::events::Discovery;
use crate::trace::Reader;

fn model(path: &Path) -> Model {
    let mut reader = Reader::open(path).expect("a trace");
    let mut discovery = Discovery::new(reader.header());
    while let Some(item) = reader.next_item().expect("a readable trace") {
        discovery.push(&item.event);
    }
    discovery.finish()
}

#[test]
fn a_recording_named_by_hand_is_outlined() {
    let Some(named) = std::env::var_os("VGPUTRACE_OUTLINE") else {
        return;
    };
    for path in std::env::split_paths(&named) {
        println!("{}", outline::of(&model(&path)));
    }
}
