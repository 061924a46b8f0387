//! What the loader's opens say about its search.

use serde_json::json;

use super::made::{Made, body};
use crate::discover::model::Search;
use crate::event::Kind;

const CHILD: u32 = 2;

impl Made {
    fn open(&mut self, path: &str, err: Option<&str>) {
        let open = json!({"path": path, "flags": "0x80000", "err": err});
        self.push(CHILD, Kind::Open(body(open)));
    }

    fn map_file(&mut self, path: &str) {
        let map = json!({"path": path, "length": "0x1000", "offset": "0x0"});
        self.push(CHILD, Kind::Map(body(map)));
    }
}

fn searches(made: &Made) -> Vec<Search> {
    let model = made.model();
    let child = model.children.first().expect("a child");
    child.searches.clone()
}

fn started() -> Made {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.runner(CHILD, "cuda_v12", &[]);
    made
}

#[test]
fn opens_of_one_name_are_one_search_and_its_mapping_names_the_file() {
    let mut made = started();
    made.open("/etc/ld.so.cache", None);
    made.open("/a/glibc-hwcaps/x86-64-v3/libcublas.so.12", Some("ENOENT"));
    made.open("/a/libcublas.so.12", Some("ENOENT"));
    made.open("/b/libcublas.so.12", None);
    made.map_file("/b/libcublas.so.12.8.4");
    made.open("/a/libcuda.so.1", Some("ENOENT"));
    made.open("/b/libcuda.so.1", Some("EACCES"));
    let found = searches(&made);
    let [cublas, cuda] = &found[..] else {
        panic!("{found:#?}");
    };
    assert_eq!(cublas.name.as_str(), "libcublas.so.12");
    assert_eq!(cublas.tried, ["/a".into()]);
    assert_eq!(cublas.found, Some("/b/libcublas.so.12".into()));
    assert_eq!(cublas.file, Some("/b/libcublas.so.12.8.4".into()));
    assert_eq!(cuda.tried, ["/a".into(), "/b".into()]);
    assert_eq!((&cuda.found, &cuda.file), (&None, &None));
}

#[test]
fn a_mapping_that_follows_no_open_is_of_no_search() {
    let mut made = started();
    made.open("/a/libcuda.so.1", Some("ENOENT"));
    made.map_file("/b/libcublas.so.12");
    made.open("relative/libx.so", None);
    let found = searches(&made);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].file, None);
}
