use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::{Error, Launches, Machine, find};
use crate::code::Code;
use crate::fault::{Decision, Effect, Faults};
use crate::ready;

const NOWHERE: &str = "/nonexistent";

fn parse(text: &str) -> Result<Machine, Error> {
    Machine::parse(&[("test", text)], Path::new(NOWHERE))
}

fn reason(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn without_a_file_there_is_one_h100() {
    let machine = parse("").unwrap();
    assert_eq!(machine.cuda, 13000);
    assert_eq!(machine.driver, "580.65.06");
    assert_eq!(machine.launches, Launches::Refuse);
    let [device] = &machine.devices[..] else {
        panic!("{:?}", machine.devices)
    };
    assert_eq!(device.memory, 81920 << 20);
    assert_eq!(device.pci.to_string(), "0000:00:05.0");
    assert_eq!(device.compute.to_string(), "9.0");
}

#[test]
fn devices_are_listed_with_what_differs() {
    let machine = parse(
        r#"
        launch = "record"
        [driver]
        cuda = "12.2"
        version = "535.183.01"
        [[device]]
        name = "Tesla P40"
        compute = "6.1"
        memory_mib = 23040
        pci = "0000:3b:00.0"
        [[device]]
        uuid = "GPU-00112233-4455-6677-8899-aabbccddeeff"
        occupied_mib = 100
        attributes = { WARP_SIZE = 64, 16 = 7 }
        [[device.mig]]
        profile = "1g.10gb"
        memory_mib = 9856
        "#,
    )
    .unwrap();
    assert_eq!(machine.cuda, 12020);
    assert_eq!(machine.launches, Launches::Record);
    let [old, other] = &machine.devices[..] else {
        panic!("{:?}", machine.devices)
    };
    assert_eq!(old.pci.to_string(), "0000:3b:00.0");
    assert_eq!(old.compute.major, 6);
    assert_eq!(other.pci.to_string(), "0000:00:06.0");
    assert_eq!(other.uuid.0[15], 0xff);
    assert_eq!(other.attributes.get(&10), Some(&64));
    assert_eq!(other.attributes.get(&16), Some(&7));
    assert_eq!(other.parts[0].profile, "1g.10gb");
    assert_ne!(old.uuid, other.uuid);
}

#[test]
fn stubs_in_sysfs_are_the_devices() {
    let root = tempfile::tempdir().unwrap();
    for address in ["0000:00:05.0", "0000:04:00.0"] {
        let folder = root.path().join("bus/pci/devices").join(address);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in [
            ("class", "0x030200"),
            ("vendor", "0x10de"),
            ("device", "0x2331"),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let places = |text: &str| -> Vec<String> {
        let machine = Machine::parse(&[("test", text)], root.path()).unwrap();
        machine
            .devices
            .iter()
            .map(|device| device.pci.to_string())
            .collect()
    };
    assert_eq!(places(""), ["0000:00:05.0", "0000:04:00.0"]);
    assert_eq!(places("[[device]]\nname = \"A\""), ["0000:00:05.0"]);
    assert_eq!(
        places("[[device]]\npci = \"0000:09:00.0\""),
        ["0000:09:00.0"]
    );
    assert!(places("device = []").is_empty());
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    for (text, expected) in [
        ("devices = 1", "unknown field"),
        ("launch = \"run\"", "launch is"),
        ("[driver]\ncuda = \"new\"", "no CUDA version"),
        ("[driver]\nversion = \"\"", "1 to 79"),
        ("[[device]]\ncompute = \"nine\"", "no compute capability"),
        ("[[device]]\nmemory_mib = 99999999999999", "too much memory"),
        ("[[device]]\nuuid = \"GPU-1\"", "no UUID"),
        ("[[device]]\npci = \"here\"", "no PCI address"),
        ("[[device]]\nname = \"\"", "1 to 255"),
        ("[[device]]\nattributes = { NOTHING = 1 }", "no attribute"),
        ("[[fault]]\nfunction = \"cuInit\"", "a fault needs"),
        ("[[fault]]\nfunction = \"cu Init\"\ncode = 1", "no name"),
        (
            "[[fault]]\nfunction = \"cuInit\"\ncode = \"E\"",
            "no result code",
        ),
        (
            "[[fault]]\nfunction = \"cuInit\"\naction = \"burn\"",
            "action is",
        ),
        (
            "[[fault]]\nfunction = \"cuInit\"\naction = \"hang\"\ncode = 1",
            "one of",
        ),
        ("x =", "test cannot be used"),
        (
            "# a\ndevice = 3",
            "line 2: invalid type: integer `3`, expected a sequence",
        ),
    ] {
        let said = reason(text);
        assert!(said.contains(expected), "{text}: {said}");
        assert!(!said.contains('\n'), "{text}: {said}");
    }
}

#[test]
fn faults_are_rules_for_functions() {
    let machine = parse(
        r#"
        [[fault]]
        function = "cuInit"
        code = "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"
        delay_ms = 5
        [[fault]]
        function = "nvmlInit_v2"
        code = "NVML_ERROR_LIB_RM_VERSION_MISMATCH"
        [lost]
        after_ms = 10
        "#,
    )
    .unwrap();
    assert_eq!(machine.lost.unwrap().code, Code::UNKNOWN);
    let names = [("cuInit", "cuInit"), ("nvmlInit_v2", "nvmlInit")];
    let faults = Faults::new(machine.faults, names.into_iter());
    let expected = Decision {
        delay: Duration::from_millis(5),
        effect: Effect::Code(803),
    };
    assert_eq!(faults.decide(0), expected);
    assert_eq!(faults.decide(1).effect, Effect::Code(18));
}

#[test]
fn a_ready_made_fault_counts_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vgpu.toml");
    fs::write(
        &file,
        "[driver]\ncuda = \"13.1\"\n[[device]]\nname = \"Mine\"\n",
    )
    .unwrap();
    let load = |fault: &str| {
        Machine::load(&|name| match name {
            "VGPU_CONFIG" => Some(file.clone().into_os_string()),
            "VGPU_FAULT" => Some(OsString::from(fault)),
            "VGPU_SYSFS" => Some(OsString::from(NOWHERE)),
            _ => None,
        })
    };
    assert_eq!(load("").unwrap().cuda, 13010);
    let old = load("driver-535,cc-6.1").unwrap();
    assert_eq!(old.cuda, 12020);
    assert_eq!(old.devices[0].name, "Mine");
    assert_eq!(old.devices[0].compute.to_string(), "6.1");
    assert!(matches!(load("nothing"), Err(Error::NoSuchFault(_))));
}

#[test]
fn every_ready_made_fault_can_be_used_and_changes_something() {
    let sound = format!("{:?}", parse("").unwrap());
    for fault in ready::FAULTS {
        let changed = format!("{:?}", parse(fault.config()).unwrap());
        assert_eq!(
            changed == sound,
            !fault.is_in_configuration(),
            "{}",
            fault.name
        );
    }
}

#[test]
fn the_first_file_of_the_search_counts_and_all_that_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let of_user = home.join(".config/vgputrace/vgpu.toml");
    fs::create_dir_all(of_user.parent().unwrap()).unwrap();
    fs::write(&of_user, "").unwrap();
    let set = |list: &[(&str, &Path)]| {
        find(&|name| {
            let value = list.iter().find(|(known, _)| *known == name)?.1;
            Some(value.as_os_str().to_owned())
        })
    };
    assert_eq!(set(&[("HOME", &home)]), [of_user]);
    let named = Path::new("/named:/over");
    assert_eq!(
        set(&[("VGPU_CONFIG", named), ("HOME", &home)]),
        [Path::new("/named"), Path::new("/over")]
    );
    let other = folder.path().join("none");
    assert!(
        set(&[("XDG_CONFIG_HOME", &other), ("HOME", &home)])
            .iter()
            .all(|path| path.starts_with("/etc"))
    );
}

proptest! {
    #[test]
    fn any_text_is_used_or_refused(text in "(\\[{0,2}(device|fault|driver|lost|mig)\\]{0,2}|[a-z_]{1,10} = |\"[^\"]{0,9}\"|[0-9]{1,20}|\n|\\PC){0,20}") {
        let _ = parse(&text);
    }
}
