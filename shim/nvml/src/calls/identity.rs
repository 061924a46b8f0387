//! Devices: how many, which, and what they are called.

use vgputrace_device::pci::Address;
use vgputrace_device::uuid::Uuid;

use crate::abi::{Buffer, Handle, INVALID_ARGUMENT, NOT_FOUND, Out, Text, write};
use crate::export::export;
use crate::session;

/// `nvmlPciInfo_t` since its third version.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct PciInfo {
    legacy: [u8; 16],
    domain: u32,
    bus: u32,
    device: u32,
    ids: u32,
    subsystem: u32,
    place: [u8; 32],
}

export! {
    fn nvmlDeviceGetCount | nvmlDeviceGetCount_v2(deviceCount: Out<u32>) {
        let count = session::machine()?.devices.len();
        deviceCount.set(u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn nvmlDeviceGetHandleByIndex | nvmlDeviceGetHandleByIndex_v2(index: u32, device: Out<Handle>) {
        let machine = session::machine()?;
        let index = index as usize;
        device.check()?;
        machine.devices.get(index).ok_or(INVALID_ARGUMENT)?;
        device.set(session::handle(index, 0))
    }

    fn nvmlDeviceGetHandleByPciBusId | nvmlDeviceGetHandleByPciBusId_v2(
        pciBusId: Text,
        device: Out<Handle>,
    ) {
        let machine = session::machine()?;
        device.check()?;
        let place = Address::parse(&pciBusId.get()?).ok_or(INVALID_ARGUMENT)?;
        let found = machine.devices.iter().position(|device| device.pci == place);
        device.set(session::handle(found.ok_or(NOT_FOUND)?, 0))
    }

    fn nvmlDeviceGetHandleByUUID(uuid: Text, device: Out<Handle>) {
        let machine = session::machine()?;
        device.check()?;
        let wanted = Uuid::parse(&uuid.get()?).ok_or(INVALID_ARGUMENT)?;
        let found = machine.devices.iter().enumerate().find_map(|(index, one)| {
            if one.uuid == wanted {
                return Some(session::handle(index, 0));
            }
            let part = one.parts.iter().position(|part| part.uuid == wanted)?;
            Some(session::handle(index, part + 1))
        });
        device.set(found.ok_or(NOT_FOUND)?)
    }

    fn nvmlDeviceGetName(device: Handle, name: Buffer, length: u32) {
        let named = session::named(device)?;
        let whole = &named.device.name;
        match named.part {
            None => write(name, whole, length),
            Some((_, part)) => write(name, &format!("{whole} MIG {}", part.profile), length),
        }
    }

    fn nvmlDeviceGetUUID(device: Handle, uuid: Buffer, length: u32) {
        let named = session::named(device)?;
        let text = match named.part {
            None => format!("GPU-{}", named.device.uuid),
            Some((_, part)) => format!("MIG-{}", part.uuid),
        };
        write(uuid, &text, length)
    }

    fn nvmlDeviceGetIndex(device: Handle, index: Out<u32>) {
        let named = session::named(device)?;
        index.set(named.part.map_or(named.index, |(number, _)| number - 1))
    }

    fn nvmlDeviceGetMinorNumber(device: Handle, minorNumber: Out<u32>) {
        minorNumber.set(session::named(device)?.index)
    }

    fn nvmlDeviceGetPciInfo_v3(device: Handle, pci: Out<PciInfo>) {
        let device = session::named(device)?.device;
        let Address { domain, bus, device: slot } = device.pci;
        pci.set(PciInfo {
            legacy: padded(&device.pci.to_string()),
            domain: u32::from(domain),
            bus: u32::from(bus),
            device: u32::from(slot),
            ids: device.ids,
            subsystem: device.subsystem,
            place: padded(&format!("{:08x}:{bus:02x}:{slot:02x}.0", u32::from(domain))),
        })
    }

    /// Every device is a board of its own.
    fn nvmlDeviceGetBoardId(device: Handle, boardId: Out<u32>) {
        let place = session::named(device)?.device.pci;
        boardId.set(u32::from(place.domain) << 16 | u32::from(place.bus) << 8 | u32::from(place.device))
    }

    fn nvmlDeviceGetMultiGpuBoard(device: Handle, multiGpuBool: Out<u32>) {
        session::named(device)?;
        multiGpuBool.set(0)
    }

    fn nvmlDeviceOnSameBoard(device1: Handle, device2: Handle, onSameBoard: Out<i32>) {
        let (one, other) = (session::named(device1)?, session::named(device2)?);
        onSameBoard.set(i32::from(one.index == other.index))
    }
}

/// Text in a field of fixed size, with at least one NUL behind it.
fn padded<const SIZE: usize>(text: &str) -> [u8; SIZE] {
    let mut field = [0; SIZE];
    for (place, byte) in field.iter_mut().take(SIZE - 1).zip(text.bytes()) {
        *place = byte;
    }
    field
}

// The header's structure.
const _: () = assert!(size_of::<PciInfo>() == 68);
