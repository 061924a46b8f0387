//! The keys of vgpu.toml and what they mean. An unknown key is an error.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use vgputrace_api::Names;

use super::{Error, Launches, Lost, Machine};
use crate::attribute;
use crate::code::Code;
use crate::device::{Compute, Device, MIB, Part, uuid_of};
use crate::fault::{Effect, Fault, Pattern};
use crate::pci::{Address, Stub};
use crate::uuid::Uuid;

/// The most devices, and parts of one, that make sense here.
const MOST: usize = 64;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Text {
    launch: Option<String>,
    driver: DriverText,
    device: Option<Vec<DeviceText>>,
    /// For every device, over what it has.
    every_device: DeviceText,
    fault: Vec<FaultText>,
    lost: Option<LostText>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct DriverText {
    cuda: Option<String>,
    version: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct DeviceText {
    name: Option<String>,
    compute: Option<String>,
    memory_mib: Option<u64>,
    occupied_mib: Option<u64>,
    uuid: Option<String>,
    pci: Option<String>,
    mig: Option<Vec<PartText>>,
    attributes: BTreeMap<String, i32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartText {
    profile: String,
    memory_mib: u64,
    uuid: Option<String>,
    multiprocessors: Option<i32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultText {
    function: String,
    code: Option<toml::Value>,
    value: Option<u64>,
    action: Option<String>,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    after: u64,
    #[serde(default)]
    every: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LostText {
    after_ms: u64,
    code: Option<toml::Value>,
}

/// A reason, for a person.
type Reason = String;

/// See [`Machine::parse`].
pub(super) fn machine(texts: &[(&str, &str)], stubs: &[Stub]) -> Result<Machine, Error> {
    let mut machine = Machine {
        cuda: 13000,
        driver: "580.65.06".to_owned(),
        launches: Launches::Refuse,
        devices: stubs.iter().copied().map(Device::at).collect(),
        faults: Vec::new(),
        lost: None,
    };
    if machine.devices.is_empty() {
        machine.devices.push(Device::default());
    }
    for (origin, text) in texts {
        let content = |reason: Reason| Error::Content {
            origin: (*origin).to_owned(),
            reason,
        };
        let text: Text =
            toml::from_str(text).map_err(|error| content(in_one_line(&error, text)))?;
        apply(text, stubs, &mut machine).map_err(content)?;
    }
    Ok(machine)
}

fn apply(text: Text, stubs: &[Stub], machine: &mut Machine) -> Result<(), Reason> {
    if let Some(launch) = text.launch {
        machine.launches = match launch.as_str() {
            "refuse" => Launches::Refuse,
            "record" => Launches::Record,
            _ => {
                return Err(format!(
                    "launch is \"refuse\" or \"record\", not {launch:?}"
                ));
            }
        };
    }
    if let Some(cuda) = text.driver.cuda {
        let version = Compute::parse(&cuda).ok_or_else(|| format!("no CUDA version: {cuda:?}"))?;
        machine.cuda = i32::from(version.major) * 1000 + i32::from(version.minor) * 10;
    }
    if let Some(version) = text.driver.version {
        let is_short = (1..=79).contains(&version.len()) && version.is_ascii();
        if !is_short {
            return Err("the driver's version is 1 to 79 ASCII characters".to_owned());
        }
        machine.driver = version;
    }
    if let Some(list) = text.device {
        if list.len() > MOST {
            return Err(format!("more than {MOST} devices"));
        }
        machine.devices = list
            .into_iter()
            .enumerate()
            .map(|(index, text)| device(text, start(index, stubs)))
            .collect::<Result<_, _>>()?;
    }
    for one in &mut machine.devices {
        let start = std::mem::take(one);
        *one = change(&text.every_device, start)?;
    }
    let mut faults = text
        .fault
        .iter()
        .map(fault)
        .collect::<Result<Vec<_>, _>>()?;
    faults.append(&mut machine.faults);
    machine.faults = faults;
    if let Some(lost) = text.lost {
        machine.lost = Some(Lost {
            after: Duration::from_millis(lost.after_ms),
            code: lost.code.map_or(Ok(Code::UNKNOWN), |code| {
                number(&code, Names::CuResult).map(Code)
            })?,
        });
    }
    Ok(())
}

/// What a device of the list is before its table is read: at the stub of its number, or behind the default place.
fn start(index: usize, stubs: &[Stub]) -> Device {
    if let Some(stub) = stubs.get(index) {
        return Device::at(*stub);
    }
    let mut device = Device::default();
    let place = usize::from(device.pci.device) + index;
    device.pci.bus = u8::try_from(place / 32).unwrap_or(u8::MAX);
    device.pci.device = u8::try_from(place % 32).unwrap_or(0);
    device.uuid = uuid_of(device.pci, 0);
    device
}

/// A device of the list: where it has a place of its own, its UUID follows the place.
fn device(text: DeviceText, mut start: Device) -> Result<Device, Reason> {
    if let Some(pci) = &text.pci {
        start.pci = address(pci)?;
        start.uuid = uuid_of(start.pci, 0);
    }
    change(&text, start)
}

fn change(text: &DeviceText, mut device: Device) -> Result<Device, Reason> {
    if let Some(name) = &text.name {
        if name.is_empty() || name.len() > 255 || name.contains('\0') {
            return Err("a device's name is 1 to 255 bytes without NUL".to_owned());
        }
        device.name.clone_from(name);
    }
    if let Some(compute) = &text.compute {
        device.compute =
            Compute::parse(compute).ok_or_else(|| format!("no compute capability: {compute:?}"))?;
    }
    if let Some(memory) = text.memory_mib {
        device.memory = bytes(memory)?;
    }
    if let Some(occupied) = text.occupied_mib {
        device.occupied = bytes(occupied)?;
    }
    if let Some(text) = &text.uuid {
        device.uuid = uuid(text)?;
    }
    if let Some(pci) = &text.pci {
        device.pci = address(pci)?;
    }
    if let Some(parts) = &text.mig {
        if parts.len() > MOST {
            return Err(format!("more than {MOST} MIG parts"));
        }
        device.parts = parts
            .iter()
            .zip(1_u8..)
            .map(|(text, number)| part(text, &device, number))
            .collect::<Result<_, _>>()?;
    }
    for (name, value) in &text.attributes {
        let number =
            attribute::number(name).ok_or_else(|| format!("no attribute of a device: {name:?}"))?;
        device.attributes.insert(number, *value);
    }
    Ok(device)
}

fn part(text: &PartText, of: &Device, number: u8) -> Result<Part, Reason> {
    Ok(Part {
        profile: text.profile.clone(),
        memory: bytes(text.memory_mib)?,
        uuid: match &text.uuid {
            Some(text) => uuid(text)?,
            None => uuid_of(of.pci, number),
        },
        multiprocessors: text.multiprocessors.unwrap_or(16),
    })
}

fn fault(text: &FaultText) -> Result<Fault, Reason> {
    let function = &text.function;
    let pattern =
        Pattern::parse(function).ok_or_else(|| format!("no name of a function: {function:?}"))?;
    let names = if function.starts_with("nvml") {
        Names::NvmlReturn
    } else {
        Names::CuResult
    };
    let action = text.action.as_deref().map(|action| match action {
        "crash" => Ok(Effect::Crash),
        "abort" => Ok(Effect::Abort),
        "hang" => Ok(Effect::Hang),
        _ => Err(format!("action is crash, abort or hang, not {action:?}")),
    });
    let code = text
        .code
        .as_ref()
        .map(|code| number(code, names).map(Effect::Code));
    let value = text.value.map(|value| Ok(Effect::Value(value)));
    let mut effects = [action, code, value].into_iter().flatten();
    let effect = effects.next().unwrap_or(Ok(Effect::Work))?;
    if effects.next().is_some() {
        return Err(format!("{function}: one of code, value and action"));
    }
    if effect == Effect::Work && text.delay_ms == 0 {
        return Err(format!(
            "{function}: a fault needs code, value, action or delay_ms"
        ));
    }
    let counts = (text.after, text.every);
    let delay = Duration::from_millis(text.delay_ms);
    Ok(Fault::new(pattern, counts, delay, effect))
}

/// A result code by number or name.
/// What is wrong and where. The library's own text is a drawing of several lines, and this one goes into messages and a log.
fn in_one_line(error: &toml::de::Error, text: &str) -> Reason {
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => {
            let line = before.matches('\n').count() + 1;
            format!("line {line}: {}", error.message())
        }
        None => error.message().to_owned(),
    }
}

fn number(code: &toml::Value, names: Names) -> Result<i32, Reason> {
    let found = match code {
        toml::Value::Integer(number) => i32::try_from(*number).ok(),
        toml::Value::String(name) => Code::parse(name, names).map(|code| code.0),
        _ => None,
    };
    found.ok_or_else(|| format!("no result code: {code:?}"))
}

fn bytes(mib: u64) -> Result<u64, Reason> {
    // More than addresses can reach makes no sense.
    mib.checked_mul(MIB)
        .filter(|bytes| *bytes < 1 << 47)
        .ok_or_else(|| format!("too much memory: {mib} MiB"))
}

fn uuid(text: &str) -> Result<Uuid, Reason> {
    Uuid::parse(text).ok_or_else(|| format!("no UUID: {text:?}"))
}

fn address(text: &str) -> Result<Address, Reason> {
    Address::parse(text).ok_or_else(|| format!("no PCI address: {text:?}"))
}
