use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{Doors, Elsewhere, Place, Whose, inside, namespace_of, place_of, reachable};

#[test]
fn a_process_beside_us_has_our_paths() {
    let own = std::process::id();
    assert_eq!(place_of(own), Place::default());
    assert_eq!(reachable(own, "/usr/lib/x.so"), Path::new("/usr/lib/x.so"));
    assert!(namespace_of(own).is_some_and(|number| number > 0));
}

#[test]
fn a_path_below_a_root_of_its_own_is_seen_without_it() {
    let place = Place(Some(Elsewhere {
        namespace: None,
        root: PathBuf::from("/srv/root"),
    }));
    assert_eq!(inside(&place, "/srv/root/lib/x"), Path::new("/lib/x"));
    assert_eq!(inside(&place, "/srv/rootless"), Path::new("/srv/rootless"));
    assert_eq!(inside(&Place::default(), "/srv/a"), Path::new("/srv/a"));
}

/// A process id that nobody has.
const GONE: u32 = u32::MAX >> 1;

#[test]
fn one_that_is_gone_and_was_beside_us_has_our_files() {
    let view = Doors::default()
        .view(Whose {
            tgid: GONE,
            foreign: None,
        })
        .unwrap();
    assert_eq!(view.reachable("/etc/passwd"), Path::new("/etc/passwd"));
}

#[test]
fn one_that_is_gone_and_was_elsewhere_has_no_files() {
    let view = Doors::default().view(Whose {
        tgid: GONE,
        foreign: Some(4_026_531_000),
    });
    assert_eq!(view, None);
}

/// A process in a mount namespace of its own; `None` where that is not allowed.
fn boxed() -> Option<Child> {
    let mut child = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            "echo in; read line",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut said = [0; 3];
    let read = std::io::Read::read(child.stdout.as_mut()?, &mut said);
    if read.is_ok_and(|length| length > 0) {
        return Some(child);
    }
    let _ = child.wait();
    None
}

#[test]
fn one_that_is_gone_is_looked_at_through_another_of_its_namespace() {
    let Some(mut child) = boxed() else {
        println!("vgputrace-skip: source::place: no mount namespace can be made here");
        return;
    };
    let mut doors = Doors::default();
    let (tgid, foreign) = (child.id(), namespace_of(child.id()));
    assert!(foreign.is_some() && foreign != namespace_of(std::process::id()));
    assert!(doors.view(Whose { tgid, foreign }).is_some());
    let dead = Whose {
        tgid: GONE,
        foreign,
    };
    let through = PathBuf::from(format!("/proc/{tgid}/root/lib/x.so"));
    assert_eq!(doors.view(dead).unwrap().reachable("/lib/x.so"), through);
    // One that had a root of its own there: its files are below that.
    let namespace = PathBuf::from(format!("mnt:[{}]", foreign.unwrap()));
    let rooted = Place(Some(Elsewhere {
        namespace: Some(namespace),
        root: PathBuf::from("/srv/x"),
    }));
    doors.places.insert(GONE, rooted);
    let view = doors.view(dead).unwrap();
    let file = PathBuf::from(format!("/proc/{tgid}/root/srv/x/lib/x.so"));
    assert_eq!(view.reachable("/srv/x/lib/x.so"), file);
    assert_eq!(view.inside("/srv/x/lib/x.so"), Path::new("/lib/x.so"));
    assert!(view.stands());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!view.stands());
    assert_eq!(doors.view(dead), None, "nobody is left there");
}
