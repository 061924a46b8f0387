//! The drivers' diary: which events it has. Calls of drivers, runtimes and ggml, what was counted of them, the files and
//! libraries they depend on, and what is missing from the recording.

use crate::event::call::Call;
use crate::event::{Event, Kind, Seq};

use super::scene::Scene;

/// The event belongs into the diary. The scene must have been told of it (`before`).
#[must_use]
pub fn belongs(event: &Event, scene: &Scene) -> bool {
    let of_a_call = |call: Option<Seq>| {
        call.and_then(|call| scene.call(call))
            .is_some_and(|open| is_of_interest(&open.call))
    };
    match &event.kind {
        Kind::Call(call) => is_of_interest(call),
        Kind::Return(back) => of_a_call(Some(back.call)),
        Kind::Unfinished(open) => of_a_call(open.call),
        Kind::Open(open) => open
            .path
            .value()
            .is_some_and(|path| is_device_file(path.as_str())),
        Kind::Ioctl(_)
        | Kind::Counted(_)
        | Kind::LateLibrary(_)
        | Kind::LoaderError(_)
        | Kind::Loss(_) => true,
        Kind::Note(note) => note.is_label(),
        _ => false,
    }
}

/// Calls of the loader are another story, and so are lines of a log.
fn is_of_interest(call: &Call) -> bool {
    let name = call.function.as_str();
    match call.api.as_str() {
        "dl" => false,
        "ggml" => !name.contains("log") && name != "ggml_backend_score",
        _ => true,
    }
}

/// Files by which a process reaches a GPU or asks its kernel driver.
pub(super) fn is_device_file(path: &str) -> bool {
    const PLACES: [&str; 8] = [
        "/dev/nvidia",
        "/dev/kfd",
        "/dev/dri/",
        "/dev/dxg",
        "/proc/driver/nvidia",
        "/sys/module/nvidia",
        "/sys/module/amdgpu",
        "/sys/class/kfd",
    ];
    PLACES.iter().any(|place| path.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::belongs;
    use crate::event::call::Call;
    use crate::event::{Kind, Text};
    use crate::view::samples::{dlopen, event, open};
    use crate::view::scene::Scene;

    #[test]
    fn a_driver_call_and_a_device_node_belong_there_and_a_dlopen_does_not() {
        let scene = Scene::new(None);
        let asked = |kind| belongs(&event(1, 0, "p1.1", kind), &scene);
        let init = Call {
            api: Text::from("cuda"),
            function: Text::from("cuInit"),
            ..dlopen("x")
        };
        assert!(asked(Kind::Call(init)));
        assert!(!asked(Kind::Call(dlopen("libcuda.so.1"))));
        assert!(asked(open("/dev/nvidiactl", Some(2))));
        assert!(!asked(open("/etc/ld.so.cache", None)));
    }
}
