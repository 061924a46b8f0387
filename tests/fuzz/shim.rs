//! What the shim reads: device code that a program hands over, vgpu.toml, and libraries of which faults are made.

use vgputrace_bundle::change::changed;
use vgputrace_device::ready::Change;
use vgputrace_device::visible::{Order, visible};
use vgputrace_device::{Machine, device, image};

use crate::engine::{corpus, run};

const H100: device::Compute = device::Compute { major: 9, minor: 0 };

#[test]
fn damaged_device_code_gives_kernels_or_an_error() {
    let inputs = corpus("code");
    for input in &inputs {
        let read = image::read(input, H100).expect("the corpus is whole");
        assert!(read.kernels.iter().any(|kernel| kernel.name == "add"));
    }
    run("code", &inputs, |bytes| {
        let _ = image::cubin_length(|offset, size| {
            let start = usize::try_from(offset).ok()?;
            let end = start.checked_add(usize::try_from(size).ok()?)?;
            Some(bytes.get(start..end)?.to_vec())
        });
        if let Some(head) = bytes.first_chunk() {
            let _ = image::fatbin_length(*head);
        }
        let Ok(read) = image::read(bytes, H100) else {
            return;
        };
        for kernel in &read.kernels {
            assert!(kernel.parameters.len() <= 4096);
        }
    });
}

#[test]
fn any_configuration_is_used_or_refused() {
    let inputs = corpus("configuration");
    let nowhere = std::path::Path::new("/nonexistent");
    for input in &inputs {
        let text = std::str::from_utf8(input).expect("the corpus is text");
        assert!(Machine::parse(&[("whole", text)], nowhere).is_ok());
    }
    run("configuration", &inputs, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let Ok(machine) = Machine::parse(&[("one", &text)], nowhere) else {
            return;
        };
        assert!(machine.devices.len() <= 64);
        // What the environment may say of devices is as foreign.
        let first = text.lines().next();
        let seen = visible(&machine.devices, Order::Fastest, first);
        assert!(seen.len() <= 64 * 64);
    });
}

#[test]
fn a_damaged_library_is_changed_or_refused() {
    let changes = [
        Change::WithoutSymbol("ggml_backend_init"),
        Change::UndefinedSymbol,
        Change::OtherVersion,
        Change::Truncated,
        Change::Class32,
    ];
    run("elf", &corpus("elf"), |bytes| {
        for change in changes {
            if let Ok(Some(copy)) = changed(bytes, change) {
                assert!(copy.len() <= bytes.len());
            }
        }
    });
}
